"""Figures of operation for Prometheus: counted here, or read from the tables when asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Request, get
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.response import Response
from sqlalchemy import Connection, func, select

from antivenom.model.moments import moment, stamp
from antivenom.service.access.guards import allow, who
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.service.uploads import waiting_since
from antivenom.store import Store
from antivenom.store.schema_access import deliveries
from antivenom.store.schema_cases import actions, cases
from antivenom.store.schema_uploads import feeds, reviews, uploads, workers

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

_WINDOW = timedelta(hours=1)
_FRESH_SECONDS = 5.0
_LATENCIES = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
_MOST = 20_000


class Metrics:
    """The registry of one application, and what its middleware counts."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Count from zero."""
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry: CollectorRegistry = CollectorRegistry()
        self.registry.register(_Tables(store, settings, clock))
        self._requests = Counter(
            "antivenom_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "antivenom_http_seconds", "Time to answer.", ["route"], registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer; `route` is the pattern, so that there are few."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def page(self) -> bytes:
        """Return everything as Prometheus reads it."""
        from prometheus_client import generate_latest

        return generate_latest(self.registry)


class _Tables:
    """Reads the tables when asked, at most every few seconds."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        self._store, self._settings, self._clock = store, settings, clock
        self._kept: list[Metric] = []
        self._at = float("-inf")
        self._lock = threading.Lock()

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: a database that is not there must not stop the start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        with self._lock:
            if self._clock.monotonic() - self._at >= _FRESH_SECONDS:
                with self._store.reading() as connection:
                    self._kept = list(_figures(connection, self._settings, self._clock.now()))
                self._at = self._clock.monotonic()
            yield from self._kept


def _figures(connection: Connection, settings: Settings, now: datetime) -> Iterator[Metric]:
    gauge = _gauge
    rows = connection.execute(select(uploads.c.state, func.count()).group_by(uploads.c.state))
    yield gauge("uploads", "Uploads by state.", ("state",), rows)
    oldest = waiting_since(connection)
    waits = _since(oldest, now) if oldest else 0.0
    yield gauge("oldest_waiting_seconds", "Wait of the upload that waits longest.", (), [(waits,)])
    since = stamp(now - _WINDOW)
    recent = reviews.c.made_at >= since
    rows = connection.execute(
        select(reviews.c.verdict, func.count()).where(recent).group_by(reviews.c.verdict)
    )
    yield gauge("reviews_last_hour", "Reviews of the last hour by verdict.", ("verdict",), rows)
    yield from _latency(connection, since)
    rows = connection.execute(
        select(cases.c.state, cases.c.verdict, func.count())
        .where(cases.c.state.in_(("open", "unsure")))
        .group_by(cases.c.state, cases.c.verdict)
    )
    yield gauge("cases", "Cases that wait for a person.", ("state", "verdict"), rows)
    yield from _feeds(connection, now)
    seen = now.timestamp() - settings.dead_after_seconds
    alive = select(func.count(), func.coalesce(func.sum(workers.c.slots), 0))
    count, slots = connection.execute(alive.where(workers.c.seen >= seen)).one()
    yield gauge("workers", "Workers that are alive.", (), [(count,)])
    yield gauge("worker_slots", "Reviews they can do at a time.", (), [(slots,)])
    rows = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    yield gauge("deliveries", "Messages to webhooks by state.", ("state",), rows)
    rows = connection.execute(select(actions.c.state, func.count()).group_by(actions.c.state))
    yield gauge("actions", "Reports to registries by state.", ("state",), rows)


def _latency(connection: Connection, since: str) -> Iterator[Metric]:
    """Yield how long uploads of the last hour waited for their verdict."""
    query = (
        select(uploads.c.latency)
        .where(uploads.c.seen_at >= since, uploads.c.reviewed_at != "")
        .limit(_MOST)
    )
    found = sorted(connection.scalars(query))
    rows = [
        (str(share), found[min(len(found) - 1, int(len(found) * share))] if found else 0.0)
        for share in (0.5, 0.95, 0.99)
    ]
    about = "Seconds from seen to verdict, uploads of the last hour."
    yield _gauge("latency_seconds", about, ("quantile",), rows)
    rows = [(str(limit), float(sum(one <= limit for one in found))) for limit in _LATENCIES]
    about = "Uploads of the last hour that had their verdict within so many seconds."
    yield _gauge("latency_within", about, ("seconds",), rows)


def _feeds(connection: Connection, now: datetime) -> Iterator[Metric]:
    rows = connection.execute(select(feeds)).all()
    about = "Seconds since a registry answered."
    silent = [(row.name, _since(row.checked_at, now)) for row in rows]
    yield _gauge("feed_silent_seconds", about, ("feed",), silent)
    failures = [(row.name, row.failures) for row in rows]
    yield _gauge("feed_failures", "Failures of a feed in a row.", ("feed",), failures)
    cursors = [(row.name, row.cursor) for row in rows]
    yield _gauge("feed_cursor", "Serial that was read last.", ("feed",), cursors)


def _gauge(name: str, about: str, labels: tuple[str, ...], rows: Any) -> Metric:  # noqa: ANN401
    from prometheus_client.metrics_core import GaugeMetricFamily

    made = GaugeMetricFamily(f"antivenom_{name}", about, labels=labels)
    for row in rows:
        made.add_metric([str(one) for one in row[:-1]], float(row[-1]))
    return made


def _since(text: str, now: datetime) -> float:
    at = moment(text)
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def _may(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not connection.app.state.settings.open_metrics:
        allow(who(connection), "metrics")


@get(
    "/metrics",
    guards=[_may],
    summary="Figures for Prometheus",
    tags=["operation"],
    sync_to_thread=True,
    media_type="text/plain; version=0.0.4",
)
def metrics(request: Request[Any, Any, State]) -> Response[bytes]:
    """Return everything that is counted."""
    page = request.app.state.metrics.page()
    return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")
