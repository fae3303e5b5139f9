"""Where the feeds stand, and their switch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, PathParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from antivenom.service import feeding
from antivenom.service.access.guards import needs, who
from antivenom.service.access.middleware import address
from antivenom.service.api.asking import Asked, Closed
from antivenom.service.feeding import FeedRow

Name = Annotated[str, PathParameter(max_length=40, pattern="^[a-z]+$")]


class Stopping(Closed, frozen=True, kw_only=True):
    """Why nothing is to be followed."""

    reason: Annotated[str, Meta(min_length=1, max_length=300, pattern="^[^\\x00-\\x1f]+$")]


@get(
    "/feeds",
    guards=[needs("read")],
    summary="Where the feeds stand",
    tags=["operation"],
    sync_to_thread=True,
)
def find(request: Asked) -> list[FeedRow]:
    """Return the registries that are followed."""
    with request.app.state.store.reading() as connection:
        return feeding.every(connection)


@post(
    "/feeds/{name:str}/stop",
    guards=[needs("admin")],
    status_code=204,
    summary="Follow a registry no more",
    tags=["operation"],
    sync_to_thread=True,
)
def stop(request: Asked, name: Name, data: JSONBody[Stopping]) -> None:
    """Stop a feed within seconds; nothing is lost, it goes on where it stopped."""
    state = request.app.state
    with state.store.writing() as connection:
        feeding.stop(
            connection,
            name,
            data.reason,
            author=who(request).name,
            now=state.clock.now(),
            address=address(request),
        )


@post(
    "/feeds/{name:str}/start",
    guards=[needs("admin")],
    status_code=204,
    summary="Follow a registry again",
    tags=["operation"],
    sync_to_thread=True,
)
def start(request: Asked, name: Name) -> None:
    """Let a feed go on."""
    state = request.app.state
    with state.store.writing() as connection:
        feeding.start(
            connection,
            name,
            author=who(request).name,
            now=state.clock.now(),
            address=address(request),
        )


ROUTES: Sequence[ControllerRouterHandler] = (find, stop, start)
