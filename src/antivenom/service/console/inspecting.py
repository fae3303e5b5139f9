"""Where the whole file can be seen: PyPI's inspector, or an encrypted archive of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Response

from antivenom.service import audit, inspector
from antivenom.service.access.guards import needs
from antivenom.service.access.middleware import address
from antivenom.service.casework import Dossier, dossier
from antivenom.service.console.rendering import HEADERS
from antivenom.store.blobs import Blobs

Asked = Request[Any, Any, Any]


def places(found: Dossier) -> Mapping[str, str]:
    """Return member -> its page in PyPI's inspector, for uploads of which the path is known."""
    upload = found.upload
    if upload is None or upload["ecosystem"] != "pypi" or upload["source"] == "demo":
        return {}
    names = (upload["project"], upload["version"], upload["filename"], upload["blake2b"])
    members = {span.member for finding in found.review.findings for span in finding.spans}
    # Nested archives have no page of their own.
    found_at = {one: inspector.link(*names, one) for one in members if one and "!/" not in one}
    return {one: place for one, place in found_at.items() if place}


def kept(request: Asked, found: Dossier) -> bool:
    """Whether the bytes are here to be read and downloaded; if so, get ready to open them."""
    viewer = request.app.state.viewer
    there = bool(viewer.has(found.shown.sha256))
    if there:
        viewer.prepare()
    return there


@get(
    "/reviews/{id:str}/sealed.zip",
    guards=[needs("decide")],
    sync_to_thread=True,
    include_in_schema=False,
)
def sealed(request: Asked, id: FromPath[str]) -> Response[bytes]:
    """Return an upload as an encrypted zip; there is no other way to get its bytes."""
    now = request.app.state.clock.now()
    with request.app.state.store.reading() as connection:
        sha256 = dossier.bytes_of(connection, id[:64])
    try:
        data = Blobs(request.app.state.settings.blobs_url).sealed(sha256)
    except (KeyError, ValueError):
        raise NotFoundException("its bytes are not kept here") from None
    with request.app.state.store.writing() as connection:
        detail = {"sha256": sha256}
        where = address(request)
        what = f"review:{id[:64]}"
        audit.record(
            connection, request.user.name, "file.download", what, detail, now=now, address=where
        )
    named = {"Content-Disposition": f'attachment; filename="{sha256}.zip"'}
    return Response(data, media_type="application/zip", headers=HEADERS | named)


HANDLERS = [sealed]
