"""No door was forgotten: every route there is, tried by nobody, by the weak and from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests.service.site import Site, site

OPEN = {
    ("GET", "/health"),
    ("GET", "/ready"),
    ("POST", "/v1/query"),
    ("POST", "/v1/querybatch"),
    ("GET", "/v1/vulns/{id:str}"),
    ("GET", "/api/openapi.json"),
    ("GET", "/sign-in"),
    ("GET", "/setup"),
    ("GET", "/oidc/start"),
    ("GET", "/oidc/back"),
}
"""What answers everybody."""
AT_THE_DOOR = {"/sign-in", "/sign-out", "/setup"}
"""Forms of people who are nobody yet; they need the token of a form all the same."""
OF_THE_TESTS = {"/probe", "/taking", "/broken", "/wrong"}
_VALUES = {"int": "1", "str": "x", "path": "x"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("doors"), **{"requests-per-minute": 1_000_000}) as made:
        yield made


def _routes(here: Site) -> list[tuple[str, str, HTTPRouteHandler]]:
    found: list[tuple[str, str, HTTPRouteHandler]] = []
    for route in here.app.routes:
        if not isinstance(route, HTTPRoute) or route.path in OF_THE_TESTS:
            continue
        for handler in route.route_handlers:
            methods = sorted(handler.http_methods - {"HEAD", "OPTIONS"})
            found += [(method, route.path, handler) for method in methods]
    assert len(found) > 60
    return found


def _address(path: str) -> str:
    return re.sub(r"\{[^:}]+:([a-z]+)\}", lambda m: _VALUES[m[1]], path)


def _static(path: str) -> bool:
    return path.startswith(("/static", "/api/{path", "/api/openapi")) or path == "/api"


def test_nobody_gets_in_where_somebody_is_asked_for(here: Site) -> None:
    for method, path, _ in _routes(here):
        answer = here.client.request(method, _address(path), follow_redirects=False)
        if (method, path) in OPEN or (method == "GET" and _static(path)):
            assert answer.status_code not in (401, 403), (method, path)
        elif method == "GET":
            assert answer.status_code == 401, (method, path, answer.status_code)
        else:
            # Without a session, the missing token of the form is what is noticed first.
            assert answer.status_code == 403, (method, path, answer.status_code)


def test_a_form_without_its_token_changes_nothing_for_anybody(here: Site) -> None:
    here.account("root", "admin")
    here.sign_in("root")
    for method, path, _ in _routes(here):
        if method == "GET" or (method, path) in OPEN:
            continue
        answer = here.client.request(method, _address(path), follow_redirects=False)
        assert answer.status_code == 403, (method, path, answer.status_code)
    here.client.cookies.clear()


def test_a_token_without_the_scope_opens_nothing(here: Site) -> None:
    headers = here.headers("viewer", "metrics")
    for method, path, _ in _routes(here):
        if (method, path) in OPEN or path in AT_THE_DOOR or _static(path):
            continue
        if path in {"/metrics", "/api/v1/me"}:
            continue
        answer = here.client.request(
            method, _address(path), headers=headers, follow_redirects=False
        )
        assert answer.status_code == 403, (method, path, answer.status_code)


def test_who_looks_may_not_change(here: Site) -> None:
    headers = here.headers("viewer")
    for method, path, _ in _routes(here):
        if method == "GET" or (method, path) in OPEN or path in AT_THE_DOOR:
            continue
        answer = here.client.request(
            method, _address(path), headers=headers, follow_redirects=False
        )
        assert answer.status_code == 403, (method, path, answer.status_code)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/app.py",
        "/static//etc/passwd",
        "/static/console.css%00.txt",
        "/api/../metrics",
        "//api/v1/users",
        "/api/v1/users/",
        "/API/V1/users",
        "/api/v1/users;x=1",
    ],
)
def test_no_spelling_of_a_path_leads_around_the_door(here: Site, path: str) -> None:
    answer = here.client.get(path, follow_redirects=False)
    assert answer.status_code in (400, 401, 404), (path, answer.status_code)
    assert "root:" not in answer.text and "def make_app" not in answer.text


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Original-URL", "X-Forwarded-User"])
def test_no_header_makes_somebody_of_nobody(here: Site, header: str) -> None:
    answer = here.client.get("/api/v1/users", headers={header: "/health"})
    assert answer.status_code == 401


@pytest.mark.parametrize("size", [(1 << 20) + 1, 8 << 20])
def test_a_body_that_is_too_large_is_not_read(here: Site, size: int) -> None:
    headers = here.headers("admin") | {"content-type": "application/json"}
    for path in ("/api/v1/uploads", "/api/v1/users", "/v1/query"):
        answer = here.client.post(path, content=b"[" * size, headers=headers)
        assert answer.status_code == 413, path


def test_deep_and_hostile_json_is_refused(here: Site) -> None:
    headers = here.headers("admin") | {"content-type": "application/json"}
    for body in (b"[" * 100_000, b'{"a":' * 50_000, b'"\xff"', b"NaN", b'{"name":"\\u0000"}'):
        answer = here.client.post("/api/v1/users", content=body, headers=headers)
        assert answer.status_code == 400, body[:20]
