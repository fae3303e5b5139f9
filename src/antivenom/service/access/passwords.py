"""Passwords, kept as argon2 hashes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from antivenom.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12
LONGEST = 1024


def hashed(password: str) -> str:
    """Return what is kept of a password. Raises `UsageError` when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"a password has {SHORTEST} to {LONGEST} characters")
    return _hasher().hash(password)


def matches(password: str, kept: str) -> bool:
    """Whether this is the password; takes as long when there is none to compare with."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > LONGEST:
        return False
    try:
        return _hasher().verify(kept or _nobodys(), password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()  # RFC 9106, low memory: 64 MB, 3 passes


@cache
def _nobodys() -> str:
    return _hasher().hash("of an account that does not exist")
