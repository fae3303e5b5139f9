"""Verdicts: found by project, file or verdict, and each in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from litestar import Response, get
from litestar.params import FromQuery, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Struct
from sqlalchemy import and_, or_, select

from antivenom.errors import TargetError, UsageError
from antivenom.report.json import as_object
from antivenom.service import reviews as record
from antivenom.service.access.guards import needs
from antivenom.service.api.asking import Asked, Most, Sha256, Text
from antivenom.store.schema_uploads import reviews


class ReviewRow(Struct, frozen=True, kw_only=True):
    """A review as lists show it."""

    id: str
    sha256: str
    purl: str
    ecosystem: str
    project: str
    version: str
    filename: str
    size: int
    verdict: str
    kind: str
    score: float
    reason: str
    activation: str
    findings: int
    made_at: str
    took_ms: int
    blocked: str
    engine: str
    rulebook: str


class Reviews(Struct, frozen=True, kw_only=True):
    """A page of reviews, the newest first."""

    reviews: tuple[ReviewRow, ...]
    next: str = ""
    """For `after`; "" when this is the last page."""


_COLUMNS = [reviews.c[name] for name in ReviewRow.__struct_fields__]
_EQUAL = ("ecosystem", "project", "version", "purl", "sha256", "verdict")


@get(
    "/reviews",
    guards=[needs("read")],
    summary="Find reviews",
    tags=["reviews"],
    sync_to_thread=True,
)
def find(
    request: Asked,
    ecosystem: FromQuery[Literal["", "pypi", "npm", "crates", "maven"]] = "",
    project: Text = "",
    version: Text = "",
    purl: Text = "",
    sha256: Text = "",
    verdict: FromQuery[Literal["", "malicious", "suspicious", "inconclusive", "clean"]] = "",
    after: Annotated[
        str, QueryParameter(max_length=120, description="`next` of the page before")
    ] = "",
    most: Most = 100,
) -> Reviews:
    """Return reviews, the newest first. One file may have several: rules change, verdicts stay."""
    given = (ecosystem, project, version, purl, sha256, verdict)
    query = select(*_COLUMNS).order_by(reviews.c.made_at.desc(), reviews.c.id.desc())
    for name, value in zip(_EQUAL, given, strict=True):
        if value:
            query = query.where(reviews.c[name] == value)
    if after:
        at, _, key = after.partition("~")
        if not key:
            raise UsageError("this page does not exist")
        earlier = and_(reviews.c.made_at == at, reviews.c.id < key)
        query = query.where(or_(reviews.c.made_at < at, earlier))
    with request.app.state.store.reading() as connection:
        rows = connection.execute(query.limit(most + 1)).mappings().all()
    found = [ReviewRow(**row) for row in rows[:most]]
    last = f"{found[-1].made_at}~{found[-1].id}" if len(rows) > most else ""
    return Reviews(reviews=tuple(found), next=last)


@get(
    "/reviews/{key:str}",
    guards=[needs("read")],
    summary="One review in full",
    tags=["reviews"],
    sync_to_thread=True,
)
def show(request: Asked, key: Sha256) -> Response[dict[str, Any]]:
    """Return a review as `antivenom review --format json` prints it."""
    with request.app.state.store.reading() as connection:
        found = record.load(connection, key)
    if found is None:
        raise TargetError("there is no such review")
    return Response(as_object(found))


ROUTES: Sequence[ControllerRouterHandler] = (find, show)
