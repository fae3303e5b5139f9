"""Judging again, noting what is there already, and throwing away what is too old."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update

from antivenom.errors import NetworkError
from antivenom.model.profile import Profile
from antivenom.model.review import Verdict
from antivenom.service import priorities, rereview, retention, reviews, uploads, webhooks
from antivenom.service.backfill import Backfill
from antivenom.service.rereview import Selection
from antivenom.service.settings import Feed, Settings
from antivenom.service.sources import PyPI
from antivenom.store import Store, packing
from antivenom.store.blobs import Blobs
from antivenom.store.schema import profiles
from antivenom.store.schema_access import deliveries
from antivenom.store.schema_cases import cases
from antivenom.store.schema_uploads import uploads as table
from tests.builders.index import FakeIndex
from tests.service.engine.running import Running
from tests.service.made import NOW, FakeClock, arrival, review, reviewed


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def given(store: Store, project: str, rules: tuple[str, ...] = (), **options: Any) -> int:
    """Return an upload that has its verdict."""
    verdict, score = (Verdict.MALICIOUS, 0.95) if rules else (Verdict.CLEAN, 0.0)
    made = review(project, verdict=verdict, score=score, rules=rules, rulebook="old")
    with store.writing() as connection:
        upload = uploads.record(connection, arrival(project, **options), NOW)
        reviews.record(connection, upload, reviewed(made), NOW)
    return upload


def test_a_selection_narrows(store: Store, clock: FakeClock) -> None:
    clean = given(store, "clean")
    bad = given(store, "bad", ("theft/x",))
    npm = given(store, "other", ecosystem="npm")
    with store.reading() as connection:

        def ids(**fields: Any) -> list[int]:
            return rereview.ids_of(connection, Selection(**fields))

        assert ids() == [clean, bad, npm]
        assert ids(verdict="malicious") == ids(rule="theft/x") == ids(project="bad") == [bad]
        assert ids(ecosystem="npm") == [npm]
        assert ids(judged_otherwise_than="old") == []
        assert ids(judged_otherwise_than="new", verdict="clean") == [clean, npm]
        assert ids(since="2026-11-22") == ids(until="2026-11-21") == ids(dead=True) == []
        assert rereview.count(connection, Selection()) == 3
    assert rereview.submit(store, Selection(verdict="clean"), clock) == 2
    with store.reading() as connection:
        rows = connection.execute(select(table.c.state, table.c.priority).order_by(table.c.id))
        again = ("waiting", priorities.AGAIN)
        assert [tuple(row) for row in rows] == [again, ("done", 100), again]


def test_judging_again_fetches_nothing_that_was_observed(service: Running, fake: FakeIndex) -> None:
    service.announce(2)
    worker = service.start("work")
    service.until(done=2)
    # One project is deleted: its verdict stays, and it is judged again all the same.
    fake.files.pop()
    before = len([path for path in fake.paths() if path.startswith("/files/")])
    command = service.start("rereview", "--project", "thing1")
    assert command.wait(60) == 0
    command = service.start("rereview", "--project", "thing0")
    assert command.wait(60) == 0
    service.wait(lambda: service.states() == {"done": 2})
    service.stop(worker)
    assert len([path for path in fake.paths() if path.startswith("/files/")]) == before
    with service.store.reading() as connection:
        rows = connection.execute(select(table)).mappings().all()
    assert {row["priority"] for row in rows} == {priorities.AGAIN}
    assert all(row["review"] and row["state"] == "done" for row in rows)


def test_the_same_bytes_are_observed_once(service: Running, fake: FakeIndex) -> None:
    service.announce(1)
    worker = service.start("work")
    service.until(done=1)
    with service.store.writing() as connection:
        # A mark that no observation writes shows whose profile the second review used.
        row = connection.execute(select(profiles)).mappings().one()
        seen = packing.unpack(row["document"], Profile)
        marked = msgspec.structs.replace(seen, unhashed=77)
        connection.execute(update(profiles).values(document=packing.pack(marked)))
    service.announce(1, serial=99)
    service.until(done=2)
    service.stop(worker)
    with service.store.reading() as connection:
        documents = connection.scalars(select(profiles.c.document))
        kept = [packing.unpack(one, Profile) for one in documents]
        names = connection.scalars(select(table.c.review)).all()
    assert [one.unhashed for one in kept] == [77]
    assert len(set(names)) == 1, "the same bytes, name and digests are one review"


@pytest.fixture
def filling(fake: FakeIndex, store: Store, clock: FakeClock) -> Iterator[Backfill]:
    environ = {"PIP_INDEX_URL": fake.url, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"}
    quick = Settings(feeds={"pypi": Feed(requests_per_second=1000)})
    source = PyPI(quick, clock, environ)
    yield Backfill(store, source, clock, newest=2)
    source.close()


def test_a_backfill_goes_on_where_it_stopped(
    fake: FakeIndex, store: Store, filling: Backfill
) -> None:
    for name in ("Alpha", "beta", "gamma"):
        for version in ("1.0", "1.1", "1.2"):
            fake.sdist(name.lower(), version)
    names = b'{"projects": [{"name": "gamma"}, {"name": "Alpha"}, {"name": "beta"}, {"name": 7}]}'
    fake.raw["/simple/"] = ("application/vnd.pypi.simple.v1+json", names)
    assert filling.everything() == ["alpha", "beta", "gamma"]
    stop = threading.Event()
    assert filling.run(["alpha"], stop, remember=True) == 2
    assert filling.everything() == ["beta", "gamma"]
    # A project that cannot be had now is not taken for done, nor those after it.
    fake.status["/simple/beta/"] = [-500]
    assert filling.run(filling.everything(), stop, remember=True) == 2
    assert filling.position() == "alpha"
    fake.status.clear()
    assert filling.run(filling.everything(), stop, remember=True) == 4
    assert filling.everything() == []
    with store.reading() as connection:
        rows = connection.execute(select(table.c.version, table.c.priority, table.c.source))
        assert {tuple(row) for row in rows} == {
            (version, priorities.BACKFILL, "backfill") for version in ("1.1", "1.2")
        }
        assert connection.scalar(select(func.count()).select_from(table)) == 6
    fake.raw["/simple/"] = ("text/html", b"<a>no</a>")
    with pytest.raises(NetworkError):
        filling.everything()


def test_a_backfill_waits_while_there_is_enough(
    fake: FakeIndex, store: Store, clock: FakeClock, filling: Backfill
) -> None:
    fake.sdist("alpha", "1.0")
    with store.writing() as connection:
        uploads.record(connection, arrival("waits", priority=priorities.BACKFILL), NOW)
    filling._waiting = 1
    stop = threading.Event()

    class Stopping(FakeClock):
        def sleep(self, seconds: float) -> None:
            stop.set()

    filling._clock = Stopping()
    assert filling.run(["alpha"], stop, remember=False) == 0


def test_bytes_go_and_verdicts_stay(tmp_path: Path, store: Store, clock: FakeClock) -> None:
    blobs = Blobs(str(tmp_path / "blobs"))
    settings = Settings(keep_bytes_days=10)
    ids = {}
    for name, rules in (("clean", ()), ("open", ("theft/x",)), ("undecided", ("theft/y",))):
        sha256 = blobs.put(name.encode())
        ids[name] = given(store, name, rules, sha256=sha256, location="blob:")
        with store.writing() as connection:
            connection.execute(
                update(table).where(table.c.id == ids[name]).values(sha256=sha256, kept=1)
            )
    with store.writing() as connection:
        closed = cases.c.project == "undecided"
        connection.execute(
            update(cases).where(closed).values(state="decided", decision="not-malicious")
        )
    assert retention.sweep(store, settings, blobs, clock, "e1") == 0
    clock.go(11 * 86_400)
    assert retention.sweep(store, settings, blobs, clock, "e1") == 2
    with store.reading() as connection:
        kept = select(table.c.project).where(table.c.kept == 1)
        assert connection.scalars(kept).all() == ["open"]
        done = select(func.count()).select_from(table).where(table.c.state == "done")
        assert connection.scalar(done) == 3
    assert retention.sweep(store, settings, blobs, clock, "e1") == 0


def test_messages_that_were_told_go(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    settings, blobs = Settings(keep_messages_days=30), Blobs(str(tmp_path))
    with store.writing() as connection:
        url = "https://other.example/hook"
        webhooks.add(connection, url, ("case.opened",), now=clock.now(), settings=settings)
        for key in ("case:1", "case:2", "case:3"):
            webhooks.queue(connection, "case.opened", key, {}, now=clock.now())
        for key, state in (("case:1", "sent"), ("case:2", "failed")):
            told = update(deliveries).where(deliveries.c.key == key)
            connection.execute(told.values(state=state))

    def kept() -> list[str]:
        retention.sweep(store, settings, blobs, clock, "e1")
        with store.reading() as connection:
            return list(connection.scalars(select(deliveries.c.key).order_by(deliveries.c.key)))

    assert kept() == ["case:1", "case:2", "case:3"]
    clock.go(31 * 86_400)
    assert kept() == ["case:3"], "what is still to be told stays"


def test_old_pages_go(tmp_path: Path) -> None:
    for name, age in (("old", 100.0), ("new", 1000.0)):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (age, age))
    assert retention.old_pages(tmp_path, 500.0) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert retention.old_pages(tmp_path / "none", 500.0) == 0
