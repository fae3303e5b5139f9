"""`antivenom catalog release VERSION`."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from antivenom.catalog import release
from antivenom.cli.catalog.opening import opened
from antivenom.errors import UsageError
from antivenom.report.escape import visible


def run(arguments: argparse.Namespace) -> int:
    """Write a release and say what changed."""
    place = Path(arguments.output)
    with opened(arguments) as store:
        try:
            made = release.make(store, arguments.version, place, licence=arguments.licence)
        except OSError as error:
            raise UsageError(f"{place}: cannot be written: {error.strerror or error}") from None
    counts = Counter(change.what for change in made.changes)
    sys.stdout.write(f"{made.version}: {made.specimens:,} specimens in {visible(str(place))}\n")
    sys.stdout.write(f"since {made.since or 'nothing'}: ")
    sys.stdout.write(
        ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())) or "no change"
    )
    sys.stdout.write(f"\nsha256 of its checksums: {made.digest}\n")
    return 0
