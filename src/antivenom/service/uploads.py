"""What arrived, and how far it is: the record of truth that the queue engine only serves.

    waiting --submit--> queued --a worker starts--> working --verdict--> done
       ^                                              |-- gone   the registry took it back first
       '---- a failure, `due` later ------------------'-- dead   tried often enough

An upload counts as having a verdict when `review` names one. `dead` ones have one as well: it is
`inconclusive` and says why. Nobody but this module writes `state`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, RowMapping, func, insert, select, tuple_, update

from antivenom.catalog.purls import normal_name
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.label import Metadata
from antivenom.model.moments import moment
from antivenom.model.review import Review
from antivenom.service import priorities
from antivenom.store import packing, upserts
from antivenom.store.schema_uploads import uploads

WAITING, QUEUED, WORKING, DONE, GONE, DEAD = STATES = (
    *("waiting", "queued", "working"),
    *("done", "gone", "dead"),
)
UNDER_WAY = (QUEUED, WORKING)
SOURCES = ("feed", "api", "registry", "backfill", "demo")
_AT_ONCE = 300
"""Rows of one statement: SQLite bounds its variables."""
_TEXT = 1000
_NOT_READ = {"attempts": uploads.c.attempts - 1, "failures": uploads.c.failures + 1}


class Arrival(Struct, frozen=True, kw_only=True):
    """One file that was uploaded somewhere, as far as whoever tells of it knows."""

    ecosystem: str
    project: str
    filename: str
    version: str = ""
    serial: int = 0
    """Of the feed; 0 where there is none."""
    source: str = "feed"
    sha256: str = ""
    blake2b: str = ""
    size: int = 0
    location: str = ""
    """Where the bytes are: a URL of the registry, or ``blob:`` when they are kept already."""
    uploaded_at: str = ""
    publisher: str = ""
    declared: Metadata | None = None
    """As the registry serves it."""
    priority: int = 100

    @property
    def coordinate(self) -> Coordinate:
        """What the registry calls the release."""
        ecosystem = Ecosystem(self.ecosystem)
        return Coordinate(ecosystem=ecosystem, name=self.project, version=self.version)


class Key(NamedTuple):
    """What makes two arrivals the same."""

    ecosystem: str
    project: str
    version: str
    filename: str
    serial: int


def key(arrival: Arrival) -> Key:
    """Return an arrival's identity; without a feed, other bytes under the same name are another."""
    serial = arrival.serial
    if not serial and arrival.sha256:
        serial = -int(arrival.sha256[:15], 16)
    project = normal_name(arrival.ecosystem, arrival.project)
    return Key(arrival.ecosystem, project, arrival.version, arrival.filename, serial)


def record(connection: Connection, arrival: Arrival, now: str) -> int:
    """Note an upload and return its id; told twice it is one."""
    return record_all(connection, [arrival], now)[0]


def record_all(connection: Connection, arrivals: Sequence[Arrival], now: str) -> list[int]:
    """Note uploads and return their ids, in order; those that are known stay as they are."""
    keys = [key(one) for one in arrivals]
    known = _known(connection, keys)
    _numbered(connection, [k for k in keys if k.serial > 0 and k not in known], known)
    new = {k: one for k, one in zip(keys, arrivals, strict=True) if k not in known}
    rows = [_row(k, one, now) for k, one in new.items()]
    if connection.dialect.name == "sqlite":
        # Whoever writes SQLite is alone: nobody can have come between.
        for some in _chunks(rows):
            connection.execute(insert(uploads), some)
    else:
        for row in rows:
            upserts.insert_new(connection, uploads, row)
    if new:
        known.update(_known(connection, list(new)))
    return [known[k] for k in keys]


def load(connection: Connection, upload: int) -> RowMapping | None:
    """Return an upload's row."""
    return connection.execute(select(uploads).where(uploads.c.id == upload)).mappings().first()


def due(
    connection: Connection,
    ecosystem: str,
    now: float,
    most: int,
    *,
    idle: bool = False,
    lock: bool = False,
) -> list[int]:
    """Return waiting uploads of a registry, the most urgent first; locked, others skip them.

    With `idle` only work that nobody waits for: what is judged again, and backfills; without it
    only the rest.
    """
    column = uploads.c.priority
    query = (
        select(uploads.c.id)
        .where(
            uploads.c.state == WAITING,
            uploads.c.due <= now,
            uploads.c.ecosystem == ecosystem,
            column >= priorities.AGAIN if idle else column < priorities.AGAIN,
        )
        .order_by(column, uploads.c.id)
        .limit(most)
    )
    return list(connection.scalars(query.with_for_update(skip_locked=True) if lock else query))


def under_way(connection: Connection) -> dict[tuple[str, bool], int]:
    """Return how many uploads are in the queue or under work, by (registry, `idle`)."""
    idle = uploads.c.priority >= priorities.AGAIN
    query = (
        select(uploads.c.ecosystem, idle, func.count())
        .where(uploads.c.state.in_(UNDER_WAY))
        .group_by(uploads.c.ecosystem, idle)
    )
    return {(row[0], bool(row[1])): row[2] for row in connection.execute(query)}


def waiting_since(connection: Connection) -> str:
    """Return since when the upload waits that waits longest, "" when none does.

    Only those that somebody expects soon: what is judged again or backfilled may take its time.
    """
    # The inner query stands in one index: SQLite, told by its statistics that nearly all rows are
    # in one state, would otherwise walk the table for the few that wait.
    waiting = select(uploads.c.id).where(
        uploads.c.state == WAITING,
        uploads.c.ecosystem.in_([one.value for one in Ecosystem]),
        uploads.c.priority < priorities.AGAIN,
    )
    query = select(func.min(uploads.c.changed_at)).where(uploads.c.id.in_(waiting))
    return connection.scalar(query) or ""


def queued(connection: Connection, jobs: Sequence[tuple[int, str]], now: str) -> None:
    """Say that uploads were handed to the queue engine, each under a name of a job."""
    for upload, job in jobs:
        _set(connection, upload, state=QUEUED, job=job, changed_at=now)


def start(
    connection: Connection, upload: int, job: str, worker: str, now: str
) -> RowMapping | None:
    """Take an upload for work: count the attempt and return its row.

    None when there is nothing to do: it has its verdict, or another job has it meanwhile.
    """
    changed = connection.execute(
        update(uploads)
        .where(uploads.c.id == upload, uploads.c.job == job, uploads.c.state.in_(UNDER_WAY))
        .values(state=WORKING, worker=worker, attempts=uploads.c.attempts + 1, changed_at=now)
    )
    return load(connection, upload) if changed.rowcount else None


def again(
    connection: Connection,
    upload: int,
    problem: str,
    due_at: float,
    now: str,
    *,
    its_fault: bool = True,
) -> None:
    """Put an upload back: it is tried again, not before a moment.

    `its_fault` is False where nobody got to read it; such an attempt counts as a failure instead.
    """
    _set(
        connection,
        upload,
        state=WAITING,
        problem=problem[:_TEXT],
        due=due_at,
        worker="",
        changed_at=now,
        **({} if its_fault else _NOT_READ),
    )


def gone(connection: Connection, upload: int, problem: str, now: str) -> None:
    """Note that a registry took a file back before anybody read it."""
    _set(connection, upload, state=GONE, problem=problem[:_TEXT], worker="", changed_at=now)


def stays(connection: Connection, upload: int, problem: str, now: str) -> None:
    """Note that an upload could not be judged again: the verdict it has stays."""
    _set(connection, upload, state=DONE, problem=problem[:_TEXT], worker="", changed_at=now)


def finished(
    connection: Connection,
    upload: int,
    review: Review,
    review_id: str,
    now: str,
    *,
    state: str = DONE,
    problem: str = "",
) -> None:
    """Give an upload its verdict; the first one's moment stays."""
    row = load(connection, upload)
    if row is None:
        return
    info = review.artifact
    first = row["reviewed_at"] or now
    values: dict[str, Any] = {
        "state": state,
        "review": review_id,
        "reviewed_at": first,
        "latency": row["latency"] if row["reviewed_at"] else _seconds(row["seen_at"], now),
        "sha256": info.sha256 or row["sha256"],
        "purl": info.purl or row["purl"],
        "size": info.size or row["size"],
        "problem": problem[:_TEXT],
        "worker": "",
        "changed_at": now,
    }
    _set(connection, upload, **values)


def unsure(connection: Connection, before: str, beyond: str, most: int) -> Sequence[RowMapping]:
    """Return uploads (id, job) that have been under way since before a moment.

    Also those that say they are since a moment `beyond` now: some clock was wrong.
    """
    since = uploads.c.changed_at
    query = (
        select(uploads.c.id, uploads.c.job)
        .where(uploads.c.state.in_(UNDER_WAY), (since < before) | (since > beyond))
        .order_by(uploads.c.changed_at)
        .limit(most)
    )
    return connection.execute(query).mappings().all()


def forgotten(connection: Connection, upload: int, job: str, now: str) -> None:
    """Put an upload back whose job is no more, unless it moved on meanwhile."""
    connection.execute(
        update(uploads)
        .where(uploads.c.id == upload, uploads.c.job == job, uploads.c.state.in_(UNDER_WAY))
        .values(state=WAITING, due=0.0, worker="", changed_at=now)
    )


def hasten(connection: Connection, beyond: float, now: float) -> None:
    """Have nobody wait for a moment that lies further ahead than any wait is long."""
    connection.execute(
        update(uploads).where(uploads.c.state == WAITING, uploads.c.due > beyond).values(due=now)
    )


def fetched(connection: Connection, upload: int, values: dict[str, Any]) -> None:
    """Note what fetching taught of an upload: its hashes, size, place, publisher."""
    known = {"sha256", "blake2b", "size", "location", "uploaded_at", "publisher", "version", "kept"}
    assert values.keys() <= known
    if values:
        _set(connection, upload, **values)


def requeue(connection: Connection, ids: Iterable[int], now: str, *, priority: int = 0) -> int:
    """Try uploads again from the start, dead ones too; return how many were put back.

    Those under way are left alone.
    """
    values: dict[str, Any] = {"state": WAITING, "due": 0.0, "changed_at": now}
    values.update(attempts=0, failures=0)
    if priority:
        values["priority"] = priority
    total = 0
    for some in _chunks(list(ids)):
        where = uploads.c.id.in_(some), uploads.c.state.in_([WAITING, DONE, GONE, DEAD])
        total += connection.execute(update(uploads).where(*where).values(values)).rowcount
    return total


def declared(row: RowMapping) -> Metadata | None:
    """Return what the registry serves of the upload's metadata."""
    return packing.unpack(row["declared"], Metadata) if row["declared"] else None


def _set(connection: Connection, upload: int, **values: object) -> None:
    connection.execute(update(uploads).where(uploads.c.id == upload).values(values))


def _known(connection: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    columns = [uploads.c[name] for name in Key._fields]
    found: dict[Key, int] = {}
    for some in _chunks(keys):
        query = select(uploads.c.id, *columns).where(tuple_(*columns).in_(some))
        found.update({Key(*row[1:]): row[0] for row in connection.execute(query)})
    return found


def _numbered(connection: Connection, keys: Sequence[Key], known: dict[Key, int]) -> None:
    """Give uploads that were heard of without a serial the one that the feed tells later."""
    plain = {k._replace(serial=0): k for k in keys}
    for found, upload in _known(connection, list(plain)).items():
        _set(connection, upload, serial=plain[found].serial)
        known[plain[found]] = upload


def _row(identity: Key, arrival: Arrival, now: str) -> dict[str, Any]:
    plain = msgspec.structs.asdict(arrival)
    declared = plain.pop("declared")
    return {
        **plain,
        **identity._asdict(),
        "purl": _purl(arrival),
        "declared": packing.pack(declared) if declared is not None else b"",
        "kept": int(arrival.location.startswith("blob:")),
        "seen_at": now,
        "changed_at": now,
        "state": WAITING,
    }


def _purl(arrival: Arrival) -> str:
    try:
        return arrival.coordinate.purl
    except ValueError:
        return ""


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for at in range(0, len(items), _AT_ONCE):
        yield items[at : at + _AT_ONCE]


def _seconds(start: str, end: str) -> float:
    first, last = moment(start), moment(end)
    if first is None or last is None:
        return 0.0
    return max(0.0, (last - first) / datetime.timedelta(seconds=1))
