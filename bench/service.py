"""Load, latency, faults and scale of the review service, on packages of our own making.

Everything runs as users run it: `antivenom work` and `antivenom watch` as processes, an index on
loopback, SQLite in a folder or a PostgreSQL of its own. CPU is what the workers and their children
used; it is what would bound them on a machine that does nothing else.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, insert, select, text
from tests.builders import postgres

from antivenom.model.moments import stamp
from antivenom.service import jobs, settings, uploads
from antivenom.service.clock import SystemClock
from antivenom.service.jobs import Jobs
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival
from antivenom.store import Store, open_store
from antivenom.store.schema_uploads import reviews
from antivenom.store.schema_uploads import uploads as table
from bench import page
from bench.made import Library, Registry, serving
from bench.tables import Table

PER_MINUTE = 7.4
"""Files that come to PyPI (its own figure for 2025)."""


@dataclass
class Site:
    """One service under load."""

    folder: Path
    store: Store
    settings: Settings
    environ: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command of ours."""
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  our own commands
                [sys.executable, "-m", "antivenom", *command],
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def note(self, count: int, first: int = 0) -> None:
        """Put packages into the table."""
        now = stamp(SystemClock().now())
        with self.store.writing() as connection:
            uploads.record_all(connection, [_arrival(n) for n in range(first, first + count)], now)

    def done(self) -> int:
        """Return how many uploads have their verdict."""
        with self.store.reading() as connection:
            query = select(func.count()).where(table.c.state == uploads.DONE)
            return connection.scalar(query) or 0

    def wait(self, count: int, patience: float) -> float:
        """Return when so many are done."""
        end = time.monotonic() + patience
        while self.done() < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.done()} of {count} after {patience:.0f} s")
            time.sleep(0.25)
        return time.monotonic()

    def cpu(self) -> float:
        """Return the processor seconds of all workers so far, their living children included."""
        return sum(map(_cpu, [p.pid for p in self.processes]))


def whole(*, count: int, minutes: float, rows: int, write: bool) -> list[Table]:
    """Measure everything; put it into the page when told to."""
    library = Library()
    made = [throughput(library, count), faults(library), latency(library, minutes), scale(rows)]
    if write:
        page.write_section("service", made)
    return made


def throughput(library: Library, count: int) -> Table:
    """Measure how many uploads a second go through, from the table to the verdict."""
    said = _THROUGHPUT.format(count=f"{count:,}", load=os.getloadavg()[0])
    rows = [_measured(library, count, "SQLite", "", 1, 2)]
    if postgres.binaries() is not None:
        with postgres.cluster() as cluster:
            rows.append(_measured(library, count, "PostgreSQL", cluster.url, 2, 1))
    head = (
        *("database", "workers", "slots each", "uploads", "a second", "CPU each"),
        *("a second, 2 cores free", "lost", "twice"),
    )
    return Table(title="Throughput", header=head, rows=rows, notes=(said,))


_THROUGHPUT = (
    "{count} packages of our own making, each fetched from an index on loopback, looked up there, "
    "observed, judged and recorded, as fast as it goes. A second counts from the tenth part done "
    "to the end, on a machine that others use too; load was {load:.0f} when it began. CPU each: "
    "processor time of workers and children by upload, and what two free cores would make of it."
)


def _measured(
    library: Library, count: int, name: str, database: str, workers: int, slots: int
) -> tuple[str, ...]:
    with serving(library) as registry, site(registry, database=database, slots=slots) as one:
        one.note(count)
        for _ in range(workers):
            one.start("work")
        part = max(count // 10, 1)
        begun, used = one.wait(part, 600), one.cpu()
        ready = one.done()
        ended = one.wait(count, 40.0 * count)
        each = (one.cpu() - used) / max(count - ready, 1)
        rate = (count - ready) / max(ended - begun, 0.001)
        lost, twice = _kept(one.store, count)
    free = 2 / max(each, 0.001)
    figures = (f"{rate:.1f}", f"{each * 1000:.0f} ms", f"{free:.0f}", str(lost), str(twice))
    return (name, str(workers), str(slots), f"{count:,}", *figures)


def _kept(store: Store, count: int) -> tuple[int, int]:
    """Return how many uploads have no verdict, and how many have two."""
    with store.reading() as connection:
        have = connection.scalar(select(func.count()).where(table.c.review != "")) or 0
        every = connection.scalar(select(func.count()).select_from(reviews)) or 0
    return count - have, max(every - have, 0)


def faults(library: Library) -> Table:
    """Kill what can be killed, and measure until everything that was under way is done."""
    rows: list[tuple[str, ...]] = [
        ("one of two workers killed (-9)", *_killed(library, 2, 1)),
        ("both workers killed (-9), two new ones", *_killed(library, 2, 2)),
    ]
    head = ("fault", "uploads", "under way", "recovered after", "lost", "twice")
    note = "Recovered: the last upload a killed worker had under way has its verdict."
    return Table(title="Faults", header=head, rows=rows, notes=(note,))


def _killed(library: Library, workers: int, killed: int) -> tuple[str, ...]:
    count = 60
    with serving(library) as registry, site(registry, slots=1) as one:
        one.note(count)
        running = [one.start("work") for _ in range(workers)]
        one.wait(10, 300)
        for process in running[:killed]:
            process.send_signal(signal.SIGKILL)
            process.wait()
        begun = time.monotonic()
        with one.store.reading() as connection:
            query = select(table.c.id).where(table.c.state == uploads.WORKING)
            under_way = list(connection.scalars(query))
        if killed == workers:
            for _ in range(workers):
                one.start("work")
        took = _until_done(one.store, under_way, begun)
        one.wait(count, 600)
        lost, twice = _kept(one.store, count)
    return str(count), str(len(under_way)), f"{took:.1f} s", str(lost), str(twice)


def _until_done(store: Store, ids: list[int], begun: float) -> float:
    query = select(func.count()).where(table.c.id.in_(ids), table.c.state != uploads.DONE)
    while True:
        with store.reading() as connection:
            if not connection.scalar(query):
                return time.monotonic() - begun
        time.sleep(0.1)


def latency(library: Library, minutes: float) -> Table:
    """Let files come as they come to PyPI, and measure from the feed's event to the verdict."""
    count = max(int(minutes * PER_MINUTE), 3)
    seconds: list[float] = []
    with serving(library) as registry, site(registry, slots=2, every=10.0) as one:
        one.start("work")
        one.start("watch", "pypi", "--since", "0")
        _wait(lambda: _workers(one.store))
        told: dict[str, float] = {}
        for n in range(1, count + 1):
            registry.told = n
            told[f"made{n}"] = time.monotonic()
            _watched(one.store, told, seconds, 60 / PER_MINUTE)
        while told:
            _watched(one.store, told, seconds, 0.2)
    p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    rows: list[tuple[str, ...]] = [
        (str(count), f"{statistics.median(seconds):.1f} s", f"{p95:.1f} s")
    ]
    note = (
        f"{PER_MINUTE} files a minute, the feed asked every ten seconds, SQLite, one worker of two "
        "slots. From the moment the changelog has a file to the moment its verdict is in the table."
    )
    return Table(title="Latency", header=("files", "median", "p95"), rows=rows, notes=(note,))


def _watched(store: Store, told: dict[str, float], seconds: list[float], pause: float) -> None:
    end = time.monotonic() + pause
    while time.monotonic() < end:
        with store.reading() as connection:
            query = select(table.c.project).where(table.c.state == uploads.DONE)
            found = set(connection.scalars(query.where(table.c.project.in_(list(told)))))
        seconds += [time.monotonic() - told.pop(name) for name in found]
        time.sleep(0.1)


def scale(rows: int) -> Table:
    """Measure claims and counts with a million uploads in the table, most of them done."""
    found: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "s.db")) as store:
        given = Settings(data=folder)
        queue = Jobs(store, given)
        queue.migrate()
        _many(store, rows)
        clock = SystemClock()

        def submit() -> object:
            return jobs.submit(store, queue, clock, at_once=lambda _: 200)

        with store.reading() as connection:
            found.append(("what is due next (200)", _ms(lambda: _due(store))))
            found.append(("what is under way", _ms(lambda: uploads.under_way(connection))))
            found.append(("queue depth by priority", _ms(lambda: jobs.stats(connection))))
        found.append(("hand over 200 to the queue", _ms(submit, times=1)))
        with store.writing() as connection:
            connection.execute(text("analyze"))
        queue.close()
    head = ("question", "median")
    note = f"{rows:,} uploads on SQLite, half of them waiting."
    return Table(title="Scale", header=head, rows=found, notes=(note,))


def _due(store: Store) -> list[int]:
    with store.writing() as connection:
        return uploads.due(connection, "pypi", time.time(), 200, lock=True)


def _many(store: Store, rows: int) -> None:
    now = stamp(SystemClock().now())
    for first in range(0, rows, 10_000):
        with store.writing() as connection:
            connection.execute(
                insert(table),
                [
                    {
                        "ecosystem": "pypi",
                        "project": f"many{n}",
                        "version": "1.0",
                        "filename": f"many{n}-1.0.tar.gz",
                        "serial": n,
                        "seen_at": now,
                        "priority": (10, 50, 1000)[n % 3],
                        "state": uploads.WAITING if n % 2 else uploads.DONE,
                    }
                    for n in range(first, min(first + 10_000, rows))
                ],
            )


def _ms(act: Callable[[], object], times: int = 7) -> str:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return f"{statistics.median(taken) * 1000:,.1f} ms"


@contextmanager
def site(
    registry: Registry, *, database: str = "", slots: int = 2, every: float = 1.0
) -> Iterator[Site]:
    """Prepare a service; end its processes in the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = {
            "DATA": str(folder / "data"),
            "SLOTS": str(slots),
            "POLL_SECONDS": "0.2",
            "FEEDS": json.dumps({"pypi": {"requests-per-second": 10_000, "every-seconds": every}}),
            **({"DATABASE": database} if database else {}),
        }
        environ = {
            **os.environ,
            **{f"ANTIVENOM_SERVICE_{key}": value for key, value in given.items()},
            **{"PIP_INDEX_URL": registry.url, "PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1"},
            **{"NO_PROXY": "127.0.0.1", "XDG_CACHE_HOME": str(folder / "cache")},
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        found = settings.read(environ=environ)
        with open_store(found.database_url) as store:
            Jobs(store, found).migrate()
            one = Site(folder, store, found, environ)
            try:
                yield one
            finally:
                for process in one.processes:
                    if process.poll() is None:
                        process.terminate()
                for process in one.processes:
                    process.wait(60)


def _arrival(n: int) -> Arrival:
    name = f"made{n}-1.0.zip"
    return Arrival(ecosystem="pypi", project=f"made{n}", version="1.0", filename=name, serial=n + 1)


def _workers(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(text("select count(*) from workers")) or 0


def _wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 300
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.1)


def _cpu(pid: int) -> float:
    """Return the processor seconds of a process and of its children, dead or alive."""
    ticks = os.sysconf("SC_CLK_TCK")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        living = {c for t in threads for c in (t / "children").read_text().split()}
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / ticks + sum(_cpu(int(child)) for child in living)
