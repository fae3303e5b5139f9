"""Parquet: one file per table, and one row per fact. The schema is in docs/catalog.md.

Comes back whole by `catalog import`, but for the facts: these are derived from the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Float, Integer, LargeBinary, Table, select

from antivenom.catalog.batches import batched
from antivenom.catalog.exchange import TABLES
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile
from antivenom.store import Store, schema
from antivenom.store.packing import unpack

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP = 20_000
"""Rows of a row group."""


def write(store: Store, folder: Path) -> int:
    """Write the files into a folder and return how many specimens they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = {table.name: _table(store, table, folder) for table in TABLES}
    _facts(store, folder)
    return counts["specimens"]


def _table(store: Store, table: Table, folder: Path) -> int:
    count = 0
    with store.reading() as connection:
        found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        rows = ({str(k): _value(k, v) for k, v in row.items()} for row in found)
        count = _write(folder / f"{table.name}.parquet", _schema(table), rows)
    return count


def _value(column: str, value: Any) -> Any:  # noqa: ANN401  a cell of any table
    if column == "document":
        return msgspec.json.encode(unpack(value, dict)).decode()
    return value


def _write(place: Path, columns: pa.Schema, rows: Iterator[dict[str, Any]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 0
    with pq.ParquetWriter(place, columns, compression="zstd") as writer:
        for some in batched(rows, _GROUP):
            writer.write_table(pa.Table.from_pylist(list(some), schema=columns))
            count += len(some)
    return count


def _schema(table: Table) -> pa.Schema:
    import pyarrow as pa

    kinds = ((Float, pa.float64()), (Integer, pa.int64()))
    fields = []
    for column in table.columns:
        kind = next((k for t, k in kinds if isinstance(column.type, t)), pa.string())
        assert not isinstance(column.type, LargeBinary) or column.name == "document"
        about = {"description": column.comment} if column.comment else None
        fields.append(pa.field(column.name, kind, nullable=False, metadata=about))
    return pa.schema(fields, metadata={"description": table.comment or ""})


def _facts(store: Store, folder: Path) -> None:
    columns = fact_schema()
    with store.reading() as connection:
        table = schema.profiles
        found = connection.execute(select(table).order_by(table.c.sha256)).mappings()
        rows = (
            msgspec.to_builtins(fact) | {"artifact": row["sha256"], "n": n}
            for row in found
            for n, fact in enumerate(unpack(row["document"], Profile).facts)
        )
        filled = ({name: row.get(name, _EMPTY[name]) for name in columns.names} for row in rows)
        _write(folder / "facts.parquet", columns, filled)


def fact_schema() -> pa.Schema:
    """Return the columns of facts: a fact is flat, so one fact is one row."""
    import pyarrow as pa

    fields = []
    for field in msgspec.structs.fields(Fact):
        kind = pa.int64() if field.type is int else pa.string()
        if isinstance(_EMPTY[field.name], tuple):
            kind = pa.list_(pa.string())
        fields.append(pa.field(field.name, kind, nullable=False))
    return pa.schema(fields)


_EMPTY: dict[str, Any] = {
    field.name: "" if field.default is msgspec.NODEFAULT else field.default
    for field in msgspec.structs.fields(Fact)
}
