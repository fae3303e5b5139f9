"""`clusters` over the tables: reads what import derived, writes campaigns and their members.

Every run looks at all specimens, so that the answer does not depend on the order of imports; what
people call a campaign survives, since a campaign keeps its id as long as most of it stays together.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, func, select

from antivenom.catalog import clusters, writing
from antivenom.catalog.clusters import Piece, Place
from antivenom.likeness import keys
from antivenom.likeness.good import Good
from antivenom.model import fingerprint
from antivenom.report.escape import visible
from antivenom.store import Store, schema

METHOD = "pairs-of-lines/3"
"""Changes when the way of grouping does."""
_LINKS = ("host", "ip", "webhook", "bot-token", "wallet")
"""Kinds of indicators that tie clusters together; a bare URL may be anybody's download."""
_HIDDEN_FILE = 200
"""Bytes of a hidden text from which sharing it means something."""
_FEW = 3
"""Pairs of lines below which the files themselves are compared as well."""
_SMALLEST = 60
"""Bytes of a file from which sharing it means something."""


class Report(Struct, frozen=True, kw_only=True):
    """What a run found."""

    specimens: int
    clusters: int
    campaigns: int
    """Of more than one specimen."""
    largest: tuple[tuple[str, str, int], ...]
    """(id, name, specimens), largest first."""
    changed: int
    """Specimens whose campaign or cluster is another than before."""


def group(store: Store, good: Good | None = None) -> Report:
    """Group all observed specimens; known-good code is left out of every comparison."""
    with store.writing() as connection:
        pieces = read(connection, good)
        places = clusters.place(pieces)
        before = _before(connection)
        kept = _kept(places, before)
        rows = [_member(id, place, kept) for id, place in sorted(places.items())]
        sizes = Counter(row["campaign"] for row in rows)
        changed = sum(before.get(r["specimen"]) != (r["campaign"], r["cluster"]) for r in rows)
        names = _write(connection, rows, sizes)
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    return Report(
        specimens=len(rows),
        clusters=len({place.cluster for place in places.values()}),
        campaigns=sum(size > 1 for size in sizes.values()),
        largest=tuple((id, names[id], size) for id, size in largest[:20] if size > 1),
        changed=changed,
    )


def read(connection: Connection, good: Good | None = None) -> list[Piece]:
    """Return what there is to compare of every specimen that was observed."""
    grams = _grams(connection, schema.members, good)
    hidden = _grams(connection, schema.decoded, good)
    links = _links(connection, good)
    files = _files(connection, good)
    sizes = _lengths(connection)
    query = select(schema.specimens.c.id).where(schema.specimens.c.engine != "")
    return [
        _piece(
            id, grams.get(id, set()), hidden.get(id, set()), links[id], files[id], sizes.get(id, 0)
        )
        for id in sorted(connection.scalars(query))
    ]


def _piece(
    id: str, grams: set[int], hidden: set[int], links: set[str], files: set[str], size: int
) -> Piece:
    if len(grams) < _FEW:
        # A line or two around a hidden text, or no code at all: what is hidden, and the files.
        grams = grams | hidden | {keys.of_sha256(sha256) for sha256 in files}
    return Piece(
        id=id,
        grams=frozenset(grams),
        hidden=frozenset(hidden),
        size=size,
        links=frozenset(links),
    )


def _lengths(connection: Connection) -> dict[str, int]:
    """Return the bytes of Python of each specimen."""
    table = schema.members
    query = select(table.c.specimen, func.sum(table.c.size)).where(table.c.lang == "python")
    rows = connection.execute(query.group_by(table.c.specimen))
    return {specimen: int(size) for specimen, size in rows}


def _grams(connection: Connection, table: Any, good: Good | None) -> dict[str, set[int]]:  # noqa: ANN401  a table
    """Return the hashes of pairs of lines by specimen, each distinct text unpacked once."""
    unpacked: dict[str, frozenset[int]] = {}
    found: dict[str, set[int]] = defaultdict(set)
    query = select(table.c.specimen, table.c.fingerprint).where(table.c.fingerprint != "")
    for specimen, text in connection.execute(query):
        if text not in unpacked:
            known = fingerprint.parse(text)
            values = set(known.values) if known else set()
            unpacked[text] = frozenset(values - good.known(values) if good else values)
        found[specimen] |= unpacked[text]
    return found


def _links(connection: Connection, good: Good | None) -> dict[str, set[str]]:
    """Return what may tie a specimen to others: indicators, telling files, hidden texts."""
    found: dict[str, set[str]] = defaultdict(set)
    ties, things = schema.specimen_indicators, schema.indicators
    query = (
        select(ties.c.specimen, things.c.kind, things.c.value)
        .join(things, things.c.id == ties.c.indicator)
        .where(things.c.kind.in_([*_LINKS, "file-sha256"]))
    )
    code = _code_files(connection)
    for specimen, kind, value in connection.execute(query):
        if kind != "file-sha256":
            found[specimen].add(f"{kind}:{value}")
        elif value in code and (good is None or good.file(value) is None):
            found[specimen].add(f"file:{value}")
    table = schema.decoded
    hidden = select(table.c.specimen, table.c.sha256).where(table.c.size >= _HIDDEN_FILE)
    for specimen, sha256 in connection.execute(hidden):
        found[specimen].add(f"file:{sha256}")
    return found


def _code_files(connection: Connection) -> set[str]:
    table = schema.members
    query = select(table.c.sha256).where(table.c.lang != "", table.c.size >= _SMALLEST)
    named = table.c.lang.not_in(["text", "markdown", "ini", "toml", "json", "yaml", "binary"])
    return set(connection.scalars(query.where(named).distinct()))


def _files(connection: Connection, good: Good | None) -> dict[str, set[str]]:
    """Return the code files of each specimen that are nobody else's."""
    found: dict[str, set[str]] = defaultdict(set)
    code = _code_files(connection)
    table = schema.members
    for specimen, sha256 in connection.execute(select(table.c.specimen, table.c.sha256)):
        if sha256 in code and (good is None or good.file(sha256) is None):
            found[specimen].add(sha256)
    return found


def _before(connection: Connection) -> dict[str, tuple[str, str]]:
    table = schema.campaign_members
    rows = connection.execute(select(table.c.specimen, table.c.campaign, table.c.cluster))
    return {row.specimen: (row.campaign, row.cluster) for row in rows}


def _kept(
    places: Mapping[str, Place], before: Mapping[str, tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Give each campaign and cluster the id that most of its specimens had, else one of its own.

    An id goes to one group alone: the one that has most of those who had it.
    """
    found: dict[tuple[str, str], str] = {}
    for n, kind in enumerate(("campaign", "cluster")):
        shares: Counter[tuple[str, str]] = Counter()
        for id, place in places.items():
            if id in before:
                shares[getattr(place, kind), before[id][n]] += 1
        given: set[str] = set()
        for (new, old), _ in sorted(shares.items(), key=lambda item: (-item[1], item[0])):
            if (kind, new) not in found and old not in given:
                found[kind, new] = old
                given.add(old)
        for new in sorted({getattr(place, kind) for place in places.values()}):
            if (kind, new) not in found:
                found[kind, new] = _fresh(kind, new, given)
                given.add(found[kind, new])
    return found


def _fresh(kind: str, founder: str, given: set[str]) -> str:
    """Return an id that is not taken, the same for the same founder."""
    for n in range(1000):
        digest = hashlib.sha256(f"{kind}\0{founder}\0{n}".encode()).hexdigest()
        if (id := f"{kind[:2]}-{digest[:12]}") not in given:
            return id
    raise AssertionError("a thousand collisions of a hash")


def _member(id: str, place: Place, kept: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    return {
        "specimen": id,
        "campaign": kept["campaign", place.campaign],
        "cluster": kept["cluster", place.cluster],
        "reason": visible(place.reason, 300),
        "similarity": round(place.similarity, 4),
    }


def _write(
    connection: Connection, rows: list[dict[str, Any]], sizes: Mapping[str, int]
) -> dict[str, str]:
    """Replace the tables; return id -> name. A name once given stays."""
    table = schema.campaigns
    known = {row["id"]: dict(row) for row in connection.execute(select(table)).mappings()}
    founders = _founders(connection, rows)
    moment = writing.now()
    fresh = []
    for id in sorted(sizes):
        old = known.get(id, {})
        row = {
            "id": id,
            "name": old.get("name") or f"{founders[id]}-{id[-4:]}",
            "description": old.get("description", ""),
            "made_at": old.get("made_at") or moment,
            "method": METHOD,
            "size": sizes[id],
        }
        fresh.append(row)
    connection.execute(delete(schema.campaign_members))
    connection.execute(delete(table))
    writing.add(connection, table, fresh)
    writing.add(connection, schema.campaign_members, rows)
    return {row["id"]: row["name"] for row in fresh}


def _founders(connection: Connection, rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the project name that the first specimen of each campaign has."""
    table = schema.specimens
    query = select(table.c.id, table.c.name, table.c.first_seen)
    names = {
        row.id: (row.first_seen or "9999", row.name, row.id) for row in connection.execute(query)
    }
    first: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        seen = names[row["specimen"]]
        first[row["campaign"]] = min(first.get(row["campaign"], seen), seen)
    return {id: (name or sha256)[:40] for id, (_, name, sha256) in first.items()}
