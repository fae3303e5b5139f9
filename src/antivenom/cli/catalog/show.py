"""`antivenom catalog show WHAT`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import msgspec
from msgspec import structs

from antivenom.catalog import queries
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Specimen
from antivenom.catalog.statement import current
from antivenom.cli.catalog.opening import opened
from antivenom.errors import UsageError
from antivenom.report.escape import cut, visible
from antivenom.store import Store

_MOST = 20


def run(arguments: argparse.Namespace) -> int:
    """Print specimens."""
    with opened(arguments) as store:
        found = named(store, arguments.what)
        with store.reading() as connection:
            whole = list(queries.load(connection, [s.id for s in found[:_MOST]], files=True))
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n")
        return 0
    for specimen in whole:
        sys.stdout.write("\n".join(_lines(specimen)) + "\n\n")
    if len(found) > _MOST:
        sys.stdout.write(f"and {len(found) - _MOST:,} more; see `catalog search`\n")
    return 0


def named(store: Store, what: str) -> list[Specimen]:
    """Return the specimens a person means. Raises `UsageError` when there are none."""
    wanted = queries.guess(what)
    if wanted.text:
        wanted = Wanted(name=what)
    with store.reading() as connection:
        found = queries.find(connection, wanted)
    if not found:
        raise UsageError(
            f"{visible(what, 100)}: not in the catalog", hint="try `antivenom catalog search`"
        )
    return found


def _lines(one: Specimen) -> Iterator[str]:
    now = current(one.statements)
    disputed = ", disputed" if now.disputed else ""
    title = f"{one.name or one.filename or 'unnamed'} {one.version or '(every version)'}"
    yield f"{title}  {one.label} ({one.confidence} confidence{disputed})"
    yield f"  {one.id}"
    yield "  " + " · ".join(_about(one))
    if one.engine:
        runs = ", ".join(one.activations) or "nothing found"
        yield f"  review: {one.verdict} {one.score:.2f} · runs at: {runs} · {one.layers} layers"
    if one.problem:
        yield f"  not read: {one.problem}"
    if one.description:
        yield f"  {cut(one.description, 300)}"
    if one.membership:
        yield f"  campaign {one.membership.campaign}: {one.membership.reason}"
    if one.reports:
        yield f"  records {', '.join(one.reports)}"
    yield from _block("said", _statements(one))
    yield from _block("claimed", [_claim(c) for c in one.claims])
    yield from _block("behaviors", [f"{b.id} at {b.activation}" for b in one.behaviors])
    yield from _block("indicators", [f"{i.kind} {i.value}" for i in one.indicators])
    files = [f"{m.sha256[:16]}  {m.path}" for m in one.members]
    yield from _block("files", files)


def _about(one: Specimen) -> Iterator[str]:
    yield one.purl or one.ecosystem or "unknown ecosystem"
    if one.size:
        yield f"{one.size:,} bytes"
    if one.kind:
        yield one.kind
    if one.first_seen:
        yield f"first seen {one.first_seen}"
    yield f"from {one.source}"
    if one.kept:
        yield "bytes kept"


def _statements(one: Specimen) -> list[str]:
    gone = {s.withdraws for s in one.statements}
    return [
        f"{s.said_at[:10]}  {s.author}: {s.label} ({s.confidence})"
        f"{' [withdrawn]' if s.id in gone else ''}  {cut(s.reason, 120)}  #{s.id}"
        for s in one.statements
    ]


def _claim(claim: object) -> str:
    values = structs.asdict(claim)  # type: ignore[arg-type]
    said = [f"{k} {' '.join(v) if isinstance(v, tuple) else v}" for k, v in values.items() if v]
    return ", ".join(said)


def _block(title: str, lines: list[str], most: int = 30) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from (f"    {visible(line, 240)}" for line in lines[:most])
        if len(lines) > most:
            yield f"    and {len(lines) - most:,} more"
