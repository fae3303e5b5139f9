"""Records name releases, samples are bytes: what a record says of a release holds for its bytes."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs
from sqlalchemy import Connection, and_, or_, select

from antivenom.catalog import writing
from antivenom.catalog.batches import batched
from antivenom.catalog.statement import Statement
from antivenom.store import schema

_AT_ONCE = 300


def attach(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    """Note which records name which specimens: pairs of specimen and record."""
    table = schema.specimen_reports
    for some in batched(sorted(set(pairs)), _AT_ONCE):
        query = select(table).where(table.c.specimen.in_({specimen for specimen, _ in some}))
        known = {(row.specimen, row.report) for row in connection.execute(query)}
        rows = [{"specimen": s, "report": r} for s, r in some if (s, r) not in known]
        writing.add(connection, table, rows)


def link(connection: Connection) -> int:
    """Give specimens with bytes the records of their release and what these say; return how many.

    It does not matter which came first, and doing it again changes nothing.
    """
    pairs = _pairs(connection)
    for file, named in pairs:
        table = schema.specimen_reports
        reports = connection.scalars(select(table.c.report).where(table.c.specimen == named))
        attach(connection, [(file, report) for report in reports])
        of_records = _of_records(connection, writing.statements_of(connection, [named]))
        writing.say(connection, _about(file, of_records))
    return len({file for file, _ in pairs})


def _pairs(connection: Connection) -> list[tuple[str, str]]:
    file, named = schema.specimens.alias("file"), schema.specimens.alias("named")
    reports = schema.specimen_reports
    same = or_(named.c.version == file.c.version, named.c.version == "")
    query = (
        select(file.c.id, named.c.id)
        .join(named, and_(named.c.project == file.c.project, named.c.sha256 == "", same))
        .where(file.c.sha256 != "", file.c.project != "")
        .where(named.c.id.in_(select(reports.c.specimen)))
        .order_by(file.c.id, named.c.id)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _of_records(connection: Connection, statements: list[Statement]) -> list[Statement]:
    """Leave out what people said of the release by its name: they may mean that alone."""
    query = select(schema.reports.c.source).distinct()
    sources = set(connection.scalars(query))
    return [one for one in statements if one.kind == "source" and one.author in sources]


def _about(file: str, statements: list[Statement]) -> list[Statement]:
    """Return the same statements about another specimen, withdrawals with the ids they now have."""
    moved = {one.id: structs.replace(one, specimen=file) for one in statements if not one.withdraws}
    found = list(moved.values())
    for one in statements:
        if one.withdraws in moved:
            new = moved[one.withdraws].id
            found.append(structs.replace(one, specimen=file, withdraws=new))
    return found
