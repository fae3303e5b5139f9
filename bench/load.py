"""How many uploads a second go through the service, and how long one takes when few come."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select
from tests.builders import postgres
from tests.builders.service import Service, prepared

from antivenom.model.moments import stamp
from antivenom.service import uploads
from antivenom.service.clock import SystemClock
from antivenom.service.uploads import Arrival
from antivenom.store.schema_uploads import uploads as table
from bench.made import Library, Registry, serving
from bench.tables import Table

PER_MINUTE = 7.4
"""Files that come to PyPI (its own figure for 2025)."""
STILL = 300.0
"""Seconds without a verdict after which a run is taken for stuck and ends with what it has."""
Tell = Callable[[str], None]


def throughput(library: Library, count: int, tell: Tell) -> Table:
    """Measure how many uploads a second go through, from the table to the verdict."""
    said = _THROUGHPUT.format(count=f"{count:,}", load=os.getloadavg()[0])
    rows = [_tried(lambda: measured(library, count, "SQLite", "", 1, 3, tell), "SQLite", tell)]
    rows.append(_tried(lambda: _on_postgres(library, count, tell), "PostgreSQL", tell))
    head = (
        *("database", "workers", "slots each", "uploads", "a second", "CPU each"),
        *("a second, 2 cores free", "lost", "twice"),
    )
    return Table(title="Throughput", header=head, rows=rows, notes=(said,))


_THROUGHPUT = (
    "{count} packages of our own making, each fetched from an index on loopback, looked up there, "
    "observed, judged and recorded, as fast as it goes. A second counts from the tenth part done "
    "to the end, on a machine that others use too; load was {load:.0f} when it began. CPU each: "
    "processor time of workers and children by upload, and what two free cores would make of it. "
    "The index they come from runs on the same cores. PostgreSQL waits for its disk (fsync on)."
)


def _tried(row: Callable[[], tuple[str, ...]], name: str, tell: Tell) -> tuple[str, ...]:
    """Return a row; one that cannot be measured says why and hinders no other."""
    try:
        found = row()
    except Exception as error:
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        found = (name, "", "", f"not measured: {said}"[:200], *[""] * 5)
    tell(" | ".join(found))
    return found


def _on_postgres(library: Library, count: int, tell: Tell) -> tuple[str, ...]:
    if postgres.binaries() is None:
        raise RuntimeError("no PostgreSQL here")
    with postgres.cluster(durable=True) as cluster:
        return measured(library, count, "PostgreSQL", cluster.url, 2, 2, tell)


def measured(
    library: Library, count: int, name: str, database: str, workers: int, slots: int, tell: Tell
) -> tuple[str, ...]:
    """Return the row of one database, with as many verdicts as there were when it stopped."""
    with serving(library) as registry, site(registry, database=database, slots=slots) as one:
        note(one, count)
        for _ in range(workers):
            one.start("work")
        ready = _reach(one, max(count // 10, 1), tell)
        begun, used = time.monotonic(), cpu(one)
        last = _reach(one, count, tell)
        each = (cpu(one) - used) / max(last - ready, 1)
        rate = (last - ready) / max(time.monotonic() - begun, 0.001)
        lost, twice = one.lost(count), one.twice()
    free = 2 / max(each, 0.001)
    figures = (f"{rate:.1f}", f"{each * 1000:.0f} ms", f"{free:.0f}", str(lost), str(twice))
    return (name, str(workers), str(slots), f"{last:,}", *figures)


def _reach(one: Service, count: int, tell: Tell) -> int:
    """Wait for so many verdicts, or until none comes any more; return how many there are."""
    before, since, told = one.done(), time.monotonic(), time.monotonic()
    while before < count:
        time.sleep(0.25)
        now, found = time.monotonic(), one.done()
        if found > before:
            before, since = found, now
        elif now - since > STILL:
            tell(f"stuck at {found:,} of {count:,}: {one.states()}\n{one.logs()[-2000:]}")
            break
        if now - told > 15:
            tell(f"{found:,} of {count:,}")
            told = now
    return before


def latency(library: Library, minutes: float, tell: Tell) -> Table:
    """Let files come as they come to PyPI, and measure from the feed's event to the verdict."""
    count = max(int(minutes * PER_MINUTE), 3)
    seconds: list[float] = []
    with serving(library) as registry, site(registry, slots=2, every=10.0) as one:
        one.start("work")
        one.start("watch", "pypi", "--since", "0")
        one.wait(one.beating, "a worker")
        told: dict[str, float] = {}
        for n in range(1, count + 1):
            registry.told = n
            told[f"made{n}"] = time.monotonic()
            _watched(one, told, seconds, 60 / PER_MINUTE)
            tell(f"{n} of {count} files came, {len(seconds)} have their verdict")
        end = time.monotonic() + STILL
        while told and time.monotonic() < end:
            _watched(one, told, seconds, 0.2)
    p95 = statistics.quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0]
    row = (f"{count}", f"{statistics.median(seconds):.1f} s", f"{p95:.1f} s", str(len(told)))
    said = (
        f"{PER_MINUTE} files a minute, the feed asked every ten seconds, SQLite, one worker of two "
        "slots. From the moment the changelog has a file to the moment its verdict is in the table."
    )
    head = ("files", "median", "p95", "without a verdict")
    return Table(title="Latency", header=head, rows=[row], notes=(said,))


def _watched(one: Service, told: dict[str, float], seconds: list[float], pause: float) -> None:
    end = time.monotonic() + pause
    while time.monotonic() < end:
        with one.store.reading() as connection:
            query = select(table.c.project).where(table.c.state == uploads.DONE)
            found = set(connection.scalars(query.where(table.c.project.in_(list(told)))))
        seconds += [time.monotonic() - told.pop(name) for name in found]
        time.sleep(0.1)


def note(one: Service, count: int) -> None:
    """Put packages into the table."""
    now = stamp(SystemClock().now())
    with one.store.writing() as connection:
        uploads.record_all(connection, [_arrival(n) for n in range(count)], now)


def _arrival(n: int) -> Arrival:
    name = f"made{n}-1.0.zip"
    return Arrival(ecosystem="pypi", project=f"made{n}", version="1.0", filename=name, serial=n + 1)


@contextmanager
def site(
    registry: Registry, *, database: str = "", slots: int = 2, every: float = 1.0
) -> Iterator[Service]:
    """Prepare a service; end its processes in the end."""
    given = {
        "SLOTS": str(slots),
        "POLL_SECONDS": "0.2",
        "FEEDS": json.dumps({"pypi": {"requests-per-second": 10_000, "every-seconds": every}}),
        **({"DATABASE": database} if database else {}),
    }
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        prepared(Path(name), registry.url, given) as one,
    ):
        yield one


def cpu(one: Service) -> float:
    """Return the processor seconds of all workers so far, their living children included."""
    return sum(map(_cpu, [process.pid for process in one.processes]))


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
