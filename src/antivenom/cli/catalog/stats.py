"""`antivenom catalog stats`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec

from antivenom.catalog import stats
from antivenom.cli.catalog.opening import opened
from antivenom.report.escape import visible


def run(arguments: argparse.Namespace) -> int:
    """Print counts; write them as plots where asked to."""
    with opened(arguments) as store, store.reading() as connection:
        counts = stats.gather(connection)
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(counts), indent=2) + b"\n")
    else:
        sys.stdout.write("\n".join(stats.bars(counts)) + "\n")
    if arguments.plot:
        from antivenom.catalog import plots

        written = plots.draw(counts, Path(arguments.plot), arguments.plot_format)
        sys.stderr.write(f"{len(written)} plots in {visible(arguments.plot, 200)}\n")
    return 0
