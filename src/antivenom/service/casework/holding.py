"""Who works on a case, so that two people do not read the same code; and what they say of it."""

from __future__ import annotations

import datetime

from sqlalchemy import Connection, insert, select, update

from antivenom.errors import ConflictError, UsageError
from antivenom.model.moments import moment, stamp
from antivenom.report.escape import visible
from antivenom.service import audit
from antivenom.service.casework.nouns import REASON_LIMIT, STANDING, CaseRow, Comment
from antivenom.service.casework.rows import locked
from antivenom.store.schema_cases import cases, comments

HELD_FOR = datetime.timedelta(minutes=30)
"""Then a case counts as left alone: people go home."""


def holder(case: CaseRow, now: datetime.datetime) -> str:
    """Return who holds a case, "" for nobody or nobody any more."""
    since = moment(case.held_at)
    return case.holder if since and now - since < HELD_FOR else ""


def hold(
    connection: Connection,
    case: int,
    *,
    author: str,
    now: datetime.datetime,
    take: bool = False,
    address: str = "",
) -> None:
    """Take a case. Raises `ConflictError` when it is ruled on, or held by others without `take`."""
    found = locked(connection, case)
    if found.state not in STANDING:
        raise ConflictError(f"case {case} is no longer open")
    by = holder(found, now)
    if by and by != author and not take:
        raise ConflictError(f"{by} holds case {case}")
    values = {"holder": author, "held_at": stamp(now)}
    connection.execute(update(cases).where(cases.c.id == case).values(values))
    detail = {"from": by} if by and by != author else None
    audit.record(connection, author, "case.hold", f"case:{case}", detail, now=now, address=address)


def release(
    connection: Connection, case: int, *, author: str, now: datetime.datetime, address: str = ""
) -> None:
    """Let go of a case; of somebody else's, it does nothing."""
    mine = (cases.c.id == case, cases.c.holder == author)
    done = connection.execute(update(cases).where(*mine).values(holder="", held_at=""))
    if done.rowcount:
        what = f"case:{case}"
        audit.record(connection, author, "case.release", what, now=now, address=address)


def comment(
    connection: Connection,
    case: int,
    text: str,
    *,
    author: str,
    now: datetime.datetime,
    address: str = "",
) -> int:
    """Say something about a case and return the comment's id."""
    text = visible(text.strip(), REASON_LIMIT, lines=True)
    if not text:
        raise UsageError("a comment needs words")
    locked(connection, case)
    values = {"case": case, "author": author, "at": stamp(now), "text": text}
    made = connection.execute(insert(comments).values(values)).inserted_primary_key
    assert made is not None
    what = f"case:{case}"
    audit.record(connection, author, "case.comment", what, now=now, address=address)
    return int(made[0])


def comments_of(connection: Connection, case: int) -> list[Comment]:
    """Return what was said about a case, in order."""
    query = select(comments).where(comments.c.case == case).order_by(comments.c.id)
    names = ("id", "author", "at", "text")
    return [
        Comment(**{name: row[name] for name in names})
        for row in connection.execute(query).mappings()
    ]
