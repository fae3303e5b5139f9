"""Published records (OSV) into the catalog: a file, a folder or zip as OSSF has them.

A record names releases and carries no hashes: each release it names is a specimen known by its
package URL. The document is kept as it came. A withdrawn record takes back what it said.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from antivenom.catalog import linking, writing
from antivenom.catalog.batches import batched
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.importing import Options, Report
from antivenom.catalog.purls import ecosystem_of, purl_of
from antivenom.catalog.specimen import Claim, Indicator, IndicatorKind
from antivenom.catalog.statement import WITHDRAWN, Statement
from antivenom.errors import TargetError
from antivenom.report.escape import visible
from antivenom.store import Store, schema
from antivenom.store.packing import pack

_MOST = 16 << 20
"""Bytes of one record."""
_VERSIONS = 5000
"""Releases one record may name."""
_BATCH = 200
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?")
_IOCS: dict[str, IndicatorKind] = {
    "domains": "host",
    "urls": "url",
    # The documentation says one, the program that checks records the other.
    "ips": "ip",
    "ip_addresses": "ip",
}


class Package(Struct, frozen=True, kw_only=True):
    """Of an OSV record: the project."""

    ecosystem: str = ""
    name: str = ""
    purl: str = ""


class Range(Struct, frozen=True, kw_only=True):
    """Of an OSV record: some of its releases."""

    type: str = ""
    events: list[dict[str, str]] = []


class Affected(Struct, frozen=True, kw_only=True):
    """Of an OSV record: a project and which releases."""

    package: Package | None = None
    versions: list[str] | None = None
    ranges: list[Range] | None = None
    database_specific: dict[str, Any] | None = None


class Record(Struct, frozen=True, kw_only=True):
    """An OSV record, as far as we read it."""

    id: str
    modified: str = ""
    published: str | None = None
    withdrawn: str | None = None
    summary: str | None = None
    details: str | None = None
    affected: list[Affected] | None = None
    database_specific: dict[str, Any] | None = None


def import_records(store: Store, place: Path, options: Options) -> Report:
    """Import OSV records. Raises `UsageError` when the place cannot be read."""
    report = Report(source=options.source)
    with store.writing() as connection:
        writing.add_source(connection, options.source, options.url, options.licence)
        query = select(schema.imports.c.item, schema.imports.c.fingerprint).where(
            schema.imports.c.source == options.source, schema.imports.c.outcome == "done"
        )
        done = {row.item: row.fingerprint for row in connection.execute(query)}
    for some in batched(_each(place), _BATCH):
        _batch(store, some, options, {} if options.again else done, report)
        if options.tell:
            options.tell(report.listed, 0, some[-1][0])
    with store.writing() as connection:
        linking.link(connection)
    return report


def _each(place: Path) -> Iterator[tuple[str, bytes | str]]:
    """Yield the path of each document and its bytes, or why it has none."""
    for path, read in documents(place):
        try:
            yield visible(path), read()
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            yield visible(path), str(error) or type(error).__name__


def documents(place: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield the JSON files of a file, folder or zip: path and how to read it."""
    try:
        if place.is_dir():
            for path in sorted(place.rglob("*.json")):
                if path.is_file():
                    yield path.relative_to(place).as_posix(), path.read_bytes
        elif zipfile.is_zipfile(place):
            yield from _of_zip(place)
        else:
            place.stat()
            yield place.name, place.read_bytes
    except (OSError, zipfile.BadZipFile) as error:
        raise TargetError(f"{place}: cannot be read: {error}") from None


def _of_zip(place: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    with zipfile.ZipFile(place) as archive:
        for info in sorted(archive.infolist(), key=lambda one: one.filename):
            if info.filename.endswith(".json"):
                if info.file_size > _MOST:
                    yield info.filename, bytes
                else:
                    yield info.filename, lambda info=info: archive.read(info)  # type: ignore[misc]


def parse(data: bytes | str) -> tuple[Record, dict[str, Any]]:
    """Return a record and its whole document. Raises `ValueError` with the reason.

    Text instead of bytes is the reason why there are none.
    """
    if isinstance(data, str):
        raise ValueError(data)  # noqa: TRY004  not the caller's mistake
    if not 0 < len(data) <= _MOST:
        raise ValueError("empty, or larger than any record")
    try:
        record = msgspec.json.decode(data, type=Record)
        document = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"not an OSV record: {error}") from None
    if not record.id or len(record.id) > 200 or visible(record.id) != record.id:
        raise ValueError("has no id, or none that can be written")
    if not all(
        _TIME.fullmatch(t) for t in (record.modified, record.published, record.withdrawn) if t
    ):
        raise ValueError("has times that are none")
    if not releases(record):
        raise ValueError("names no package")
    return record, document


def releases(record: Record) -> list[tuple[str, str, str]]:
    """Return (ecosystem, name, version) a record names; version "" is every one.

    Of a range that ends, and of which no versions are listed, only its ends are named.
    """
    found: dict[tuple[str, str, str], None] = {}
    for one in record.affected or ():
        package = one.package or Package()
        if not package.name or not package.ecosystem:
            continue
        for version in _versions(one)[:_VERSIONS]:
            found[ecosystem_of(package.ecosystem), package.name, version] = None
    return list(found)


def _versions(affected: Affected) -> list[str]:
    found = dict.fromkeys(affected.versions or [])
    for one in affected.ranges or []:
        if one.type == "GIT":
            continue
        ends = [next(iter(event.items()), ("", "")) for event in one.events]
        kinds = {kind for kind, _ in ends}
        if kinds == {"introduced"} and all(at == "0" for _, at in ends):
            found[""] = None
        elif not affected.versions:
            found |= dict.fromkeys(at for kind, at in ends if at != "0" and kind != "fixed")
    return list(found) or [""]


def iocs(record: Record) -> tuple[Indicator, ...]:
    """Return the indicators of a record, spelled either way."""
    places = [record.database_specific, *(a.database_specific for a in record.affected or ())]
    found = {
        Indicator(kind=kind, value=value)
        for place in places
        for name, kind in _IOCS.items()
        for value in _texts(place, name)
    }
    return tuple(sorted(found))


def _texts(place: dict[str, Any] | None, name: str) -> list[str]:
    said = (place or {}).get("iocs")
    values = said.get(name) if isinstance(said, dict) else None
    return [v[:2000] for v in values if isinstance(v, str)] if isinstance(values, list) else []


class _Read(Struct, frozen=True, kw_only=True):
    path: str
    record: Record
    document: dict[str, Any]


def _batch(
    store: Store,
    some: Sequence[tuple[str, bytes | str]],
    options: Options,
    done: dict[str, str],
    report: Report,
) -> None:
    outcomes: dict[str, tuple[str, str]] = {}
    read: list[_Read] = []
    for path, data in some:
        report.listed += 1
        stamp = hashlib.sha256(data).hexdigest()[:24] if isinstance(data, bytes) else ""
        if stamp and done.get(path) == stamp:
            report.skipped += 1
            continue
        try:
            record, document = parse(data)
        except ValueError as error:
            report.broken.append((path, str(error)))
            outcomes[path] = "", str(error)
            continue
        outcomes[path] = stamp, ""
        read.append(_Read(path=path, record=record, document=document))
    if outcomes:
        with store.writing() as connection:
            _put(connection, read, options, report)
            _remember(connection, options.source, outcomes)


def _put(connection: Connection, read: Sequence[_Read], options: Options, report: Report) -> None:
    before = _put_reports(connection, {one.record.id: one for one in read}, options.source)
    entries: dict[str, list[Entry]] = {}
    for one in read:
        word = _word(one.record, options, withdrawn=bool(before.get(one.record.id)))
        entries.setdefault(one.record.id, []).extend(_entries(one, word, options))
    every = [entry for some in entries.values() for entry in some]
    new = writing.put(connection, every, options.source)
    report.new += new
    report.known += len({entry.id for entry in every}) - new
    linking.attach(connection, [(e.id, id) for id, some in entries.items() for e in some])
    for one in read:
        if one.record.withdrawn:
            _withdraw(
                connection, one.record, options.source, {e.id for e in entries[one.record.id]}
            )


def _entries(one: _Read, word: Word, options: Options) -> Iterator[Entry]:
    record, shown = one.record, iocs(one.record)
    for ecosystem, name, version in releases(record):
        yield Entry(
            id=purl_of(ecosystem, name, version),
            ecosystem=ecosystem,
            name=name,
            version=version,
            origin=one.path,
            first_seen=(record.published or record.modified)[:10],
            description=record.summary or "",
            indicators=shown,
            claim=Claim(source=options.source, origin=record.id),
            words=(word,),
        )


def _word(record: Record, options: Options, *, withdrawn: bool) -> Word:
    # Said again after it was taken back is a new statement; otherwise it would stay taken back.
    anew = withdrawn and not record.withdrawn
    again = f" (published again {record.modified})" if anew else ""
    return Word(
        label=options.label,
        author=options.source,
        confidence=options.confidence,
        said_at=record.modified if again else record.published or record.modified,
        reason=visible(f"{record.id}: {record.summary or 'no summary'}{again}", 500),
    )


def _put_reports(connection: Connection, read: dict[str, _Read], source: str) -> dict[str, str]:
    """Keep documents; return when those that were there before had been withdrawn."""
    table = schema.reports
    query = select(table.c.id, table.c.withdrawn).where(table.c.id.in_(read))
    before = {row.id: row.withdrawn for row in connection.execute(query)}
    fresh = []
    for id, one in read.items():
        values = {
            "modified": one.record.modified,
            "withdrawn": one.record.withdrawn or "",
            "document": pack(one.document),
        }
        if id in before:
            connection.execute(update(table).where(table.c.id == id).values(values))
        else:
            fresh.append({"id": id, "source": source, **values})
    writing.add(connection, table, fresh)
    return before


def _withdraw(connection: Connection, record: Record, source: str, ids: set[str]) -> None:
    """Take back what this record said of specimens."""
    stated = writing.statements_of(connection, ids)
    writing.say(
        connection,
        [
            Statement(
                specimen=one.specimen,
                label="withdrawn",
                author=source,
                kind="source",
                confidence=one.confidence,
                said_at=record.withdrawn or record.modified,
                reason=visible(f"{record.id} was withdrawn", 500),
                withdraws=one.id,
            )
            for one in stated
            if one.author == source
            and one.label != WITHDRAWN
            and one.reason.startswith(f"{visible(record.id)}:")
        ],
    )


def _remember(connection: Connection, source: str, outcomes: dict[str, tuple[str, str]]) -> None:
    table, moment = schema.imports, writing.now()
    for some in batched(sorted(outcomes), 100):
        connection.execute(delete(table).where(table.c.source == source, table.c.item.in_(some)))
    rows = [
        {
            "source": source,
            "item": path,
            "fingerprint": stamp,
            "outcome": "done" if stamp else "broken",
            "reason": visible(reason, 300),
            "done_at": moment,
        }
        for path, (stamp, reason) in outcomes.items()
    ]
    writing.add(connection, table, rows)
