"""OSV's API over the catalog, so that package managers and auditors ask us what is malicious."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import ClientException, NotFoundException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import PathParameter, RawBody
from msgspec import Meta, Struct

from antivenom.catalog.purls import ecosystem_of, parse
from antivenom.service import records
from antivenom.service.access.guards import allow, who
from antivenom.service.clock import Clock
from antivenom.service.records import Composed, Release

_MOST = 1000
_T = TypeVar("_T")
_Short = Annotated[str, Meta(max_length=500)]


class Package(Struct, frozen=True, kw_only=True):
    """Which project, either way."""

    name: _Short = ""
    ecosystem: _Short = ""
    purl: _Short = ""


class Query(Struct, frozen=True, kw_only=True):
    """One question. What OSV knows and we have no use for is let through and not used."""

    package: Package | None = None
    version: _Short = ""
    commit: _Short = ""
    page_token: _Short = ""


class Queries(Struct, frozen=True, kw_only=True):
    """Many questions."""

    queries: Annotated[tuple[Query, ...], Meta(max_length=_MOST)]


class Found(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The records in full; nothing when there is none, as OSV answers."""

    vulns: tuple[dict[str, Any], ...] = ()


class Named(Struct, frozen=True, kw_only=True):
    """A record by name."""

    id: str
    modified: str


class NamedFound(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The records of one of many questions."""

    vulns: tuple[Named, ...] = ()


class Results(Struct, frozen=True, kw_only=True):
    """Answers in the order of the questions."""

    results: tuple[NamedFound, ...]


# Made here, once: types that two threads meet for the first time at once are half-built.
_QUERY = msgspec.json.Decoder(Query)
_QUERIES = msgspec.json.Decoder(Queries)


def router(clock: Clock) -> Router:
    """Return the routes below ``/v1``."""
    index = Composed(clock)

    @get(
        "/vulns/{id:str}",
        guards=[_may],
        summary="A record",
        tags=["osv"],
        sync_to_thread=True,
        opt={"open_to_all": True},
    )
    def vulnerability(
        request: Request[Any, Any, State], id: Annotated[str, PathParameter(max_length=200)]
    ) -> Response[dict[str, Any]]:
        """Return a record by its id."""
        found = records.by_id(request.app.state.store, index, id)
        if found is None:
            raise NotFoundException("there is no such record")
        return Response(found)

    return Router("/v1", route_handlers=[query, query_batch, vulnerability])


def _may(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not connection.app.state.settings.open_osv:
        allow(who(connection), "osv")


@post(
    "/query",
    guards=[_may],
    status_code=200,
    summary="What is known of a release",
    tags=["osv"],
    sync_to_thread=True,
    opt={"open_to_all": True},
)
def query(request: Request[Any, Any, State], body: RawBody) -> Found:
    """Return the records that speak of a release, or of a project."""
    # Clients send JSON under any content type, so that the body is read as it is.
    asked = _release(_decoded(body, _QUERY))
    with request.app.state.store.reading() as connection:
        [found] = records.about(connection, [asked])
    return Found(vulns=tuple(found))


@post(
    "/querybatch",
    guards=[_may],
    status_code=200,
    summary="What is known of many releases",
    tags=["osv"],
    sync_to_thread=True,
    opt={"open_to_all": True},
)
def query_batch(request: Request[Any, Any, State], body: RawBody) -> Results:
    """Return the names of the records that speak of each release."""
    asked = [_release(one) for one in _decoded(body, _QUERIES).queries]
    with request.app.state.store.reading() as connection:
        found = records.about(connection, asked)
    return Results(results=tuple(_named(some) for some in found))


def _named(found: Sequence[dict[str, Any]]) -> NamedFound:
    named = (Named(id=str(one["id"]), modified=str(one.get("modified", ""))) for one in found)
    return NamedFound(vulns=tuple(named))


def _decoded(body: bytes, decoder: msgspec.json.Decoder[_T]) -> _T:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ClientException(f"not a question: {error}") from None


def _release(asked: Query) -> Release:
    package = asked.package
    if package is None:
        # A commit is a fair question to which the catalog has no answer.
        if asked.commit:
            return Release("", "", "")
        raise ClientException("a question names a package")
    if package.purl:
        try:
            ecosystem, name, version = parse(package.purl)
        except ValueError:
            raise ClientException("not a package URL") from None
        if version and asked.version:
            raise ClientException("the version stands in the package URL already")
        return Release(ecosystem, name, version or asked.version)
    if not package.name or not package.ecosystem:
        raise ClientException("a package has a name and an ecosystem, or a package URL")
    return Release(ecosystem_of(package.ecosystem), package.name, asked.version)
