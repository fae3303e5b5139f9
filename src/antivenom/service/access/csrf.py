"""Requests that change something must come from our own pages.

Each form and script sends a token that is derived from the cookie of its session, or of its visit
before there is one. Another site can make a browser send the cookie, but not read it. Browsers
also say where a request comes from; what they call foreign is refused without looking further.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from litestar.connection import Request
from litestar.enums import RequestEncodingType
from litestar.exceptions import PermissionDeniedException

from antivenom.service.access import cookies

FIELD = "_csrf_token"
HEADER = "x-csrftoken"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})
_OURS = frozenset({"", "same-origin", "none"})


def token(request: Request[Any, Any, Any]) -> str:
    """Return what the forms of a page carry; a visitor without a session gets a cookie for it."""
    bound = cookies.value(request, "session") or cookies.value(request, "visit")
    if not bound:
        bound = request.scope["state"].setdefault("antivenom_visit", secrets.token_urlsafe(24))
    return derived(bound)


async def check(request: Request[Any, Any, Any]) -> None:
    """Raise `PermissionDeniedException` when a request was not made by one of our pages."""
    if request.headers.get("sec-fetch-site", "") not in _OURS:
        raise PermissionDeniedException("this request came from another site")
    bound = cookies.value(request, "session") or cookies.value(request, "visit")
    sent = request.headers.get(HEADER) or await _of_form(request)
    if not bound or not sent.isascii() or not hmac.compare_digest(derived(bound), sent):
        raise PermissionDeniedException("the page was too old: load it again")


async def _of_form(request: Request[Any, Any, Any]) -> str:
    if request.content_type[0] not in _FORMS:
        return ""
    sent = (await request.form()).get(FIELD, "")
    return sent if isinstance(sent, str) else ""


def derived(cookie: str) -> str:
    """Return the token that belongs to a cookie."""
    return hashlib.sha256(b"csrf\0" + cookie.encode()).hexdigest()
