from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from antivenom.errors import ConfigError, NetworkError
from antivenom.service import events, feeding, priorities
from antivenom.service.feeds import Follower, follower, watch
from antivenom.service.feeds import npm as npm_feed
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


@dataclass
class Replica:
    """A replica of npm's changes on loopback, and what follows it."""

    fake: FakeIndex
    registry: FakeRegistry
    store: Store
    clock: FakeClock

    def say(self, after: int, *rows: tuple[int, str, bool]) -> None:
        """Serve rows (sequence, package, deleted) as the page after a sequence."""
        found = [{"seq": n, "id": name, "deleted": gone, "changes": []} for n, name, gone in rows]
        page = {"results": found, "last_seq": rows[-1][0] if rows else after}
        path = f"/replica/_changes?since={after}&limit=2"
        self.fake.raw[path] = ("application/json", json.dumps(page).encode())

    def newest(self, serial: int) -> None:
        """Serve what the replica's front page says."""
        body = json.dumps({"update_seq": serial}).encode()
        self.fake.raw["/replica/"] = ("application/json", body)

    def publish(self, name: str, version: str, time: str = "2026-11-21T09:59:00.000Z") -> None:
        """Put a release into the registry."""
        self.registry.publish(name, version, {"index.js": f"// {version}\n"}, time=time)

    def follow(self, rounds: int = 1) -> None:
        """Follow as a process does that was just started."""
        url = self.fake.url.replace("/simple/", "/replica")
        given = Settings(feeds={"npm": Feed(url=url, requests_per_second=1000)})
        environ = {"npm_config_registry": self.registry.url, "npm_config_userconfig": "/dev/null"}
        adapter = Npm(given, self.clock, environ)
        follower = Follower(adapter, self.store, given, self.clock)
        for _ in range(rounds):
            follower.round()
        adapter.close()

    def releases(self) -> list[tuple[str, str]]:
        """Return what is kept, in the order it came."""
        asked = select(uploads.c.project, uploads.c.version).order_by(uploads.c.id)
        with self.store.reading() as connection:
            return [(row.project, row.version) for row in connection.execute(asked)]

    def events(self) -> list[tuple[str, str, str]]:
        """Return what happened to packages."""
        told = registry_events.c
        with self.store.reading() as connection:
            found = connection.execute(select(told.project, told.version, told.what))
            return sorted((row.project, row.version, row.what) for row in found)

    def cursor(self) -> int:
        """Return where following goes on."""
        with self.store.reading() as connection:
            return int(connection.scalar(select(feeds.c.cursor)) or 0)


@pytest.fixture
def replica(
    fake: FakeIndex, store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Replica:
    monkeypatch.setattr(npm_feed, "AT_ONCE", 2)
    made = Replica(fake, FakeRegistry(fake), store, clock)
    made.newest(5)
    return made


def test_npm_pages_are_read_one_after_the_other(replica: Replica) -> None:
    for name in ("a", "b", "@s/c"):
        replica.publish(name, "1.0.0")
    replica.say(5, (6, "a", False), (9, "b", False))
    replica.say(9, (10, "@s/c", False))
    replica.say(10)
    replica.follow(rounds=3)
    assert replica.releases() == [("a", "1.0.0"), ("b", "1.0.0"), ("@s/c", "1.0.0")]
    assert replica.cursor() == 10


def test_npm_sequences_with_a_gap_are_no_fault(replica: Replica) -> None:
    # A replica tells the last change of a package alone: what lies between was superseded.
    replica.publish("a", "1.0.0")
    replica.publish("a", "1.0.1")
    replica.say(5, (90_000, "a", False))
    replica.follow()
    assert sorted(replica.releases()) == [("a", "1.0.0"), ("a", "1.0.1")]
    assert replica.cursor() == 90_000


def test_npm_is_followed_on_after_a_restart(replica: Replica) -> None:
    replica.publish("a", "1.0.0")
    replica.say(5, (6, "a", False))
    replica.follow()
    replica.publish("a", "1.1.0", time="2026-11-21T10:00:00.000Z")
    replica.publish("b", "2.0.0", time="2026-11-21T10:00:00.000Z")
    replica.say(6, (7, "b", False), (8, "a", False))
    replica.newest(8)
    replica.follow()
    assert sorted(replica.releases()) == [("a", "1.0.0"), ("a", "1.1.0"), ("b", "2.0.0")]
    replica.say(8)
    replica.follow()
    assert len(replica.releases()) == 3
    assert replica.cursor() == 8


def test_npm_deletions_are_kept_as_events(replica: Replica) -> None:
    replica.publish("a", "1.0.0")
    page = replica.registry.pages["a"]
    page["time"]["1.0.1"] = "2026-11-21T09:58:00.000Z"  # a version that is no longer listed
    replica.publish("a", "1.0.2")
    replica.say(5, (6, "a", False), (7, "whole", True))
    replica.say(7, (8, "vanished", False))  # changed, and gone when it is asked for
    replica.follow(rounds=2)
    assert replica.events() == [
        ("a", "1.0.1", "release-removed"),
        ("vanished", "", "removed"),
        ("whole", "", "removed"),
    ]
    assert sorted(replica.releases()) == [("a", "1.0.0"), ("a", "1.0.2")]
    assert replica.cursor() == 8


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
