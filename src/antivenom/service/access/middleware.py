"""What every request passes: who is it, is it one too many, does it come from our pages?"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from anyio.to_thread import run_sync
from litestar.connection import Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import ClientException, NotAuthorizedException, TooManyRequestsException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from antivenom.service.access import cookies, csrf, sessions, tokens
from antivenom.service.access.limits import Limit
from antivenom.service.access.principal import NOBODY, Principal
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store


class Door(ASGIMiddleware):
    """Sets the request's user, and refuses what may not come in."""

    scopes = (ScopeType.HTTP,)

    def __init__(
        self, store: Store, settings: Settings, clock: Clock, hosts: frozenset[str]
    ) -> None:
        """Count nobody yet; `hosts` are the names it answers to, none means any."""
        self._hosts = hosts
        self._store, self._settings, self._clock = store, settings, clock
        self._limit = Limit(settings.requests_per_minute, clock)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request in, or raise."""
        request: Request[Any, Any, Any] = Request(scope, receive=receive, send=send)
        self._named(request)
        with_key = "authorization" in request.headers
        scope["user"] = await self._who(request)
        scope["auth"] = scope["user"].via
        self._count(request, scope["user"])
        if request.method not in csrf.SAFE and not with_key and not _unbound(scope):
            await csrf.check(request)
        await next_app(scope, receive, self._sending(scope, send))

    def _named(self, request: Request[Any, Any, Any]) -> None:
        """Raise when a browser was led here under a name that is not ours."""
        host = request.headers.get("host", "").lower()
        plain = re.sub(r":\d+$", "", host).strip("[]")
        if self._hosts and plain not in self._hosts:
            raise ClientException("this service does not answer under that name")

    async def _who(self, request: Request[Any, Any, Any]) -> Principal:
        """A key that was sent decides alone; a browser's cookie counts only without one."""
        header = request.headers.get("authorization")
        if header is not None:
            return await run_sync(self._of_key, _key(header))
        cookie = cookies.value(request, "session")
        if not cookie:
            return NOBODY
        return await run_sync(self._of_cookie, cookie)

    def _of_key(self, key: str) -> Principal:
        now = self._clock.now()
        with self._store.reading() as connection:
            found = tokens.find(connection, key, now)
            unused = found is not None and tokens.unused(connection, key, now)
        if found is None:
            raise NotAuthorizedException("the token is unknown, revoked or too old")
        if unused:
            with self._store.writing() as connection:
                tokens.used(connection, key, now)
        return found

    def _of_cookie(self, cookie: str) -> Principal:
        with self._store.reading() as connection:
            return sessions.find(connection, cookie, self._clock.now()) or NOBODY

    def _count(self, request: Request[Any, Any, Any], who: Principal) -> None:
        wait = self._limit.wait(f"{who.via}:{who.id}" if who.id else address(request))
        if wait:
            raise TooManyRequestsException("too many requests", headers={"Retry-After": str(wait)})

    def _sending(self, scope: Scope, send: Send) -> Send:
        """Return a sender that gives a new visitor a cookie, where a page asked for a token."""

        async def sending(message: Message) -> None:
            visit = scope["state"].get("antivenom_visit")
            if visit and message["type"] == "http.response.start":
                made = cookies.made("visit", visit, self._settings)
                headers = MutableScopeHeaders.from_message(message)
                headers.add("set-cookie", made.to_header(header=""))
            await send(message)

        return sending


def address(request: Request[Any, Any, Any]) -> str:
    """Return the client's address, as the server or the proxy it trusts says."""
    return request.client.host if request.client else "unknown"


def _key(header: str) -> str:
    """Return the key in an Authorization header; as a password, it fits into a client's URL."""
    kind, _, sent = header.partition(" ")
    if kind.lower() == "bearer":
        return sent.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(sent, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            pass
    raise NotAuthorizedException("the Authorization header holds no token")


def _unbound(scope: Scope) -> bool:
    """Whether a route answers everybody the same, so that a forged request gains nothing."""
    return bool(scope["route_handler"].opt.get("open_to_all"))
