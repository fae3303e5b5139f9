"""`antivenom catalog check FILE|HASH|PURL...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

import msgspec

from antivenom.catalog.checking import Known, known
from antivenom.catalog.specimen import Specimen
from antivenom.cli.catalog.opening import opened
from antivenom.report.escape import visible

_SHOWN = 5


def run(arguments: argparse.Namespace) -> int:
    """Say what is known of each target; 1 when one of them is known malware."""
    with opened(arguments) as store, store.reading() as connection:
        found = [known(connection, target) for target in arguments.targets]
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    else:
        for one in found:
            sys.stdout.write("\n".join(_lines(one)) + "\n")
    return 1 if any(one.malware for one in found) else 0


def _lines(one: Known) -> Iterator[str]:
    target = visible(one.target, 120)
    if not one.specimens and not one.parts_of:
        yield f"{target}: not known"
    for specimen in one.specimens[:_SHOWN]:
        yield f"{target}: {specimen.label} ({specimen.confidence} confidence): {_named(specimen)}"
    if len(one.specimens) > _SHOWN:
        yield f"{target}: and {len(one.specimens) - _SHOWN:,} more specimens"
    for specimen in one.parts_of[:_SHOWN]:
        yield f"{target}: is part of {specimen.label}: {_named(specimen)}"
    if len(one.parts_of) > _SHOWN:
        yield f"{target}: is part of {len(one.parts_of) - _SHOWN:,} more"


def _named(one: Specimen) -> str:
    campaign = f", campaign {one.membership.campaign}" if one.membership else ""
    return (
        visible(f"{one.purl or one.filename or one.id}, {', '.join(one.reports)}", 200).rstrip(", ")
        + campaign
    )
