"""Sample sets into the catalog: resumable, idempotent, and no sample stops the others.

Children look into samples; this process lists, writes, and remembers what is done in the same
transaction as what was learnt. Killed at any moment, it goes on where the last transaction ended.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import Connection, delete, insert, select

from antivenom.catalog import extraction, linking, rows, samples, tags, writing
from antivenom.catalog.batches import batched
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.extraction import Answer
from antivenom.catalog.purls import purl_of
from antivenom.catalog.rows import Row
from antivenom.catalog.samples import Item
from antivenom.catalog.specimen import Claim
from antivenom.catalog.statement import Confidence, Label
from antivenom.isolate import Killed, Pool, Result
from antivenom.report.escape import visible
from antivenom.store import Store, schema
from antivenom.store.blobs import Blobs

_BATCH = 40
"""Samples of one transaction: what a kill costs at most."""
_SECONDS = 5.0
"""A transaction is written after this time even when it is small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a source is imported."""

    source: str
    """Short name under which its knowledge is kept."""
    url: str = ""
    licence: str = ""
    label: Label = "malware"
    """What being listed there means, where a sample's row does not say otherwise."""
    confidence: Confidence = "medium"
    ecosystem: str = ""
    """Of the coordinates in paths; "" is PyPI."""
    listing: Path | None = None
    """A csv beside the samples."""
    password: bytes = b"infected"
    again: bool = False
    """Also what was imported before."""
    keep: Blobs | None = None
    """Where to keep sealed bytes; None keeps none."""
    jobs: int = 0
    tell: Callable[[int, int, str], None] | None = field(default=None, repr=False)
    """Receives how many are done, how many there are, and which is next."""

    @property
    def processes(self) -> int:
        """How many children may run."""
        return self.jobs or len(os.sched_getaffinity(0))


@dataclass(slots=True, kw_only=True)
class Report:
    """What an import did."""

    source: str
    listed: int = 0
    skipped: int = 0
    """Known from an earlier run and unchanged."""
    new: int = 0
    """Specimens that were not in the catalog."""
    known: int = 0
    """Read, but of bytes the catalog had."""
    unread: int = 0
    """Catalogued without having been observed, with the reason."""
    broken: list[tuple[str, str]] = field(default_factory=list)
    """Samples that could not be had: path and reason."""
    notes: list[str] = field(default_factory=list)


def import_samples(store: Store, place: Path, options: Options) -> Report:
    """Import a folder or zip of samples. Raises `UsageError` when it cannot be listed."""
    described = rows.read_csv(options.listing) if options.listing else {}
    items = [_expecting(i, described) for i in _items(place, options)]
    report = Report(source=options.source, listed=len(items))
    with store.writing() as connection:
        writing.add_source(connection, options.source, options.url, options.licence)
    work = _Work(store, options, described, report)
    pending = list(work.pending(items))
    report.skipped = len(items) - len(pending)
    work.run(pending)
    _unlisted(report, items, described)
    _named_only(store, place, options, items, report)
    with store.writing() as connection:
        linking.link(connection)
    return report


def _items(place: Path, options: Options) -> Iterator[Item]:
    return samples.listed(place, options.password, options.ecosystem)


def _expecting(item: Item, described: dict[str, Row]) -> Item:
    row = described.get(item.path)
    return msgspec.structs.replace(item, sha256=row.sha256) if row and row.sha256 else item


class _Work:
    """One run over the samples of a source."""

    def __init__(
        self, store: Store, options: Options, described: dict[str, Row], report: Report
    ) -> None:
        from antivenom.analysis import engine

        self._store = store
        self._options = options
        self._rows = described
        self._report = report
        self._engine = engine.digest()
        self._done = 0

    def pending(self, items: Sequence[Item]) -> Iterator[Item]:
        """Yield what was not imported yet, or lies or is described otherwise by now."""
        table = schema.imports
        query = select(table.c.item, table.c.fingerprint).where(
            table.c.source == self._options.source, table.c.outcome == "done"
        )
        with self._store.reading() as connection:
            done = {row.item: row.fingerprint for row in connection.execute(query)}
        for item in items:
            if self._options.again or done.get(visible(item.path)) != self._fingerprint(item):
                yield item

    def run(self, items: Sequence[Item]) -> None:
        """Read samples in children and write what comes back, a transaction at a time."""
        if not items:
            return
        with Pool(
            extraction.worker(), jobs=self._options.processes, bounds=extraction.BOUNDS
        ) as pool:
            results = pool.run(msgspec.msgpack.encode(item) for item in items)
            waiting: list[tuple[Item, Answer]] = []
            begun = time.monotonic()
            for item, result in zip(items, results, strict=True):
                waiting.append((item, self._answer(item, result)))
                self._tell(len(items), item.path)
                if len(waiting) >= _BATCH or time.monotonic() - begun > _SECONDS:
                    self._write(waiting)
                    waiting, begun = [], time.monotonic()
            self._write(waiting)

    def _answer(self, item: Item, result: Result) -> Answer:
        if isinstance(result, Killed):
            return Answer(lost=f"{result.reason}: {result.detail}")
        try:
            return msgspec.msgpack.decode(result.data, type=Answer)
        except msgspec.DecodeError:
            return Answer(lost="its answer was not one")

    def _write(self, waiting: Sequence[tuple[Item, Answer]]) -> None:
        entries: list[Entry] = []
        outcomes: list[tuple[Item, str]] = []
        for item, answer in waiting:
            entry, reason = self._entry(item, answer)
            outcomes.append((item, reason))
            if entry is not None:
                entries.append(entry)
        with self._store.writing() as connection:
            new = writing.put(connection, entries, self._options.source)
            for some in batched(outcomes, 100):
                self._remember(connection, some)
        self._report.new += new
        self._report.known += len(entries) - new
        self._report.unread += sum(entry.observed is None for entry in entries)
        self._report.broken += [(visible(i.path), reason) for i, reason in outcomes if reason]

    def _remember(self, connection: Connection, outcomes: Sequence[tuple[Item, str]]) -> None:
        table, source, moment = schema.imports, self._options.source, writing.now()
        paths = [visible(item.path) for item, _ in outcomes]
        connection.execute(delete(table).where(table.c.source == source, table.c.item.in_(paths)))
        values = {
            visible(item.path): {
                "source": source,
                "item": visible(item.path),
                "fingerprint": self._fingerprint(item),
                "outcome": "broken" if reason else "done",
                "reason": visible(reason, 300),
                "done_at": moment,
            }
            for item, reason in outcomes
        }
        connection.execute(insert(table), list(values.values()))

    def _fingerprint(self, item: Item) -> str:
        row = self._rows.get(item.path)
        kept = "kept" if self._options.keep else ""
        said = msgspec.json.encode([item.stamp, row, self._engine, self._options.label, kept])
        return hashlib.sha256(said).hexdigest()[:24]

    def _entry(self, item: Item, answer: Answer) -> tuple[Entry | None, str]:
        """Return what is known of a sample, and why it is broken, if it is."""
        if answer.broken:
            return None, answer.broken
        kept = ""
        sha256 = answer.observed.sha256 if answer.observed else ""
        if self._options.keep or answer.lost:
            try:
                data = samples.read(item)
            except (ValueError, OSError, KeyError) as error:
                return None, str(error)
            sha256 = sha256 or hashlib.sha256(data).hexdigest()
            kept = "blob" if self._keep(data) == sha256 else ""
        return self._described(item, answer, sha256, kept), ""

    def _keep(self, data: bytes) -> str:
        return self._options.keep.put(data) if self._options.keep else ""

    def _described(self, item: Item, answer: Answer, sha256: str, kept: str) -> Entry:
        row = self._rows.get(item.path) or Row(path=item.path)
        coordinate = item.coordinate
        return Entry(
            id=sha256,
            ecosystem=coordinate.ecosystem.value if coordinate else self._options.ecosystem,
            name=coordinate.name if coordinate else "",
            version=coordinate.version if coordinate else "",
            filename=item.path.rpartition("/")[2],
            origin=item.path,
            first_seen=row.first_seen[:10],
            description=row.description,
            kept=kept,
            problem=answer.lost,
            observed=answer.observed,
            claim=Claim(
                source=self._options.source,
                origin=visible(item.path),
                tags=tuple(row.tags.split()),
                cluster=row.cluster,
                family=row.family,
                part=row.part,
            ),
            words=tuple(self._words(row)),
        )

    def _words(self, row: Row) -> Iterator[Word]:
        source = self._options.source
        label, confidence = row.said or (self._options.label, self._options.confidence)
        yield Word(
            label=label,
            author=source,
            confidence=confidence,
            said_at=row.first_seen[:10],
            reason=visible(row.reason, 500) or "listed there",
        )
        read = tags.label_of(row.tags.split())
        if read is not None:
            # Who tagged a sample read it: that weighs more than being listed.
            yield Word(
                label=read,
                author=f"{source} reader",
                kind="person",
                confidence="low" if read == "unknown" else "medium",
                said_at=row.first_seen[:10],
                reason=f"read and tagged {visible(row.tags, 300)}",
            )

    def _tell(self, total: int, path: str) -> None:
        self._done += 1
        if self._options.tell:
            self._options.tell(self._done, total, path)


def _unlisted(report: Report, items: Sequence[Item], described: dict[str, Row]) -> None:
    there = {item.path for item in items}
    missing = sorted(set(described) - there)
    if missing:
        report.notes.append(f"{len(missing):,} rows of the listing name no sample")
    if described and len(there - set(described)):
        report.notes.append(f"{len(there - set(described)):,} samples have no row in the listing")


def _named_only(
    store: Store, place: Path, options: Options, items: Sequence[Item], report: Report
) -> None:
    """Catalogue by name what a manifest lists and no sample shows."""
    named = list(rows.manifests(place, options.ecosystem))
    here = {
        (i.coordinate.ecosystem.value, i.coordinate.name, version)
        for i in items
        if i.coordinate
        for version in (i.coordinate.version, "")
    }
    missing = [one for one in named if (one.ecosystem, one.name, one.version) not in here]
    if not missing:
        return
    word = Word(
        label=options.label,
        author=options.source,
        confidence=options.confidence,
        reason="listed in its manifest",
    )
    entries = [
        Entry(
            id=purl_of(one.ecosystem, one.name, one.version),
            ecosystem=one.ecosystem,
            name=one.name,
            version=one.version,
            origin="manifest.json",
            claim=Claim(source=options.source, origin="manifest.json"),
            words=(word,),
        )
        for one in missing
    ]
    with store.writing() as connection:
        report.new += writing.put(connection, entries, options.source)
    report.notes.append(f"{len(missing):,} releases of its manifests have no sample")
