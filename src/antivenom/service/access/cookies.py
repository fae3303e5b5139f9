"""The cookies, and their names: over HTTPS they are bound to this very host."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from antivenom.service.settings import Settings

Connection = ASGIConnection[Any, Any, Any, Any]


def secure(settings: Settings) -> bool:
    """Whether people reach the console over HTTPS."""
    return settings.public_url.startswith("https://")


def name(what: str, settings: Settings) -> str:
    """Return a cookie's name; browsers keep ``__Host-`` to this host, HTTPS and path ``/``."""
    return f"__Host-antivenom-{what}" if secure(settings) else f"antivenom-{what}"


def value(connection: Connection, what: str) -> str:
    """Return what a browser sent, "" when it sent none or something that is none of ours."""
    found = connection.cookies.get(name(what, connection.app.state.settings), "")
    return found if found.isascii() and len(found) <= 4096 else ""


def made(what: str, text: str, settings: Settings, seconds: int | None = None) -> Cookie:
    """Return a cookie that no script can read; without seconds it ends with the browser."""
    return Cookie(
        key=name(what, settings),
        value=text,
        path="/",
        httponly=True,
        secure=secure(settings),
        samesite="lax",
        max_age=seconds,
    )


def gone(what: str, settings: Settings) -> Cookie:
    """Return a cookie that removes itself."""
    return made(what, "", settings, 0)
