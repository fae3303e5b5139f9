from __future__ import annotations

import base64
from pathlib import Path

import pytest

from antivenom.errors import UsageError
from antivenom.service.access import tokens, users
from antivenom.service.access.limits import Limit
from tests.service.made import FakeClock
from tests.service.site import Site, site


def test_a_token_says_who_asks_until_it_is_revoked_or_old(here: Site) -> None:
    headers = here.headers("viewer")
    assert here.who(headers) == "viewer-person"
    with here.store.writing() as connection:
        tokens.revoke(connection, 1, here.clock.now())
    assert here.status("/probe", headers) == 401
    later = here.headers("viewer")
    here.clock.go(10 * 86400)
    assert here.status("/probe", later) == 401


def test_a_token_fits_into_the_url_of_a_client_as_its_password(here: Site) -> None:
    key = here.key("viewer")
    basic = base64.b64encode(f"token:{key}".encode()).decode()
    assert here.who({"Authorization": f"Basic {basic}"}) == "viewer-person"
    assert here.status("/probe", {"Authorization": "Basic !!"}) == 401
    assert here.status("/probe", {"Authorization": "Digest x"}) == 401


def test_a_wrong_token_is_refused_even_with_a_good_cookie(here: Site) -> None:
    here.account("ada", "admin")
    here.sign_in("ada")
    assert here.status("/probe", {"Authorization": "Bearer antivenom_x"}) == 401


def test_roles_and_scopes_decide(here: Site) -> None:
    assert here.status("/reading") == 401
    assert here.status("/reading", here.headers("viewer")) == 200
    assert here.status("/deciding", here.headers("viewer")) == 403
    assert here.status("/deciding", here.headers("reviewer")) == 200
    assert here.status("/deciding", here.headers("reviewer", "read")) == 403


def test_a_token_holds_no_more_than_its_owner(here: Site) -> None:
    here.key("viewer")
    with here.store.writing() as connection:
        owner = users.named(connection, "viewer-person")
        with pytest.raises(UsageError, match="may not decide"):
            tokens.make(connection, owner, "x", ["decide"], now=here.clock.now(), days=1)
        with pytest.raises(UsageError, match="no scope: everything"):
            tokens.make(connection, owner, "x", ["everything"], now=here.clock.now(), days=1)
    headers = here.headers("reviewer", "decide")
    here.key("admin")
    with here.store.writing() as connection:
        users.change(connection, "reviewer-person", role="viewer", now=here.clock.now())
    assert here.status("/deciding", headers) == 403


def test_somebody_has_to_stay_administrator(here: Site) -> None:
    here.account("root", "admin")
    with (
        pytest.raises(UsageError, match="administrator"),
        here.store.writing() as connection,
    ):
        users.change(connection, "root", role="viewer", now=here.clock.now())
    with here.store.reading() as connection:
        assert users.named(connection, "root").role == "admin"


@pytest.mark.parametrize("form", [{}, {"_csrf_token": "0" * 64}, {"_csrf_token": "ä"}])
def test_a_form_from_elsewhere_changes_nothing(here: Site, form: dict[str, str]) -> None:
    here.account("ada", "admin")
    here.sign_in("ada")
    assert here.client.post("/changing", data=form).status_code == 403
    good = {"_csrf_token": here.form_token()}
    assert here.client.post("/changing", data=good).status_code == 201
    assert here.client.post("/changing", json={}).status_code == 403
    script = {"x-csrftoken": here.form_token()}
    assert here.client.post("/changing", json={}, headers=script).status_code == 201


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_what_a_browser_calls_foreign_is_refused(here: Site, origin: str) -> None:
    here.account("ada", "admin")
    here.sign_in("ada")
    good = {"_csrf_token": here.form_token()}
    answer = here.client.post("/changing", data=good, headers={"sec-fetch-site": origin})
    assert answer.status_code == 403


def test_a_token_of_another_session_is_worth_nothing(here: Site) -> None:
    here.account("ada", "admin")
    here.sign_in("ada")
    before = here.form_token()
    here.sign_in("ada")
    assert here.client.post("/changing", data={"_csrf_token": before}).status_code == 403


def test_under_a_foreign_name_nothing_answers(here: Site) -> None:
    for name in ("elsewhere.example", "127.0.0.1.elsewhere.example:8470", ""):
        assert here.status("/health", {"host": name}) == 400
    for name in ("localhost:8470", "[::1]:8470", "127.0.0.1"):
        assert here.status("/health", {"host": name}) == 200


def test_one_too_many_is_told_when_to_come_back(tmp_path: Path) -> None:
    with site(tmp_path, **{"requests-per-minute": 2}) as here:
        for _ in range(2):
            assert here.status("/health") == 200
        answer = here.client.get("/health")
        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "30"
        assert here.status("/health", here.headers("viewer")) == 200
        here.clock.go(30)
        assert here.status("/health") == 200


def test_a_limit_remembers_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antivenom.service.access.limits._MOST", 2)
    limit = Limit(1, FakeClock())
    assert [limit.wait(one) for one in "abab"] == [0, 0, 60, 60]
    assert limit.wait("c") == 0
    assert limit.wait("a") == 0


def test_a_body_that_is_too_large_is_refused(here: Site) -> None:
    headers = here.headers("admin")
    answer = here.client.post("/taking", content=b"x" * (1 << 21), headers=headers)
    assert answer.status_code == 413


def test_people_are_sent_to_sign_in_and_programs_are_told(here: Site) -> None:
    page = here.client.get("/reading?a=1", headers={"accept": "text/html"}, follow_redirects=False)
    assert page.status_code == 303
    assert page.headers["location"] == "/sign-in?next=%2Freading%3Fa%3D1"
    told = here.client.get("/reading")
    assert told.status_code == 401
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["title"] == "who are you?"


def test_a_fault_is_told_without_its_inside(here: Site) -> None:
    answer = here.client.get("/broken", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "inner words" not in answer.text
    assert "<h1>A fault of Antivenom</h1>" in answer.text
    problem = here.client.get("/wrong", headers={"accept": "text/html"})
    assert problem.status_code == 422
    assert "&lt;script&gt;" in problem.text and "<script>" not in problem.text
