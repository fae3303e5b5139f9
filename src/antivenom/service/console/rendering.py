"""Templates in which hostile text can only be text.

Every value a template writes is made visible, its links defanged, and escaped, unless it is
markup of ours. A template cannot forget it.
"""

from __future__ import annotations

import hashlib
import html
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request
from litestar.response import Response
from markupsafe import Markup

from antivenom.report import escape, markup, words
from antivenom.report.attack import technique
from antivenom.service.access import csrf
from antivenom.service.console import wording

HERE = Path(__file__).parent
STATIC = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
INSPECTOR = "https://inspector.pypi.io/"
_LINE = 400
"""Characters of one source line."""


def page(
    request: Request[Any, Any, Any], template: str, status: int = 200, **values: object
) -> Response[str]:
    """Return a page. `values` may hold anything an upload says."""
    user = request.scope.get("user")
    shared = {
        "user": user if getattr(user, "name", "") else None,
        "csrf": csrf.token(request),
        "now": request.app.state.clock.now(),
        "path": request.url.path,
        "done": request.query_params.get("done", ""),
        "made": request.query_params.get("made", ""),
        "left": _number(request.query_params.get("left", "")),
        "batch": request.query_params.get("batch", "")[:80],
    }
    text = _environment().get_template(template).render(shared | values)
    return Response(text, status_code=status, media_type="text/html", headers=HEADERS)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def to(place: str) -> Response[None]:
    """Return the answer to a form: look there."""
    return Response(None, status_code=303, headers={"Location": place, "Cache-Control": "no-store"})


def link(path: str, **query: object) -> str:
    """Return an address of ours; what is "" or 0 is left out."""
    given = {name: str(value) for name, value in query.items() if value not in ("", 0, None)}
    return quote(path, safe="/") + (f"?{urlencode(given)}" if given else "")


def shown(value: object) -> object:
    """Return a value as a template writes it: hostile text as harmless HTML."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return Markup(markup.text(value))
    return "" if value is None else value


def lines(value: str) -> Markup:
    """Return text of several lines; their ends stay."""
    return Markup(markup.text(value, lines=True))


def trusted(value: str) -> Markup:
    """Return an address of the one place outside that we link to; of any other, nothing."""
    fine = value.startswith(INSPECTOR) and value.isascii() and not set(value) & set("\"'<> ")
    return Markup(html.escape(value, quote=True)) if fine else Markup("")


def code(value: str) -> Markup:
    """Return one source line, with its indentation."""
    return Markup(html.escape(escape.defang(escape.source(value, _LINE)), quote=True))


def whole(value: str) -> Markup:
    """Return a row of a file as it is, however long; who makes the rows bounds them."""
    return Markup(html.escape(escape.defang(escape.source(value)), quote=True))


def joined(address: str, **query: object) -> str:
    """Return an address of ours with more of a query."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return static file -> the beginning of its hash, so that browsers may keep it for ever."""
    folder = HERE / "static"
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12] for name in STATIC}


@lru_cache(maxsize=1)
def prepare() -> None:
    """Compile every template now, so that nobody's first page waits for it."""
    for name in sorted(one.name for one in (HERE / "templates").iterdir()):
        _environment().get_template(name)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=100,
    )
    made.filters.update(
        lines=lines,
        code=code,
        whole=whole,
        when=words.activation,
        phrase=words.phrase,
        size=words.size,
        technique=technique,
        trusted=trusted,
        ago=wording.ago,
        span=wording.span,
        day=wording.day,
        known=wording.known,
        key=wording.key,
    )
    made.globals.update(
        link=link,
        join=joined,
        count=words.count,
        static=versions,
        verdict_said=words.VERDICT,
        word=wording.word,
    )
    return made
