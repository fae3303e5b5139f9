"""Findings people looked at and do not want to see again: rule, path and content.

A suppression decides what opens a case; it never changes a review. It ends on its day, or when a
person takes it back.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, insert, select, update

from antivenom.errors import TargetError, UsageError
from antivenom.model.moments import moment, stamp
from antivenom.model.review import Review
from antivenom.report.escape import visible
from antivenom.service import audit
from antivenom.service.casework.nouns import REASON_LIMIT
from antivenom.session import Reviewed
from antivenom.session.suppressions import Suppression, apply
from antivenom.store.schema_cases import suppressions

LONGEST = datetime.timedelta(days=366)
"""A suppression nobody renews ends: code around it changes, and so do people's minds."""
_MOST = 2_000


class Suppressed(Struct, frozen=True, kw_only=True):
    """A suppression on record."""

    id: int
    rule: str
    member: str
    sha256: str
    reason: str
    author: str
    at: str
    expires_at: str
    ended_at: str
    ended_by: str


def shown(
    connection: Connection, review: Review, members: Mapping[str, str], now: datetime.datetime
) -> Review:
    """Return a review as people see it: without the findings that suppressions cover."""
    if not review.findings or not members:
        return review
    valid = [_as_setting(one) for one in of_bytes(connection, members.values(), now)]
    return apply(Reviewed(review=review, members=members), valid, now.date()).review


def of_bytes(
    connection: Connection, hashes: Iterable[str], now: datetime.datetime
) -> list[Suppressed]:
    """Return the suppressions in force that speak of these members' contents."""
    wanted = sorted({one for one in hashes if one})[:_MOST]
    query = _standing(now).where(suppressions.c.sha256.in_(wanted))
    return _found(connection, query) if wanted else []


def suppress(
    connection: Connection,
    *,
    rule: str,
    member: str,
    sha256: str,
    reason: str,
    author: str,
    expires: datetime.date,
    now: datetime.datetime,
    address: str = "",
) -> int:
    """Add a suppression and return its id. Raises `UsageError` for one without reason or end."""
    reason = visible(reason.strip(), REASON_LIMIT, lines=True)
    if not reason:
        raise UsageError("a suppression needs a reason")
    if not rule or not sha256:
        raise UsageError("a suppression needs a rule and the sha256 of a file")
    if not now.date() < expires <= (now + LONGEST).date():
        raise UsageError("a suppression ends between tomorrow and a year from now")
    values = {
        "rule": visible(rule, 200),
        "member": visible(member, 2_000),
        "sha256": sha256.lower(),
        "reason": reason,
        "author": author,
        "at": stamp(now),
        "expires_at": f"{expires.isoformat()}T23:59:59Z",
    }
    made = connection.execute(insert(suppressions).values(values)).inserted_primary_key
    assert made is not None
    id = int(made[0])
    detail = {name: values[name] for name in ("rule", "member", "sha256", "reason", "expires_at")}
    what = f"suppression:{id}"
    audit.record(connection, author, "finding.suppress", what, detail, now=now, address=address)
    return id


def unsuppress(
    connection: Connection, id: int, *, author: str, now: datetime.datetime, address: str = ""
) -> None:
    """End a suppression today. Raises `TargetError` when there is none in force with this id."""
    table = suppressions
    query = update(table).where(table.c.id == id, table.c.ended_at == "")
    done = connection.execute(query.values(ended_at=stamp(now), ended_by=author))
    if not done.rowcount:
        raise TargetError(f"there is no suppression {id} in force")
    what = f"suppression:{id}"
    audit.record(connection, author, "finding.unsuppress", what, now=now, address=address)


def suppressed(
    connection: Connection, now: datetime.datetime, *, all: bool = False, most: int = 500
) -> list[Suppressed]:
    """Return suppressions, the newest first: those in force, or every one there ever was."""
    query = select(suppressions) if all else _standing(now)
    return _found(connection, query.order_by(suppressions.c.id.desc()).limit(most))


def bytes_of(connection: Connection, id: int) -> str:
    """Return the content a suppression speaks of, "" when there is none with this id."""
    return connection.scalar(select(suppressions.c.sha256).where(suppressions.c.id == id)) or ""


def _standing(now: datetime.datetime) -> Select[Any]:
    table = suppressions
    return select(table).where(table.c.ended_at == "", table.c.expires_at >= stamp(now))


def _found(connection: Connection, query: Select[Any]) -> list[Suppressed]:
    return [Suppressed(**dict(row)) for row in connection.execute(query).mappings()]


def _as_setting(one: Suppressed) -> Suppression:
    expires = moment(one.expires_at)
    return Suppression(
        rule=one.rule,
        member=one.member,
        sha256=one.sha256,
        reason=one.reason,
        author=one.author,
        expires=expires.date() if expires else datetime.date.min,
    )
