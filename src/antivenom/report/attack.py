"""The names of ATT&CK techniques, for the reports."""

from __future__ import annotations

from antivenom.model.attack import load_attack


def technique(identifier: str) -> str:
    """Return ``T1027 Obfuscated Files or Information``, or the id alone where it has no name."""
    attack = load_attack()
    known = identifier in attack.techniques
    return f"{identifier} {attack.title(identifier)}" if known else identifier
