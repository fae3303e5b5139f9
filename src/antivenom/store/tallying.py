"""Counts by day, kept in the transaction that writes what is counted, so that pages need not count.

`recount` makes them anew from the rows themselves; the two always agree, which a test holds. A
count is spread over a few rows, since two transactions that count the same would wait otherwise.
"""

from __future__ import annotations

import zlib
from typing import Literal

from sqlalchemy import Connection, Table, delete, func, insert, literal, select, text

from antivenom.store import upserts
from antivenom.store.schema_cases import decisions
from antivenom.store.schema_uploads import reviews, tallies

What = Literal["reviews", "decisions"]
_SHARDS = 8
_COUNTED: dict[What, tuple[Table, str, str]] = {
    "reviews": (reviews, "made_at", "verdict"),
    "decisions": (decisions, "at", "decision"),
}
"""What is counted: its table, the column with the moment, the column that tells kinds apart."""


def add(connection: Connection, what: What, key: str, at: str, id: str | int) -> None:
    """Count a row that this transaction writes; `at` is its moment, `id` any name of it."""
    shard = zlib.crc32(str(id).encode()) % _SHARDS
    keys = {"what": what, "day": at[:10], "key": key, "shard": shard}
    upserts.increase(connection, tallies, keys, "number")


def by_day(connection: Connection, what: What, first: str) -> dict[str, dict[str, int]]:
    """Return day -> key -> count from a day on, ``2026-11-21``; days without rows are left out."""
    column = tallies.c
    query = (
        select(column.day, column.key, func.sum(column.number))
        .where(column.what == what, column.day >= first)
        .group_by(column.day, column.key)
    )
    found: dict[str, dict[str, int]] = {}
    for day, key, number in connection.execute(query):
        found.setdefault(day, {})[key] = int(number)
    return found


def recount(connection: Connection) -> None:
    """Count everything anew. Who writes meanwhile waits until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE tallies IN EXCLUSIVE MODE"))
    connection.execute(delete(tallies))
    for what, (table, moment, kind) in _COUNTED.items():
        day = func.substr(table.c[moment], 1, 10)
        counted = (
            select(literal(what), day, table.c[kind], literal(0), func.count())
            .select_from(table)
            .group_by(day, table.c[kind])
        )
        names = ("what", "day", "key", "shard", "number")
        connection.execute(insert(tallies).from_select(names, counted))
