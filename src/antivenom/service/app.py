"""The service as one ASGI application: the console, the API, the endpoints of operation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from antivenom.service.clock import Clock, SystemClock
from antivenom.service.settings import Settings
from antivenom.store import Store

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.types import ControllerRouterHandler

_MOST_BYTES = 1 << 20
"""Of a request, where the route says nothing else."""


def make_app(
    store: Store, settings: Settings, clock: Clock | None = None, *, sending: bool = False
) -> Litestar:
    """Return the application. The store stays the caller's, who closes it.

    With `sending`, webhooks and reports go out while it runs.
    """
    from litestar import Litestar
    from litestar.datastructures import State

    from antivenom.service import openapi, problems
    from antivenom.service.access.cookies import secure
    from antivenom.service.access.middleware import Door
    from antivenom.service.console import overview_page, rendering
    from antivenom.service.metrics import Metrics
    from antivenom.service.outbox import Outbox
    from antivenom.service.viewing import Viewer
    from antivenom.service.watching import Watch

    clock = clock or SystemClock()
    metrics = Metrics(store, settings, clock)
    viewer = Viewer(settings)

    @asynccontextmanager
    async def life(_: Litestar) -> AsyncIterator[None]:
        from anyio.to_thread import run_sync

        outbox = Outbox(store, settings, clock)
        await run_sync(rendering.prepare)
        if sending:
            await run_sync(overview_page.prepare, store, clock.now())
            viewer.prepare()
            outbox.start()
        try:
            yield
        finally:
            await run_sync(viewer.close)
            if sending:
                await run_sync(outbox.stop)

    return Litestar(
        route_handlers=_routes(settings, clock),
        middleware=[
            Watch(metrics, clock, https=secure(settings)),
            Door(store, settings, clock, allowed_hosts(settings)),
        ],
        exception_handlers=problems.handlers(),
        request_max_body_size=_MOST_BYTES,
        state=State(
            {
                "store": store,
                "settings": settings,
                "clock": clock,
                "metrics": metrics,
                "viewer": viewer,
            }
        ),
        openapi_config=openapi.config(),
        lifespan=[life],
        logging_config=None,
    )


def _routes(settings: Settings, clock: Clock) -> list[ControllerRouterHandler]:
    from antivenom.service import api, console, health, metrics
    from antivenom.service.access import oidc, routes
    from antivenom.service.access.limits import Limit
    from antivenom.service.api import osv

    return [
        health.health,
        health.ready,
        metrics.metrics,
        routes.router(Limit(settings.sign_ins_per_minute, clock)),
        oidc.router(),
        api.router(settings),
        osv.router(clock),
        *console.routes(),
    ]


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the names under which the service answers; none means any.

    A page elsewhere whose name suddenly stands for this machine gets no answer on loopback.
    """
    named = [urlsplit(settings.public_url).hostname or "", *settings.hosts]
    here = settings.listen.rpartition(":")[0].strip("[]")
    if here in ("127.0.0.1", "::1", "localhost"):
        named += ["127.0.0.1", "localhost", "::1"]
    elif not any(named):
        return frozenset()
    return frozenset(name.lower() for name in named if name)
