"""How the service is doing, on one page."""

from __future__ import annotations

import datetime
from contextlib import suppress
from typing import Any, NamedTuple

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Response
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from antivenom.service import casework, health, jobs, overview
from antivenom.service.access.guards import needs
from antivenom.service.console.rendering import page
from antivenom.service.overview import Day
from antivenom.store import Store

Asked = Request[Any, Any, Any]
_VERDICTS = ("malicious", "suspicious", "inconclusive")
_WIDTH, _HEIGHT, _GAP, _LEFT, _FOOT = 720.0, 150.0, 6.0, 34.0, 18.0
_DAYS = 14
_KEPT_SECONDS = 20.0


class Bar(NamedTuple):
    """A part of a column of a chart."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    said: str


class Chart(NamedTuple):
    """Columns by day, drawn by the template."""

    bars: list[Bar]
    labels: list[tuple[float, str]]
    lines: list[tuple[float, str]]
    width: float
    height: float


@get("/overview", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def show(request: Asked) -> Response[str]:
    """Show what came, how fast and how right it was, and what is stuck."""
    state = request.app.state
    now = state.clock.now()
    with state.store.reading() as connection:
        values = {**_figures(connection, state, now), **_queues(connection)}
    days = values["days"]
    user = request.scope.get("user")
    return page(
        request,
        "overview.html",
        checks=health.examine(state.store, state.settings, now).checks,
        all=chart(days, ("malicious", "suspicious", "inconclusive", "clean")),
        flagged=chart(days, _VERDICTS),
        may=bool(user is not None and user.may("submit")),
        **values,
    )


def _figures(connection: Connection, state: State, now: datetime.datetime) -> dict[str, Any]:
    """Return what is counted over weeks; it need not be counted for everybody who looks."""
    kept: tuple[float, dict[str, Any]] | None = state.get("overview_figures")
    if kept is not None and state.clock.monotonic() - kept[0] < _KEPT_SECONDS:
        return kept[1]
    figures = _counted(connection, now)
    state["overview_figures"] = (state.clock.monotonic(), figures)
    return figures


def _counted(connection: Connection, now: datetime.datetime) -> dict[str, Any]:
    return {
        "days": overview.days(connection, now, most=_DAYS),
        "latency": overview.latency(connection, now),
        "people": overview.accuracy(connection, now, by="people"),
        "engine": overview.accuracy(connection, now, by="engine"),
        "rules": overview.rules(connection, now),
        "missed": overview.missed(connection, now),
    }


def _queues(connection: Connection) -> dict[str, Any]:
    return {
        "counts": casework.counts(connection),
        "depths": jobs.stats(connection),
        "stuck": overview.stuck(connection),
    }


def prepare(store: Store, now: datetime.datetime) -> None:
    """Ask what the page asks, so that nobody's first look waits for SQL to be made.

    A database that does not answer is no reason not to start: `/ready` says so.
    """
    with suppress(SQLAlchemyError), store.reading() as connection:
        _counted(connection, now)
        _queues(connection)


def chart(days: list[Day], kinds: tuple[str, ...]) -> Chart:
    """Return the columns of days, one part for each kind of verdict, the worst at the bottom."""
    most = max((sum(day.verdicts.get(k, 0) for k in kinds) for day in days), default=0)
    top = _round(most)
    room = _HEIGHT - _FOOT - 8
    step = (_WIDTH - _LEFT) / max(len(days), 1)
    bars: list[Bar] = []
    for n, day in enumerate(days):
        floor = 8 + room
        for kind in kinds:
            number = day.verdicts.get(kind, 0)
            height = room * number / top if number else 0.0
            if number:
                # One of ten thousand is still somebody's case: it must be seen.
                height = max(height, 1.5)
                x = _LEFT + n * step + _GAP / 2
                said = f"{day.day}: {number:,} {kind}"
                bars.append(Bar(kind, x, floor - height, step - _GAP, height, said))
            floor -= height
    labels = [(_LEFT + n * step + step / 2, day.day[8:].lstrip("0")) for n, day in enumerate(days)]
    lines = [(8 + room * (1 - part), f"{top * part:,.0f}") for part in (0.5, 1.0)]
    return Chart(bars, labels, lines, _WIDTH, _HEIGHT)


def _round(most: int) -> float:
    """Return a round number that is at least `most`."""
    size = 1
    while size * 10 <= most:
        size *= 10
    return next(float(n * size) for n in (1, 2, 4, 6, 8, 10) if n * size >= most) if most else 2.0


HANDLERS = [show]
