"""What goes wrong, told to programs as problem documents (RFC 9457) and to people as a page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

import msgspec
from litestar.connection import Request
from litestar.exceptions import HTTPException, NotAuthorizedException, ValidationException
from litestar.response import Response
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DataError, OperationalError

from antivenom.errors import (
    AntivenomError,
    ConflictError,
    NotFoundError,
    TargetError,
    UsageError,
)
from antivenom.report.escape import visible

_log = logging.getLogger(__name__)
_FOR_PROGRAMS = ("/api/", "/v1/", "/metrics", "/health", "/ready")
_STATUS: Mapping[type[AntivenomError], int] = {
    ConflictError: 409,
    TargetError: 404,
    NotFoundError: 404,
    UsageError: 422,
}
_TITLES = {
    400: "the request cannot be understood",
    401: "who are you?",
    403: "not allowed",
    404: "there is no such thing",
    405: "not possible here",
    409: "something else happened first",
    413: "too large",
    415: "unknown kind of content",
    422: "it cannot be done as asked",
    429: "too many requests",
    500: "a fault of Antivenom",
    503: "not available now",
}
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""For answers that bring none of their own; the console's pages allow themselves a little more."""
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<link rel="stylesheet" href="/static/console.css?{style}">
<body class="list-page"><header class="bar"><a class="brand" href="/">Antivenom</a>
<nav aria-label="Pages"><a href="/">Queue</a><a href="/overview">Overview</a>
<a href="/reviews">Reviews</a></nav></header>
<main><h1>{title}</h1><p class="lead">{detail}</p><p><a href="/">To the queue</a></p></main></html>
"""


def handlers() -> ExceptionHandlersMap:
    """Return what an application does with exceptions."""
    return {
        HTTPException: _http,
        AntivenomError: _ours,
        DataError: _unstorable,
        OperationalError: _away,
        UnicodeError: _unstorable,
        OverflowError: _unstorable,
        RecursionError: _unstorable,
        Exception: _fault,
    }


def _http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    page = not _program(request)
    if page and isinstance(error, NotAuthorizedException) and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        to = f"/sign-in?next={quote(request.url.path + query, safe='')}"
        return Response(None, status_code=303, headers={"Location": to})
    headers = {k: v for k, v in (error.headers or {}).items() if k.lower() == "retry-after"}
    if error.status_code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="antivenom"'
    return answer(request, error.status_code, _detail(error), headers)


def _ours(request: Request[Any, Any, Any], error: AntivenomError) -> Response[Any]:
    """What people asked wrongly is theirs; what fails outside is 503."""
    status = next((number for kind, number in _STATUS.items() if isinstance(error, kind)), 503)
    if status == 503:
        _log.error("request failed: %s", error, extra={"path": request.url.path})
    hint = f"; {error.hint}" if error.hint else ""
    return answer(request, status, f"{error}{hint}")


def _unstorable(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A NUL in a name, a number beyond every row, JSON of a hundred thousand brackets."""
    _log.warning("refused: %s", type(error).__name__, extra={"path": request.url.path})
    return answer(request, 400, "a value that nothing here can hold")


def _away(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The database does not answer, or is busy for longer than anybody waits."""
    _log.error("the database: %s", type(error).__name__, extra={"path": request.url.path})
    return answer(request, 503, "the database does not answer", {"Retry-After": "5"})


def _fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    number = request.scope["state"].get("antivenom_request", "")
    said = type(error).__name__
    _log.error("fault: %s", said, exc_info=error, extra={"path": request.url.path})
    return answer(request, 500, f"it was written to the log as {number}")


def answer(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    """Return a problem as whoever asked understands it."""
    title, detail = _TITLES.get(status, "not possible"), visible(detail, 500)
    # What no route answers to passes no middleware that would add these.
    headers = {**SAFE, **(headers or {})}
    if _program(request):
        problem = {"type": "about:blank", "status": status, "title": title, "detail": detail}
        return Response(
            msgspec.json.encode(problem),
            status_code=status,
            headers=headers,
            media_type="application/problem+json",
        )
    from antivenom.service.console.rendering import versions

    said = escape(title[:1].upper() + title[1:])
    page = _PAGE.format(title=said, detail=escape(detail), style=versions()["console.css"])
    return Response(page, status_code=status, headers=headers, media_type="text/html")


def _program(request: Request[Any, Any, Any]) -> bool:
    if request.url.path.startswith(_FOR_PROGRAMS):
        return True
    return "text/html" not in request.headers.get("accept", "")


def _detail(error: HTTPException) -> str:
    """Say which field was wrong; the library keeps that apart."""
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        said = [f"{one.get('key', '')}: {one.get('message', '')}" for one in error.extra]
        return "; ".join(said[:5]) or error.detail
    return error.detail if error.status_code < 500 else ""
