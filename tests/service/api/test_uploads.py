from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from antivenom.store.blobs import Blobs
from antivenom.store.schema_cases import audit
from antivenom.store.schema_uploads import uploads
from tests.service.site import Site, site

BODY = {
    "ecosystem": "pypi",
    "project": "Demo.Pkg",
    "version": "1.0",
    "filename": "demo_pkg-1.0.tar.gz",
    "url": "https://files.example/demo_pkg-1.0.tar.gz",
    "sha256": "a" * 64,
}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    wanted = {"fetch-hosts": ["files.example", "127.0.0.1:99"], "submitted-bytes": 1000}
    with site(tmp_path, **wanted) as made:
        yield made


def test_an_upload_is_handed_in_once(here: Site) -> None:
    headers = here.headers("reviewer")
    first = here.client.post("/api/v1/uploads", json=BODY, headers=headers)
    assert first.status_code == 202
    assert first.json()["state"] == "waiting"
    assert first.json()["purl"] == "pkg:pypi/demo-pkg@1.0"
    again = here.client.post("/api/v1/uploads", json=BODY, headers=headers)
    assert again.json()["id"] == first.json()["id"]
    shown = here.client.get(f"/api/v1/uploads/{first.json()['id']}", headers=headers)
    assert shown.json() == first.json()
    other = here.client.post("/api/v1/uploads", json=BODY | {"sha256": "b" * 64}, headers=headers)
    assert other.json()["id"] != first.json()["id"]
    with here.store.reading() as connection:
        assert set(connection.scalars(select(audit.c.act))) == {"upload.submit"}


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:98/x",
        "http://169.254.169.254/latest/meta-data",
        "https://files.example@127.0.0.1/x",
        "https://user:word@files.example/x",
        "https://files.example.elsewhere.example/x",
        "https://files.example:8443/x",
        "file:///etc/passwd",
        "//files.example/x",
        "https://files.example\\@elsewhere.example/x",
        "https://files.exa\u00admple/x",
        "https://[::1/x",
        "",
    ],
)
def test_nothing_is_fetched_from_where_nobody_allowed(here: Site, url: str) -> None:
    answer = here.client.post(
        "/api/v1/uploads", json=BODY | {"url": url}, headers=here.headers("reviewer")
    )
    assert answer.status_code == 422
    with here.store.reading() as connection:
        assert connection.scalar(select(uploads.c.id)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"filename": "../../etc/passwd"},
        {"filename": "a\\b"},
        {"filename": ""},
        {"sha256": "A" * 64},
        {"ecosystem": "cran"},
        {"project": "a b"},
        {"version": "1\x00"},
        {"unknown": 1},
        {"serial": -1},
        {"serial": 2**63},
        {"declared": {"name": 7}},
    ],
)
def test_what_cannot_be_is_refused(here: Site, change: dict[str, Any]) -> None:
    answer = here.client.post(
        "/api/v1/uploads", json=BODY | change, headers=here.headers("reviewer")
    )
    assert answer.status_code == 400


def _put(here: Site, content: bytes, name: str = "demo_pkg-1.0.tar.gz") -> Any:
    query = "ecosystem=pypi&project=demo-pkg&version=1.0"
    place = f"/api/v1/files/{name}?{query}"
    return here.client.put(place, content=content, headers=here.headers("reviewer"))


def test_a_file_is_handed_in_and_kept_sealed(here: Site) -> None:
    answer = _put(here, b"not really an archive")
    assert answer.status_code == 202
    sha256 = hashlib.sha256(b"not really an archive").hexdigest()
    assert answer.json()["sha256"] == sha256
    assert Blobs(here.settings.blobs_url).get(sha256) == b"not really an archive"
    [kept] = [one for one in Path(here.settings.blobs_url).rglob("*") if one.is_file()]
    assert b"not really" not in kept.read_bytes()
    with here.store.reading() as connection:
        assert connection.scalar(select(uploads.c.location)) == "blob:"


def test_a_file_that_is_too_large_or_empty_is_refused(here: Site) -> None:
    assert _put(here, b"x" * 1001).status_code == 413
    assert _put(here, b"").status_code == 422


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "a%5Cb", "%00"])
def test_no_name_leads_elsewhere(here: Site, name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert _put(here, b"x", name).status_code in (400, 404)
    assert sorted(tmp_path.rglob("*")) == before


def test_dead_ones_are_found_and_tried_again(here: Site) -> None:
    headers = here.headers("reviewer")
    number = here.client.post("/api/v1/uploads", json=BODY, headers=headers).json()["id"]
    with here.store.writing() as connection:
        connection.execute(update(uploads).values(state="dead", attempts=4, problem="killed"))
    found = here.client.get("/api/v1/uploads?state=dead", headers=headers).json()
    assert [one["problem"] for one in found["uploads"]] == ["killed"]
    again = here.client.post(f"/api/v1/uploads/{number}/retry", headers=headers)
    assert again.status_code == 202
    assert (again.json()["state"], again.json()["attempts"]) == ("waiting", 0)
    with here.store.writing() as connection:
        connection.execute(update(uploads).values(state="working"))
    assert here.client.post(f"/api/v1/uploads/{number}/retry", headers=headers).status_code == 409
    assert here.client.post("/api/v1/uploads/99/retry", headers=headers).status_code == 404


def test_pages_follow_each_other(here: Site) -> None:
    headers = here.headers("reviewer")
    for n in range(5):
        here.client.post("/api/v1/uploads", json=BODY | {"sha256": f"{n}" * 64}, headers=headers)
    seen: list[int] = []
    after = 0
    while True:
        page = here.client.get(f"/api/v1/uploads?most=2&after={after}", headers=headers).json()
        seen += [one["id"] for one in page["uploads"]]
        after = page["next"]
        if not after:
            break
    assert seen == [5, 4, 3, 2, 1]
