from __future__ import annotations

import pytest

from antivenom.errors import UsageError
from antivenom.service.access import passwords


def test_a_password_is_kept_as_argon2_and_found_again() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches("correct horse battery", kept)
    assert not passwords.matches("correct horse batterx", kept)
    assert not passwords.outdated(kept)
    assert passwords.outdated("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


@pytest.mark.parametrize("password", ["", "short", "x" * 2000])
def test_too_short_and_too_long_are_refused(password: str) -> None:
    with pytest.raises(UsageError, match="12 to 1024"):
        passwords.hashed(password)
    assert not passwords.matches(password, "")


def test_a_damaged_hash_lets_nobody_in() -> None:
    assert not passwords.matches("correct horse battery", "$argon2id$nonsense")
