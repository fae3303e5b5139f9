"""A lake as two views of a DuckDB that can do nothing but read it.

The files that are there are the only ones a query may name, no configuration can be changed, and
`asked` takes a single SELECT. That is for SQL which a person types at their own machine; nothing
offers it to anybody else.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from antivenom.errors import MissingDependencyError, UsageError
from antivenom.rules.sql import quoted

if TYPE_CHECKING:
    import duckdb

    from antivenom.lab.lake import Batch, Lake

MEMORY = "4GB"
"""What a query may hold before it spills to a temporary folder."""
_EMPTY = {
    "reviews": "review BIGINT, score DOUBLE, facts INTEGER, artifact VARCHAR, ecosystem VARCHAR, "
    "name VARCHAR, version VARCHAR, purl VARCHAR, filename VARCHAR, engine VARCHAR, "
    "rulebook VARCHAR, verdict VARCHAR, reviewed VARCHAR, month VARCHAR",
    "facts": "review BIGINT, id VARCHAR, kind VARCHAR, member VARCHAR, line INTEGER, "
    "end_line INTEGER, sink_line INTEGER, layer INTEGER, value VARCHAR, host VARCHAR, "
    "hostclass VARCHAR, path_class VARCHAR, args VARCHAR[], via VARCHAR[], scope VARCHAR, "
    "activation VARCHAR, role VARCHAR, lang VARCHAR, change VARCHAR, certainty VARCHAR, "
    "observer VARCHAR, n INTEGER, ecosystem VARCHAR, month VARCHAR",
}


@contextmanager
def database(
    lake: Lake, batches: Sequence[Batch], *, writes: Path | None = None, filenames: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection with the views `reviews` and `facts` over some batches.

    `writes` is the one file beside them that may be written; `filenames` adds a column `batch`
    with the file of each row.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingDependencyError(
            "hunting needs DuckDB", hint="pip install 'antivenom[lab]'"
        ) from None
    with tempfile.TemporaryDirectory() as spill, duckdb.connect() as connection:
        if not lake.local:
            connection.register_filesystem(lake.fs)
        files = {table: [lake.address(table, one) for one in batches] for table in _EMPTY}
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET threads = {_processors()}")
        connection.execute("SET temp_directory = ?", [spill])
        connection.execute("SET preserve_insertion_order = false")
        connection.execute("SET autoinstall_known_extensions = false")
        allowed = [*files["reviews"], *files["facts"], *([str(writes)] if writes else [])]
        connection.execute("SET allowed_paths = ?", [allowed])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        for table, places in files.items():
            connection.execute(f"CREATE VIEW {table} AS {_rows(table, places, filenames)}")
        yield connection


def _rows(table: str, places: Sequence[str], filenames: bool) -> str:
    if not places:
        columns = (column.split() for column in _EMPTY[table].split(", "))
        cells = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns)
        return f"SELECT {cells} WHERE false"
    listed = ", ".join(map(quoted, places))
    named = "hive_types = {'ecosystem': VARCHAR, 'month': VARCHAR}"
    named += ", filename = 'batch'" if filenames else ""
    return f"SELECT * FROM read_parquet([{listed}], hive_partitioning = true, {named})"  # noqa: S608


def asked(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[Any]]:
    """Return the columns and rows of a person's query. Raises `UsageError`."""
    import duckdb

    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise UsageError("one SELECT, please", hint="the tables are facts and reviews")
        found = connection.execute(statements[0])
        return [column[0] for column in found.description or ()], found.fetchall()
    except duckdb.Error as error:
        raise UsageError(f"SQL: {error}") from None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
