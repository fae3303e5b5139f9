from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from antivenom.errors import ConfigError, NetworkError
from antivenom.service import events, feeding, priorities
from antivenom.service.feeds import Follower, follower, watch
from antivenom.service.feeds.npm import Npm
from antivenom.service.feeds.pypi import PyPI
from antivenom.service.settings import Feed, Settings
from antivenom.store import Store
from antivenom.store.schema_uploads import feeds, registry_events, uploads
from tests.builders.index import FakeIndex
from tests.builders.registry import FakeRegistry
from tests.service.made import FakeClock

SETTINGS = Settings(feeds={"pypi": Feed(requests_per_second=1000, every_seconds=10)})


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Followed:
    """A follower of the fake registry, driven by hand."""

    def __init__(self, fake: FakeIndex, store: Store, clock: FakeClock, since: int | None) -> None:
        environ = {"PIP_INDEX_URL": fake.url, "PIP_CONFIG_FILE": "/dev/null", "UV_NO_CONFIG": "1"}
        self.adapter = PyPI(SETTINGS, clock, environ)
        self.follower = Follower(self.adapter, store, SETTINGS, clock, since=since)
        self.store = store

    def rows(self, *columns: str) -> list[tuple[object, ...]]:
        query = select(*(uploads.c[name] for name in columns)).order_by(uploads.c.id)
        with self.store.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def state(self, name: str) -> object:
        with self.store.reading() as connection:
            return connection.scalar(select(feeds.c[name]))

    def happened(self) -> list[tuple[str, str, str]]:
        c = registry_events.c
        with self.store.reading() as connection:
            query = select(c.project, c.what, c.about).order_by(c.id)
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def followed(fake: FakeIndex, store: Store, clock: FakeClock) -> Iterator[Followed]:
    found = Followed(fake, store, clock, since=0)
    yield found
    found.adapter.close()


def test_a_first_start_begins_where_the_feed_stands(
    fake: FakeIndex, store: Store, clock: FakeClock
) -> None:
    for n in range(60):
        fake.upload(f"old{n}", "1.0", b"x")
    found = Followed(fake, store, clock, since=None)
    found.follower.round()
    begun = found.state("cursor")
    assert begun == max(row[4] for row in fake.journal)
    fake.upload("new", "1.0", b"x")
    assert found.follower.round() == 10
    assert ("new",) in found.rows("project")
    assert ("old0",) not in found.rows("project")
    found.adapter.close()


def test_uploads_labels_and_owners_come_with_the_cursor(
    followed: Followed, fake: FakeIndex
) -> None:
    serial = fake.upload("Some.Thing", "1.0", b"x")
    fake.change("Some.Thing", None, "add Owner ada")
    fake.change("other", None, "add Owner eve")
    fake.change("other", None, "project quarantined")
    last = fake.change("other", None, "add tea")
    followed.follower.round()
    assert followed.rows("project", "version", "filename", "serial") == [
        ("some-thing", "1.0", "Some.Thing-1.0.tar.gz", serial)
    ]
    assert followed.state("cursor") == last
    assert followed.happened() == [
        ("some-thing", "created", ""),
        ("some-thing", "owner-added", "ada"),
        ("other", "owner-added", "eve"),
        ("other", "quarantined", ""),
    ]
    assert followed.rows("priority") == [(priorities.NEW_PROJECT,)]


def test_told_again_nothing_is_kept_twice(followed: Followed, fake: FakeIndex) -> None:
    fake.upload("thing", "1.0", b"x")
    followed.follower.round()
    with followed.store.writing() as connection:
        connection.execute(update(feeds).values(cursor=0))
    followed.follower.round()
    followed.follower.round()
    assert len(followed.rows("id")) == 1
    assert len(followed.happened()) == 1


def test_a_change_that_ends_late_is_not_lost(followed: Followed, fake: FakeIndex) -> None:
    fake.change("a", "1", "add source file a-1.tar.gz", serial=200)
    followed.follower.round()
    fake.change("b", "1", "add source file b-1.tar.gz", serial=199)
    followed.follower.round()
    assert followed.rows("project") == [("a",), ("b",)]
    assert followed.state("cursor") == 200


def test_much_comes_in_pieces(
    followed: Followed, fake: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antivenom.service.feeds.pypi.AT_ONCE", 10)
    for n in range(20):
        fake.change(f"a{n}", "1", f"add source file a{n}-1.tar.gz")
    assert followed.follower.round() == 0
    assert len(followed.rows("id")) == 10
    assert followed.follower.round() == 10
    assert len(followed.rows("id")) == 20


@pytest.mark.parametrize("how", ["429", "500", "cut off", "nonsense"])
def test_a_registry_in_trouble_loses_nothing(followed: Followed, fake: FakeIndex, how: str) -> None:
    fake.upload("thing", "1.0", b"x")
    if how.isdecimal():
        fake.status["/pypi"] = [-int(how)]
        fake.headers["Retry-After"] = "77"
    else:
        body = fake.called(
            b"<methodCall><methodName>changelog_last_serial</methodName></methodCall>"
        )
        fake.raw["/pypi"] = ("text/xml", body[:-30] if how == "cut off" else b"[]")
    waits = [followed.follower.round() for _ in range(2)]
    assert followed.rows("id") == []
    assert followed.state("failures") == 2
    assert followed.state("problem")
    assert waits == ([77, 77] if how.isdecimal() else [10, 20])
    fake.status.clear()
    fake.raw.clear()
    followed.follower.round()
    assert followed.rows("project") == [("thing",)]
    assert followed.state("failures") == 0


def test_rss_fills_in_while_the_changelog_is_away(followed: Followed, fake: FakeIndex) -> None:
    followed.follower.round()
    fake.upload("thing", "1.0", b"x")
    fake.status["/pypi"] = [-500]
    for _ in range(4):
        followed.follower.round()
    assert followed.rows("project", "serial", "filename") == [("thing", 0, "thing-1.0.tar.gz")]
    conditional = [h for path, h in fake.requests if path == "/rss/updates.xml"]
    assert "if-none-match" in conditional[1]
    fake.status.clear()
    followed.follower.round()
    [(_, serial)] = followed.rows("id", "serial")
    assert serial == fake.journal[-1][4]


def test_a_person_can_stop_a_feed(followed: Followed, fake: FakeIndex) -> None:
    followed.follower.round()
    with followed.store.writing() as connection:
        connection.execute(update(feeds).values(stopped="an attack on us"))
    fake.upload("thing", "1.0", b"x")
    followed.follower.round()
    assert followed.rows("id") == []


def test_we_say_who_we_are_and_keep_our_pace(followed: Followed, fake: FakeIndex) -> None:
    followed.follower.round()
    assert all("antivenom" in headers["user-agent"] for _, headers in fake.requests)


def test_owners_are_new_for_a_while(store: Store, clock: FakeClock) -> None:
    def event(project: str, what: str, at: str, serial: int, about: str = "") -> events.Event:
        return events.Event(
            ecosystem="pypi",
            project=project,
            what=what,
            at=at,
            serial=serial,
            about=about,
            action=f"{what} {about}",
        )

    told = [
        event("old", "owner-added", "2026-11-20T00:00:00Z", 1, "eve"),
        event("old", "owner-added", "2026-01-01T00:00:00Z", 2, "ada"),
        event("young", "created", "2026-11-21T00:00:00Z", 3),
        event("young", "owner-added", "2026-11-21T00:00:00Z", 4, "ada"),
    ]
    with store.writing() as connection:
        assert events.record_all(connection, told, "2026-11-21T00:00:00Z") == 4
        assert events.record_all(connection, told, "2026-11-21T00:00:00Z") == 0
        assert events.joined(connection, "pypi", "old", clock.now()) == ("eve",)
        assert events.joined(connection, "pypi", "young", clock.now()) == ()
        assert events.new_projects(connection, "pypi", ["old", "young"], clock.now()) == {"young"}


def test_npm_is_followed_by_sequence(
    fake: FakeIndex, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = FakeRegistry(fake)
    replica = fake.url.replace("/simple/", "/replica")
    given = Settings(feeds={"npm": Feed(url=replica, requests_per_second=1000)})
    registry.publish("thing", "1.0.0", {"index.js": "1\n"}, time="2026-11-21T09:59:00.000Z")
    registry.publish("thing", "0.9.0", {"index.js": "1\n"}, time="2026-01-01T00:00:00.000Z")
    fake.raw["/replica/"] = ("application/json", b'{"update_seq": 5}')
    rows = (
        b'{"results": [{"seq": 6, "id": "thing", "changes": []},'
        b' {"seq": 7, "id": "gone", "deleted": true, "changes": []}], "last_seq": 7}'
    )
    fake.raw["/replica/_changes?since=5&limit=100"] = ("application/json", rows)
    environ = {"npm_config_registry": registry.url, "npm_config_userconfig": "/dev/null"}
    adapter = Npm(given, clock, environ)
    one = Follower(adapter, store, given, clock)
    one.round()
    with store.reading() as connection:
        found = connection.execute(select(uploads.c.project, uploads.c.version)).all()
        assert [tuple(row) for row in found] == [("thing", "1.0.0")]
        assert connection.scalar(select(feeds.c.cursor)) == 7
        assert connection.scalar(select(registry_events.c.what)) == "removed"
    adapter.close()


def test_a_registry_that_counts_anew_is_no_silent_one(
    followed: Followed, fake: FakeIndex, clock: FakeClock
) -> None:
    fake.change("a", "1", "add source file a-1.tar.gz", serial=5000)
    followed.follower.round()
    fake.journal.clear()
    fake.change("b", "1", "add source file b-1.tar.gz", serial=7)
    followed.follower.round()
    assert "fell from 5000 to 7" in str(followed.state("problem"))
    assert followed.rows("project") == [("a",)]
    with followed.store.writing() as connection:
        feeding.start(connection, "pypi", author="ada", now=clock.now(), at=0)
    followed.follower.round()
    assert followed.rows("project") == [("a",), ("b",)]
    assert (followed.state("cursor"), followed.state("problem")) == (7, "")


def test_no_fault_ends_a_feed(
    followed: Followed, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    rounds: list[int] = []

    def fails() -> float:
        rounds.append(1)
        if len(rounds) == 3:
            stop.set()
        raise KeyError("ours")

    monkeypatch.setattr(followed.follower, "round", fails)
    monkeypatch.setattr(follower, "LONGEST_WAIT", 0.0)
    followed.follower.run(stop)
    assert len(rounds) == 3
    assert "pypi: following it failed" in caplog.text


def test_what_cannot_be_followed_is_said(store: Store, clock: FakeClock) -> None:
    stop = threading.Event()
    with pytest.raises(ConfigError):
        watch(store, SETTINGS, clock, stop, names=["nowhere"])
    with pytest.raises(ConfigError):
        watch(store, SETTINGS, clock, stop, names=["npm"])
    assert NetworkError("x").retry_after is None
    assert follower.LONGEST_WAIT == 300
