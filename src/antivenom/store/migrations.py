"""How a database becomes what `schema` says: numbered steps, each of which only adds.

Older code goes on working on a newer database, since it never meets a column that went. A step
creates what is missing and is safe to run again; the number is written in the same transaction.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, inspect, select, text
from sqlalchemy.schema import CreateColumn

from antivenom.store import (
    columns,
    schema,
    schema_access,
    schema_cases,
    schema_uploads,
    tallying,
)

_LOCK = 0x616E7469
"""Names our lock among those of a PostgreSQL server: the letters "anti"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of the schema."""

    number: int
    what: str
    run: Callable[[Connection], None]


def migrate(connection: Connection) -> int:
    """Run the steps a database has not seen; return how many these were."""
    alone(connection)
    create(connection, schema.schema_steps)
    seen = set(connection.scalars(select(schema.schema_steps.c.number)))
    missing = [step for step in STEPS if step.number not in seen]
    for step in missing:
        step.run(connection)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        connection.execute(insert(schema.schema_steps).values(number=step.number, done_at=now))
    return len(missing)


def alone(connection: Connection) -> None:
    """Wait until no other transaction changes tables; the lock goes with this transaction.

    On PostgreSQL, two that create the same table at once fail; on SQLite whoever writes is alone.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def create(connection: Connection, *tables: Table) -> None:
    """Create tables that are not there yet."""
    columns.metadata.create_all(connection, tables=tables, checkfirst=True)


def add_column(connection: Connection, column: Column[Any]) -> None:
    """Add a column of `schema` to its table; it needs a server default or must allow null."""
    table = column.table
    assert isinstance(table, Table)
    there = {one["name"] for one in inspect(connection).get_columns(table.name)}
    if column.name not in there:
        made = CreateColumn(column).compile(dialect=connection.dialect)
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {made}"))


def _catalog(connection: Connection) -> None:
    create(
        connection,
        schema.sources,
        schema.specimens,
        schema.claims,
        schema.statements,
        schema.reports,
        schema.specimen_reports,
        schema.profiles,
        schema.behaviors,
        schema.members,
        schema.functions,
        schema.decoded,
        schema.indicators,
        schema.specimen_indicators,
        schema.campaigns,
        schema.campaign_members,
        schema.releases,
        schema.release_members,
        schema.imports,
    )


def _service(connection: Connection) -> None:
    create(connection, *schema_uploads.ALL, *schema_cases.ALL, *schema_access.ALL)


def _tallies(connection: Connection) -> None:
    """Count what was written before anybody counted; let indexes answer what the overview asks."""
    create(connection, schema_uploads.tallies)
    tallying.recount(connection)
    for table in (*schema_uploads.ALL, *schema_cases.ALL):
        for index in table.indexes:
            if index.name in _COVERING:
                index.create(connection, checkfirst=True)
    for name in ("uploads_reviewed", "reviews_project"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))


_COVERING = ("uploads_latency", "reviews_said", "cases_outcome", "case_reviews_now", "audit_object")
STEPS = (
    Step(number=1, what="the catalog", run=_catalog),
    Step(number=2, what="the review service", run=_service),
    Step(number=3, what="counts by day", run=_tallies),
)
"""Append here; never change a step that was released."""
