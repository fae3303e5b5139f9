from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antivenom.service import reviews
from tests.service.recorded import clean, record, thief
from tests.service.site import Site, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        with made.store.writing() as connection:
            assert record(connection, thief(), now=made.clock.now()) == 1
            record(connection, clean("other-pkg"), now=made.clock.now())
        yield made


def test_reviews_are_found_and_shown_in_full(here: Site) -> None:
    headers = here.headers("viewer")
    page = here.client.get("/api/v1/reviews", headers=headers).json()
    assert {one["verdict"] for one in page["reviews"]} == {"malicious", "clean"}
    [bad] = here.client.get("/api/v1/reviews?verdict=malicious", headers=headers).json()["reviews"]
    shown = here.client.get(f"/api/v1/reviews/{bad['id']}", headers=headers).json()
    assert shown["schema"] == 1
    assert shown["findings"][0]["spans"][0]["member"] == "demo-pkg-1.0/setup.py"
    with here.store.reading() as connection:
        assert reviews.load(connection, bad["id"]) is not None
    assert here.client.get(f"/api/v1/reviews/{'0' * 64}", headers=headers).status_code == 404
    first = here.client.get("/api/v1/reviews?most=1", headers=headers).json()
    second = here.client.get(f"/api/v1/reviews?after={first['next']}", headers=headers).json()
    assert [len(first["reviews"]), len(second["reviews"]), second["next"]] == [1, 1, ""]
    assert here.client.get("/api/v1/reviews?after=what", headers=headers).status_code == 422


def test_a_case_is_decided_once_and_taken_back(here: Site) -> None:
    headers = here.headers("reviewer")
    [group] = here.client.get("/api/v1/cases", headers=headers).json()["groups"]
    assert group["cases"][0]["project"] == "demo-pkg"
    ruling = {"decision": "malicious", "key": "k1", "reason": "it steals"}
    made = here.client.post("/api/v1/cases/1/decisions", json=ruling, headers=headers)
    assert made.status_code == 201
    assert made.json()["via"] == "api"
    again = here.client.post("/api/v1/cases/1/decisions", json=ruling, headers=headers)
    assert again.json() == made.json()
    other = here.client.post(
        "/api/v1/cases/1/decisions", json=ruling | {"key": "k2"}, headers=headers
    )
    assert other.status_code == 409
    counts = here.client.get("/api/v1/cases/counts", headers=headers).json()
    assert counts["review"] == 0
    undone = here.client.post(
        f"/api/v1/decisions/{made.json()['id']}/undo", json={"key": "k3"}, headers=headers
    )
    assert undone.json()["undoes"] == made.json()["id"]
    shown = here.client.get("/api/v1/cases/1", headers=headers).json()
    assert [one["decision"] for one in shown["decisions"]] == ["malicious", "undone"]
    assert shown["case"]["state"] == "open"
    assert shown["files"][0]["verdict"] == "malicious"


def test_people_hold_cases_and_talk(here: Site) -> None:
    mine, theirs = here.headers("reviewer"), here.headers("admin")
    assert here.client.post("/api/v1/cases/1/hold", headers=mine).status_code == 204
    assert here.client.post("/api/v1/cases/1/hold", headers=theirs).status_code == 409
    assert here.client.post("/api/v1/cases/1/hold?take=true", headers=theirs).status_code == 204
    assert here.client.delete("/api/v1/cases/1/hold", headers=theirs).status_code == 204
    said = here.client.post("/api/v1/cases/1/comments", json={"text": "<b>"}, headers=mine)
    assert said.status_code == 201
    shown = here.client.get("/api/v1/cases/1", headers=mine).json()
    assert [one["text"] for one in shown["comments"]] == ["<b>"]
    assert here.client.post("/api/v1/cases/9/hold", headers=mine).status_code == 404


def test_a_finding_is_suppressed_and_seen_again(here: Site) -> None:
    headers = here.headers("reviewer")
    body = {
        "rule": "exfiltration/sends-credentials",
        "member": "demo-pkg-1.0/setup.py",
        "sha256": "c" * 64,
        "reason": "ours",
        "expires": "2026-12-24",
    }
    made = here.client.post("/api/v1/suppressions", json=body, headers=headers)
    assert made.status_code == 201
    [one] = here.client.get("/api/v1/suppressions", headers=headers).json()
    assert one["author"] == "reviewer-person"
    place = f"/api/v1/suppressions/{made.json()['id']}"
    assert here.client.delete(place, headers=headers).status_code == 204
    assert here.client.get("/api/v1/suppressions", headers=headers).json() == []
    assert len(here.client.get("/api/v1/suppressions?ended=true", headers=headers).json()) == 1
    past = here.client.post(
        "/api/v1/suppressions", json=body | {"expires": "2026-11-01"}, headers=headers
    )
    assert past.status_code == 422


def test_administrators_manage_and_others_do_not(here: Site) -> None:
    headers = here.headers("admin")
    new = {"name": "bob", "role": "viewer", "password": "correct horse battery"}
    assert here.client.post("/api/v1/users", json=new, headers=headers).status_code == 201
    changed = here.client.patch("/api/v1/users/bob", json={"role": "reviewer"}, headers=headers)
    assert changed.json()["role"] == "reviewer"
    token = here.client.post(
        "/api/v1/tokens", json={"user": "bob", "name": "x", "scopes": ["decide"]}, headers=headers
    ).json()
    bobs = {"Authorization": f"Bearer {token['token']}"}
    assert here.client.get("/api/v1/me", headers=bobs).json()["scopes"] == ["decide"]
    assert here.client.get("/api/v1/users", headers=bobs).status_code == 403
    hook = {"url": "https://there.example/x", "events": ["case.opened"]}
    made = here.client.post("/api/v1/webhooks", json=hook, headers=headers).json()
    assert made["secret"].startswith("whsec_")
    listed = here.client.get("/api/v1/webhooks", headers=headers)
    assert "whsec_" not in listed.text
    inner = {"url": "https://10.0.0.1/", "events": ["case.opened"]}
    assert here.client.post("/api/v1/webhooks", json=inner, headers=headers).status_code == 422
    gone = here.client.delete(f"/api/v1/tokens/{token['id']}", headers=headers)
    assert gone.status_code == 204
    assert here.client.get("/api/v1/me", headers=bobs).status_code == 401
    acts = here.client.get("/api/v1/audit", headers=headers)
    assert "user.make" in acts.text
    assert token["token"] not in acts.text and "battery" not in acts.text
