"""What the service asks its tables all the time, asked of a million uploads."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert, text

from antivenom.model.moments import stamp
from antivenom.service import jobs, uploads
from antivenom.service.clock import SystemClock
from antivenom.service.jobs import Jobs
from antivenom.service.settings import Settings
from antivenom.store import Store, open_store
from antivenom.store.schema_uploads import uploads as table
from bench.tables import Table

_AT_ONCE = 10_000


def asked(rows: int, tell: Callable[[str], None]) -> Table:
    """Measure claims and counts with so many uploads in the table, half of them done."""
    found: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "s.db")) as store:
        given = Settings(data=folder)
        queue = Jobs(store, given)
        queue.migrate()
        _many(store, rows, tell)
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


def _many(store: Store, rows: int, tell: Callable[[str], None]) -> None:
    now = stamp(SystemClock().now())
    for first in range(0, rows, _AT_ONCE):
        with store.writing() as connection:
            numbers = range(first, min(first + _AT_ONCE, rows))
            connection.execute(insert(table), [_row(n, now) for n in numbers])
        if first % (10 * _AT_ONCE) == 0:
            tell(f"{first:,} of {rows:,} rows are made")


def _row(n: int, now: str) -> dict[str, object]:
    return {
        "ecosystem": "pypi",
        "project": f"many{n}",
        "version": "1.0",
        "filename": f"many{n}-1.0.tar.gz",
        "serial": n,
        "seen_at": now,
        "priority": (10, 50, 1000)[n % 3],
        "state": uploads.WAITING if n % 2 else uploads.DONE,
    }


def _ms(act: Callable[[], object], times: int = 7) -> str:
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return f"{statistics.median(taken) * 1000:,.1f} ms"
