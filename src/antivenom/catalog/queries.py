"""Looking into the catalog: specimens as nouns, found by anything that is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Table, and_, exists, or_, select

from antivenom.catalog.batches import batched
from antivenom.catalog.purls import parse, purl_of
from antivenom.catalog.specimen import Specimen
from antivenom.store import schema

_AT_ONCE = 300
_HASH = re.compile(r"[0-9a-f]{6,64}")
_BLANKS = ("tags", "activations", "via")
"""Columns that hold several words."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for; every field given must hold. Text is looked for anywhere, in any case."""

    text: str = ""
    """In names, descriptions, statements, tags and indicators."""
    name: str = ""
    """A project's name, ``*`` stands for anything."""
    purl: str = ""
    hash: str = ""
    """Of the archive, a member or a hidden text; a beginning of six characters is enough."""
    indicator: str = ""
    behavior: str = ""
    """A fact id or chain; ``secrets.*`` is a family."""
    activation: str = ""
    campaign: str = ""
    label: str = ""
    ecosystem: str = ""
    source: str = ""


def guess(text: str) -> Wanted:
    """Return what a person means who types one word."""
    if text.startswith("pkg:"):
        return Wanted(purl=text)
    if _HASH.fullmatch(text.lower()) and (len(text) > 8 or not text.isdigit()):
        return Wanted(hash=text.lower())
    return Wanted(text=text)


def find(connection: Connection, wanted: Wanted, most: int = 0) -> list[Specimen]:
    """Return specimens that fit, by name; `most` 0 is all of them."""
    table = schema.specimens
    query = select(table.c.id).where(*_conditions(wanted))
    query = query.order_by(table.c.ecosystem, table.c.name, table.c.version, table.c.id)
    ids = list(connection.scalars(query.limit(most) if most else query))
    return list(load(connection, ids))


def load(
    connection: Connection, ids: Iterable[str] | None = None, *, files: bool = False
) -> Iterator[Specimen]:
    """Yield specimens in the order of their ids given, or all of them by id.

    With `files`, their members and hidden texts too.
    """
    if ids is None:
        ids = list(
            connection.scalars(select(schema.specimens.c.id).order_by(schema.specimens.c.id))
        )
    for some in batched(ids, _AT_ONCE):
        yield from _loaded(connection, list(some), files=files)


def plain(row: Any) -> dict[str, Any]:  # noqa: ANN401  a row of any table
    """Return a row of a table as plain values, words split."""
    values = {str(key): value for key, value in row.items()}
    return values | {key: tuple(values[key].split()) for key in _BLANKS if key in values}


def _loaded(connection: Connection, ids: list[str], *, files: bool) -> Iterator[Specimen]:
    around = {
        "statements": _group(connection, schema.statements, ids, "said_at"),
        "claims": _group(connection, schema.claims, ids, "source", drop=("specimen",)),
        "behaviors": _group(connection, schema.behaviors, ids, "id", drop=("specimen",)),
        "indicators": _indicators(connection, ids),
    }
    if files:
        around["members"] = _members(connection, ids)
        around["decoded"] = _group(connection, schema.decoded, ids, "layer", drop=("specimen",))
    reports = _group(connection, schema.specimen_reports, ids, "report")
    campaigns = _group(connection, schema.campaign_members, ids, "campaign")
    query = select(schema.specimens).where(schema.specimens.c.id.in_(ids))
    rows = {row["id"]: plain(row) for row in connection.execute(query).mappings()}
    for id in ids:
        if id in rows:
            values = rows[id] | {name: some.get(id, []) for name, some in around.items()}
            values["reports"] = [one["report"] for one in reports.get(id, [])]
            values["membership"] = next(iter(campaigns.get(id, [])), None)
            yield msgspec.convert(values, Specimen)


def _group(
    connection: Connection,
    table: Table,
    ids: list[str],
    order: str,
    *,
    drop: tuple[str, ...] = (),
) -> dict[str, list[dict[str, Any]]]:
    keys = [*table.primary_key.columns]
    query = select(table).where(table.c.specimen.in_(ids)).order_by(table.c[order], *keys)
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        values = plain(row)
        id = values["specimen"]
        found.setdefault(id, []).append({k: v for k, v in values.items() if k not in drop})
    return found


def _indicators(connection: Connection, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    seen, known = schema.specimen_indicators, schema.indicators
    query = (
        select(seen, known.c.kind, known.c.value)
        .join(known, known.c.id == seen.c.indicator)
        .where(seen.c.specimen.in_(ids))
        .order_by(known.c.kind, known.c.value)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["specimen"], []).append(plain(row))
    return found


def _members(connection: Connection, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    functions: dict[tuple[str, int], dict[str, str]] = {}
    table = schema.functions
    for row in connection.execute(select(table).where(table.c.specimen.in_(ids))):
        functions.setdefault((row.specimen, row.n), {})[row.name] = row.hash
    found = _group(connection, schema.members, ids, "n")
    for id, some in found.items():
        for one in some:
            one["functions"] = dict(sorted(functions.get((id, one["n"]), {}).items()))
    return found


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    table = schema.specimens
    for column in ("label", "ecosystem", "source"):
        if getattr(wanted, column):
            yield table.c[column] == getattr(wanted, column)
    if wanted.name:
        yield table.c.name.ilike(_like(wanted.name), escape="\\")
    if wanted.purl:
        yield _of_purl(wanted.purl)
    if wanted.hash:
        yield _of_hash(wanted.hash.lower())
    if wanted.indicator:
        yield _has_indicator(f"%{_literal(wanted.indicator)}%")
    if wanted.behavior:
        yield _has_behavior(wanted.behavior, wanted.activation)
    elif wanted.activation:
        yield (" " + table.c.activations + " ").like(f"% {_literal(wanted.activation)} %")
    if wanted.campaign:
        yield _in_campaign(wanted.campaign)
    if wanted.text:
        yield _mentions(f"%{_literal(wanted.text)}%")


def _of_purl(purl: str) -> ColumnElement[bool]:
    try:
        ecosystem, name, version = parse(purl)
    except ValueError:
        return schema.specimens.c.purl == purl
    table, project = schema.specimens, purl_of(ecosystem, name)
    if not version:
        return table.c.project == project
    # A record that names every version names this one.
    return and_(table.c.project == project, table.c.version.in_((version, "")))


def _of_hash(start: str) -> ColumnElement[bool]:
    table, like = schema.specimens, f"{_literal(start)}%"
    members, decoded = schema.members, schema.decoded
    return or_(
        table.c.sha256.like(like),
        table.c.id.in_(select(members.c.specimen).where(members.c.sha256.like(like))),
        table.c.id.in_(select(decoded.c.specimen).where(decoded.c.sha256.like(like))),
    )


def _has_indicator(like: str) -> ColumnElement[bool]:
    seen, known = schema.specimen_indicators, schema.indicators
    query = select(seen.c.specimen).join(known, known.c.id == seen.c.indicator)
    return schema.specimens.c.id.in_(query.where(known.c.value.ilike(like, escape="\\")))


def _has_behavior(text: str, activation: str) -> ColumnElement[bool]:
    table = schema.behaviors
    query = select(table.c.specimen).where(table.c.id.like(_like(text), escape="\\"))
    if activation:
        query = query.where(table.c.activation == activation)
    return schema.specimens.c.id.in_(query)


def _in_campaign(text: str) -> ColumnElement[bool]:
    members, campaigns = schema.campaign_members, schema.campaigns
    named = or_(campaigns.c.id.like(f"{_literal(text)}%"), campaigns.c.name.ilike(_like(text)))
    query = select(members.c.specimen).join(campaigns, campaigns.c.id == members.c.campaign)
    return schema.specimens.c.id.in_(query.where(named))


def _mentions(like: str) -> ColumnElement[bool]:
    table, statements, claims = schema.specimens, schema.statements, schema.claims
    return or_(
        table.c.name.ilike(like, escape="\\"),
        table.c.filename.ilike(like, escape="\\"),
        table.c.description.ilike(like, escape="\\"),
        _has_indicator(like),
        exists().where(
            statements.c.specimen == table.c.id, statements.c.reason.ilike(like, escape="\\")
        ),
        exists().where(claims.c.specimen == table.c.id, claims.c.tags.ilike(like, escape="\\")),
    )


def _like(text: str) -> str:
    return _literal(text).replace("*", "%")


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
