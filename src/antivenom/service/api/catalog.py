"""Looking into the catalog of known malware, and taking it away as OSV records."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Literal

import msgspec
from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from antivenom.catalog import queries
from antivenom.catalog.export import osv
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Specimen
from antivenom.errors import TargetError, UsageError
from antivenom.service.access.guards import needs
from antivenom.service.api.asking import Asked, Most, Text
from antivenom.store import Store

_MEMORY = 8 << 20
_CHUNK = 1 << 16


class Specimens(Struct, frozen=True, kw_only=True):
    """What fits."""

    specimens: tuple[Specimen, ...]
    more: bool
    """Whether there are others; ask more narrowly."""


@get(
    "/catalog",
    guards=[needs("read")],
    summary="Find known malware",
    tags=["catalog"],
    sync_to_thread=True,
)
def find(
    request: Asked,
    text: Text = "",
    name: Text = "",
    purl: Text = "",
    hash: Text = "",
    indicator: Text = "",
    behavior: Text = "",
    activation: Text = "",
    campaign: Text = "",
    label: Text = "",
    ecosystem: FromQuery[Literal["", "pypi", "npm", "crates", "maven"]] = "",
    most: Most = 50,
) -> Specimens:
    """Return specimens for which everything given holds; text is looked for anywhere."""
    if hash and len(hash) < 6:
        raise UsageError("a hash is asked for by at least six characters")
    wanted = Wanted(
        text=text,
        name=name,
        purl=purl,
        hash=hash,
        indicator=indicator,
        behavior=behavior,
        activation=activation,
        campaign=campaign,
        label=label,
        ecosystem=ecosystem,
    )
    if wanted == Wanted():
        raise UsageError("say what is looked for")
    with request.app.state.store.reading() as connection:
        found = queries.find(connection, wanted, most + 1)
    return Specimens(specimens=tuple(found[:most]), more=len(found) > most)


@get(
    "/catalog/specimen",
    guards=[needs("read")],
    summary="One specimen",
    tags=["catalog"],
    sync_to_thread=True,
)
def show(request: Asked, id: Text) -> Specimen:
    """Return everything known of a specimen, by sha256 or package URL, its files included."""
    with request.app.state.store.reading() as connection:
        found = next(iter(queries.load(connection, [id], files=True)), None)
    if found is None:
        raise TargetError("there is no such specimen")
    return found


@get(
    "/catalog/osv",
    guards=[needs("osv")],
    summary="All records as OSV",
    tags=["catalog"],
    sync_to_thread=True,
    media_type="application/zip",
)
def export(request: Asked) -> Stream:
    """Return a zip of OSV records in the layout of OSSF's malicious-packages."""
    file = _zipped(request.app.state.store)
    headers = {"Content-Disposition": 'attachment; filename="osv.zip"'}
    return Stream(_chunks(file), media_type="application/zip", headers=headers)


def _zipped(store: Store) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=_MEMORY)  # noqa: SIM115  closed by _chunks
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, document in osv.documents(store):
            archive.writestr(str(path), msgspec.json.encode(document) + b"\n")
    file.seek(0)
    return file


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


ROUTES: Sequence[ControllerRouterHandler] = (find, show, export)
