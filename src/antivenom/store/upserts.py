"""Rows that may be there already: one statement on either database, safe between processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Insert a row unless its key or another unique value is taken; return whether it was new."""
    statement = _insert(connection)(table).values(values).on_conflict_do_nothing()
    # PostgreSQL returns the key it made; without this the count of rows is forgotten with it.
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount > 0


def put(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Insert a row, or give the one with its primary key these values."""
    statement = _insert(connection)(table).values(values)
    keys = [column.name for column in table.primary_key]
    changed = {name: statement.excluded[name] for name in values if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def increase(connection: Connection, table: Table, keys: Mapping[str, Any], number: str) -> None:
    """Add one to a column of the row with a primary key; a row that is not there begins at one."""
    statement = _insert(connection)(table).values({**keys, number: 1})
    more = {number: table.c[number] + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=more))


def _insert(connection: Connection) -> Any:  # noqa: ANN401  either dialect's, alike in what we use
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert
