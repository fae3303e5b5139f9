"""`antivenom catalog label WHAT LABEL`."""

from __future__ import annotations

import argparse
import getpass
import sys

from antivenom.catalog import writing
from antivenom.catalog.statement import Statement
from antivenom.cli.catalog.opening import opened
from antivenom.cli.catalog.show import named
from antivenom.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Add a person's statement about every specimen that is meant."""
    with opened(arguments) as store:
        meant = named(store, arguments.what)
        releases = {one.purl or one.id for one in meant}
        if len(releases) > 1:
            raise UsageError(
                f"{arguments.what} means {len(releases):,} releases", hint="name one exactly"
            )
        moment = writing.now()
        with store.writing() as connection:
            said = [
                Statement(
                    specimen=one.id,
                    label=arguments.label,
                    author=author(arguments),
                    kind="person",
                    confidence=arguments.confidence,
                    said_at=moment,
                    reason=arguments.reason,
                )
                for one in meant
            ]
            added = writing.say(connection, said)
    word = "statement" if added == 1 else "statements"
    sys.stdout.write(f"{added} {word} added\n" if added else "you said so before\n")
    return 0


def author(arguments: argparse.Namespace) -> str:
    """Return who speaks. Raises `UsageError` when that cannot be found out."""
    try:
        return str(arguments.author or getpass.getuser())
    except (OSError, KeyError, ImportError):
        raise UsageError("who are you?", hint="give --author") from None
