"""What people do on the pages: each is a form, an act on record, and a page to go on with."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from litestar import Request, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath
from litestar.response import Response
from msgspec import Struct
from sqlalchemy import Connection

from antivenom.errors import ConflictError, TargetError, UsageError
from antivenom.service import audit, casework, jobs, observations
from antivenom.service.access.guards import needs
from antivenom.service.access.middleware import address
from antivenom.service.casework import dossier, opening, suppressing
from antivenom.service.console.queue_page import filters, next_after, within
from antivenom.service.console.rendering import link, to

Asked = Request[Any, Any, Any]
Answer = Response[None]
_FORM = Body(media_type=RequestEncodingType.URL_ENCODED)
_MAY = [needs("decide")]


class Ruling(Struct, frozen=True, kw_only=True):
    """The form that decides."""

    decision: str = ""
    kind: str = ""
    reason: str = ""
    key: str = ""
    then: str = "stay"
    """stay | next | queue"""
    cases: str = ""
    """Ids of what was on the screen, for a campaign."""
    within: str = ""
    """The queue it was sent from: its filters, as an address has them."""


class Words(Struct, frozen=True, kw_only=True):
    """A form with words."""

    text: str = ""
    key: str = ""
    then: str = ""
    take: str = ""
    within: str = ""


class Silence(Struct, frozen=True, kw_only=True):
    """The form that suppresses a finding in one file."""

    review: str = ""
    finding: int = -1
    member: int = -1
    """Position among the members the finding stands in."""
    reason: str = ""
    days: int = 90


@post("/cases/{case:int}/decide", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def decide(request: Asked, case: FromPath[int], data: Annotated[Ruling, _FORM]) -> Answer:
    """Rule on a case."""
    state, now = request.app.state, request.app.state.clock.now()
    try:
        with state.store.writing() as connection:
            made = casework.decide(
                connection,
                case,
                data.decision,
                reason=data.reason,
                kind=data.kind if data.decision == "malicious" else "",
                author=request.user.name,
                key=_key(request, data.key),
                now=now,
                address=address(request),
            )
            place = _onwards(connection, data, case, now)
    except (ConflictError, UsageError) as error:
        return _refused(case, error)
    return to(link(place, **_filters(data), done=data.decision, made=made.id))


@post("/campaigns/decide", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def decide_campaign(request: Asked, data: Annotated[Ruling, _FORM]) -> Answer:
    """Rule alike on cases that were shown together."""
    ids = [int(one) for one in data.cases.split(",") if one.isascii() and one.isdigit()]
    try:
        with request.app.state.store.writing() as connection:
            done, left = casework.decide_campaign(
                connection,
                ids,
                data.decision,
                reason=data.reason,
                kind=data.kind if data.decision == "malicious" else "",
                author=request.user.name,
                key=_key(request, data.key),
                now=request.app.state.clock.now(),
                address=address(request),
            )
    except (ConflictError, UsageError) as error:
        return _refused(ids[0] if ids else 0, error)
    counted = {"made": str(len(done)), "left": len(left), "batch": data.key[:80] if done else ""}
    return to(link("/", **_filters(data), done="campaign", **counted))


@post("/campaigns/undo", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def undo_campaign(request: Asked, data: Annotated[Words, _FORM]) -> Answer:
    """Take back what one form of this person ruled on a campaign."""
    try:
        with request.app.state.store.writing() as connection:
            made = casework.undo_campaign(
                connection,
                _key(request, data.key),
                author=request.user.name,
                now=request.app.state.clock.now(),
                address=address(request),
            )
    except UsageError:
        return to("/?done=refused")
    return to(link("/", done="unruled", made=str(len(made))))


@post("/decisions/{decision:int}/undo", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def undo(request: Asked, decision: FromPath[int], data: Annotated[Words, _FORM]) -> Answer:
    """Take a decision back."""
    try:
        with request.app.state.store.writing() as connection:
            made = casework.undo(
                connection,
                decision,
                author=request.user.name,
                key=_key(request, data.key or f"undo {decision}"),
                reason=data.text,
                now=request.app.state.clock.now(),
                address=address(request),
            )
    except ConflictError:
        return to("/?done=conflict")
    except TargetError as error:
        raise NotFoundException(str(error)) from None
    return to(link(f"/cases/{made.case}", done="undone"))


@post("/cases/{case:int}/hold", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def hold(request: Asked, case: FromPath[int], data: Annotated[Words, _FORM]) -> Answer:
    """Take a case, or let go of it."""
    who, now, where = request.user.name, request.app.state.clock.now(), address(request)
    try:
        with request.app.state.store.writing() as connection:
            if data.take == "no":
                casework.release(connection, case, author=who, now=now, address=where)
            else:
                take = data.take == "over"
                casework.hold(connection, case, author=who, now=now, take=take, address=where)
    except (ConflictError, UsageError) as error:
        return _refused(case, error)
    return to(link("/" if data.then == "queue" else f"/cases/{case}", **_filters(data)))


@post("/cases/{case:int}/comment", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def comment(request: Asked, case: FromPath[int], data: Annotated[Words, _FORM]) -> Answer:
    """Say something about a case."""
    who, now, where = request.user.name, request.app.state.clock.now(), address(request)
    try:
        with request.app.state.store.writing() as connection:
            casework.comment(connection, case, data.text, author=who, now=now, address=where)
    except UsageError as error:
        return _refused(case, error)
    return to(f"/cases/{case}#talk")


@post("/cases/{case:int}/suppress", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def suppress(request: Asked, case: FromPath[int], data: Annotated[Silence, _FORM]) -> Answer:
    """Silence a finding in one file, and show the case as it is without it."""
    now = request.app.state.clock.now()
    try:
        with request.app.state.store.writing() as connection:
            found = casework.case(connection, case, review=data.review, now=now)
            rule, member = _finding(found, data)
            suppressing.suppress(
                connection,
                rule=rule,
                member=member,
                sha256=found.members[member],
                reason=data.reason,
                author=request.user.name,
                expires=(now + datetime.timedelta(days=data.days)).date(),
                now=now,
                address=address(request),
            )
            opening.reconsider(connection, found.members[member], now)
    except (ConflictError, UsageError, OverflowError) as error:
        return _refused(case, error)
    return to(f"/cases/{case}?done=suppressed")


@post("/suppressions/{id:int}/end", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def unsuppress(request: Asked, id: FromPath[int], data: Annotated[Words, _FORM]) -> Answer:
    """End a suppression."""
    now = request.app.state.clock.now()
    who, where = request.user.name, address(request)
    try:
        with request.app.state.store.writing() as connection:
            sha256 = suppressing.bytes_of(connection, id)
            casework.unsuppress(connection, id, author=who, now=now, address=where)
            opening.reconsider(connection, sha256, now)
    except TargetError as error:
        raise NotFoundException(str(error)) from None
    return to("/suppressions?done=unsuppressed")


@post(
    "/uploads/{id:int}/retry",
    guards=[needs("submit")],
    sync_to_thread=True,
    include_in_schema=False,
)
def retry(request: Asked, id: FromPath[int]) -> Answer:
    """Try an upload again that was given up."""
    clock, where = request.app.state.clock, address(request)
    with request.app.state.store.writing() as connection:
        if not jobs.requeue(connection, [id], clock):
            raise NotFoundException(f"upload {id} is not there, or under way")
        what = f"upload:{id}"
        audit.record(
            connection, request.user.name, "upload.retry", what, now=clock.now(), address=where
        )
    return to("/overview?done=retried")


@post("/actions/{id:int}/{what:str}", guards=_MAY, sync_to_thread=True, include_in_schema=False)
def act(request: Asked, id: FromPath[int], what: FromPath[str]) -> Answer:
    """Let a report go out, or see to it that it never does."""
    doing = {"approve": observations.approve, "drop": observations.drop}.get(what)
    if doing is None:
        raise NotFoundException("a report is approved or dropped")
    try:
        with request.app.state.store.writing() as connection:
            case = observations.one(connection, id).case
            doing(connection, id, author=request.user.name, now=request.app.state.clock.now())
    except ConflictError:
        return to("/?done=conflict")
    except TargetError as error:
        raise NotFoundException(str(error)) from None
    return to(link(f"/cases/{case}", done="approved" if what == "approve" else "dropped"))


def _finding(found: dossier.Dossier, asked: Silence) -> tuple[str, str]:
    findings = found.review.findings
    if not 0 <= asked.finding < len(findings):
        raise UsageError("this review has no such finding")
    finding = findings[asked.finding]
    spans = dict.fromkeys(span.member for span in finding.spans)
    members = [one for one in spans if found.members.get(one)]
    if not 0 <= asked.member < len(members):
        raise UsageError("this finding stands in no such file")
    return finding.rule, members[asked.member]


def _key(request: Asked, sent: str) -> str:
    """Return the key of an act: two people never share one."""
    return f"console:{request.user.id}:{sent[:80]}" if sent else ""


def _onwards(connection: Connection, data: Ruling, case: int, now: datetime.datetime) -> str:
    if data.then == "next":
        following = next_after(connection, case, now, within(data.within))
        return f"/cases/{following}" if following else "/"
    return "/" if data.then == "queue" else f"/cases/{case}"


def _filters(data: Ruling | Words) -> dict[str, str]:
    return filters(within(data.within))


def _refused(case: int, error: Exception) -> Answer:
    if isinstance(error, TargetError):
        raise NotFoundException(str(error)) from None
    said = "conflict" if isinstance(error, ConflictError) else "refused"
    if str(error).startswith("say why"):
        said = "reason"
    return to(link(f"/cases/{case}" if case else "/", done=said))


HANDLERS = [
    decide,
    decide_campaign,
    undo_campaign,
    undo,
    hold,
    comment,
    suppress,
    unsuppress,
    retry,
    act,
]
