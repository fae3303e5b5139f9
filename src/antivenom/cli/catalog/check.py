"""`antivenom catalog check FILE|HASH|PURL...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from antivenom.catalog.checking import Known, compared, known
from antivenom.catalog.specimen import Specimen
from antivenom.cli.catalog.opening import opened
from antivenom.likeness import Index
from antivenom.likeness.places import local_index
from antivenom.model.fact import Fact
from antivenom.report.escape import visible

_SHOWN = 5


def run(arguments: argparse.Namespace) -> int:
    """Say what is known of each target; 1 when one of them is known malware."""
    with opened(arguments) as store, store.reading() as connection:
        found = [known(connection, target) for target in arguments.targets]
    index = Index.open(Path(arguments.index)) if arguments.index else local_index()
    if index is not None:
        found = compared(found, index)
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    else:
        for one in found:
            sys.stdout.write("\n".join(_lines(one)) + "\n")
    return 1 if any(one.malware for one in found) else 0


def _lines(one: Known) -> Iterator[str]:
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
        yield f"{target}: {_alike(fact)}"
    if one.unread:
        yield f"{target}: could not be compared: {visible(one.unread, 200)}"


def _alike(fact: Fact) -> str:
    """Say one likeness as a sentence."""
    details = dict(arg.partition("=")[::2] for arg in fact.args)
    what = visible(fact.member, 100) or "the archive"
    value = visible(fact.value, 64)
    if fact.id == "like.known-good":
        return f"holds files of {value}, known to be good"
    share = f"{details.get('share', '')} % of {what}"
    if fact.id == "like.campaign":
        return f"{share} is the code of campaign {value} ({int(details['specimens']):,} specimens)"
    return f"{share} is known {details.get('label', '')}, by its {details.get('by', '')}: {value}"


def _named(one: Specimen) -> str:
    campaign = f", campaign {one.membership.campaign}" if one.membership else ""
    return (
        visible(f"{one.purl or one.filename or one.id}, {', '.join(one.reports)}", 200).rstrip(", ")
        + campaign
    )
