"""`antivenom feeds ...`: where the followed registries stand, and their switch."""

from __future__ import annotations

import argparse
import sys
from typing import TypeAlias

from antivenom.cli.service import opened, settings_of
from antivenom.cli.users import OPERATOR

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands) -> None:
    """Add the command and its own commands."""
    about = "where the followed registries stand, and their switch"
    parser = commands.add_parser("feeds", help=about, description=about[0].upper() + about[1:])
    parser.add_argument("--settings", metavar="FILE", default="", help="default: antivenom.toml")
    parser.add_argument("--database", metavar="URL", help="default: SQLite in the data folder")
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = inner.add_parser("list", help="list the feeds", description="List the feeds.")
    listing.set_defaults(run=_list)
    stopping = inner.add_parser("stop", help="follow no more", description="Stop a feed.")
    stopping.add_argument("name", metavar="REGISTRY")
    stopping.add_argument("reason", metavar="REASON", help="what others should know")
    stopping.set_defaults(run=_stop)
    starting = inner.add_parser("start", help="follow again", description="Start a feed again.")
    starting.add_argument("name", metavar="REGISTRY")
    starting.add_argument("--at", metavar="SERIAL", type=int, help="go on from here instead")
    starting.set_defaults(run=_start)


def _list(arguments: argparse.Namespace) -> int:
    from antivenom.service import feeding

    with opened(settings_of(arguments)) as store, store.reading() as connection:
        for one in feeding.every(connection):
            state = f"stopped: {one.stopped}" if one.stopped else one.problem or "runs"
            line = f"{one.name:8} at {one.cursor}, asked {one.checked_at or 'never'}  {state}"
            sys.stdout.write(f"{line}\n")
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    from antivenom.service import feeding
    from antivenom.service.clock import SystemClock

    now = SystemClock().now()
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        feeding.stop(connection, arguments.name, arguments.reason, author=OPERATOR, now=now)
    return 0


def _start(arguments: argparse.Namespace) -> int:
    from antivenom.service import feeding
    from antivenom.service.clock import SystemClock

    now = SystemClock().now()
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        feeding.start(connection, arguments.name, author=OPERATOR, now=now, at=arguments.at)
    return 0
