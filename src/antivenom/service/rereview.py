"""Judging again: a new rule book over any selection of uploads, as ordinary work of low priority.

Nothing is fetched for what this engine observed before and whose profile is kept; otherwise the
kept bytes are read again, or the registry is asked. Earlier reviews stay, append-only.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, exists, select

from antivenom.model.moments import stamp
from antivenom.service import priorities, uploads
from antivenom.service.clock import Clock
from antivenom.store import Store
from antivenom.store.schema_uploads import findings, reviews
from antivenom.store.schema_uploads import uploads as table

_AT_ONCE = 1000


class Selection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which uploads; empty fields leave the choice open, together they narrow it."""

    ecosystem: str = ""
    project: str = ""
    verdict: str = ""
    """Of the newest review."""
    rule: str = ""
    """That the newest review found."""
    since: str = ""
    """Seen at or after, ISO 8601."""
    until: str = ""
    """Seen before, ISO 8601."""
    judged_otherwise_than: str = ""
    """Digest of a rule book: only what other rules judged."""
    dead: bool = False
    """Only what was given up."""


def chosen(selection: Selection, after: int = 0, most: int = _AT_ONCE) -> Select[int]:
    """Return the query for the ids of a selection, in order, those after one."""
    parts: list[ColumnElement[bool]] = [table.c.id > after]
    states = [uploads.DEAD] if selection.dead else [uploads.DONE, uploads.DEAD]
    parts.append(table.c.state.in_(states))
    if selection.ecosystem:
        parts.append(table.c.ecosystem == selection.ecosystem)
    if selection.project:
        parts.append(table.c.project == selection.project)
    if selection.since:
        parts.append(table.c.seen_at >= selection.since)
    if selection.until:
        parts.append(table.c.seen_at < selection.until)
    newest = reviews.c.id == table.c.review
    if selection.verdict:
        parts.append(exists().where(newest, reviews.c.verdict == selection.verdict))
    if selection.judged_otherwise_than:
        other = reviews.c.rulebook != selection.judged_otherwise_than
        parts.append(exists().where(newest, other))
    if selection.rule:
        found = findings.c.review == table.c.review, findings.c.rule == selection.rule
        parts.append(exists().where(*found))
    return select(table.c.id).where(*parts).order_by(table.c.id).limit(most)


def ids_of(connection: Connection, selection: Selection, after: int = 0) -> list[int]:
    """Return the next ids of a selection."""
    return list(connection.scalars(chosen(selection, after)))


def submit(store: Store, selection: Selection, clock: Clock) -> int:
    """Have a selection judged again, behind everything that is new; return how many uploads."""
    total, after = 0, 0
    while True:
        with store.writing() as connection:
            ids = ids_of(connection, selection, after)
            if not ids:
                return total
            total += requeue(connection, ids, clock)
            after = ids[-1]


def requeue(connection: Connection, ids: list[int], clock: Clock) -> int:
    """Have uploads judged again; return how many are, those under way left out."""
    return uploads.requeue(connection, ids, stamp(clock.now()), priority=priorities.AGAIN)


def count(connection: Connection, selection: Selection) -> int:
    """Return how many uploads a selection has."""
    total, after = 0, 0
    while ids := ids_of(connection, selection, after):
        total, after = total + len(ids), ids[-1]
    return total
