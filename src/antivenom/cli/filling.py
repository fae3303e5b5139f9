"""`antivenom lab fill`."""

from __future__ import annotations

import argparse
import sys

from antivenom.cli import hunt


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the lab."""
    parser = commands.add_parser(
        "fill",
        help="append what a service has reviewed to a lake",
        description="Append the reviews of a service's database to a lake, each once.",
    )
    option = parser.add_argument
    option("--store", metavar="URL", help="the database; default as in `catalog`")
    option("--lake", metavar="PLACE", help="a folder, or a URL that fsspec knows")
    option("--since", metavar="DAY", default="", help="only reviews made from YYYY-MM-DD on")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Append what is new, and say how much that was."""
    from antivenom.cli.catalog.opening import opened
    from antivenom.judge import load_knowledge
    from antivenom.lab.lake_filling import fill

    lake = hunt.lake_of(arguments)
    with opened(arguments) as store:
        found = fill(lake, store, load_knowledge(), since=arguments.since)
    bare = f"; {found.bare:,} without facts, no profile of their engine is kept"
    sys.stdout.write(
        f"{found.added:,} of {found.looked:,} reviews added{bare if found.bare else ''}\n"
    )
    return 0
