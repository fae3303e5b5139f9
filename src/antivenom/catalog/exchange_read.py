"""Our own exports back into a catalog: JSON Lines and Parquet. What is there already stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import Connection, Table

from antivenom.catalog import writing
from antivenom.catalog.exchange import TABLES, restore
from antivenom.catalog.importing import Report
from antivenom.catalog.specimen import Specimen
from antivenom.errors import TargetError
from antivenom.store import Store, columns, schema
from antivenom.store.packing import pack

_AT_ONCE = 500
_NESTED = ("statements", "claims", "behaviors", "indicators", "members", "decoded", "reports")
Rows = Iterator[tuple[Table, dict[str, Any]]]


def import_export(store: Store, place: Path, kind: str) -> Report:
    """Read an export. Raises `TargetError` when it is none; broken lines are reported."""
    report = Report(source=place.name)
    try:
        if kind == "jsonl":
            _read(store, _of_lines(place, report), report)
        else:
            _read(store, _of_parquet(place), report)
    except OSError as error:
        raise TargetError(f"{place}: cannot be read: {error}") from None
    report.known = report.listed - report.new - len(report.broken)
    return report


def _read(store: Store, rows: Rows, report: Report) -> None:
    """Write rows table by table, so that each finds there what it refers to."""
    waiting: dict[Table, list[dict[str, Any]]] = {table: [] for table in TABLES}
    with store.writing() as connection:
        spoken: set[str] = set()
        for table, row in rows:
            waiting[table].append(row)
            if table is schema.statements:
                spoken.add(row["specimen"])
            if len(waiting[table]) >= 20 * _AT_ONCE:
                _flush(connection, waiting, report)
        _flush(connection, waiting, report)
        # Some statements were here and others came: all of them count.
        writing.relabel(connection, spoken)


def _flush(
    connection: Connection, waiting: dict[Table, list[dict[str, Any]]], report: Report
) -> None:
    for table in TABLES:
        added = restore(connection, table, waiting[table])
        waiting[table].clear()
        if table is schema.specimens:
            report.new += added


def _of_lines(place: Path, report: Report) -> Rows:
    with place.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                fields = msgspec.json.decode(line, type=dict[str, Any])
                yield from _rows(fields, line, report)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                report.broken.append((f"line {number}", str(error)))


def _rows(fields: dict[str, Any], line: bytes, report: Report) -> Rows:
    kind = fields.pop("type")
    if kind == "specimen":
        report.listed += 1
        yield from specimen_rows(msgspec.json.decode(line, type=Specimen))
    elif kind == "report":
        yield schema.reports, {**fields, "document": pack(fields["document"])}
    elif kind in {"sources", "campaigns"}:
        table = columns.metadata.tables[kind]
        yield table, {column.name: fields[column.name] for column in table.columns}


def specimen_rows(one: Specimen) -> Rows:
    """Yield the rows of every table that a specimen as a noun stands for."""
    row = {k: v for k, v in structs.asdict(one).items() if k not in (*_NESTED, "membership")}
    yield schema.specimens, row | {"activations": " ".join(one.activations)}
    made: tuple[tuple[Table, Callable[[], list[dict[str, Any]]]], ...] = (
        (schema.behaviors, lambda: writing.behavior_rows(one.id, one.behaviors)),
        (schema.members, lambda: writing.member_rows(one.id, one.members)),
        (schema.functions, lambda: writing.function_rows(one.id, one.members)),
        (schema.decoded, lambda: writing.decoded_rows(one.id, one.decoded)),
        (schema.claims, lambda: [writing.claim_row(one.id, claim) for claim in one.claims]),
    )
    for table, rows in made:
        for values in rows():
            yield table, values
    for statement in one.statements:
        yield schema.statements, {"id": statement.id, **structs.asdict(statement)}
    for report in one.reports:
        yield schema.specimen_reports, {"specimen": one.id, "report": report}
    for indicator in one.indicators:
        key = writing.indicator_id(indicator)
        values = structs.asdict(indicator)
        yield (
            schema.indicators,
            {"id": key, "kind": values.pop("kind"), "value": values.pop("value")},
        )
        yield schema.specimen_indicators, {"specimen": one.id, "indicator": key, **values}
    if one.membership:
        yield schema.campaign_members, {"specimen": one.id, **structs.asdict(one.membership)}


def _of_parquet(place: Path) -> Rows:
    import pyarrow.parquet as pq

    for table in TABLES:
        path = place / f"{table.name}.parquet"
        if not path.is_file():
            continue
        for batch in pq.ParquetFile(path).iter_batches(batch_size=_AT_ONCE):
            for row in batch.to_pylist():
                if table is schema.reports:
                    row["document"] = pack(msgspec.json.decode(row["document"]))
                yield table, row
