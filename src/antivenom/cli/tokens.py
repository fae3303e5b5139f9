"""`antivenom tokens ...`: keys of programs that use the review service."""

from __future__ import annotations

import argparse
import sys
from typing import TypeAlias

from antivenom.cli.service import opened, settings_of
from antivenom.cli.users import OPERATOR

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
SCOPES = ("read", "osv", "metrics", "submit", "decide", "admin")


def add(commands: Commands) -> None:
    """Add the command and its own commands."""
    parser = commands.add_parser(
        "tokens", help="keys of programs that use the review service", description="Keys."
    )
    parser.add_argument("--settings", metavar="FILE", default="", help="default: antivenom.toml")
    parser.add_argument("--database", metavar="URL", help="default: SQLite in the data folder")
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = inner.add_parser("list", help="list the tokens", description="List the tokens.")
    listing.set_defaults(run=_list)
    making = inner.add_parser(
        "make", help="make a token", description="Make a token; it is printed this once."
    )
    making.add_argument("user", metavar="USER", help="whose it is")
    making.add_argument("--name", default="", help="what it is for")
    making.add_argument(
        "--scope", choices=SCOPES, action="append", required=True, help="may be given repeatedly"
    )
    making.add_argument("--days", type=int, default=90, help="how long it lasts; default: 90")
    making.set_defaults(run=_make)
    ending = inner.add_parser("revoke", help="end a token", description="End a token at once.")
    ending.add_argument("number", metavar="NUMBER", type=int, help="see `tokens list`")
    ending.set_defaults(run=_revoke)


def _list(arguments: argparse.Namespace) -> int:
    from antivenom.service.access import tokens

    with opened(settings_of(arguments)) as store, store.reading() as connection:
        for one in tokens.every(connection):
            state = "revoked" if one.revoked_at else f"until {one.expires_at[:10]}"
            used = f", used {one.used_at[:10]}" if one.used_at else ""
            line = f"{one.id:5} {one.user:20} {' '.join(one.scopes):30} {state}{used}  {one.name}"
            sys.stdout.write(f"{line.rstrip()}\n")
    return 0


def _make(arguments: argparse.Namespace) -> int:
    from antivenom.service import audit
    from antivenom.service.access import tokens, users
    from antivenom.service.clock import SystemClock

    now = SystemClock().now()
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        owner = users.named(connection, arguments.user)
        made, key = tokens.make(
            connection, owner, arguments.name, arguments.scope, now=now, days=arguments.days
        )
        detail = {"user": owner.name, "scopes": " ".join(arguments.scope)}
        audit.record(connection, OPERATOR, "token.make", f"token:{made}", detail, now=now)
    sys.stdout.write(f"{key}\n")
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    from antivenom.service import audit
    from antivenom.service.access import tokens
    from antivenom.service.clock import SystemClock

    now, number = SystemClock().now(), arguments.number
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        tokens.revoke(connection, number, now)
        audit.record(connection, OPERATOR, "token.revoke", f"token:{number}", now=now)
    sys.stdout.write(f"token {number} is revoked\n")
    return 0
