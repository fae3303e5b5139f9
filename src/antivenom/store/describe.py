"""The schema for people: what docs/catalog.md and docs/service.md say of the tables.

`python -m antivenom.store.describe docs/catalog.md` writes it between the page's markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Table

from antivenom.store import schema, schema_access, schema_cases, schema_uploads

BEGIN = "<!-- tables: begin -->\n"
END = "<!-- tables: end -->\n"

CATALOG = tuple(table for table in vars(schema).values() if isinstance(table, Table))
SERVICE = (*schema_uploads.ALL, *schema_cases.ALL, *schema_access.ALL)
PAGES = {"catalog.md": CATALOG, "service.md": SERVICE}


def tables(some: Iterable[Table] = CATALOG) -> Iterator[str]:
    """Yield the lines that describe tables."""
    for table in some:
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


def page(text: str, some: Iterable[Table] = CATALOG) -> str:
    """Return a page with what stands between its markers written anew."""
    head, found, rest = text.partition(BEGIN)
    _, closed, tail = rest.partition(END)
    if not found or not closed:
        raise ValueError("the page has lost its markers")
    return f"{head}{BEGIN}\n{chr(10).join(tables(some))}\n{END}{tail}"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    place.write_text(page(place.read_text("utf-8"), PAGES[place.name]), "utf-8")
