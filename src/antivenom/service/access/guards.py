"""What a route needs: ``@get("/", guards=[needs("read")])``."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Guard

from antivenom.service.access.principal import NOBODY, SCOPES, Principal


def needs(scope: str) -> Guard:
    """Return a guard that lets only those through who have a scope."""
    assert scope in SCOPES, scope

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        allow(who(connection), scope)

    return guard


def known(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let only those through who are somebody."""
    if who(connection).via == "nobody":
        raise NotAuthorizedException("sign in, or send a token")


def allow(principal: Principal, scope: str) -> None:
    """Raise what becomes 401 for nobody and 403 for somebody without the scope."""
    if principal.may(scope):
        return
    if principal.via == "nobody":
        raise NotAuthorizedException("sign in, or send a token")
    raise PermissionDeniedException(f"{principal.name} may not do this: it needs {scope}")


def who(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """Return who asks."""
    found = connection.scope.get("user")
    return found if isinstance(found, Principal) else NOBODY
