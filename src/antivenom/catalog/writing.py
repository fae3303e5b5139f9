"""Entries into tables: idempotent, in whatever transaction the caller has open.

What a person or source said is only ever added; what was derived from bytes is replaced when
another engine derived it; the first source of a specimen stays its first source.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select, update

from antivenom.catalog.batches import batched
from antivenom.catalog.derived import Observed
from antivenom.catalog.entry import Entry
from antivenom.catalog.purls import purl_of
from antivenom.catalog.specimen import Behavior, Claim, Decoded, Indicator, MemberCode
from antivenom.catalog.statement import Statement, current
from antivenom.model.moments import stamp
from antivenom.report.escape import visible
from antivenom.store import schema

_AT_ONCE = 500
"""Values of one IN list."""
_TEXT = 2000
"""Characters of a description or reason."""


def now() -> str:
    """Return this second, as the tables keep times."""
    return stamp(datetime.datetime.now(datetime.UTC))


def add_source(connection: Connection, source: str, url: str = "", licence: str = "") -> None:
    """Note a source; what is said of it anew replaces what was said."""
    table = schema.sources
    known = connection.execute(select(table).where(table.c.id == source)).mappings().first()
    if known is None:
        values = {"id": source, "url": url, "licence": licence, "added_at": now()}
        connection.execute(insert(table).values(values))
        return
    said = {k: v for k, v in (("url", url), ("licence", licence)) if v and v != known[k]}
    if said:
        connection.execute(update(table).where(table.c.id == source).values(said))


def known_ids(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Return those ids that are specimens already."""
    return set(existing(connection, schema.specimens, "id", ids))


def existing(connection: Connection, table: Table, column: str, values: Iterable[str]) -> list[str]:
    """Return which of the values a column has."""
    found: list[str] = []
    for some in batched(sorted(set(values)), _AT_ONCE):
        query = select(table.c[column]).where(table.c[column].in_(some)).distinct()
        found += connection.scalars(query)
    return found


def put(connection: Connection, entries: Sequence[Entry], source: str) -> int:
    """Write entries of one source; return how many specimens are new."""
    moment = now()
    ids = {entry.id for entry in entries}
    known = known_ids(connection, ids)
    first = {entry.id: entry for entry in reversed(entries) if entry.id not in known}
    fresh = [_specimen_row(entry, source, moment) for entry in reversed(first.values())]
    add(connection, schema.specimens, fresh)
    stored = _rows(connection, schema.specimens, "id", ids)
    for entry in entries:
        changed = _changes(stored[entry.id], entry)
        if changed:
            stored[entry.id] |= changed
            query = update(schema.specimens).where(schema.specimens.c.id == entry.id)
            connection.execute(query.values(changed))
    _put_observed(connection, [e.observed for e in entries if e.observed is not None])
    _put_around(connection, entries)
    _put_claims(connection, entries)
    said = [word.about(entry.id, moment) for entry in entries for word in entry.words]
    say(connection, [*said, *(s for entry in entries for s in entry.statements)])
    return len(first)


def say(connection: Connection, statements: Iterable[Statement]) -> int:
    """Add statements nobody made yet and compute the labels anew; return how many were added.

    An author who repeats a label, its confidence and reason says nothing new, whenever it is said:
    so an import that runs again adds nothing, and does not take back what was withdrawn.
    """
    statements = list(statements)
    ids = {one.specimen for one in statements}
    before = statements_of(connection, ids)
    words = {_word(one) for one in before}
    added: dict[str, Statement] = {}
    for one in statements:
        if _word(one) not in words:
            words.add(_word(one))
            added[one.id] = one
    rows = [{"id": one.id, **msgspec.structs.asdict(one)} for one in added.values()]
    add(connection, schema.statements, rows)
    _label(connection, [*before, *added.values()], {one.specimen for one in added.values()})
    return len(added)


def relabel(connection: Connection, ids: Iterable[str]) -> None:
    """Compute the labels of specimens anew, from everything said about them."""
    for some in batched(sorted(set(ids)), _AT_ONCE):
        said = statements_of(connection, some)
        _label(connection, said, {one.specimen for one in said})


def statements_of(connection: Connection, ids: Iterable[str]) -> list[Statement]:
    """Return everything said about specimens, in the order it was said."""
    table = schema.statements
    found: list[Statement] = []
    for some in batched(sorted(set(ids)), _AT_ONCE):
        query = (
            select(table).where(table.c.specimen.in_(some)).order_by(table.c.said_at, table.c.id)
        )
        rows = connection.execute(query).mappings()
        found += [
            msgspec.convert({str(k): v for k, v in r.items() if k != "id"}, Statement) for r in rows
        ]
    return found


def add(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, if there are any."""
    if rows:
        connection.execute(insert(table), rows)


def replace(
    connection: Connection, table: Table, ids: Iterable[str], rows: Sequence[dict[str, Any]]
) -> None:
    """Put rows in the place of everything a table has about specimens."""
    for some in batched(sorted(set(ids)), _AT_ONCE):
        connection.execute(delete(table).where(table.c.specimen.in_(some)))
    add(connection, table, rows)


def indicator_id(one: Indicator) -> str:
    """Return the key of an indicator: what it is, not where it was seen."""
    return hashlib.sha256(f"{one.kind}\0{visible(one.value)}".encode()).hexdigest()[:32]


def _word(one: Statement) -> tuple[str, ...]:
    return one.specimen, one.author, one.kind, one.label, one.confidence, one.reason, one.withdraws


def _label(connection: Connection, statements: list[Statement], ids: set[str]) -> None:
    table = schema.specimens
    about: dict[str, list[Statement]] = {}
    for one in statements:
        about.setdefault(one.specimen, []).append(one)
    alike: dict[tuple[str, str], list[str]] = {}
    for id in sorted(ids):
        found = current(about[id])
        alike.setdefault((found.label, found.confidence), []).append(id)
    for (label, confidence), same in alike.items():
        for some in batched(same, _AT_ONCE):
            query = update(table).where(table.c.id.in_(some))
            connection.execute(query.values(label=label, confidence=confidence))


def _specimen_row(entry: Entry, source: str, moment: str) -> dict[str, Any]:
    observed = entry.observed
    hashed = entry.id if not entry.id.startswith("pkg:") else ""
    name = entry.name or (observed.name if observed else "")
    version = entry.version or (observed.version if observed else "")
    ecosystem = entry.ecosystem or (observed.ecosystem if observed else "")
    return {
        "id": entry.id,
        "sha256": hashed,
        "ecosystem": ecosystem,
        "name": visible(name, 300),
        "version": visible(version, 200),
        "purl": purl_of(ecosystem, name[:300], version[:200]),
        "project": purl_of(ecosystem, name[:300]),
        "filename": visible(entry.filename, 300),
        "size": entry.size or (observed.size if observed else 0),
        "kind": entry.kind or (observed.kind if observed else ""),
        "source": source,
        "origin": visible(entry.origin),
        "first_seen": entry.first_seen,
        "added_at": moment,
        "kept": entry.kept,
        "description": visible(entry.description, _TEXT),
    }


def _changes(row: dict[str, Any], entry: Entry) -> dict[str, Any]:
    """Return what an entry adds to a specimen's row: gaps filled, derived columns renewed."""
    said: dict[str, Any] = {
        "kept": row["kept"] or entry.kept,
        "description": row["description"] or visible(entry.description, _TEXT),
        "first_seen": min((d for d in (row["first_seen"], entry.first_seen) if d), default=""),
    }
    if entry.observed is not None:
        said |= _derived(entry.observed)
    elif entry.problem and not row["engine"]:
        said["problem"] = visible(entry.problem, _TEXT)
    return {name: value for name, value in said.items() if row[name] != value}


def _derived(observed: Observed) -> dict[str, Any]:
    return {
        "engine": observed.engine,
        "activations": " ".join(observed.activations),
        "layers": observed.layers,
        "facts": observed.facts,
        "verdict": observed.verdict,
        "score": observed.score,
        "problem": visible(observed.problem, _TEXT),
    }


def _put_observed(connection: Connection, observed: Sequence[Observed]) -> None:
    by_id = {one.sha256: one for one in observed}
    behaviors = [row for o in by_id.values() for row in behavior_rows(o.sha256, o.behaviors)]
    replace(connection, schema.behaviors, by_id, behaviors)
    replace(connection, schema.functions, by_id, [])
    members = [row for o in by_id.values() for row in member_rows(o.sha256, o.members)]
    replace(connection, schema.members, by_id, members)
    functions = [row for o in by_id.values() for row in function_rows(o.sha256, o.members)]
    add(connection, schema.functions, functions)
    decoded = [row for o in by_id.values() for row in decoded_rows(o.sha256, o.decoded)]
    replace(connection, schema.decoded, by_id, decoded)
    put_indicators(connection, {o.sha256: o.indicators for o in by_id.values()})
    table = schema.profiles
    for some in batched(sorted(by_id), _AT_ONCE):
        connection.execute(delete(table).where(table.c.sha256.in_(some)))
    add(
        connection,
        table,
        [
            {
                "sha256": o.sha256,
                "ecosystem": o.ecosystem,
                "engine": o.engine,
                "document": o.profile,
            }
            for o in by_id.values()
        ],
    )


def _put_around(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write what entries without bytes bring; it never replaces what was observed."""
    bare = [entry for entry in entries if entry.observed is None]
    seen = _keys(connection, schema.behaviors, {e.id for e in bare if e.behaviors})
    rows = {
        (entry.id, one.id): row
        for entry in bare
        for one, row in zip(entry.behaviors, behavior_rows(entry.id, entry.behaviors), strict=True)
        if entry.id not in seen
    }
    add(connection, schema.behaviors, list(rows.values()))
    have = _keys(connection, schema.specimen_indicators, {e.id for e in bare if e.indicators})
    put_indicators(
        connection, {e.id: e.indicators for e in bare if e.indicators and e.id not in have}
    )


def _keys(connection: Connection, table: Table, ids: Iterable[str]) -> set[str]:
    return set(existing(connection, table, "specimen", ids))


def behavior_rows(id: str, behaviors: Iterable[Behavior]) -> list[dict[str, Any]]:
    """Return rows of the table of behaviors."""
    return [
        {"specimen": id, "id": b.id, "activation": b.activation, "count": b.count}
        for b in behaviors
    ]


def member_rows(id: str, members: Iterable[MemberCode]) -> list[dict[str, Any]]:
    """Return rows of the table of members."""
    names = ("sha256", "size", "kind", "role", "lang", "activation", "skeleton", "fingerprint")
    return [
        {"specimen": id, "n": n, "path": visible(one.path)}
        | {name: getattr(one, name) for name in names}
        for n, one in enumerate(members)
    ]


def function_rows(id: str, members: Iterable[MemberCode]) -> list[dict[str, Any]]:
    """Return rows of the table of functions."""
    return [
        {"specimen": id, "n": n, "name": visible(name), "hash": hashed}
        for n, one in enumerate(members)
        for name, hashed in one.functions.items()
    ]


def decoded_rows(id: str, decoded: Iterable[Decoded]) -> list[dict[str, Any]]:
    """Return rows of the table of hidden texts."""
    return [
        {"specimen": id, **msgspec.structs.asdict(one)}
        | {"via": " ".join(one.via), "member": visible(one.member)}
        for one in decoded
    ]


def put_indicators(connection: Connection, found: dict[str, tuple[Indicator, ...]]) -> None:
    """Write the indicators of specimens in the place of those they had."""
    every = {indicator_id(one): one for some in found.values() for one in some}
    known = set(existing(connection, schema.indicators, "id", every))
    fresh = [
        {"id": id, "kind": one.kind, "value": visible(one.value)}
        for id, one in every.items()
        if id not in known
    ]
    add(connection, schema.indicators, fresh)
    rows = {
        (specimen, indicator_id(one)): {
            "specimen": specimen,
            "indicator": indicator_id(one),
            "member": visible(one.member),
            "line": one.line,
            "layer": one.layer,
        }
        for specimen, some in found.items()
        for one in reversed(some)
    }
    replace(connection, schema.specimen_indicators, found, list(rows.values()))


def _put_claims(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write what sources claim; a source that claims otherwise of the same place replaces it."""
    table = schema.claims
    claims = {(e.id, e.claim.source, e.claim.origin): e.claim for e in entries if e.claim}
    stored = {
        (row["specimen"], row["source"], row["origin"]): dict(row)
        for row in _every(connection, table, "specimen", {id for id, _, _ in claims})
    }
    fresh = []
    for key, claim in claims.items():
        row = claim_row(key[0], claim)
        if stored.get(key) == row:
            continue
        fresh.append(row)
        if key in stored:
            same = (table.c.specimen, table.c.source, table.c.origin)
            where = [column == value for column, value in zip(same, key, strict=True)]
            connection.execute(delete(table).where(*where))
    add(connection, table, fresh)


def claim_row(id: str, claim: Claim) -> dict[str, Any]:
    """Return a row of the table of claims."""
    values = msgspec.structs.asdict(claim) | {"tags": " ".join(claim.tags)}
    return {"specimen": id, **values}


def _every(
    connection: Connection, table: Table, column: str, values: Iterable[str]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for some in batched(sorted(set(values)), _AT_ONCE):
        rows = connection.execute(select(table).where(table.c[column].in_(some))).mappings()
        found += [dict(row) for row in rows]
    return found


def _rows(
    connection: Connection, table: Table, column: str, values: Iterable[str]
) -> dict[str, dict[str, Any]]:
    return {row[column]: row for row in _every(connection, table, column, values)}
