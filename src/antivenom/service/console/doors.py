"""The pages before anybody is known: signing in, and the first account."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from antivenom.service.console.rendering import page

Asked = Request[Any, Any, Any]
_PROBLEMS = {
    "wrong": "The name or the password is wrong.",
    "slow": "Too many attempts. Wait a minute.",
    "expired": "Your session has ended. Sign in again.",
    "differ": "The two passwords differ.",
    "unfit": "Choose a name of letters and digits, and a password of at least twelve characters.",
    "link": "This link is not the one the service printed when it started.",
}


@get("/sign-in", include_in_schema=False)
async def sign_in(
    request: Asked, next: FromQuery[str] = "/", problem: FromQuery[str] = ""
) -> Response[str]:
    """Ask who somebody is."""
    oidc = bool(getattr(request.app.state.settings, "oidc_issuer", ""))
    said = _PROBLEMS.get(problem, "")
    return page(request, "sign_in.html", next=next[:500], problem=said, oidc=oidc)


@get("/setup", include_in_schema=False)
async def setup(
    request: Asked, token: FromQuery[str] = "", problem: FromQuery[str] = ""
) -> Response[str]:
    """Ask for the first account."""
    said = _PROBLEMS.get(problem, "")
    return page(request, "setup.html", token_sent=token[:200], problem=said)


HANDLERS = [sign_in, setup]
