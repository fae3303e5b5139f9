"""Profiles of artifacts the service has seen, from the shared table; one for each engine."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, RowMapping, select

from antivenom.model.profile import Profile
from antivenom.session.task import PROFILE_BYTES, decoded, encoded
from antivenom.store import packing, upserts
from antivenom.store.schema import profiles
from antivenom.store.schema_uploads import uploads


def keep(connection: Connection, profile: bytes) -> None:
    """Keep what a child observed; what is no profile is not kept."""
    if not 0 < len(profile) <= PROFILE_BYTES:
        return
    try:
        found = decoded(profile)
    except msgspec.DecodeError:
        return
    values = {
        "sha256": found.sha256,
        "ecosystem": found.ecosystem or "",
        "engine": found.engine,
        "document": packing.pack(found),
    }
    upserts.insert_new(connection, profiles, values)


def find(connection: Connection, sha256: str, ecosystem: str, engine: str, filename: str) -> bytes:
    """Return the encoded profile of an artifact under this name, b"" when there is none."""
    column = profiles.c
    query = select(column.document).where(
        column.sha256 == sha256, column.ecosystem == ecosystem, column.engine == engine
    )
    document = connection.scalar(query) if sha256 else None
    if document is None:
        return b""
    found = packing.unpack(document, Profile)
    # What a file is called can decide what it is: an sdist and a wheel are read differently.
    return encoded(found) if found.filename == filename else b""


def siblings(connection: Connection, row: RowMapping, most: int) -> list[tuple[str, str]]:
    """Return (sha256, filename) of the other files of a release that were read, sources first."""
    column = uploads.c
    query = (
        select(column.sha256, column.filename)
        .where(
            column.ecosystem == row["ecosystem"],
            column.project == row["project"],
            column.version == row["version"],
            # The same file may have been told of more than once.
            column.filename != row["filename"],
            column.sha256 != "",
        )
        .order_by(column.id.desc())
        .limit(4 * most)
    )
    found = {one[0]: one[1] for one in connection.execute(query)}
    return sorted(found.items(), key=lambda one: one[1].endswith(".whl"))[:most]


def before(connection: Connection, row: RowMapping) -> RowMapping | None:
    """Return the upload of another version of a project that came before one.

    Of the same kind of file, where there is one; it may still be under way.
    """
    column = uploads.c
    query = (
        select(column.sha256, column.filename, column.version, column.state)
        .where(
            column.ecosystem == row["ecosystem"],
            column.project == row["project"],
            column.version != row["version"],
            column.id < row["id"],
            column.sha256 != "",
            column.state.in_(["waiting", "queued", "working", "done"]),
        )
        .order_by(column.id.desc())
        .limit(50)
    )
    rows = connection.execute(query).mappings().all()
    wheel = row["filename"].endswith(".whl")
    alike = [one for one in rows if one["filename"].endswith(".whl") == wheel]
    return next(iter([*alike, *rows]), None)
