from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antivenom.analysis.environment import classify, stands_for
from antivenom.model.vocabulary import BEHAVIORS


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("PATH", ("", "")),
        ("home", ("", "")),
        ("XDG_CACHE_HOME", ("", "")),
        ("APPDATA", ("", "")),
        ("TOKENIZERS_PARALLELISM", ("", "")),
        ("USERNAME", ("host.identify", "user")),
        ("COMPUTERNAME", ("host.identify", "machine")),
        ("CI", ("guard.target", "ci")),
        ("GITHUB_ACTIONS", ("guard.target", "ci")),
        ("GITHUB_REPOSITORY", ("host.identify", "ci")),
        ("AWS_SECRET_ACCESS_KEY", ("secrets.env", "aws")),
        ("GITHUB_TOKEN", ("secrets.env", "forge")),
        ("OPENAI_API_KEY", ("secrets.env", "ai")),
        ("MY_SERVICE_API_KEY", ("secrets.env", "key")),
        ("myPassword", ("secrets.env", "password")),
        ("SOME_AUTH_TOKEN", ("secrets.env", "token")),
        ("POLY_PRIVATE_KEY_2", ("secrets.env", "wallet")),
        ("DB_PASSWORD", ("secrets.env", "database")),
        ("WHATEVER", ("", "other")),
        ("MONKEY", ("", "other")),
        ("KEYBOARD_LAYOUT", ("", "other")),
        ("BYPASS_CACHE", ("", "other")),
        ("SEED", ("", "other")),
        ("", ("", "other")),
    ],
)
def test_names(name: str, meaning: tuple[str, str]) -> None:
    assert classify(name) == meaning


def test_folders_stand_for_themselves() -> None:
    assert stands_for("AppData") == "%APPDATA%"
    assert stands_for("HOME") == "~"
    assert stands_for("OPENAI_API_KEY") == ""


@given(st.text(max_size=300))
def test_any_name_has_an_answer(name: str) -> None:
    behavior, _ = classify(name)
    assert not behavior or behavior in BEHAVIORS
