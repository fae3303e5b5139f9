"""OSV records about a release, from the catalog: kept ones, and composed of people's labels."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from antivenom.catalog import queries
from antivenom.catalog.export import osv
from antivenom.catalog.purls import OSV_NAMES, purl_of
from antivenom.service.affected import affects
from antivenom.service.clock import Clock
from antivenom.store import Store, schema
from antivenom.store.packing import unpack

_AT_ONCE = 300
_FRESH_SECONDS = 15.0


class Release(NamedTuple):
    """What is asked about; version "" is the project."""

    ecosystem: str
    name: str
    version: str


def about(connection: Connection, asked: Sequence[Release]) -> list[list[dict[str, Any]]]:
    """Return for each release the records that speak of it, withdrawn ones left out."""
    projects = [purl_of(one.ecosystem, one.name) for one in asked]
    known = _of_projects(connection, sorted({project for project in projects if project}))
    return [
        [document for document in known.get(project, ()) if affects(document, *one)]
        for one, project in zip(asked, projects, strict=True)
    ]


def by_id(store: Store, index: Composed, id: str) -> dict[str, Any] | None:
    """Return a record by its id; withdrawn ones as well, which say so."""
    with store.reading() as connection:
        table = schema.reports
        document = connection.scalar(select(table.c.document).where(table.c.id == id))
        if document is not None:
            return unpack(document, dict[str, Any])
        project = index.project(connection, id)
        found = _composed(connection, [project]) if project else {}
    return found.get(project)


class Composed:
    """Which project a composed record is about: ids are hashes, so they are all computed."""

    def __init__(self, clock: Clock) -> None:
        """Know nothing yet."""
        self._clock = clock
        self._known: dict[str, str] = {}
        self._at = float("-inf")
        self._lock = threading.Lock()

    def project(self, connection: Connection, id: str) -> str:
        """Return the project, "" for none; what was decided moments ago may be missing."""
        with self._lock:
            now = self._clock.monotonic()
            if id not in self._known and now - self._at >= _FRESH_SECONDS:
                self._known, self._at = _ids(connection), now
            return self._known.get(id, "")


def _ids(connection: Connection) -> dict[str, str]:
    table = schema.specimens
    called = select(schema.statements.c.specimen).where(schema.statements.c.label == "malware")
    query = select(table.c.project).where(table.c.project != "", table.c.id.in_(called)).distinct()
    return {osv.id_of(project): project for project in connection.scalars(query)}


def _of_projects(
    connection: Connection, projects: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    found = _kept(connection, projects)
    for project, document in _composed(connection, projects).items():
        if not document.get("withdrawn"):
            found.setdefault(project, []).append(document)
    return found


def _kept(connection: Connection, projects: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    specimens, links, reports = schema.specimens, schema.specimen_reports, schema.reports
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for some in _some(projects):
        query = (
            select(specimens.c.project, reports.c.id, reports.c.document)
            .join(links, links.c.specimen == specimens.c.id)
            .join(reports, reports.c.id == links.c.report)
            .where(specimens.c.project.in_(some), reports.c.withdrawn == "")
            .order_by(reports.c.id)
        )
        for project, id, document in connection.execute(query):
            if id not in found.setdefault(project, {}):
                found[project][id] = unpack(document, dict[str, Any])
    return {project: list(documents.values()) for project, documents in found.items()}


def _composed(connection: Connection, projects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the record of each project that people or sources call malware, and none reported."""
    table = schema.specimens
    reported = select(schema.specimen_reports.c.specimen)
    called = select(schema.statements.c.specimen).where(schema.statements.c.label == "malware")
    found: dict[str, dict[str, Any]] = {}
    for some in _some(projects):
        query = (
            select(table.c.project, table.c.id)
            .where(table.c.project.in_(some), table.c.ecosystem.in_(sorted(OSV_NAMES)))
            .where(table.c.id.in_(called), table.c.id.not_in(reported))
            .order_by(table.c.project, table.c.version, table.c.id)
        )
        ids: dict[str, list[str]] = {}
        for project, id in connection.execute(query):
            ids.setdefault(project, []).append(id)
        for project, mine in ids.items():
            specimens = list(queries.load(connection, mine))
            if specimens and osv.publishable(specimens):
                found[project] = osv.compose(specimens)
    return found


def _some(projects: Sequence[str]) -> Iterable[Sequence[str]]:
    for start in range(0, len(projects), _AT_ONCE):
        yield projects[start : start + _AT_ONCE]
