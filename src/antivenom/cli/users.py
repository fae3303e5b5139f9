"""`antivenom users ...`: the accounts of the review service."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING, TypeAlias

from antivenom.cli.service import opened, settings_of
from antivenom.errors import UsageError

if TYPE_CHECKING:
    from antivenom.service.access.users import User

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
OPERATOR = "operator"
"""Who acts, in the record: the person at this machine, who is no account."""
ROLES = ("viewer", "reviewer", "admin")


def add(commands: Commands) -> None:
    """Add the command and its own commands."""
    parser = commands.add_parser(
        "users", help="accounts of the review service", description="Who may sign in."
    )
    parser.add_argument("--settings", metavar="FILE", default="", help="default: antivenom.toml")
    parser.add_argument("--database", metavar="URL", help="default: SQLite in the data folder")
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = inner.add_parser("list", help="list the accounts", description="List the accounts.")
    listing.set_defaults(run=_list)
    making = inner.add_parser("add", help="make an account", description="Make an account.")
    making.add_argument("name", metavar="NAME")
    making.add_argument("--role", choices=ROLES, default="reviewer", help="default: reviewer")
    _password(making)
    making.set_defaults(run=_add)
    changing = inner.add_parser("change", help="change an account", description="Change one.")
    changing.add_argument("name", metavar="NAME")
    changing.add_argument("--role", choices=ROLES)
    changing.add_argument("--password", action="store_true", help="ask for another password")
    closing = changing.add_mutually_exclusive_group()
    closing.add_argument("--close", action="store_true", help="end its sessions and tokens")
    closing.add_argument("--open", action="store_true", help="let it sign in again")
    _password(changing)
    changing.set_defaults(run=_change)


def _password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read it from standard input, one line"
    )


def _list(arguments: argparse.Namespace) -> int:
    from antivenom.service.access import users

    with opened(settings_of(arguments)) as store, store.reading() as connection:
        for user in users.every(connection):
            _show(user)
    return 0


def _add(arguments: argparse.Namespace) -> int:
    from antivenom.service import audit
    from antivenom.service.access import users
    from antivenom.service.clock import SystemClock

    now, password = SystemClock().now(), _asked(arguments)
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        user = users.add(connection, arguments.name, arguments.role, now=now, password=password)
        detail = {"role": user.role}
        audit.record(connection, OPERATOR, "user.make", f"user:{user.name}", detail, now=now)
    _show(user)
    return 0


def _change(arguments: argparse.Namespace) -> int:
    from antivenom.service import audit
    from antivenom.service.access import users
    from antivenom.service.clock import SystemClock

    wanted = arguments.password or arguments.password_stdin
    password = _asked(arguments) if wanted else None
    active = False if arguments.close else True if arguments.open else None
    now = SystemClock().now()
    with opened(settings_of(arguments)) as store, store.writing() as connection:
        user = users.change(
            connection,
            arguments.name,
            role=arguments.role,
            active=active,
            password=password,
            now=now,
        )
        detail = {"role": arguments.role, "active": active, "password": password is not None}
        audit.record(connection, OPERATOR, "user.change", f"user:{user.name}", detail, now=now)
    _show(user)
    return 0


def _asked(arguments: argparse.Namespace) -> str:
    """Return the password a person types twice, or that comes on standard input."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to type a password", hint="give --password-stdin")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise UsageError("these were two different passwords")
    return password


def _show(user: User) -> None:
    state = "" if user.active else "  closed"
    sys.stdout.write(f"{user.name:24} {user.role:9} since {user.made_at[:10]}{state}\n")
