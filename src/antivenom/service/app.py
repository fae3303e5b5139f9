"""The service as one ASGI application: the console, the API, the endpoints of operation."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from antivenom.service.clock import Clock, SystemClock
from antivenom.service.settings import Settings
from antivenom.store import Store

if TYPE_CHECKING:
    from litestar import Litestar

_MOST_BYTES = 1 << 20
"""Of a request, where the route says nothing else."""


def make_app(store: Store, settings: Settings, clock: Clock | None = None) -> Litestar:
    """Return the application. The store stays the caller's, who closes it."""
    from litestar import Litestar
    from litestar.datastructures import State

    from antivenom.service import health, problems
    from antivenom.service.access import routes
    from antivenom.service.access.limits import Limit
    from antivenom.service.access.middleware import Door

    clock = clock or SystemClock()
    app = Litestar(
        route_handlers=[
            health.health,
            health.ready,
            routes.router(Limit(settings.sign_ins_per_minute, clock)),
        ],
        middleware=[Door(store, settings, clock, allowed_hosts(settings))],
        exception_handlers=problems.handlers(),
        request_max_body_size=_MOST_BYTES,
        state=State({"store": store, "settings": settings, "clock": clock}),
        openapi_config=None,
        logging_config=None,
    )
    return app


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
