"""`antivenom catalog check FILE|HASH|PURL...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from antivenom.catalog import queries
from antivenom.catalog.checking import Known, compared, known
from antivenom.catalog.specimen import Specimen
from antivenom.cli.catalog.opening import opened
from antivenom.errors import TargetError
from antivenom.likeness import Index
from antivenom.likeness.places import local_index
from antivenom.model.fact import Fact
from antivenom.report.escape import visible

_SHOWN = 5


def run(arguments: argparse.Namespace) -> int:
    """Say what is known of each target; 1 when one is known malware, 2 when one was not read."""
    index = Index.open(Path(arguments.index)) if arguments.index else local_index()
    with opened(arguments) as store, store.reading() as connection:
        found, failed = _known(connection, arguments.targets)
        if index is not None:
            found = compared(found, index)
        alike = {fact.value for one in found for fact in one.like if fact.id == "like.specimen"}
        names = {one.sha256: one.purl for one in queries.load(connection, sorted(alike))}
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    else:
        for one in found:
            sys.stdout.write("\n".join(_lines(one, names)) + "\n")
    if any(one.malware for one in found):
        return 1
    return 2 if failed else 0


def _known(connection: Connection, targets: Sequence[str]) -> tuple[list[Known], int]:
    """Return what is known of each target, and how many could not be looked at."""
    found, failed = [], 0
    for target in targets:
        try:
            found.append(known(connection, target))
        except TargetError as error:
            failed += 1
            sys.stderr.write(f"antivenom: error: {visible(str(error), 300)}\n")
    return found, failed


def _lines(one: Known, names: Mapping[str, str]) -> Iterator[str]:
    target = visible(one.target, 120)
    if not one.specimens and not one.parts_of and not one.like:
        yield f"{target}: not known"
    for specimen in one.specimens[:_SHOWN]:
        yield f"{target}: {specimen.label} ({specimen.confidence} confidence): {_named(specimen)}"
    if len(one.specimens) > _SHOWN:
        yield f"{target}: and {len(one.specimens) - _SHOWN:,} more specimens"
    for specimen in one.parts_of[:_SHOWN]:
        yield f"{target}: is part of {specimen.label}: {_named(specimen)}"
    if len(one.parts_of) > _SHOWN:
        yield f"{target}: is part of {len(one.parts_of) - _SHOWN:,} more"
    for fact in one.like[:_SHOWN]:
        yield f"{target}: {_alike(fact, names)}"
    if one.unread:
        yield f"{target}: could not be compared: {visible(one.unread, 200)}"


def _alike(fact: Fact, names: Mapping[str, str]) -> str:
    """Say one likeness as a sentence."""
    details = dict(arg.partition("=")[::2] for arg in fact.args)
    what = visible(fact.member, 100) or "the archive"
    value = visible(fact.value, 64)
    if fact.id == "like.known-good":
        return f"holds files of {value}, known to be good"
    share = f"{details.get('share', '')} % of {what}"
    if fact.id == "like.campaign":
        return f"{share} is the code of campaign {value} ({int(details['specimens']):,} specimens)"
    name = visible(names.get(fact.value, ""), 120)
    said = f"{share} is known {details.get('label', '')}, by its {details.get('by', '')}: {value}"
    return f"{said} ({name})" if name else said


def _named(one: Specimen) -> str:
    campaign = f", campaign {one.membership.campaign}" if one.membership else ""
    return (
        visible(f"{one.purl or one.filename or one.id}, {', '.join(one.reports)}", 200).rstrip(", ")
        + campaign
    )
