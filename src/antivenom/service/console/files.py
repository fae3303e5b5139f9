"""The console's own files: one style sheet, one small script, one icon."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from antivenom.service.console.rendering import HERE, STATIC


@get("/static/{name:str}", sync_to_thread=False, include_in_schema=False)
def static(name: FromPath[str]) -> Response[bytes]:
    """Return a file of ours; its address changes with its contents."""
    if name not in STATIC:
        raise NotFoundException("there is no such file")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'none'",
    }
    data = (HERE / "static" / name).read_bytes()
    return Response(data, media_type=f"{STATIC[name]}; charset=utf-8", headers=headers)


HANDLERS = [static]
