from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from antivenom.service.access import first, users
from antivenom.service.access.routes import within
from antivenom.store.schema_access import sessions
from antivenom.store.schema_cases import audit
from tests.service.site import PASSWORD, Site, site


def test_a_person_signs_in_and_out(here: Site) -> None:
    here.account("ada", "reviewer")
    answer = here.sign_in("ada", to="/cases/17?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/cases/17?x=1"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie
    kept = here.client.cookies["antivenom-session"]
    with here.store.reading() as connection:
        assert kept not in list(connection.scalars(select(sessions.c.id)))
    gone = here.client.post("/sign-out", data={"_csrf_token": here.form_token()})
    assert gone.history[0].status_code == 303
    with here.store.reading() as connection:
        assert list(connection.scalars(select(sessions.c.id))) == []
        acts = list(connection.scalars(select(audit.c.act).order_by(audit.c.id)))
    assert acts == ["user.sign-in"]


def test_signing_in_again_changes_the_cookie_and_ends_the_session_before(here: Site) -> None:
    here.account("ada", "viewer")
    here.sign_in("ada")
    before = here.client.cookies["antivenom-session"]
    here.sign_in("ada")
    assert here.client.cookies["antivenom-session"] != before
    with here.store.reading() as connection:
        assert len(list(connection.scalars(select(sessions.c.id)))) == 1


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong wrong wrong"), ("eve", PASSWORD)])
def test_a_wrong_password_and_an_unknown_name_look_the_same(
    here: Site, name: str, password: str
) -> None:
    here.account("ada", "viewer")
    answer = here.sign_in(name, password)
    assert answer.headers["location"] == "/sign-in?problem=wrong&next=%2F"
    assert "antivenom-session" not in here.client.cookies


def test_guessing_is_slowed_down_by_name_and_by_address(tmp_path: Path) -> None:
    with site(tmp_path, **{"sign-ins-per-minute": 3}) as here:
        here.account("ada", "viewer")
        for _ in range(3):
            here.sign_in("ada", "wrong wrong wrong")
        assert "problem=slow" in here.sign_in("ada").headers["location"]
        here.clock.go(60)
        assert here.sign_in("ada").headers["location"] == "/"


def test_a_session_ends_after_its_hours_and_with_the_account(here: Site) -> None:
    here.account("ada", "viewer")
    here.account("root", "admin")
    here.sign_in("ada")
    assert here.who() == "ada"
    here.clock.go(11 * 3600)
    assert here.who() == "ada"
    here.clock.go(2 * 3600)
    assert here.who() == ""
    here.sign_in("ada")
    with here.store.writing() as connection:
        users.change(connection, "ada", active=False, now=here.clock.now())
    assert here.who() == ""
    assert "problem=wrong" in here.sign_in("ada").headers["location"]


def test_the_first_account_needs_the_link_and_can_be_made_once(here: Site) -> None:
    token = first.invitation(here.settings)
    assert first.invitation(here.settings) == token
    form = {"token": "x", "name": "root", "password": PASSWORD, "again": PASSWORD}
    assert here.post_form("/setup", form).headers["location"] == "/setup?problem=link"
    form["token"] = token
    assert "differ" in here.post_form("/setup", form | {"again": "x"}).headers["location"]
    assert "unfit" in here.post_form("/setup", form | {"name": "<b>"}).headers["location"]
    assert here.post_form("/setup", form).headers["location"] == "/"
    assert here.who() == "root"
    assert "problem=link" in here.post_form("/setup", form).headers["location"]
    with here.store.reading() as connection:
        assert [one.role for one in users.every(connection)] == ["admin"]


def test_over_https_cookies_stay_there(tmp_path: Path) -> None:
    with site(tmp_path, **{"public-url": "https://review.example"}) as here:
        here.account("ada", "viewer")
        cookie = here.sign_in("ada").headers["set-cookie"]
        assert cookie.startswith("__Host-antivenom-session=")
        assert "Secure" in cookie


@pytest.mark.parametrize(
    "to",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "",
        "cases",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(to: str) -> None:
    assert within(to) == "/"
