"""JSON Lines: one object a line with its ``type``; specimens with everything around them.

Comes back whole by `catalog import`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from antivenom.catalog import queries
from antivenom.store import Store, schema
from antivenom.store.packing import unpack


def write(store: Store, place: Path) -> int:
    """Write the file and return how many specimens it holds."""
    count = 0
    with place.open("wb") as file:
        for one in lines(store):
            count += one["type"] == "specimen"
            file.write(msgspec.json.encode(one) + b"\n")
    return count


def lines(store: Store) -> Iterator[dict[str, Any]]:
    """Yield what the lines say, sources first, in an order that does not change."""
    with store.reading() as connection:
        for table in (schema.sources, schema.campaigns):
            for row in connection.execute(select(table).order_by(table.c.id)).mappings():
                yield {"type": str(table.name), **{str(k): v for k, v in row.items()}}
        for row in connection.execute(select(schema.reports).order_by("id")).mappings():
            values = {str(k): v for k, v in row.items()}
            yield {"type": "report", **values, "document": unpack(row["document"], dict)}
        for one in queries.load(connection, files=True):
            yield {"type": "specimen", **msgspec.to_builtins(one)}
