"""What arrived and how fast it got its verdict."""

from __future__ import annotations

import datetime

from msgspec import Struct
from sqlalchemy import Connection, select

from antivenom.model.moments import stamp
from antivenom.store import tallying
from antivenom.store.schema_uploads import uploads

_NEWEST = 12_000
"""Uploads whose latency is looked at: a day of PyPI."""
_LIVE = ("feed", "api")
"""Sources in which a publisher waits; history and demonstrations have all the time."""


class Day(Struct, frozen=True, kw_only=True):
    """One day's reviews and decisions."""

    day: str
    """``2026-11-21``"""
    verdicts: dict[str, int]
    decisions: dict[str, int] = {}
    """What people ruled that day, whether it still holds or not."""

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.verdicts.values())


class Latency(Struct, frozen=True, kw_only=True):
    """Seconds from an upload's arrival to its first verdict."""

    number: int
    p50: float = 0.0
    p95: float = 0.0
    most: float = 0.0


class Stuck(Struct, frozen=True, kw_only=True):
    """An upload that was given up, and why."""

    id: int
    ecosystem: str
    project: str
    version: str
    filename: str
    problem: str
    attempts: int
    changed_at: str
    review: str


def days(connection: Connection, now: datetime.datetime, *, most: int = 14) -> list[Day]:
    """Return the verdicts of each of the last days, the oldest first, empty days included."""
    first = (now - datetime.timedelta(days=most - 1)).date()
    said = tallying.by_day(connection, "reviews", first.isoformat())
    ruled = tallying.by_day(connection, "decisions", first.isoformat())
    names = [(first + datetime.timedelta(days=n)).isoformat() for n in range(most)]
    return [Day(day=day, verdicts=said.get(day, {}), decisions=ruled.get(day, {})) for day in names]


def latency(connection: Connection, now: datetime.datetime, *, hours: int = 24) -> Latency:
    """Return how long uploads waited whose verdict came within the last hours."""
    since = stamp(now - datetime.timedelta(hours=hours))
    query = (
        select(uploads.c.latency)
        .where(uploads.c.reviewed_at >= since, uploads.c.source.in_(_LIVE))
        .order_by(uploads.c.reviewed_at.desc())
        .limit(_NEWEST)
    )
    found = sorted(connection.scalars(query))
    if not found:
        return Latency(number=0)
    return Latency(number=len(found), p50=share(found, 0.5), p95=share(found, 0.95), most=found[-1])


def stuck(connection: Connection, *, most: int = 50) -> list[Stuck]:
    """Return the uploads that were tried often enough, the newest first."""
    names = tuple(Stuck.__struct_fields__)
    query = (
        select(*(uploads.c[name] for name in names))
        .where(uploads.c.state == "dead")
        .order_by(uploads.c.priority, uploads.c.id.desc())
        .limit(most)
    )
    return [Stuck(**dict(row)) for row in connection.execute(query).mappings()]


def share(ordered: list[float], part: float) -> float:
    """Return the smallest value that at least a part of the values do not exceed."""
    return ordered[max(0, min(len(ordered) - 1, -int(-part * len(ordered) // 1) - 1))]
