"""Everything a person wants to see who rules on a case, read in one go.

Only the review that is shown is unpacked; of the others their rows say enough.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, RowMapping, Select, select

from antivenom.errors import TargetError
from antivenom.model.label import Metadata
from antivenom.model.review import Review
from antivenom.service.casework import queueing
from antivenom.service.casework.deciding import history
from antivenom.service.casework.holding import comments_of
from antivenom.service.casework.nouns import CaseRow, Comment, Decision
from antivenom.service.casework.rows import some_cases
from antivenom.service.casework.suppressing import Suppressed, of_bytes
from antivenom.store import packing, schema
from antivenom.store.schema_cases import case_keys, case_reviews
from antivenom.store.schema_uploads import registry_events, reviews, uploads

_FILES, _RELEASES, _UPLOADS, _EVENTS = 200, 60, 400, 30


class File(Struct, frozen=True, kw_only=True):
    """A review, as a list has it."""

    review: str
    project: str
    version: str
    filename: str
    sha256: str
    verdict: str
    score: float
    reason: str
    made_at: str
    current: bool = True


class Event(Struct, frozen=True, kw_only=True):
    """What a registry did to a project."""

    what: str
    action: str
    version: str
    about: str
    at: str


class Known(Struct, frozen=True, kw_only=True):
    """Something the catalog knows that the upload resembles or shares."""

    kind: str
    """A member of `campaigns.KEYS`."""
    value: str
    said: str
    """What the catalog calls it, "" when it does not know it."""
    cases: tuple[CaseRow, ...]
    """Other cases that share it."""


class Publisher(Struct, frozen=True, kw_only=True):
    """Who uploaded, and what else."""

    name: str
    uploads: int
    projects: tuple[tuple[str, str, str], ...]
    """Project, its worst verdict here, and when it was seen last."""


class Dossier(Struct, frozen=True, kw_only=True):
    """A case and what surrounds it; without a case, a review and what surrounds that."""

    case: CaseRow | None
    files: tuple[File, ...]
    """Of the case; without one, of the release."""
    shown: File
    review: Review
    members: dict[str, str]
    """Path -> sha256 of the members that findings name."""
    suppressed: tuple[Suppressed, ...]
    siblings: tuple[File, ...]
    """Other files of the release."""
    earlier: tuple[File, ...]
    """Reviews of other releases of the project, the newest first."""
    upload: RowMapping | None
    declared: Metadata | None
    events: tuple[Event, ...]
    publisher: Publisher | None
    shares: tuple[Known, ...]
    campaign: tuple[CaseRow, ...]
    decisions: tuple[Decision, ...]
    comments: tuple[Comment, ...]


def case(connection: Connection, id: int, *, review: str = "", now: datetime.datetime) -> Dossier:
    """Return a case and one of its reviews, the worst if none is named. Raises `TargetError`."""
    found = some_cases(connection, [id]).get(id)
    if found is None:
        raise TargetError(f"there is no case {id}")
    files = _files_of(connection, id)
    wanted = review or found.review
    shown = next((one for one in files if one.review == wanted), None)
    if shown is None:
        raise TargetError(f"case {id} has no review {wanted[:12]}")
    return _dossier(connection, found, files, shown, now)


def review(connection: Connection, id: str, *, now: datetime.datetime) -> Dossier:
    """Return a review and what surrounds it, whether a case has it or not. Raises `TargetError`."""
    row = connection.execute(listed().where(reviews.c.id == id)).mappings().first()
    if row is None:
        raise TargetError(f"there is no review {id[:12]}")
    shown = file_of(row)
    return _dossier(connection, None, (shown,), shown, now)


def bytes_of(connection: Connection, review: str) -> str:
    """Return the sha256 of what was reviewed, "" when there is no such review."""
    return connection.scalar(select(reviews.c.sha256).where(reviews.c.id == review)) or ""


def case_of(connection: Connection, review: str) -> int | None:
    """Return the newest case that has a review."""
    table = case_reviews
    query = select(table.c.case).where(table.c.review == review).order_by(table.c.case.desc())
    return connection.scalar(query.limit(1))


def _dossier(
    connection: Connection,
    found: CaseRow | None,
    files: tuple[File, ...],
    shown: File,
    now: datetime.datetime,
) -> Dossier:
    columns = (reviews.c.document, reviews.c.members, reviews.c.ecosystem)
    row = connection.execute(select(*columns).where(reviews.c.id == shown.review)).one()
    members = packing.unpack(row.members, dict[str, str])
    upload = _upload(connection, shown, row.ecosystem)
    return Dossier(
        case=found,
        files=files,
        shown=shown,
        review=packing.unpack(row.document, Review),
        members=members,
        suppressed=tuple(of_bytes(connection, members.values(), now)),
        siblings=_siblings(connection, row.ecosystem, shown),
        earlier=_earlier(connection, row.ecosystem, shown),
        upload=upload,
        declared=_declared(upload),
        events=_events(connection, row.ecosystem, shown.project),
        publisher=_publisher(connection, upload),
        shares=_shares(connection, found.id) if found else (),
        campaign=tuple(queueing.campaign(connection, found.campaign))
        if found and found.campaign
        else (),
        decisions=tuple(history(connection, found.id)) if found else (),
        comments=tuple(comments_of(connection, found.id)) if found else (),
    )


_NAMES = ("project", "version", "filename", "sha256", "verdict", "score", "reason", "made_at")


def listed() -> Select[Any]:
    """Return the query of what a list shows of reviews."""
    return select(reviews.c.id, *(reviews.c[name] for name in _NAMES))


def file_of(row: Mapping[str, Any] | RowMapping) -> File:
    """Return a row of `listed` as a noun."""
    return File(review=row["id"], **{name: row[name] for name in _NAMES})


def _files_of(connection: Connection, case: int) -> tuple[File, ...]:
    table = case_reviews
    seen = (table.c.verdict, table.c.score, table.c.reason)
    kept = (reviews.c[name] for name in _NAMES if name not in ("verdict", "score", "reason"))
    query = (
        select(reviews.c.id, table.c.current, *seen, *kept)
        .join(table, table.c.review == reviews.c.id)
        .where(table.c.case == case)
        .order_by(table.c.current.desc(), table.c.score.desc(), reviews.c.made_at.desc())
        .limit(_FILES)
    )
    return tuple(
        File(
            review=row["id"],
            current=bool(row["current"]),
            **{name: row[name] for name in _NAMES},
        )
        for row in connection.execute(query).mappings()
    )


def _siblings(connection: Connection, ecosystem: str, shown: File) -> tuple[File, ...]:
    query = listed().where(
        reviews.c.ecosystem == ecosystem,
        reviews.c.project == shown.project,
        reviews.c.version == shown.version,
        reviews.c.sha256 != shown.sha256,
    )
    newest = query.order_by(reviews.c.made_at.desc()).limit(_FILES)
    by_file: dict[str, File] = {}
    for row in connection.execute(newest).mappings():
        by_file.setdefault(row["filename"], file_of(row))
    return tuple(by_file[name] for name in sorted(by_file))


def _earlier(connection: Connection, ecosystem: str, shown: File) -> tuple[File, ...]:
    query = listed().where(
        reviews.c.ecosystem == ecosystem,
        reviews.c.project == shown.project,
        reviews.c.version != shown.version,
    )
    newest = query.order_by(reviews.c.made_at.desc()).limit(_RELEASES)
    by_file: dict[tuple[str, str], File] = {}
    for row in connection.execute(newest).mappings():
        by_file.setdefault((row["version"], row["filename"]), file_of(row))
    return tuple(by_file.values())


def _upload(connection: Connection, shown: File, ecosystem: str) -> RowMapping | None:
    query = (
        select(uploads)
        .where(uploads.c.sha256 == shown.sha256, uploads.c.ecosystem == ecosystem)
        .where(uploads.c.project == shown.project)
        .order_by(uploads.c.id)
        .limit(1)
    )
    return connection.execute(query).mappings().first()


def _declared(upload: RowMapping | None) -> Metadata | None:
    if upload is None or not upload["declared"]:
        return None
    return packing.unpack(upload["declared"], Metadata)


def _events(connection: Connection, ecosystem: str, project: str) -> tuple[Event, ...]:
    table = registry_events
    query = (
        select(table)
        .where(table.c.ecosystem == ecosystem, table.c.project == project)
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(_EVENTS)
    )
    names = ("what", "action", "version", "about", "at")
    found = connection.execute(query).mappings()
    return tuple(Event(**{name: row[name] for name in names}) for row in found)


_WORST = {"malicious": 3, "suspicious": 2, "inconclusive": 1}


def _publisher(connection: Connection, upload: RowMapping | None) -> Publisher | None:
    name = upload["publisher"] if upload is not None else ""
    if upload is None or not name:
        return None
    newest = (
        select(uploads.c.project, uploads.c.seen_at, uploads.c.review)
        .where(uploads.c.publisher == name, uploads.c.ecosystem == upload["ecosystem"])
        .order_by(uploads.c.id.desc())
        .limit(_UPLOADS)
        .subquery()
    )
    query = select(newest.c.project, newest.c.seen_at, reviews.c.verdict).outerjoin(
        reviews, reviews.c.id == newest.c.review
    )
    found: dict[str, tuple[str, str, str]] = {}
    number = 0
    for project, seen_at, verdict in connection.execute(query):
        number += 1
        known = found.get(project, (project, "", ""))
        worse = max(known[1], verdict or "", key=lambda v: _WORST.get(v, 0 if v else -1))
        found[project] = (project, worse, max(known[2], seen_at))
    ordered = sorted(found.values(), key=lambda p: (-_WORST.get(p[1], 0), p[0]))
    return Publisher(name=name, uploads=number, projects=tuple(ordered))


def _shares(connection: Connection, case: int) -> tuple[Known, ...]:
    """Return the keys of a case that the catalog or other cases have as well."""
    mine = case_keys.alias("mine")
    query = (
        select(mine.c.kind, mine.c.value, case_keys.c.case)
        .join(case_keys, (case_keys.c.kind == mine.c.kind) & (case_keys.c.value == mine.c.value))
        .where(mine.c.case == case, case_keys.c.case != case)
        .order_by(case_keys.c.case.desc())
        .limit(_FILES)
    )
    others: dict[tuple[str, str], list[int]] = {}
    for kind, value, other in connection.execute(query):
        others.setdefault((kind, value), []).append(other)
    rows = some_cases(connection, [id for some in others.values() for id in some])
    keys = connection.execute(
        select(case_keys.c.kind, case_keys.c.value).where(case_keys.c.case == case)
    )
    found = []
    for kind, value in keys:
        said = _catalogued(connection, kind, value)
        near = tuple(rows[id] for id in others.get((kind, value), ()) if id in rows)
        if said or near:
            found.append(Known(kind=kind, value=value, said=said, cases=near[:20]))
    return tuple(found)


def _catalogued(connection: Connection, kind: str, value: str) -> str:
    """Return what the catalog calls a campaign, a specimen, a file or an address; "" if nothing."""
    if kind == "campaign":
        table = schema.campaigns
        row = connection.execute(select(table).where(table.c.id == value)).mappings().first()
        return f"{row['name'] or value}, {row['size']:,} specimens" if row else ""
    if kind == "specimen":
        specimens = schema.specimens
        # Digits and a to f: everything that begins so lies before the same with a g.
        like = (specimens.c.id >= value) & (specimens.c.id < f"{value}g")
        row = connection.execute(select(specimens).where(like).limit(1)).mappings().first()
        return f"{row['name']} {row['version']}, {row['label']}" if row else ""
    if kind == "host":
        found = schema.indicators
        count = (
            select(schema.specimen_indicators.c.specimen)
            .join(found, found.c.id == schema.specimen_indicators.c.indicator)
            .where(found.c.kind.in_(("host", "ip", "url", "webhook")), found.c.value == value)
            .distinct()
            .limit(1000)
        )
        number = len(connection.execute(count).all())
        return f"in {number:,} known specimens" if number else ""
    return ""
