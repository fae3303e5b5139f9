"""What registries are told: drafts to look at, approve or drop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

from litestar import get, post
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler

from antivenom.service import observations
from antivenom.service.access.guards import needs, who
from antivenom.service.api.asking import After, Asked, Most, Number
from antivenom.service.observations import Action

State = Literal["", "draft", "approved", "sent", "failed", "dropped"]


@get(
    "/actions",
    guards=[needs("read")],
    summary="Reports to registries",
    tags=["actions"],
    sync_to_thread=True,
)
def find(
    request: Asked,
    in_state: Annotated[State, QueryParameter(name="state")] = "",
    case: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
    after: After = 0,
    most: Most = 100,
) -> list[Action]:
    """Return reports with their payloads, the newest first."""
    with request.app.state.store.reading() as connection:
        return observations.some(connection, state=in_state, case=case, after=after, most=most)


@get(
    "/actions/{number:int}",
    guards=[needs("read")],
    summary="One report",
    tags=["actions"],
    sync_to_thread=True,
)
def show(request: Asked, number: Number) -> Action:
    """Return a report."""
    with request.app.state.store.reading() as connection:
        return observations.one(connection, number)


@post(
    "/actions/{number:int}/approve",
    guards=[needs("decide")],
    status_code=200,
    summary="Let a report be sent",
    tags=["actions"],
    sync_to_thread=True,
)
def approve(request: Asked, number: Number) -> Action:
    """Approve a draft; it is sent when the settings hold a token for the registry."""
    return _ruled(request, number, observations.approve)


@post(
    "/actions/{number:int}/drop",
    guards=[needs("decide")],
    status_code=200,
    summary="Drop a report",
    tags=["actions"],
    sync_to_thread=True,
)
def drop(request: Asked, number: Number) -> Action:
    """Drop what was not sent."""
    return _ruled(request, number, observations.drop)


def _ruled(request: Asked, number: int, rule: Callable[..., object]) -> Action:
    now = request.app.state.clock.now()
    with request.app.state.store.writing() as connection:
        rule(connection, number, author=who(request).name, now=now)
        return observations.one(connection, number)


ROUTES: Sequence[ControllerRouterHandler] = (find, show, approve, drop)
