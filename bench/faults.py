"""The faults of the tests, happening to a service with the settings it has by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.service.engine import faults
from tests.service.engine.faults import Outcome, Stage

from bench.tables import Table

PACE = {
    "SLOTS": "1",
    "FEEDS": '{"pypi": {"requests-per-second": 10000}}',
}
"""All else is as it comes: a heartbeat every two seconds, dead after ten."""


def happen(
    tell: Callable[[str], None], *, count: int = 60, names: tuple[str, ...] = tuple(faults.ALL)
) -> Table:
    """Have every fault happen, and measure until everything it interrupted has its verdict."""
    rows = []
    for name in names:
        rows.append((name, *_row(faults.ALL[name], count)))
        tell(" | ".join(rows[-1]))
    note = (
        f"{count} uploads where workers are killed, clocks are set or the database stops, half of "
        "them malicious. Each fault "
        "came when uploads were under way: the processes were stopped first, asked what they had, "
        "and then killed. Recovered: from the end of the fault to the last verdict of what it had "
        "interrupted, with the settings the service has by itself (dead after 10 s)."
    )
    head = ("fault", "uploads", "under way", "recovered after", "lost", "twice")
    return Table(title="Faults", header=head, rows=rows, notes=(note,))


def _row(fault: Callable[[Stage], Outcome], count: int) -> tuple[str, ...]:
    """Measure one; that one cannot be measured is a row as well, and hinders no other."""
    if lacks := faults.missing(fault):
        return (lacks, "", "", "", "")
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = fault(Stage(Path(folder), count=count, pace=PACE, ready=count // 6))
        except Exception as error:
            # The first line says what was waited for; the rest is the log of the processes.
            said = next(iter(str(error).splitlines()), type(error).__name__)
            return ("", "", f"failed: {said}", "", "")
    figures = (found.uploads, found.under_way, f"{found.seconds:.1f} s", found.lost, found.twice)
    return tuple(map(str, figures))
