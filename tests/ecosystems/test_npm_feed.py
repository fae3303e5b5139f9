"""The changes feed of npm: what is new since a point, from answers of every shape."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from antivenom.ecosystems.npm.feed import Changes, changes_url, gone, held, read_changes, releases
from antivenom.ecosystems.npm.locate import Wanted, page_url
from antivenom.ecosystems.npm.packument import Packument, read
from antivenom.errors import NetworkError
from antivenom.http import Door, Manners
from tests.builders.index import serve
from tests.builders.registry import FakeRegistry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def answer(*rows: Any, last: Any = 0) -> bytes:
    return json.dumps({"results": list(rows), "last_seq": last}).encode()


def row(seq: Any, name: Any, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "id": name, "changes": [{"rev": "1-x"}], **more}


def test_each_package_is_named_once_at_its_last_place() -> None:
    found = read_changes(answer(row(5, "a"), row(6, "@s/b"), row(7, "a"), last=7), 4)
    assert found.last == 7
    assert [(one.name, one.serial) for one in found.changes] == [("@s/b", 6), ("a", 7)]


def test_a_package_that_is_gone_is_said() -> None:
    (one,) = read_changes(answer(row(9, "a", deleted=True)), 1).changes
    assert one.deleted


def test_one_odd_row_does_not_stop_a_feed() -> None:
    rows = [None, 7, {}, row(11, "../x"), row(12, "_design/app"), row(13, 5), row("x", "a"),
            row(14, "b" * 300), row(15, "good")]  # fmt: skip
    found = read_changes(answer(*rows), 10)
    assert [one.name for one in found.changes] == ["good"]
    assert (found.last, found.odd) == (15, 8)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"results": 3}', b"[" * 100_000])
def test_what_is_no_feed_is_refused(body: bytes) -> None:
    with pytest.raises(NetworkError):
        read_changes(body, 0)


def test_positions_never_go_back() -> None:
    assert read_changes(answer(last=3), 10) == Changes(last=10)
    assert read_changes(answer(last="12-g1AAA"), 10).last == 12
    assert read_changes(answer(row("11-g1A", "a"), last=99), 10).last == 11
    assert changes_url("https://r.example/registry/", -4, 10**9).endswith("?since=0&limit=5000")


def page(times: dict[str, str], versions: list[str]) -> Packument:
    return Packument(fields={"time": times}, versions={v: {"dist": {}} for v in versions})


def test_releases_since_the_last_look() -> None:
    times = {
        "created": "2026-03-01T12:30:00.000Z", "1.0.0": "2026-02-01T00:00:00.000Z",
        "1.0.2": "2026-03-01T12:20:00.000Z", "1.0.1": "2026-03-01T11:50:00.000Z",
        "1.0.3": "soon", "0.0.1-security": "2026-03-01T12:30:00.000Z",
    }  # fmt: skip
    found = releases(page(times, [v for v in times if v != "created"]), "@s/demo", NOON)
    assert [one.version for one in found] == ["1.0.1", "1.0.2"]
    assert found[0].filename == "s-demo-1.0.1.tgz"
    assert found[1].upload.uploaded == "2026-03-01T12:20:00.000Z"


def test_what_was_taken_down() -> None:
    times = {"modified": "2026-03-02T00:00:00Z", "1.0.0": "2026-02-01T00:00:00Z",
             "1.0.1": "2026-03-01T12:20:00Z", "0.0.1-security": "2026-03-01T13:00:00Z"}  # fmt: skip
    one = page(times, ["0.0.1-security"])
    assert held(one) and gone(one, NOON) == ("1.0.1",)
    assert not held(page(times, ["1.0.0"]))


def test_a_feed_over_the_door() -> None:
    """The follower's three steps against a feed and a registry on loopback."""
    with serve() as fake:
        registry = FakeRegistry(fake)
        registry.publish("demo", "1.0.0", {"index.js": "1"}, time="2026-02-01T00:00:00Z")
        registry.publish("demo", "1.1.0", {"index.js": "2"}, time="2026-03-01T12:01:00Z")
        asked = changes_url(registry.url + "-", 40)
        path = asked.removeprefix(fake.url.split("/simple")[0])
        fake.raw[path] = ("application/json", answer(row(41, "demo"), last=41))
        with Door(Manners(sleep=lambda _: None, timeout=5)) as door:
            changes = read_changes(door.get(asked, limit_bytes=1 << 20).body, 40)
            (change,) = changes.changes
            body = door.get(page_url(registry.url, change.name), limit_bytes=1 << 20).body
    (found,) = releases(read(body, Wanted(name=change.name)), change.name, NOON)
    assert changes.last == 41
    assert (found.version, found.tarball.url) == ("1.1.0", f"{registry.url}demo/-/demo-1.1.0.tgz")
    assert found.tarball.hashes["sha512"]
    assert found.upload.declared is not None and found.upload.declared.version == "1.1.0"
