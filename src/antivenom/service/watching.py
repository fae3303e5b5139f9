"""What is seen of every request: a number, a line in the log, a count, headers of safety."""

from __future__ import annotations

import logging
import secrets

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from antivenom.service.access.principal import NOBODY, Principal
from antivenom.service.clock import Clock
from antivenom.service.metrics import Metrics
from antivenom.service.problems import SAFE

_log = logging.getLogger(__name__)
_QUIET = frozenset({"/health", "/ready", "/metrics"})
_HSTS = "max-age=31536000"


class Watch(ASGIMiddleware):
    """Sits outside of everything else, so that refusals are seen as well."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, metrics: Metrics, clock: Clock, *, https: bool) -> None:
        """Count into `metrics`; over `https` browsers are told to stay there."""
        self._metrics, self._clock, self._https = metrics, clock, https

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass a request on and note how it ended."""
        number = scope["state"]["antivenom_request"] = secrets.token_hex(8)
        began, status = self._clock.monotonic(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._mark(MutableScopeHeaders.from_message(message), number)
            await send(message)

        try:
            await next_app(scope, receive, sending)
        finally:
            self._note(scope, status, self._clock.monotonic() - began)

    def _mark(self, headers: MutableScopeHeaders, number: str) -> None:
        headers["x-request-id"] = number
        if self._https:
            headers["strict-transport-security"] = _HSTS
        for name, value in SAFE.items():
            if name not in headers:
                headers[name] = value

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "none"
        method = str(scope.get("method", ""))
        self._metrics.answered(method, route, status, seconds)
        who = scope.get("user")
        details = {
            "method": method,
            "path": scope["path"][:300],
            "status": status,
            "took_ms": round(seconds * 1000, 1),
            "who": (who if isinstance(who, Principal) else NOBODY).name,
            "request": scope["state"]["antivenom_request"],
        }
        level = logging.DEBUG if route in _QUIET else logging.INFO
        _log.log(level, "%s %s %d", method, route, status, extra=details)
