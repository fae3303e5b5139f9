"""Cases and what people do with them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from litestar import delete, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct
from sqlalchemy import select

from antivenom.errors import TargetError
from antivenom.service import casework
from antivenom.service.access.guards import needs, who
from antivenom.service.access.middleware import address
from antivenom.service.api.asking import Asked, Closed, Most, Number, Text
from antivenom.service.casework import CaseRow, Comment, Counts, Decision, Suppressed, Wanted
from antivenom.service.casework.queueing import Page
from antivenom.service.casework.rows import some_cases
from antivenom.service.casework.suppressing import suppress
from antivenom.store.schema_cases import case_reviews

Key = Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00-\\x1f]+$")]
Words = Annotated[str, Meta(max_length=2000, pattern="^[^\\x00]*$")]
Kind = Literal["", "malware", "dependency-confusion", "spam", "policy"]


class FileOfCase(Struct, frozen=True, kw_only=True):
    """A file of a case, and its review."""

    review: str
    sha256: str
    filename: str
    verdict: str
    score: float
    reason: str
    current: bool


class Case(Struct, frozen=True, kw_only=True):
    """Everything about a case but the source."""

    case: CaseRow
    files: tuple[FileOfCase, ...]
    decisions: tuple[Decision, ...]
    comments: tuple[Comment, ...]


class Ruling(Closed, frozen=True, kw_only=True):
    """What somebody decides."""

    decision: Literal["malicious", "not-malicious", "unsure"]
    key: Key
    """Chosen by the client: sent twice, it decides once."""
    reason: Words = ""
    """Needed unless it is malicious."""
    kind: Kind = ""


class Undoing(Closed, frozen=True, kw_only=True):
    """What somebody takes back."""

    key: Key
    reason: Words = ""


class Remark(Closed, frozen=True, kw_only=True):
    """What somebody says."""

    text: Annotated[str, Meta(min_length=1, max_length=2000, pattern="^[^\\x00]*$")]


class Suppressing(Closed, frozen=True, kw_only=True):
    """A finding nobody wants to see again in this very content."""

    rule: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[a-z0-9/.-]+$")]
    member: Words
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    reason: Annotated[str, Meta(min_length=1, max_length=2000, pattern="^[^\\x00]*$")]
    expires: datetime.date


class Made(Struct, frozen=True, kw_only=True):
    """The number of what was made."""

    id: int


def _act(request: Asked) -> dict[str, Any]:
    """Return who acts, when and from where, as casework asks."""
    now = request.app.state.clock.now()
    return {"author": who(request).name, "now": now, "address": address(request)}


@get("/cases", guards=[needs("read")], summary="The queue", tags=["cases"], sync_to_thread=True)
def find(
    request: Asked,
    view: FromQuery[Literal["review", "second", "unread", "decided"]] = "review",
    verdict: FromQuery[Literal["", "malicious", "suspicious", "inconclusive", "clean"]] = "",
    ecosystem: FromQuery[Literal["", "pypi", "npm", "crates", "maven"]] = "",
    kind: FromQuery[Kind] = "",
    rule: Text = "",
    campaign: Text = "",
    holder: Text = "",
    text: Text = "",
    after: Text = "",
    most: Most = 40,
) -> Page:
    """Return cases as the console shows them: ranked, a campaign as one entry."""
    wanted = Wanted(
        view=view,
        verdict=verdict,
        ecosystem=ecosystem,
        kind=kind,
        rule=rule,
        campaign=campaign,
        holder=holder,
        text=text,
        after=after,
        most=most,
    )
    with request.app.state.store.reading() as connection:
        return casework.queue(connection, wanted)


@get(
    "/cases/counts",
    guards=[needs("read")],
    summary="How much there is to do",
    tags=["cases"],
    sync_to_thread=True,
)
def counts(request: Asked) -> Counts:
    """Return how many cases each view has."""
    with request.app.state.store.reading() as connection:
        return casework.counts(connection)


@get(
    "/cases/{number:int}",
    guards=[needs("read")],
    summary="One case",
    tags=["cases"],
    sync_to_thread=True,
)
def show(request: Asked, number: Number) -> Case:
    """Return a case with its files, decisions and comments."""
    with request.app.state.store.reading() as connection:
        found = some_cases(connection, [number]).get(number)
        if found is None:
            raise TargetError(f"there is no case {number}")
        table = case_reviews
        query = select(table).where(table.c.case == number)
        rows = connection.execute(query.order_by(table.c.score.desc(), table.c.review)).mappings()
        names = FileOfCase.__struct_fields__
        files = [{name: row[name] for name in names} for row in rows]
        return Case(
            case=found,
            files=tuple(FileOfCase(**one | {"current": bool(one["current"])}) for one in files),
            decisions=tuple(casework.history(connection, number)),
            comments=tuple(casework.comments_of(connection, number)),
        )


@post(
    "/cases/{number:int}/decisions",
    guards=[needs("decide")],
    summary="Decide a case",
    tags=["decisions"],
    sync_to_thread=True,
)
def decide(request: Asked, number: Number, data: JSONBody[Ruling]) -> Decision:
    """Rule on a case; 409 when somebody else did so first."""
    with request.app.state.store.writing() as connection:
        return casework.decide(
            connection,
            number,
            data.decision,
            reason=data.reason,
            kind=data.kind,
            key=data.key,
            via="api",
            **_act(request),
        )


@post(
    "/decisions/{number:int}/undo",
    guards=[needs("decide")],
    summary="Take a decision back",
    tags=["decisions"],
    sync_to_thread=True,
)
def undo(request: Asked, number: Number, data: JSONBody[Undoing]) -> Decision:
    """Take the decision in force back; the one before it holds again, or the case is open."""
    with request.app.state.store.writing() as connection:
        return casework.undo(
            connection, number, key=data.key, reason=data.reason, via="api", **_act(request)
        )


@post(
    "/cases/{number:int}/comments",
    guards=[needs("decide")],
    summary="Say something about a case",
    tags=["cases"],
    sync_to_thread=True,
)
def comment(request: Asked, number: Number, data: JSONBody[Remark]) -> Made:
    """Add a comment."""
    with request.app.state.store.writing() as connection:
        return Made(id=casework.comment(connection, number, data.text, **_act(request)))


@post(
    "/cases/{number:int}/hold",
    guards=[needs("decide")],
    status_code=204,
    summary="Take a case",
    tags=["cases"],
    sync_to_thread=True,
)
def hold(
    request: Asked,
    number: Number,
    take: Annotated[bool, QueryParameter(description="also from somebody else")] = False,
) -> None:
    """Say that one works on a case; 409 when somebody else does."""
    with request.app.state.store.writing() as connection:
        casework.hold(connection, number, take=take, **_act(request))


@delete(
    "/cases/{number:int}/hold",
    guards=[needs("decide")],
    summary="Let go of a case",
    tags=["cases"],
    sync_to_thread=True,
)
def release(request: Asked, number: Number) -> None:
    """Let go of a case one holds; of somebody else's, nothing happens."""
    with request.app.state.store.writing() as connection:
        casework.release(connection, number, **_act(request))


@get(
    "/suppressions",
    guards=[needs("read")],
    summary="What is suppressed",
    tags=["suppressions"],
    sync_to_thread=True,
)
def suppressed(request: Asked, ended: FromQuery[bool] = False) -> list[Suppressed]:
    """Return suppressions in force, or all there ever were."""
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        return casework.suppressed(connection, now, all=ended)


@post(
    "/suppressions",
    guards=[needs("decide")],
    summary="Suppress a finding",
    tags=["suppressions"],
    sync_to_thread=True,
)
def add_suppression(request: Asked, data: JSONBody[Suppressing]) -> Made:
    """Let a finding in this content open no case any more; reviews stay as they are."""
    with request.app.state.store.writing() as connection:
        made = suppress(
            connection,
            rule=data.rule,
            member=data.member,
            sha256=data.sha256,
            reason=data.reason,
            expires=data.expires,
            **_act(request),
        )
    return Made(id=made)


@delete(
    "/suppressions/{number:int}",
    guards=[needs("decide")],
    summary="End a suppression",
    tags=["suppressions"],
    sync_to_thread=True,
)
def end_suppression(request: Asked, number: Number) -> None:
    """End a suppression today."""
    with request.app.state.store.writing() as connection:
        casework.unsuppress(connection, number, **_act(request))


ROUTES: Sequence[ControllerRouterHandler] = (
    find,
    counts,
    show,
    decide,
    undo,
    comment,
    hold,
    release,
    suppressed,
    add_suppression,
    end_suppression,
)
