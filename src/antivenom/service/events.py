"""What registries did and say: labels with a time, and who joined or left a project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, select

from antivenom.model.moments import stamp
from antivenom.service.casework import labels
from antivenom.store import upserts
from antivenom.store.schema_uploads import registry_events as table

BAD = ("quarantined", "release-quarantined", "removed", "release-removed", "file-removed")
"""What a registry does to malware, among other things; only a quarantine says so by itself."""
KINDS = (
    *BAD,
    *("quarantine-cleared", "release-quarantine-cleared"),
    *("created", "yanked", "unyanked", "owner-added", "owner-removed"),
)
NEW_FOR = timedelta(days=1)
"""How long a project counts as new."""
JOINED_FOR = timedelta(days=14)
"""How long an owner counts as new."""


class Event(Struct, frozen=True, kw_only=True):
    """One thing a registry did."""

    ecosystem: str
    project: str
    """Normalised."""
    what: str
    """One of `KINDS`."""
    at: str
    serial: int = 0
    version: str = ""
    action: str = ""
    about: str = ""


def record_all(connection: Connection, events: Iterable[Event], now: str) -> int:
    """Note events; told twice they are one. Return how many were new."""
    total = 0
    for event in events:
        assert event.what in KINDS
        values = {name: getattr(event, name) for name in Event.__struct_fields__}
        values["at"] = event.at or now
        new = upserts.insert_new(connection, table, {**values, "seen_at": now})
        total += new
        if new:
            labels.registry_said(
                connection, event.ecosystem, event.project, event.version, event.what, values["at"]
            )
    return total


def new_projects(
    connection: Connection, ecosystem: str, projects: Iterable[str], moment: datetime
) -> set[str]:
    """Return which projects were created within a day before a moment."""
    wanted = sorted(set(projects))
    since = stamp(moment - NEW_FOR)
    found: set[str] = set()
    for at in range(0, len(wanted), 300):
        query = select(table.c.project).where(
            table.c.ecosystem == ecosystem,
            table.c.project.in_(wanted[at : at + 300]),
            table.c.what == "created",
            table.c.at >= since,
        )
        found.update(connection.scalars(query))
    return found


def joined(
    connection: Connection, ecosystem: str, project: str, moment: datetime
) -> tuple[str, ...]:
    """Return the accounts that became owners of a project in the two weeks before a moment.

    Those who came with the project's creation are not new to it.
    """
    since = stamp(moment - JOINED_FOR)
    rows = about(connection, ecosystem, project, since)
    if any(row["what"] == "created" for row in rows):
        return ()
    names = (row["about"].rpartition(" ")[2] for row in rows if row["what"] == "owner-added")
    return tuple(sorted({name for name in names if name}))


def about(
    connection: Connection, ecosystem: str, project: str, since: str = ""
) -> Sequence[RowMapping]:
    """Return what a registry did with a project, the oldest first."""
    query = (
        select(table)
        .where(table.c.ecosystem == ecosystem, table.c.project == project, table.c.at >= since)
        .order_by(table.c.at, table.c.id)
        .limit(1000)
    )
    return connection.execute(query).mappings().all()
