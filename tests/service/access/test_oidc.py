from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from httpx import Response

from antivenom.service.access import users
from tests.service.provider import OTHER, Provider, providing
from tests.service.site import Site, site


@pytest.fixture
def there() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def here(there: Provider, tmp_path: Path) -> Iterator[Site]:
    wanted = {
        "oidc-issuer": there.issuer,
        "oidc-client": "antivenom",
        "oidc-secret": "between us",
        "oidc-roles": {"security": "reviewer", "owners": "admin"},
    }
    with site(tmp_path, **wanted) as made:
        there.now = int(made.clock.now().timestamp())
        yield made


def _go(here: Site, there: Provider, to: str = "/cases/1") -> Response:
    start = here.client.get(f"/oidc/start?next={to}", follow_redirects=False)
    assert start.status_code == 303
    back = urlsplit(there.signs_in(start.headers["location"]))
    return here.client.get(f"{back.path}?{back.query}", follow_redirects=False)


def _user(here: Site, name: str = "grace") -> users.User:
    with here.store.reading() as connection:
        return users.named(connection, name)


def test_somebody_with_a_group_signs_in(here: Site, there: Provider) -> None:
    answer = _go(here, there)
    assert answer.headers["location"] == "/cases/1"
    assert here.who() == "grace"
    assert _user(here).role == "reviewer"
    login, form = there.asked[0]
    assert login.startswith("Basic ")
    assert "between+us" not in form


def test_the_role_is_what_the_provider_says_today(here: Site, there: Provider) -> None:
    here.account("root", "admin")
    _go(here, there)
    there.claims = {"groups": ["security", "owners"]}
    _go(here, there)
    assert _user(here).role == "admin"
    there.claims = {"groups": ["everybody"]}
    assert "problem=elsewhere" in _go(here, there).headers["location"]


def test_nobody_gets_the_account_of_a_namesake(here: Site, there: Provider) -> None:
    here.account("grace", "admin")
    assert "problem=elsewhere" in _go(here, there).headers["location"]
    assert here.who() == ""


def test_an_account_that_was_closed_stays_closed(here: Site, there: Provider) -> None:
    _go(here, there)
    with here.store.writing() as connection:
        users.change(connection, "grace", active=False, now=here.clock.now())
    assert "problem=elsewhere" in _go(here, there).headers["location"]
    assert here.who() == ""


def test_it_has_no_password_that_could_be_guessed(here: Site, there: Provider) -> None:
    _go(here, there)
    here.client.cookies.clear()
    assert "problem=wrong" in here.sign_in("grace", "").headers["location"]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"nonce": "of another trip"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"groups": None},
        {"groups": [{"security": 1}, None, 7]},
    ],
)
def test_an_identity_that_proves_nothing_is_refused(
    here: Site, there: Provider, claims: dict[str, Any]
) -> None:
    there.claims = claims
    assert "problem=elsewhere" in _go(here, there).headers["location"]
    assert here.who() == ""


def test_a_signature_by_another_key_is_refused(here: Site, there: Provider) -> None:
    there.key = OTHER
    assert "problem=elsewhere" in _go(here, there).headers["location"]


def test_a_trip_somebody_else_began_ends_nowhere(here: Site, there: Provider) -> None:
    start = here.client.get("/oidc/start", follow_redirects=False)
    back = urlsplit(there.signs_in(start.headers["location"]))
    here.client.cookies.clear()
    answer = here.client.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?problem=expired"
    here.client.get("/oidc/start", follow_redirects=False)
    answer = here.client.get(f"{back.path}?{back.query}", follow_redirects=False)
    assert answer.headers["location"] == "/sign-in?problem=expired"
    assert there.asked == []


def test_without_a_provider_there_is_nothing(tmp_path: Path) -> None:
    with site(tmp_path) as here:
        assert here.status("/oidc/start") == 404
        assert here.status("/oidc/back?code=x&state=y") == 404
