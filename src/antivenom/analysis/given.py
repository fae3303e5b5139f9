"""Which parameter names and prompts say that a secret is handed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_PRIVATE = re.compile(
    r"(?:^|_)(?:private_?key|priv_?key|seed_?phrase|seed_?words?|wallet_?seed|mnemonic|mnemonics|"
    r"recovery_?(?:phrase|words?)|secret_?(?:recovery_?)?phrase|keypair|wallet_?key|wif|xprv)"
    r"(?:$|_|s$)",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|cookie|cookies|session_?(?:id|string|token|key)|sessionid|"
    r"otp|two_?fa|roblosecurity|card_?number|cvv)(?:$|_|s$)",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"(?:^|_)(?:secret_?(?:access_?)?key|(?:access_?)?key_?secret|api_?secret|secret)$",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(
    r"(?:^|_)(?:token|api_?key|access_?key|auth|credential|credentials|secret|passphrase|pin)"
    r"(?:$|_|s$)",
    re.IGNORECASE,
)
_SEED = re.compile(r"(?:^|_)seed(?:$|_|s$)", re.IGNORECASE)
_ABOUT_KEYS = re.compile(
    r"wallet|mnemonic|keypair|account|address|valid|check|verify|recover|import|restore|derive",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"(?:^|_)secret_?key$", re.IGNORECASE)
_OF_PAIR = re.compile(r"key_?pair|wallet", re.IGNORECASE)
"""Where a secret key is the half of a pair that signs, not what an interface is asked with."""
_CERTIFICATE = re.compile(
    r"cert|chain|tls|ssl|x509|pem|issuer|audience|key_?id|team_?id|client_?email", re.IGNORECASE
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def given_class(name: str, function: str = "", beside: Sequence[str] = ()) -> str:
    """Return what a parameter is: ``private``, ``login``, ``secret``, ``credential`` or "".

    ``private`` is never meant to leave, ``login`` opens an account of a person, ``secret`` signs
    for an account and seldom leaves as it is, ``credential`` is meant for one service. A seed is
    private where the function is about keys, otherwise a number for a random generator; a key
    beside a certificate belongs to a server or signs for one.
    """
    if len(name) > 60:
        return ""
    plain = _spelled(name)
    if _PRIVATE.search(plain):
        return "credential" if any(_CERTIFICATE.search(_spelled(b)) for b in beside) else "private"
    if _SEED.search(plain) and _ABOUT_KEYS.search(_spelled(function)[:200]):
        return "private"
    if _SIGNS.search(plain) and _OF_PAIR.search(_spelled(function)[:200]):
        return "private"
    return _other(plain)


@cache
def attribute_class(name: str) -> str:
    """Return the class of an attribute of an object nothing is known of: only the telling ones."""
    kind = given_class(name)
    return kind if kind in {"private", "secret"} else ""


def prompted_class(prompt: str) -> str:
    """Return the class of what a prompt asks for, "" for anything that is no secret."""
    plain = _NOT_WORD.sub("_", prompt[:300].lower())
    return "private" if _PRIVATE.search(plain) else _other(plain)


def _other(plain: str) -> str:
    if _LOGIN.search(plain):
        return "login"
    if _SECRET.search(plain):
        return "secret"
    return "credential" if _CREDENTIAL.search(plain) else ""


def _spelled(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
