"""A case, or a review without one: the verdict, its reasons, the evidence, what surrounds it."""

from __future__ import annotations

import secrets
from typing import Any

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Response
from markupsafe import Markup

from antivenom.errors import TargetError
from antivenom.report import html_changes, words
from antivenom.service import audit, casework, observations
from antivenom.service.access.guards import needs
from antivenom.service.casework import Dossier, dossier
from antivenom.service.console import evidence, file_page, inspecting
from antivenom.service.console.queue_page import filters, next_after, wanted_of
from antivenom.service.console.rendering import link, page, to

Asked = Request[Any, Any, Any]
_SAME_KEYS = 200


@get("/cases/{case:int}", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def one_case(request: Asked, case: FromPath[int], review: FromQuery[str] = "") -> Response[str]:
    """Show a case and one of its files."""
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        try:
            found = casework.case(connection, case, review=review[:64], now=now)
        except TargetError as error:
            raise NotFoundException(str(error)) from None
        acts = audit.latest(connection, object=f"case:{case}", most=50)
        following = next_after(connection, case, now, wanted_of(request.query_params))
        told = observations.some(connection, case=case, most=5)
    assert found.case is not None
    return _page(request, found, acts=acts, following=following, told=told)


@get("/reviews/{id:str}", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def one_review(request: Asked, id: FromPath[str]) -> Response[Any]:
    """Show a review; where a case has it, in its case."""
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        case = dossier.case_of(connection, id[:64])
        if case is not None:
            return to(f"/cases/{case}?review={id[:64]}")
        try:
            found = dossier.review(connection, id[:64], now=now)
        except TargetError as error:
            raise NotFoundException(str(error)) from None
    return _page(request, found, acts=[], following=None, told=[])


@get("/cases/{case:int}/next", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def following_case(request: Asked, case: FromPath[int]) -> Response[None]:
    """Go to what is next in the queue."""
    with request.app.state.store.reading() as connection:
        wanted = wanted_of(request.query_params)
        found = next_after(connection, case, request.app.state.clock.now(), wanted)
    return to(link(f"/cases/{found}" if found else "/", **filters(wanted)))


def _page(
    request: Asked,
    found: Dossier,
    *,
    acts: list[audit.Act],
    following: int | None,
    told: list[observations.Action],
) -> Response[str]:
    now = request.app.state.clock.now()
    review = found.review
    places = inspecting.places(found)
    kept = inspecting.kept(request, found)
    holder = casework.holder(found.case, now) if found.case else ""
    user = request.scope.get("user")
    changes = review.changes
    given = filters(wanted_of(request.query_params))
    together = [one for one in found.campaign if one.state in ("open", "unsure")]
    return page(
        request,
        "case.html",
        d=found,
        case=found.case,
        review=review,
        evidence=evidence.evidence(
            review,
            found.members,
            found.suppressed,
            places,
            _files(found) if kept else evidence.nowhere,
        ),
        changes=Markup(html_changes.section(changes)) if changes else "",  # noqa: S704  ours
        reads=words.read(review.coverage),
        problems=sorted(review.coverage.problems, key=lambda one: not one.blocking)[:200],
        holder=holder,
        may=bool(user is not None and user.may("decide")),
        key=secrets.token_urlsafe(16),
        standing=_standing(found),
        acts=acts,
        told=told,
        together=together[:_SAME_KEYS],
        following=following,
        given=given,
        within=link("", **given)[1:],
        kept=kept,
        suppress_days=90,
    )


def _files(found: Dossier) -> evidence.FileAt:
    numbers = file_page.evident(found.review)
    return lambda member, line: file_page.address_of(found.shown.review, numbers[member], line)


def _standing(found: Dossier) -> casework.Decision | None:
    gone = {one.undoes for one in found.decisions if one.decision == "undone"}
    said = [one for one in found.decisions if one.decision != "undone" and one.id not in gone]
    return said[-1] if said else None


HANDLERS = [one_case, one_review, following_case]
