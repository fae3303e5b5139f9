"""Which parameter names say that a secret is handed over."""

from __future__ import annotations

import re

_PRIVATE = re.compile(
    r"(?:^|_)(?:private_?key|priv_?key|secret_?key|seed|seed_?phrase|mnemonic|mnemonics|"
    r"recovery_?phrase|passphrase|keypair|wallet_?key|wif|xprv|secret_?phrase)(?:$|_|s$)",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|token|api_?key|access_?key|auth|credential|credentials|"
    r"session_?id|cookie|cookies|session_?string|secret|otp)(?:$|_|s$)",
    re.IGNORECASE,
)


def given_class(name: str) -> str:
    """Return ``private`` (never meant to leave), ``credential`` (meant for one service), or ""."""
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    if len(plain) > 60:
        return ""
    if _PRIVATE.search(plain):
        return "private"
    return "credential" if _CREDENTIAL.search(plain) else ""
