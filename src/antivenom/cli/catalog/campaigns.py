"""`antivenom catalog campaigns`."""

from __future__ import annotations

import argparse
import sys

import msgspec

from antivenom.catalog.campaigns import group
from antivenom.cli.catalog.opening import known_good, opened
from antivenom.report.escape import visible


def run(arguments: argparse.Namespace) -> int:
    """Group the specimens and say what was found."""
    with opened(arguments) as store:
        report = group(store, known_good(arguments.good))
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        return 0
    for id, name, size in report.largest:
        sys.stdout.write(f"{size:>8,}  {id}  {visible(name, 60)}\n")
    sys.stdout.write(
        f"{report.specimens:,} specimens in {report.clusters:,} clusters of near-identical code, "
        f"{report.campaigns:,} campaigns of more than one; {report.changed:,} moved\n"
    )
    return 0
