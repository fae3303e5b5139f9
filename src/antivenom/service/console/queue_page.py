"""The queue: what a person should look at next, with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, get
from litestar.response import Response
from sqlalchemy import Connection, func, select

from antivenom.model.moments import stamp
from antivenom.service import casework
from antivenom.service.access.guards import needs
from antivenom.service.casework import Wanted
from antivenom.service.casework.queueing import VIEWS, View
from antivenom.service.console.rendering import HEADERS, link, page
from antivenom.store.schema_cases import cases
from antivenom.store.schema_uploads import feeds, reviews, uploads

Asked = Request[Any, Any, Any]
_FILTERS = ("verdict", "ecosystem", "activation", "kind", "rule", "holder", "text")
_MOST_ROWS = 100


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """What the script asks for again and again."""

    review: int
    second: int
    unread: int
    newest: int
    """Id of the newest case, to say that there are more now."""
    holders: dict[str, str]
    """Case -> who holds it, of those asked for."""
    states: dict[str, str]
    """Case -> open, decided ..., of those asked for."""
    at: str


@get("/", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def queue(request: Asked) -> Response[str]:
    """Show a page of the queue."""
    wanted = wanted_of(request.query_params)
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        found = casework.queue(connection, wanted)
        counts = casework.counts(connection)
        newest = _newest(connection)
        nothing = None if found.groups else _nothing(connection)
    given = filters(wanted)
    return page(
        request,
        "queue.html",
        groups=found.groups,
        counts=counts,
        wanted=wanted,
        views=VIEWS,
        newest=newest,
        filtered=any(value for name, value in given.items() if name != "view"),
        more=link("/", **given, after=found.next) if found.next else "",
        within=link("", **given)[1:],
        given=given,
        holder=lambda one: casework.holder(one, now),
        nothing=nothing,
    )


@get("/live", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def live(request: Asked) -> Response[bytes]:
    """Say what changed, for pages that are open."""
    now = request.app.state.clock.now()
    asked = request.query_params.get("cases", "")[:2000].split(",")
    ids = [int(one) for one in asked if one.isascii() and one.isdigit() and len(one) < 16]
    with request.app.state.store.reading() as connection:
        counts = casework.counts(connection)
        rows = casework.some_cases(connection, ids[:_MOST_ROWS])
        newest = _newest(connection)
    said = Live(
        review=counts.review,
        second=counts.second,
        unread=counts.unread,
        newest=newest,
        holders={str(id): casework.holder(one, now) for id, one in rows.items()},
        states={str(id): one.state for id, one in rows.items()},
        at=stamp(now),
    )
    return Response(msgspec.json.encode(said), media_type="application/json", headers=HEADERS)


def wanted_of(asked: Mapping[str, str]) -> Wanted:
    """Return what a page's address asks for; a view nobody knows is the first."""
    given: dict[str, Any] = {
        name: asked.get(name, "")[:200].strip() for name in (*_FILTERS, "campaign", "decision")
    }
    view: View = next((one for one in VIEWS if one == asked.get("view", "")), "review")
    return Wanted(view=view, after=asked.get("after", "")[:80], **given)


def filters(wanted: Wanted) -> dict[str, str]:
    """Return what an address says of a queue; ours to put into links, "" for the whole of it."""
    given = {name: getattr(wanted, name) for name in (*_FILTERS, "campaign", "decision")}
    return {"view": wanted.view if wanted.view != "review" else "", **given}


def within(query: str) -> Wanted:
    """Return the queue that a form was sent from, as `link` wrote it."""
    return wanted_of(dict(parse_qsl(query[:3_000])))


def next_after(connection: Connection, case: int, now: Any, wanted: Wanted) -> int | None:  # noqa: ANN401
    """Return the case a person should see next who is done with one: nobody holds it.

    It is from the queue as they filtered it; nobody is led on through what was decided.
    """
    view = wanted.view if wanted.view != "decided" else "review"
    wanted = msgspec.structs.replace(wanted, view=view, after="", decision="", most=10)
    page = casework.queue(connection, wanted)
    for group in page.groups:
        if group.first.id != case and not casework.holder(group.first, now):
            return group.first.id
    return None


def _newest(connection: Connection) -> int:
    return connection.scalar(select(func.max(cases.c.id)).where(cases.c.state == "open")) or 0


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """What an empty queue tells."""

    uploads: int
    reviews: bool
    last: str
    following: tuple[str, ...]


def _nothing(connection: Connection) -> Nothing:
    last = connection.scalar(select(func.max(reviews.c.made_at))) or ""
    return Nothing(
        uploads=connection.scalar(select(func.max(uploads.c.id))) or 0,
        reviews=bool(last),
        last=last,
        following=tuple(connection.scalars(select(feeds.c.name).order_by(feeds.c.name))),
    )


HANDLERS = [queue, live]
