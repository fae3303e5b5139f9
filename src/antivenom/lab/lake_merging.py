"""Many small batches become one; what was cut off is swept away."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from antivenom.lab.lake import PARTIAL, REPLACES, Batch, Lake, new_batch
from antivenom.lab.lake_database import database
from antivenom.lab.lake_schema import ORDER, WRITTEN

ENOUGH = 16
"""Small batches of a partition that are worth merging."""
SMALL = 4 << 20
"""Bytes of a file of reviews; a batch above is left as it is. About fifty thousand reviews."""
_LEFT = datetime.timedelta(hours=1)
"""What was begun and not finished for so long is not being written any more."""


def compact(lake: Lake, *, at_least: int = 2) -> int:
    """Merge the small batches of each partition that has so many; return how many are gone."""
    _sweep(lake)
    gone = 0
    small = [batch for batch in lake.batches() if batch.size < SMALL]
    for partition, some in groupby(small, key=lambda batch: batch.partition):
        batches = list(some)
        if len(batches) >= at_least:
            _merge(lake, partition, batches)
            gone += len(batches) - 1
    return gone


def _merge(lake: Lake, partition: str, batches: Sequence[Batch]) -> None:
    """Write one batch for many. Until it is there nothing changes, and then everything does."""
    made = new_batch(partition)
    note = lake.path("reviews", made, REPLACES)
    lake.fs.makedirs(note.rpartition("/")[0], exist_ok=True)
    lake.fs.pipe_file(note, " ".join(batch.name for batch in batches).encode())
    with tempfile.TemporaryDirectory() as folder:
        for table, query in _QUERIES.items():
            here = Path(folder) / f"{table}.parquet"
            _write(lake, batches, query, here)
            partial = lake.path(table, made, PARTIAL)
            lake.fs.makedirs(partial.rpartition("/")[0], exist_ok=True)
            lake.fs.put_file(str(here), partial)
            lake.fs.mv(partial, lake.path(table, made))
    for batch in batches:
        _remove(lake, batch)


_ONCE = (
    "WITH once AS (SELECT review, min(parse_filename(batch)) AS name FROM reviews GROUP BY review)"
)
"""Who appended the same review at the same time left it in two batches; one is kept."""
_SELECT = (
    "{once} SELECT {table}.* EXCLUDE ({extra}) FROM {table} JOIN once "
    "ON {table}.review = once.review AND parse_filename({table}.batch) = once.name ORDER BY {order}"
)
_QUERIES = {
    "facts": _SELECT.format(
        once=_ONCE, table="facts", extra="batch, ecosystem, month", order=", ".join(ORDER)
    ),
    "reviews": _SELECT.format(once=_ONCE, table="reviews", extra="batch, month", order="review"),
}


def _write(lake: Lake, batches: Sequence[Batch], query: str, place: Path) -> None:
    with database(lake, batches, writes=place, filenames=True) as connection:
        connection.execute(f"COPY ({query}) TO '{place}' ({WRITTEN})")


def _remove(lake: Lake, batch: Batch) -> None:
    """Delete a batch: the reviews first, so that it is never there without its facts."""
    for table, suffix in (("reviews", ".parquet"), ("facts", ".parquet"), ("reviews", REPLACES)):
        path = lake.path(table, batch, suffix)
        if lake.fs.exists(path):
            lake.fs.rm_file(path)


def _sweep(lake: Lake) -> None:
    """Delete what nobody finished, and what a merge has replaced while its note is still there."""
    found, replaced = lake.listed()
    for batch in found:
        if (batch.partition, batch.name) in replaced:
            _remove(lake, batch)
    there = {(b.partition, b.name) for b in found}
    oldest = datetime.datetime.now(datetime.UTC) - _LEFT
    for table in ("facts", "reviews"):
        top = f"{lake.root}/{table}"
        for path in lake.fs.find(top) if lake.fs.exists(top) else ():
            partition, _, file = path[len(top) :].strip("/").rpartition("/")
            name = file.partition(".")[0]
            if (partition, name) not in there and _begun(name) < oldest:
                lake.fs.rm_file(path)


def _begun(name: str) -> datetime.datetime:
    """Return when a batch was begun, as its name says; what has another name is not ours."""
    try:
        begun = datetime.datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S")
    except ValueError:
        return datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return begun.replace(tzinfo=datetime.UTC)
