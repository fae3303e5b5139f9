"""The schema for people: what docs/catalog.md says of the tables is written from `schema`.

`python -m antivenom.store.describe docs/catalog.md` writes it between the page's markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Table

from antivenom.store import schema

BEGIN = "<!-- tables: begin -->\n"
END = "<!-- tables: end -->\n"


def tables(some: Iterable[Table] = ()) -> Iterator[str]:
    """Yield the lines that describe tables, all of them by default."""
    for table in some or schema.metadata.tables.values():
        yield f"### `{table.name}`\n"
        yield f"{table.comment}\n"
        yield "| column | type | meaning |\n|---|---|---|"
        for column in table.columns:
            kind = str(column.type).lower().replace("varchar", "text")
            key = "key" if column.primary_key else ""
            foreign = next((f"→ `{f.target_fullname}`" for f in column.foreign_keys), "")
            about = (column.comment or "").replace("|", "\\|")
            said = ", ".join(part for part in (key, foreign, about) if part)
            yield f"| `{column.name}` | {kind} | {said} |"
        yield ""


def page(text: str) -> str:
    """Return a page with what stands between its markers written anew."""
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise ValueError("the page has lost its markers")
    return f"{head}{BEGIN}\n{chr(10).join(tables())}\n{END}{tail}"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(page(place.read_text("utf-8")), "utf-8")
