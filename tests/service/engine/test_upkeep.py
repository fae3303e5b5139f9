"""Housekeeping and what a worker does when something is wrong, without an engine or a network."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import OperationalError

from antivenom.errors import IntegrityError, NetworkError, NotFoundError
from antivenom.isolate import Killed
from antivenom.model.review import Verdict
from antivenom.service import (
    fetching,
    jobs,
    priorities,
    reviewing,
    reviews,
    upkeep,
    uploads,
    working,
)
from antivenom.service.fetching import Spool
from antivenom.service.pacing import Pace
from antivenom.service.reviewing import Judged, Lost, NoRoom, locator_of
from antivenom.service.settings import Settings
from antivenom.service.upkeep import Upkeep
from antivenom.service.working import Worker
from antivenom.store import Store
from antivenom.store.blobs import Blobs
from antivenom.store.schema_uploads import uploads as table
from antivenom.store.schema_uploads import workers
from tests.service.made import NOW, FakeClock, arrival, review, reviewed

SETTINGS = Settings(attempts=3, retry_seconds=5, fetch_attempts=6)


class Engine:
    """Stands for the queue engine: remembers what it was asked."""

    def __init__(self, **live: str) -> None:
        self.recovered: list[str] = []
        self._live = live

    def recover(self, dead: Sequence[str]) -> int:
        self.recovered += dead
        return len(dead)

    def live(self, jobs: Sequence[str]) -> dict[str, str]:
        return {job: worker for job, worker in self._live.items() if job in jobs}


def keeper(store: Store, clock: FakeClock, engine: Engine) -> Upkeep:
    return Upkeep("me-1-a", store, SETTINGS, clock, engine)  # type: ignore[arg-type]


def others(store: Store, *names: str, seen: float) -> None:
    with store.writing() as connection:
        for name in names:
            values = {"id": name, "started_at": NOW, "seen": seen}
            connection.execute(insert(workers).values(values))


def known(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.scalars(select(workers.c.id)))


def test_silence_is_what_makes_a_worker_dead(store: Store, clock: FakeClock) -> None:
    engine = Engine()
    one = keeper(store, clock, engine)
    others(store, "talks", "silent", seen=1.0)
    one.beat()
    assert one.sweep(engine) == []  # type: ignore[arg-type]
    for second in range(4):
        clock.go(3)
        with store.writing() as connection:
            alive = update(workers).where(workers.c.id == "talks")
            connection.execute(alive.values(seen=2.0 + second))
        dead = one.sweep(engine)  # type: ignore[arg-type]
    assert dead == engine.recovered == ["silent"]
    assert known(store) == {"me-1-a", "talks"}


def test_a_clock_that_jumps_kills_nobody(store: Store, clock: FakeClock) -> None:
    engine = Engine()
    one = keeper(store, clock, engine)
    others(store, "other", seen=clock.now().timestamp())
    one.sweep(engine)  # type: ignore[arg-type]
    for jump in (86_400 * 365, -86_400 * 700):
        clock.time = clock.time.fromtimestamp(clock.time.timestamp() + jump, clock.time.tzinfo)
        clock.passed += 1
        assert one.sweep(engine) == []  # type: ignore[arg-type]
    with store.writing() as connection:
        upload = uploads.record(connection, arrival(), NOW)
        # Put back while the clock was a year ahead.
        far = clock.now().timestamp() + 86_400 * 365
        uploads.again(connection, upload, "later", far, NOW)
    one.reconcile(engine)  # type: ignore[arg-type]
    with store.reading() as connection:
        due = connection.scalar(select(table.c.due))
    assert due == clock.now().timestamp()


def test_what_no_job_works_on_waits_again(store: Store, clock: FakeClock) -> None:
    with store.writing() as connection:
        ids = [uploads.record(connection, arrival(name), NOW) for name in ("a", "b", "c", "d")]
        named = list(zip(ids, ("lost", "waits", "mine", "orphan"), strict=True))
        uploads.queued(connection, named, NOW)
    engine: Any = Engine(waits="", mine="me-1-a", orphan="who-2-b")
    one = keeper(store, clock, engine)
    assert one.reconcile(engine) == 0, "too early to worry"
    clock.go(3600)
    assert one.reconcile(engine) == 1
    assert engine.recovered == ["who-2-b"]
    with store.reading() as connection:
        states = connection.scalars(select(table.c.state).order_by(table.c.id)).all()
    assert states == ["waiting", "queued", "queued", "queued"]


def test_what_was_begun_in_the_future_is_looked_at_as_well(store: Store, clock: FakeClock) -> None:
    with store.writing() as connection:
        upload = uploads.record(connection, arrival(), NOW)
        # By a worker whose clock was a year ahead; nobody knows its job any more.
        uploads.queued(connection, [(upload, "lost")], "2027-11-21T10:00:00Z")
    engine: Any = Engine()
    assert keeper(store, clock, engine).reconcile(engine) == 1
    with store.reading() as connection:
        assert connection.scalar(select(table.c.state)) == "waiting"


def test_what_is_urgent_never_finds_the_queue_full(store: Store, clock: FakeClock) -> None:
    class Queue:
        def submit(self, connection: Any, ids: Sequence[int], now: str) -> None:
            uploads.queued(connection, [(one, f"j{one}") for one in ids], now)

    queue: Any = Queue()
    with store.writing() as connection:
        for n in range(50):
            low = arrival(f"old{n}", priority=priorities.BACKFILL)
            uploads.record(connection, low, NOW)
    assert jobs.submit(store, queue, clock, at_once=lambda _: 30) == 3
    with store.writing() as connection:
        for n in range(40):
            uploads.record(connection, arrival(f"new{n}", priority=10), NOW)
        uploads.record(connection, arrival("other", ecosystem="npm"), NOW)
    assert jobs.submit(store, queue, clock, at_once=lambda _: 30) == 31
    assert jobs.submit(store, queue, clock, at_once=lambda _: 30) == 0
    with store.reading() as connection:
        assert uploads.under_way(connection) == {
            ("pypi", True): 3,
            ("pypi", False): 30,
            ("npm", False): 1,
        }
        waiting = {one.number for one in jobs.stats(connection) if one.state == "waiting"}
    assert waiting == {47, 10}


def test_a_worker_that_leaves_work_behind_is_swept(store: Store, clock: FakeClock) -> None:
    one = keeper(store, clock, Engine())
    one.beat()
    with store.writing() as connection:
        upload = uploads.record(connection, arrival(), NOW)
        uploads.queued(connection, [(upload, "j")], NOW)
        uploads.start(connection, upload, "j", "me-1-a", NOW)
    assert not one.leave()
    assert known(store) == {"me-1-a"}
    with store.writing() as connection:
        uploads.again(connection, upload, "", 0.0, NOW)
    assert one.leave()
    assert known(store) == set()


def test_housekeeping_survives_a_fault(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    turns: list[int] = []

    def turn(_self: Upkeep, _working: object) -> None:
        turns.append(1)
        if len(turns) == 3:
            stop.set()
        raise OSError("disk")

    monkeypatch.setattr(Upkeep, "once", turn)
    one = Upkeep("me-1-a", store, Settings(poll_seconds=0.001), clock, None)  # type: ignore[arg-type]
    one.run(None, stop)  # type: ignore[arg-type]
    assert len(turns) == 3


def test_names_tell_host_and_process() -> None:
    assert upkeep.new_name() != upkeep.new_name()


# ---------------------------------------------------------------------------- one upload


class Reviewer:
    """Gives or raises what a test wants."""

    def __init__(self, *outcomes: Judged | Exception) -> None:
        self._outcomes = list(outcomes)

    def review(self, row: Any, job: str) -> Judged:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


JUDGED = Judged(reviewed=reviewed(review()), profile=b"", facts={"sha256": "a" * 64})


class Line:
    """One upload that is worked on again and again."""

    def __init__(self, store: Store, clock: FakeClock, *outcomes: Judged | Exception) -> None:
        self.store, self.clock = store, clock
        with store.writing() as connection:
            self.id = uploads.record(connection, arrival(), NOW)
        given: Any = Reviewer(*outcomes)
        self.worker = Worker("w", store, SETTINGS, clock, given)
        self.jobs = 0

    def turn(self) -> str:
        """Hand it over and work; return the state it is in."""
        self.jobs += 1
        with self.store.writing() as connection:
            uploads.queued(connection, [(self.id, f"j{self.jobs}")], NOW)
        self.worker.work(self.id, f"j{self.jobs}")
        return str(self.row("state"))

    def row(self, name: str) -> Any:
        with self.store.reading() as connection:
            return connection.scalar(select(table.c[name]))

    def wait(self) -> float:
        return float(self.row("due")) - self.clock.now().timestamp()


def lost(store: Store, reason: Any = "timeout") -> Lost:
    with store.writing() as connection:
        row = uploads.load(connection, uploads.record(connection, arrival(), NOW))
    assert row is not None
    return Lost(Killed(reason=reason, detail="more than 120 s"), locator_of(row))


def test_a_verdict_is_kept_and_a_job_told_twice_does_nothing(
    store: Store, clock: FakeClock
) -> None:
    line = Line(store, clock, JUDGED)
    assert line.turn() == "done"
    line.worker.work(line.id, "j1")
    line.worker.work(line.id, "unknown")
    assert line.row("attempts") == 1
    assert line.row("sha256") == review().artifact.sha256


def test_a_child_that_is_lost_is_tried_a_few_times(store: Store, clock: FakeClock) -> None:
    line = Line(store, clock, *[lost(store)] * 3)
    assert [line.turn() for _ in range(3)] == ["waiting", "waiting", "dead"]
    with store.reading() as connection:
        found = reviews.load(connection, line.row("review"))
    assert found is not None
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "took too long" in found.reasons[0]


def test_bytes_that_cannot_be_had_are_asked_for_longer(store: Store, clock: FakeClock) -> None:
    asked = NetworkError("away")
    asked.retry_after = 99.0
    wrong = IntegrityError("the sha256 of what arrived is not the one announced")
    line = Line(store, clock, NetworkError("no"), NetworkError("no"), asked, wrong, wrong, wrong)
    waits = []
    for _ in range(5):
        assert line.turn() == "waiting"
        waits.append(line.wait())
    assert waits == [5, 10, 99, 40, 80]
    assert (line.row("attempts"), line.row("failures")) == (0, 5)
    assert line.turn() == "dead"
    assert "cannot be had" in line.row("problem")


def test_what_the_registry_took_back_is_gone(store: Store, clock: FakeClock) -> None:
    line = Line(store, clock, *[NotFoundError("the index lists no such file")] * 3)
    assert [line.turn() for _ in range(3)] == ["waiting", "waiting", "gone"]


def test_a_verdict_stays_where_judging_again_fails(store: Store, clock: FakeClock) -> None:
    line = Line(store, clock, JUDGED, *[NotFoundError("gone")] * 3, *[lost(store)] * 3)
    line.turn()
    first = line.row("review")
    for _ in range(2):
        with store.writing() as connection:
            uploads.requeue(connection, [line.id], NOW)
        assert [line.turn() for _ in range(3)] == ["waiting", "waiting", "done"]
        assert line.row("review") == first
        assert line.row("problem")


def test_a_full_disk_is_nobodys_fault(store: Store, clock: FakeClock) -> None:
    line = Line(store, clock, *[NoRoom("no space left on device")] * 8, JUDGED)
    assert {line.turn() for _ in range(8)} == {"waiting"}
    assert line.row("attempts") == 0
    assert line.turn() == "done"


def test_what_cannot_be_kept_is_not_taken_for_kept(tmp_path: Path, store: Store) -> None:
    class Full:
        def put(self, _data: bytes) -> str:
            raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "file").write_bytes(b"bytes")
    got = fetching.Fetched(tmp_path / "file", "a" * 64, "", 5)
    given: Any = {"slots": None, "sources": {}, "spool": None, "blobs": Full()}
    one = reviewing.Reviewer(store, Settings(), **given)
    bad = review(verdict=Verdict.MALICIOUS, rules=("theft/x",))
    with pytest.raises(NoRoom, match="No space left"):
        one._keep(bad, got)
    assert one._keep(review(), got) is False


def test_a_fault_of_ours_loses_no_upload(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line(store, clock, *[KeyError("ours")] * 3)
    assert [line.turn() for _ in range(3)] == ["waiting", "waiting", "dead"]
    assert "a fault of ours" in caplog.text


def test_the_database_is_waited_for(clock: FakeClock) -> None:
    answers: list[Any] = [OperationalError("x", {}, Exception("away"))] * 3 + ["there"]

    def act() -> str:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return str(found)

    assert working.patiently(act, clock) == "there"
    assert clock.slept == [0.2, 0.4, 0.8]
    with pytest.raises(OperationalError):
        answers[:] = [OperationalError("x", {}, Exception("away"))] * 2
        working.patiently(act, clock, tries=2)


# ---------------------------------------------------------------------------- bytes and pace


def test_a_failing_file_system_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def fetch(self, _url: str, into: Path, **_: object) -> None:
            into.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

    door: Any = Full()
    with pytest.raises(NetworkError, match="No space left"):
        fetching.fetch(door, "https://host.invalid/x", {}, None, tmp_path, 100)
    assert list(tmp_path.iterdir()) == []
    blobs = Blobs(str(tmp_path / "blobs"))
    with pytest.raises(NotFoundError):
        fetching.kept(blobs, "0" * 64, tmp_path)
    sha256 = blobs.put(b"bytes")
    found = fetching.kept(blobs, sha256, tmp_path)
    assert (found.path.name, found.path.stat().st_mode & 0o777) == (sha256, 0o600)


def test_a_spool_clears_what_killed_workers_left(tmp_path: Path) -> None:
    (tmp_path / "host-999999999-abc").mkdir()
    (tmp_path / ("f" * 64)).write_bytes(b"handed in")
    spool = Spool(tmp_path, "host-1-mine")
    spool.prepare()
    with spool.room("job") as room:
        (room / "x").write_bytes(b"")
        assert room.parent.stat().st_mode & 0o077 == 0
    names = {path.name for path in tmp_path.rglob("*")}
    assert names == {"host-1-mine", "f" * 64}
    spool.remove()


def test_a_spool_that_is_shared_is_not_cleared_of_the_living(tmp_path: Path) -> None:
    old = time.time() - 2 * 86_400
    for name in ("other-999999999-abc", "other-999999998-abc", f"me-{os.getpid()}-former"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path / "other-999999998-abc", (old, old))
    spool = Spool(tmp_path, f"me-{os.getpid()}-now")
    spool.prepare()
    # Whether a process of another machine lives cannot be seen from here.
    assert {path.name for path in tmp_path.iterdir()} == {
        "other-999999999-abc",
        f"me-{os.getpid()}-now",
    }


def test_a_registry_is_asked_so_often_and_no_oftener(clock: FakeClock) -> None:
    pace = Pace(2.0, clock)
    for _ in range(6):
        pace.wait()
    assert clock.passed == pytest.approx(2.0)
    pace.hold(60)
    pace.wait()
    assert clock.passed == pytest.approx(62.0)
