"""What a registry took down while we had called it clean.

A quarantine is a label; a removal may be the owner's own, so the two are counted apart. Each miss
is a lesson: its files are labelled in the catalog, where the lab finds them.
"""

from __future__ import annotations

import datetime
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, select

from antivenom.model.moments import moment, stamp
from antivenom.service.events import BAD
from antivenom.service.overview.traffic import share
from antivenom.store.schema_uploads import registry_events, reviews

_MOST = 1_000
"""Acts that are looked at, the newest: some weeks of PyPI."""
_AT_ONCE = 300


class _Act(NamedTuple):
    """What a registry did."""

    ecosystem: str
    project: str
    version: str
    what: str
    at: str


class _Said(NamedTuple):
    """A review, as far as this page looks."""

    made_at: str
    verdict: str
    id: str


class Miss(Struct, frozen=True, kw_only=True):
    """A project taken down after we had found nothing in it."""

    ecosystem: str
    project: str
    version: str
    what: str
    at: str
    review: str
    """The newest review before it."""
    reviewed_at: str
    hours: float
    """From our first verdict to the registry's act."""

    @property
    def sure(self) -> bool:
        """Whether the registry said why."""
        return "quarantine" in self.what


class Missed(Struct, frozen=True, kw_only=True):
    """What registries took down, and how much of it we had seen coming."""

    quarantined: int
    """Quarantines of projects we had reviewed."""
    caught: int
    """Of those, how many we had not called clean."""
    misses: tuple[Miss, ...]
    """Quarantines first, then removals; the newest first."""
    hours: float = 0.0
    """Median from our verdict to the quarantine, of the misses."""


def missed(connection: Connection, now: datetime.datetime, *, days: int = 90) -> Missed:
    """Compare what registries did in the last days with what we had said before."""
    since = stamp(now - datetime.timedelta(days=days))
    events = _acts(connection, since)
    said = _reviews(connection, {(one.ecosystem, one.project) for one in events})
    misses: dict[tuple[str, str], Miss] = {}
    quarantined: set[tuple[str, str]] = set()
    caught: set[tuple[str, str]] = set()
    for event in events:
        key = (event.ecosystem, event.project)
        known = said.get(key, [])
        if not known:
            continue
        # Who read it only afterwards and still called it clean has missed it as well.
        before = [row for row in known if row.made_at <= event.at] or known
        clean = all(row.verdict == "clean" for row in before)
        if "quarantine" in event.what:
            quarantined.add(key)
            if not clean:
                caught.add(key)
        if clean and (key not in misses or not misses[key].sure):
            misses[key] = _miss(event, before)
    ordered = sorted(misses.values(), key=lambda one: one.at, reverse=True)
    ordered.sort(key=lambda one: not one.sure)
    hours = sorted(one.hours for one in ordered if one.sure)
    return Missed(
        quarantined=len(quarantined),
        caught=len(caught),
        misses=tuple(ordered),
        hours=share(hours, 0.5) if hours else 0.0,
    )


def _acts(connection: Connection, since: str) -> list[_Act]:
    table = registry_events
    query = (
        select(*(table.c[name] for name in _Act._fields))
        .where(table.c.what.in_(BAD), table.c.at >= since)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(_MOST)
    )
    return [_Act(*row) for row in connection.execute(query)]


def _reviews(
    connection: Connection, projects: set[tuple[str, str]]
) -> dict[tuple[str, str], list[_Said]]:
    column = reviews.c
    found: dict[tuple[str, str], list[_Said]] = {}
    # One registry at a time: SQLite looks pairs up by reading the whole table.
    for ecosystem in sorted({one for one, _ in projects}):
        ordered = sorted(name for one, name in projects if one == ecosystem)
        for at in range(0, len(ordered), _AT_ONCE):
            # All of it stands in one index.
            query = (
                select(column.project, column.made_at, column.verdict, column.id)
                .where(column.ecosystem == ecosystem)
                .where(column.project.in_(ordered[at : at + _AT_ONCE]))
                .order_by(column.project, column.made_at)
            )
            for project, made_at, verdict, id in connection.execute(query):
                found.setdefault((ecosystem, project), []).append(_Said(made_at, verdict, id))
    return found


def _miss(event: _Act, before: list[_Said]) -> Miss:
    first, act = moment(before[0].made_at), moment(event.at)
    hours = (act - first).total_seconds() / 3600 if first and act else 0.0
    return Miss(
        ecosystem=event.ecosystem,
        project=event.project,
        version=event.version,
        what=event.what,
        at=event.at,
        review=before[-1].id,
        reviewed_at=before[0].made_at,
        hours=max(hours, 0.0),
    )
