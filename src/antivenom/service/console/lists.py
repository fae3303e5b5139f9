"""Lists: every review there is, what is silenced, what people did."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from antivenom.service import audit, casework
from antivenom.service.access.guards import needs
from antivenom.service.casework import finding
from antivenom.service.console.rendering import link, page

Asked = Request[Any, Any, Any]
_MOST = 60


@get("/reviews", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def reviews(
    request: Asked,
    q: FromQuery[str] = "",
    verdict: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """Find a review by project, file name or hash; the newest without a question."""
    asked = finding.Asked(text=q.strip()[:200], verdict=verdict[:20], before=before[:100])
    with request.app.state.store.reading() as connection:
        found, last = finding.find(connection, asked, most=_MOST)
    more = link("/reviews", q=q, verdict=verdict, before=last) if last else ""
    return page(
        request, "reviews.html", found=found, q=asked.text, verdict_asked=verdict, more=more
    )


@get("/suppressions", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def suppressions(request: Asked, all: FromQuery[str] = "") -> Response[str]:
    """Show what is silenced, or everything that ever was."""
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        found = casework.suppressed(connection, now, all=bool(all))
    user = request.scope.get("user")
    may = bool(user is not None and user.may("decide"))
    return page(request, "suppressions.html", found=found, all=bool(all), may=may)


@get("/audit", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def record(
    request: Asked, before: FromQuery[int] = 0, object: FromQuery[str] = ""
) -> Response[str]:
    """Show what people did, the newest first."""
    with request.app.state.store.reading() as connection:
        found = audit.latest(connection, object=object[:300], before=max(before, 0), most=_MOST + 1)
    last = found[_MOST - 1].id if len(found) > _MOST else 0
    more = link("/audit", before=last, object=object) if last else ""
    return page(request, "audit.html", found=found[:_MOST], object=object, more=more)


HANDLERS = [reviews, suppressions, record]
