"""Signing in and out, and the first account. The pages themselves are the console's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from anyio.to_thread import run_sync
from litestar import Request, Router, post
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Response
from msgspec import Struct

from antivenom.errors import UsageError
from antivenom.service import audit
from antivenom.service.access import cookies, first, sessions, users
from antivenom.service.access.limits import Limit
from antivenom.service.access.middleware import address
from antivenom.service.access.users import User

Asked = Request[Any, Any, State]
_FORM = Body(media_type=RequestEncodingType.URL_ENCODED)


class SignIn(Struct, frozen=True, kw_only=True):
    """The form of the sign-in page."""

    name: str = ""
    password: str = ""
    next: str = "/"


class FirstAccount(Struct, frozen=True, kw_only=True):
    """The form of the page that makes the first account."""

    token: str = ""
    name: str = ""
    password: str = ""
    again: str = ""


def router(limit: Limit) -> Router:
    """Return the routes; `limit` counts attempts by address and by name."""

    # The console's pages have the same addresses: Litestar registers what shares one twice, and
    # wraps what runs in a thread each time, so these go there by themselves.
    @post("/sign-in", status_code=303, include_in_schema=False)
    async def sign_in(request: Asked, data: Annotated[SignIn, _FORM]) -> Response[None]:
        return await run_sync(enter, request, data)

    @post("/setup", status_code=303, include_in_schema=False)
    async def setup(request: Asked, data: Annotated[FirstAccount, _FORM]) -> Response[None]:
        return await run_sync(found, request, data)

    def enter(request: Asked, data: SignIn) -> Response[None]:
        asker, named = address(request), f"name:{data.name[:100].lower()}"
        if limit.wait(asker) or limit.wait(named):
            return _back("slow", data.next)
        state, now = request.app.state, request.app.state.clock.now()
        user = users.sign_in(state.store, data.name, data.password)
        with state.store.writing() as connection:
            act = "user.sign-in" if user else "user.refused"
            audit.record(connection, data.name[:100], act, "", {}, now=now, address=asker)
        if user is None:
            return _back("wrong", data.next)
        limit.forgive(named)
        return signed_in(request, user, data.next, now)

    @post("/sign-out", status_code=303, include_in_schema=False, sync_to_thread=True)
    def sign_out(request: Asked) -> Response[None]:
        state, cookie = request.app.state, cookies.value(request, "session")
        with state.store.writing() as connection:
            sessions.end(connection, cookie)
        gone = [cookies.gone("session", state.settings)]
        return Response(None, headers={"Location": "/sign-in"}, cookies=gone)

    def found(request: Asked, data: FirstAccount) -> Response[None]:
        state, now = request.app.state, request.app.state.clock.now()
        if limit.wait(address(request)) or not first.invited(state.settings, data.token):
            return _to("/setup?problem=link")
        if data.password != data.again:
            return _to(f"/setup?problem=differ&token={quote(data.token)}")
        try:
            with state.store.writing() as connection:
                if users.count(connection):
                    return _to("/sign-in")
                user = users.add(connection, data.name, "admin", now=now, password=data.password)
                audit.record(connection, user.name, "user.first", "", {}, now=now)
        except UsageError:
            return _to(f"/setup?problem=unfit&token={quote(data.token)}")
        first.done(state.settings)
        return signed_in(request, user, "/", now)

    return Router("/", route_handlers=[sign_in, sign_out, setup], tags=["access"])


def signed_in(request: Asked, user: User, to: str, now: datetime) -> Response[None]:
    """Begin a session under a new cookie, end the one before, and go where the person wanted."""
    state, before = request.app.state, cookies.value(request, "session")
    hours = state.settings.session_hours
    with state.store.writing() as connection:
        if before:
            sessions.end(connection, before)
        cookie = sessions.start(connection, user.id, now=now, hours=hours)
    made = cookies.made("session", cookie, state.settings, hours * 3600)
    gone = cookies.gone("visit", state.settings)
    headers = {"Location": within(to)}
    return Response(None, status_code=303, headers=headers, cookies=[made, gone])


def within(to: str) -> str:
    """Return a path of this service, whatever was asked for."""
    parts = urlsplit(to.replace("\\", "/"))
    plain = to.isascii() and to.isprintable() and not parts.scheme and not parts.netloc
    return to if plain and to.startswith("/") and not to.startswith(("//", "/\\")) else "/"


def _back(problem: Literal["wrong", "slow"], to: str) -> Response[None]:
    return _to(f"/sign-in?problem={problem}&next={quote(within(to), safe='')}")


def _to(place: str) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": place})
