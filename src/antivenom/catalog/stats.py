"""The catalog in numbers: one count for each question, as data and as bars."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct
from sqlalchemy import Connection, func, select

from antivenom.store import schema

MONTHS = "first seen, by month"
WHEN = "behavior and when it runs"
AT = " at "
"""Between a behavior and its activation in the rows of `WHEN`."""
_BAR = 40
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")


class Count(Struct, frozen=True, kw_only=True):
    """How many there are for each answer to one question."""

    title: str
    rows: dict[str, int]
    """In the order in which they are shown."""
    of: str = "specimens"
    """What is counted."""


def gather(connection: Connection) -> list[Count]:
    """Return all counts."""
    table = schema.specimens
    named = select(func.count()).where(table.c.sha256 == "")
    held = select(func.count()).where(table.c.sha256 != "")
    whole = {
        "with bytes": connection.scalar(held) or 0,
        "known by name alone": connection.scalar(named) or 0,
        "whose bytes are kept": connection.scalar(held.where(table.c.kept != "")) or 0,
        "not observed": connection.scalar(held.where(table.c.engine == "")) or 0,
    }
    return [
        Count(title="specimens", rows=whole),
        Count(title="label", rows=_by(connection, "label")),
        Count(title="ecosystem", rows=_by(connection, "ecosystem")),
        Count(title="first source", rows=_by(connection, "source")),
        Count(title="first seen", rows=_years(connection)),
        Count(title=MONTHS, rows=_months(connection)),
        Count(title="activation of what was found", rows=_activations(connection)),
        Count(title="behavior", rows=_behaviors(connection)),
        Count(title=WHEN, rows=_when(connection)),
        Count(title="campaign size", rows=_sizes(connection), of="campaigns"),
    ]


def bars(counts: list[Count], *, most: int = 25) -> Iterator[str]:
    """Yield lines for a terminal."""
    for count in counts:
        if not count.rows:
            continue
        yield count.title
        top = max(count.rows.values()) or 1
        width = max(len(name) for name in count.rows)
        for name, number in list(count.rows.items())[:most]:
            bar = "█" * round(_BAR * number / top)
            yield f"  {name or 'unknown':<{width}}  {number:>7,}  {bar}".rstrip()
        if len(count.rows) > most:
            yield f"  and {len(count.rows) - most:,} more"
        yield ""


def _by(connection: Connection, column: str) -> dict[str, int]:
    one = schema.specimens.c[column]
    rows = connection.execute(select(one, func.count()).group_by(one))
    return _largest({row[0] or "unknown": row[1] for row in rows})


def _years(connection: Connection) -> dict[str, int]:
    table = schema.specimens
    days = connection.scalars(select(table.c.first_seen))
    return dict(sorted(Counter(day[:4] or "unknown" for day in days).items()))


def _months(connection: Connection) -> dict[str, int]:
    table = schema.specimens
    days = connection.scalars(select(table.c.first_seen))
    return dict(sorted(Counter(d[:7] for d in days if _MONTH.match(d)).items()))


def _activations(connection: Connection) -> dict[str, int]:
    table = schema.specimens
    found: Counter[str] = Counter()
    for said in connection.scalars(select(table.c.activations).where(table.c.engine != "")):
        found.update(said.split()[:1] or ["nothing found"])
    return _largest(found)


def _behaviors(connection: Connection) -> dict[str, int]:
    table = schema.behaviors
    query = select(table.c.id, func.count()).group_by(table.c.id)
    return _largest({row[0]: row[1] for row in connection.execute(query)})


def _when(connection: Connection) -> dict[str, int]:
    table = schema.behaviors
    one = (table.c.id, table.c.activation)
    rows = connection.execute(select(*one, func.count()).where(one[1] != "").group_by(*one))
    return _largest({f"{row[0]}{AT}{row[1]}": row[2] for row in rows})


def _sizes(connection: Connection) -> dict[str, int]:
    table = schema.campaign_members
    sizes = connection.execute(
        select(func.count(table.c.specimen)).group_by(table.c.campaign)
    ).scalars()
    bins = ((1, "1"), (2, "2"), (5, "3 to 5"), (20, "6 to 20"), (100, "21 to 100"))
    found: Counter[str] = Counter()
    for size in sizes:
        found[next((name for top, name in bins if size <= top), "more than 100")] += 1
    order = [name for _, name in bins] + ["more than 100"]
    return {name: found[name] for name in order if found[name]}


def _largest(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
