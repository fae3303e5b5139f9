"""`antivenom catalog export`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from antivenom.cli.catalog.opening import opened
from antivenom.errors import UsageError
from antivenom.report.escape import visible
from antivenom.store import Store


def run(arguments: argparse.Namespace) -> int:
    """Write the catalog into a file or folder."""
    place = Path(arguments.output)
    with opened(arguments) as store:
        try:
            count = _writer(arguments)(store, place)
        except OSError as error:
            raise UsageError(f"{place}: cannot be written: {error.strerror or error}") from None
    what = "records" if arguments.format == "osv" else "specimens"
    sys.stdout.write(f"{count:,} {what} written to {visible(str(place))}\n")
    return 0


def _writer(arguments: argparse.Namespace) -> Callable[[Store, Path], int]:
    if arguments.format == "jsonl":
        from antivenom.catalog.export import jsonl

        return jsonl.write
    if arguments.format == "parquet":
        from antivenom.catalog.export import parquet

        return parquet.write
    if arguments.format == "stix":
        from antivenom.catalog.export import stix

        return stix.write
    if arguments.format == "misp":
        from antivenom.catalog.export import misp

        return lambda store, place: misp.write(store, place, credit=arguments.credit)
    from antivenom.catalog.export import osv

    return lambda store, place: osv.write(
        store, place, credit=arguments.credit, submission=arguments.submission
    )
