"""`antivenom catalog import SOURCE`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from antivenom import cli
from antivenom.catalog import detection, exchange_read
from antivenom.catalog.importing import Options, Report, import_samples
from antivenom.catalog.judgements import import_judgements
from antivenom.catalog.records import import_records
from antivenom.cli.catalog.bar import Bar
from antivenom.cli.catalog.opening import blobs_url, opened
from antivenom.errors import TargetError, UsageError
from antivenom.report.escape import visible
from antivenom.store import Store
from antivenom.store.blobs import Blobs

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
_SHOWN = 20


def run(arguments: argparse.Namespace) -> int:
    """Import a source; 3 when a sample was broken, as with reviews that were not read."""
    place = Path(arguments.place)
    if not place.exists():
        raise TargetError(f"{place}: no such file or folder")
    kind = arguments.kind or detection.kind_of(place)
    bar = Bar()
    with opened(arguments) as store:
        options = _options(arguments, place, kind, store, bar)
        report = _import(store, place, kind, options)
    bar.clear()
    _tell(report, kind)
    return 3 if report.broken else 0


def _import(store: Store, place: Path, kind: str, options: Options) -> Report:
    if kind == "samples":
        return import_samples(store, place, options)
    if kind == "osv":
        return import_records(store, place, options)
    if kind == "judgements":
        return import_judgements(store, place, options)
    return exchange_read.import_export(store, place, kind)


def _options(
    arguments: argparse.Namespace, place: Path, kind: str, store: Store, bar: Bar
) -> Options:
    name = arguments.source or re.sub(r"[^a-z0-9.]+", "-", place.resolve().stem.lower()).strip("-")
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!a} cannot name a source", hint="small letters, digits, - and .")
    return Options(
        source=name,
        url=arguments.url,
        licence=arguments.licence,
        label=arguments.label,
        confidence=arguments.confidence or ("high" if kind == "osv" else "medium"),
        ecosystem=arguments.ecosystem,
        listing=_listing(arguments, place),
        password=arguments.password.encode(),
        again=arguments.again,
        keep=Blobs(blobs_url(arguments, store)) if arguments.keep else None,
        jobs=max(arguments.jobs, 0),
        tell=bar.tell,
    )


def _listing(arguments: argparse.Namespace, place: Path) -> Path | None:
    if arguments.listing:
        return Path(arguments.listing)
    beside = place.with_suffix(".csv")
    return beside if beside != place and beside.is_file() else None


def _tell(report: Report, kind: str) -> None:
    counts = [
        f"{report.listed:,} listed",
        f"{report.new:,} new specimens",
        f"{report.known:,} known",
        f"{report.skipped:,} unchanged since the last import",
        f"{len(report.broken):,} broken",
    ]
    sys.stdout.write(f"{report.source} ({kind}): {', '.join(counts)}\n")
    if report.unread:
        sys.stdout.write(f"{report.unread:,} could not be observed; see `catalog search`\n")
    for note in report.notes:
        cli.say(note)
    for path, reason in report.broken[:_SHOWN]:
        sys.stdout.write(f"  broken: {visible(path, 200)}: {visible(reason, 200)}\n")
    if len(report.broken) > _SHOWN:
        sys.stdout.write(f"  and {len(report.broken) - _SHOWN:,} more\n")
