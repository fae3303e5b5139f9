"""The API for programs, ``/api/v1``: submit, look up, decide. Described by ``/api/openapi.json``.

Keys of answers may be added, never renamed or removed; what would break a client becomes v2.
"""

from __future__ import annotations

from litestar import Router

from antivenom.service.api import actions, admin, cases, catalog, feeds, reviews, uploads
from antivenom.service.settings import Settings

PREFIX = "/api/v1"


def router(settings: Settings) -> Router:
    """Return all routes of version 1."""
    return Router(
        PREFIX,
        route_handlers=[
            *uploads.routes(settings),
            *reviews.ROUTES,
            *cases.ROUTES,
            *catalog.ROUTES,
            *actions.ROUTES,
            *feeds.ROUTES,
            *admin.ROUTES,
        ],
    )
