"""Load, faults, latency and scale of the review service, on packages of our own making.

Everything runs as users run it: `antivenom work` and `antivenom watch` as processes, an index on
loopback, SQLite in a folder or a PostgreSQL of its own. Each part is written down as soon as it is
measured, in a section of its own: whatever happens to a later one, it stays.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

from bench import faults, load, page, scale
from bench.made import Library
from bench.tables import Table

PARTS = ("throughput", "faults", "latency", "scale")


def whole(
    *, count: int, minutes: float, rows: int, write: bool, only: Sequence[str] = PARTS
) -> list[Table]:
    """Measure the chosen parts, and put each into the page when told to.

    Raises `SystemExit` in the end when some could not be measured: their sections stay as they
    were, with their own dates.
    """
    library = Library()
    measures: Mapping[str, Callable[[], Table]] = {
        "throughput": lambda: load.throughput(library, count, tell),
        "faults": lambda: faults.happen(tell),
        "latency": lambda: load.latency(library, minutes, tell),
        "scale": lambda: scale.asked(rows, tell),
    }
    made: list[Table] = []
    failed: list[str] = []
    for name in only:
        tell(f"{name} begins")
        try:
            table = measures[name]()
        except Exception:
            traceback.print_exc()
            failed.append(name)
            continue
        made.append(table)
        if write:
            page.write_section(f"service --only {name}", [table])
        tell(f"{name} is measured\n{table.markdown()}")
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}")
    return made


def tell(what: str) -> None:
    """Say how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)
