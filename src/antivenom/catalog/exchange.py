"""A catalog that leaves and comes back: every table but what bytes can give again.

Left out: profiles (a cache with lines of uploads), what was imported from where, releases.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, select

from antivenom.catalog import writing
from antivenom.store import schema

TABLES: tuple[Table, ...] = (
    schema.sources,
    schema.specimens,
    schema.claims,
    schema.statements,
    schema.reports,
    schema.specimen_reports,
    schema.behaviors,
    schema.members,
    schema.functions,
    schema.decoded,
    schema.indicators,
    schema.specimen_indicators,
    schema.campaigns,
    schema.campaign_members,
)
"""In an order in which each finds there what it refers to."""

_AT_ONCE = 400


def restore(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> int:
    """Insert the rows whose key is not there yet; return how many. What is there stays."""
    keys = [column.name for column in table.primary_key.columns]
    fresh: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        fresh.setdefault(tuple(row[key] for key in keys), row)
    if not fresh:
        return 0
    known = _known(connection, table, keys, {key[0] for key in fresh})
    missing = [row for key, row in fresh.items() if key not in known]
    for start in range(0, len(missing), _AT_ONCE):
        writing.add(connection, table, missing[start : start + _AT_ONCE])
    return len(missing)


def _known(
    connection: Connection, table: Table, keys: list[str], first: set[Any]
) -> set[tuple[Any, ...]]:
    columns = [table.c[key] for key in keys]
    ordered = sorted(first)
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        rows = connection.execute(select(*columns).where(columns[0].in_(some)))
        found |= {tuple(row) for row in rows}
    return found
