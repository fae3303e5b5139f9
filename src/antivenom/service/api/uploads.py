"""Handing in what is to be reviewed, and asking what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter, RawBody
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct
from sqlalchemy import Connection, select

from antivenom.catalog.purls import normal_name
from antivenom.errors import TargetError, UsageError
from antivenom.model.label import Metadata
from antivenom.model.moments import stamp
from antivenom.service import audit, priorities
from antivenom.service import uploads as record
from antivenom.service.access.guards import needs, who
from antivenom.service.access.middleware import address
from antivenom.service.api.asking import PLAIN, After, Asked, Closed, Most, Number, Text
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival
from antivenom.store.blobs import Blobs
from antivenom.store.schema_uploads import uploads

Registry = Literal["pypi", "npm"]
Name = Annotated[str, Meta(min_length=1, max_length=300, pattern="^[^\\x00-\\x20\\x7f]+$")]
_Name = Annotated[
    str, QueryParameter(min_length=1, max_length=300, pattern="^[^\\x00-\\x20\\x7f]+$")
]
Line = Annotated[str, Meta(max_length=300, pattern=PLAIN)]
FileName = Annotated[str, Meta(min_length=1, max_length=300, pattern="^[^\\x00-\\x1f\\x7f/\\\\]+$")]
_FileName = Annotated[
    str, PathParameter(min_length=1, max_length=300, pattern="^[^\\x00-\\x1f\\x7f/\\\\]+$")
]

State = Literal["", "waiting", "queued", "working", "done", "gone", "dead"]


class Submitted(Closed, frozen=True, kw_only=True):
    """An upload to review, whose bytes lie at a registry."""

    ecosystem: Registry
    project: Name
    version: Name
    filename: FileName
    url: Annotated[str, Meta(max_length=2000)]
    """Where its bytes are; the host must be one this service fetches from."""
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """What the bytes must be."""
    serial: Annotated[int, Meta(ge=0, le=2**53)] = 0
    """The registry's number of the event, where it has one: twice handed in is once."""
    size: Annotated[int, Meta(ge=0, le=2**53)] = 0
    publisher: Line = ""
    uploaded_at: Annotated[str, Meta(max_length=40, pattern="^[0-9TZ:+. -]*$")] = ""
    source: Literal["api", "registry"] = "api"
    """``registry`` when the registry itself asks."""
    declared: Metadata | None = None
    """Metadata as the registry serves it, to be compared with what the file holds."""


class Upload(Struct, frozen=True, kw_only=True):
    """One file that arrived."""

    id: int
    ecosystem: str
    project: str
    version: str
    filename: str
    source: str
    sha256: str
    purl: str
    size: int
    publisher: str
    uploaded_at: str
    seen_at: str
    state: str
    """waiting, queued or working; done, gone (taken back first) or dead (tried often enough)."""
    attempts: int
    problem: str
    review: str
    """Id of the newest review; "" while there is none."""
    verdict: str
    reviewed_at: str
    latency: float
    """Seconds from seen to verdict."""


class Uploads(Struct, frozen=True, kw_only=True):
    """A page of uploads, the newest first."""

    uploads: tuple[Upload, ...]
    next: int = 0
    """For `after`; 0 when this is the last page."""


_COLUMNS = [uploads.c[name] for name in Upload.__struct_fields__ if name != "verdict"]


def routes(settings: Settings) -> Sequence[ControllerRouterHandler]:
    """Return the routes; how large a file may be is a setting."""

    @put(
        "/files/{filename:str}",
        guards=[needs("submit")],
        status_code=202,
        request_max_body_size=settings.submitted_bytes,
        summary="Hand in a file",
        tags=["uploads"],
    )
    async def hand_in(
        request: Asked,
        filename: _FileName,
        ecosystem: FromQuery[Registry],
        project: _Name,
        version: _Name,
        body: RawBody,
    ) -> Upload:
        """Keep the bytes, sealed, and review them; the same file twice is one upload."""
        from anyio.to_thread import run_sync

        arrival = Arrival(
            ecosystem=ecosystem,
            project=project,
            version=version,
            filename=filename,
            source="api",
            size=len(body),
            location="blob:",
            priority=priorities.ASKED,
        )
        return await run_sync(_kept, request, arrival, body)

    return [hand_in, submit, show, find, retry]


def _kept(request: Asked, arrival: Arrival, body: bytes) -> Upload:
    if not body:
        raise UsageError("the file is empty")
    sha256 = Blobs(request.app.state.settings.blobs_url).put(body)
    return _recorded(request, msgspec.structs.replace(arrival, sha256=sha256))


@post(
    "/uploads",
    guards=[needs("submit")],
    status_code=202,
    summary="Hand in an upload by its URL",
    tags=["uploads"],
    sync_to_thread=True,
)
def submit(request: Asked, data: JSONBody[Submitted]) -> Upload:
    """Review a file that lies at a registry; the same one twice is one upload."""
    may_fetch(data.url, request.app.state.settings)
    return _recorded(
        request,
        Arrival(
            ecosystem=data.ecosystem,
            project=data.project,
            version=data.version,
            filename=data.filename,
            serial=data.serial,
            source=data.source,
            sha256=data.sha256,
            size=data.size,
            location=data.url,
            uploaded_at=data.uploaded_at,
            publisher=data.publisher,
            declared=data.declared,
            priority=priorities.ASKED,
        ),
    )


@get(
    "/uploads/{number:int}",
    guards=[needs("read")],
    summary="What became of an upload",
    tags=["uploads"],
    sync_to_thread=True,
)
def show(request: Asked, number: Number) -> Upload:
    """Return an upload with its state and verdict."""
    with request.app.state.store.reading() as connection:
        return _one(connection, number)


@get(
    "/uploads",
    guards=[needs("read")],
    summary="Find uploads",
    tags=["uploads"],
    sync_to_thread=True,
)
def find(
    request: Asked,
    in_state: Annotated[
        Literal["", "waiting", "queued", "working", "done", "gone", "dead"],
        QueryParameter(name="state"),
    ] = "",
    project: Text = "",
    sha256: Text = "",
    after: After = 0,
    most: Most = 100,
) -> Uploads:
    """Return uploads, the newest first; those that died are `state=dead`."""
    query = select(uploads.c.id).order_by(uploads.c.id.desc()).limit(most + 1)
    for name, value in (("state", in_state), ("project", project), ("sha256", sha256)):
        if value:
            query = query.where(uploads.c[name] == value)
    if after:
        query = query.where(uploads.c.id < after)
    with request.app.state.store.reading() as connection:
        ids = list(connection.scalars(query))
        found = _some(connection, ids[:most])
    return Uploads(uploads=tuple(found), next=ids[most - 1] if len(ids) > most else 0)


@post(
    "/uploads/{number:int}/retry",
    guards=[needs("submit")],
    status_code=202,
    summary="Review an upload once more",
    tags=["uploads"],
    sync_to_thread=True,
    responses={409: ResponseSpec(None, generate_examples=False, description="under way already")},
)
def retry(request: Asked, number: Number) -> Response[Upload]:
    """Put an upload back, a dead one too; one that waits or is under way stays as it is."""
    state, now = request.app.state, request.app.state.clock.now()
    with state.store.writing() as connection:
        _one(connection, number)
        put = record.requeue(connection, [number], stamp(now), priority=priorities.ASKED)
        person = who(request).name
        audit.record(
            connection,
            person,
            "upload.retry",
            f"upload:{number}",
            now=now,
            address=address(request),
        )
        found = _one(connection, number)
    return Response(found, status_code=202 if put else 409)


def may_fetch(url: str, settings: Settings) -> None:
    """Raise `UsageError` unless a URL names a host the service was told to fetch from.

    The worker checks again. A host that is allowed is trusted with its redirects.
    """
    try:
        parts = urlsplit(url)
        named = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        raise UsageError("url is not an address") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if parts.scheme not in ("http", "https") or not named or not plain:
        raise UsageError("url is not an address")
    if parts.username is not None or parts.password is not None:
        raise UsageError("url holds a password")
    if named.lower() not in {host.lower() for host in settings.fetch_hosts}:
        raise UsageError(
            f"this service does not fetch from {named}", hint="see the setting fetch-hosts"
        )


def _recorded(request: Asked, arrival: Arrival) -> Upload:
    state, now = request.app.state, request.app.state.clock.now()
    # However a client spells a project, it is the registry's one.
    name = normal_name(arrival.ecosystem, arrival.project)
    arrival = msgspec.structs.replace(arrival, project=name)
    with state.store.writing() as connection:
        number = record.record(connection, arrival, stamp(now))
        detail = {"purl": arrival.coordinate.purl, "sha256": arrival.sha256}
        what = f"upload:{number}"
        person = who(request).name
        audit.record(
            connection, person, "upload.submit", what, detail, now=now, address=address(request)
        )
        return _one(connection, number)


def _one(connection: Connection, number: int) -> Upload:
    found = _some(connection, [number])
    if not found:
        raise TargetError(f"there is no upload {number}")
    return found[0]


def _some(connection: Connection, ids: Sequence[int]) -> list[Upload]:
    from antivenom.store.schema_uploads import reviews

    query = (
        select(*_COLUMNS, reviews.c.verdict)
        .outerjoin(reviews, reviews.c.id == uploads.c.review)
        .where(uploads.c.id.in_(ids))
        .order_by(uploads.c.id.desc())
    )
    return [_upload(dict(row)) for row in connection.execute(query).mappings()] if ids else []


def _upload(row: dict[str, Any]) -> Upload:
    return Upload(**{**row, "verdict": row["verdict"] or ""})
