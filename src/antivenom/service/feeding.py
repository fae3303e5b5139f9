"""The switch of each feed: a person stops it, and it goes on where it stopped."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, select, update

from antivenom.errors import TargetError
from antivenom.report.escape import visible
from antivenom.service import audit
from antivenom.store.schema_uploads import feeds


class FeedRow(Struct, frozen=True, kw_only=True):
    """Where a feed stands."""

    name: str
    cursor: int
    stopped: str
    """Why a person stopped it; "" while it runs."""
    checked_at: str
    problem: str
    failures: int


def every(connection: Connection) -> list[FeedRow]:
    """Return all feeds that were ever followed."""
    columns = [feeds.c[name] for name in FeedRow.__struct_fields__]
    query = select(*columns).order_by(feeds.c.name)
    return [FeedRow(**row) for row in connection.execute(query).mappings()]


def stop(
    connection: Connection,
    name: str,
    reason: str,
    *,
    author: str,
    now: datetime,
    address: str = "",
) -> None:
    """Stop following a registry. Raises `TargetError` when it is not followed."""
    _set(connection, name, visible(reason, 300))
    detail = {"reason": reason}
    audit.record(connection, author, "feed.stop", f"feed:{name}", detail, now=now, address=address)


def start(
    connection: Connection,
    name: str,
    *,
    author: str,
    now: datetime,
    address: str = "",
    at: int | None = None,
) -> None:
    """Follow a registry again, from the serial `at` on where one is given.

    Raises `TargetError` when it never was followed.
    """
    where = {} if at is None else {"cursor": at, "failures": 0, "problem": ""}
    _set(connection, name, "", **where)
    detail = {} if at is None else {"at": at}
    audit.record(connection, author, "feed.start", f"feed:{name}", detail, now=now, address=address)


def _set(connection: Connection, name: str, reason: str, **values: object) -> None:
    changed = update(feeds).where(feeds.c.name == name).values(stopped=reason, **values)
    if not connection.execute(changed).rowcount:
        raise TargetError(f"no feed is called {name}")
