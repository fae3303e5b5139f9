"""`antivenom catalog withdraw STATEMENT`."""

from __future__ import annotations

import argparse
import sys

from sqlalchemy import select

from antivenom.catalog import writing
from antivenom.catalog.statement import WITHDRAWN, Statement
from antivenom.cli.catalog.label import author
from antivenom.cli.catalog.opening import opened
from antivenom.errors import UsageError
from antivenom.store import schema


def run(arguments: argparse.Namespace) -> int:
    """Add a statement that another one does not hold."""
    table = schema.statements
    start = arguments.statement.removeprefix("#")
    with opened(arguments) as store, store.writing() as connection:
        query = select(table).where(table.c.id.startswith(start, autoescape=True))
        found = connection.execute(query).all()
        if len(found) != 1 or len(start) < 6:
            raise UsageError(f"{start!a} names {len(found)} statements", hint="give its whole id")
        one = found[0]
        if one.label == WITHDRAWN:
            raise UsageError("that is a withdrawal", hint="say anew what holds: `catalog label`")
        said = Statement(
            specimen=one.specimen,
            label="withdrawn",
            author=author(arguments),
            kind="person",
            confidence="high",
            said_at=writing.now(),
            reason=arguments.reason,
            withdraws=one.id,
        )
        added = writing.say(connection, [said])
    sys.stdout.write("withdrawn\n" if added else "you withdrew it before\n")
    return 0
