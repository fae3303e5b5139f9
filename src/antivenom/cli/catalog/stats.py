"""`antivenom catalog stats`."""

from __future__ import annotations

import argparse
import sys

import msgspec

from antivenom.catalog import stats
from antivenom.cli.catalog.opening import opened


def run(arguments: argparse.Namespace) -> int:
    """Print counts."""
    with opened(arguments) as store, store.reading() as connection:
        counts = stats.gather(connection)
    if arguments.format == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(counts), indent=2) + b"\n")
    else:
        sys.stdout.write("\n".join(stats.bars(counts)) + "\n")
    return 0
