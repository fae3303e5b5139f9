"""The description of the API: made from the routes, completed with what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Litestar, Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from antivenom._version import __version__

if TYPE_CHECKING:
    from litestar.openapi.spec import Operation, Reference, RequestBody, Schema

PATH = "/api"
_ABOUT = """Submit uploads, read verdicts, decide cases, look into the catalog.

Every request but those of OSV brings a token: `Authorization: Bearer antivenom_…`, or as the
password of HTTP Basic. What goes wrong is a problem document (RFC 9457)."""
_OPEN = ("/v1/", "/health", "/ready")
_TEXT: dict[str, Any] = {"type": "string", "max_length": 500}
_PACKAGE = {"type": "object", "properties": dict.fromkeys(("name", "ecosystem", "purl"), _TEXT)}
_QUERY = {
    "type": "object",
    "required": ["package"],
    "properties": {"package": _PACKAGE, "version": _TEXT},
}
_QUERIES = {"type": "array", "items": _QUERY, "max_items": 1000}
_BATCH = {"type": "object", "required": ["queries"], "properties": {"queries": _QUERIES}}
_JSON = "application/json"
_BODIES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "/api/v1/files/{filename}": ("application/octet-stream", {"min_length": 1}),
    "/v1/query": (_JSON, _QUERY),
    "/v1/querybatch": (_JSON, _BATCH),
}
"""Of routes that take a body as it comes."""
_PROBLEMS = {
    400: "the request cannot be understood",
    401: "no token, or one that is not valid",
    403: "the token's scopes do not cover this",
    404: "there is no such thing",
    409: "something else happened first",
    413: "the body is too large",
    422: "understood, but it cannot be done as asked",
    429: "too many requests; see Retry-After",
    503: "the database or a registry does not answer",
}


class Description(JsonRenderPlugin):
    """The document at ``/api/openapi.json``, made when somebody first asks for it."""

    _page: bytes = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document, completed."""
        if not self._page:
            complete(request.app)
            self._page = msgspec.json.encode(request.app.openapi_schema.to_schema())
        return self._page


def config() -> OpenAPIConfig:
    """Return what Litestar is to make of the routes."""
    from litestar.openapi.spec import Components, SecurityScheme

    schemes = {
        "token": SecurityScheme(type="http", scheme="bearer", description="a token with scopes"),
        "password": SecurityScheme(
            type="http", scheme="basic", description="any name, the token as the password"
        ),
    }
    return OpenAPIConfig(
        title="Antivenom",
        version=__version__,
        description=_ABOUT,
        path=PATH,
        components=Components(security_schemes=schemes),  # type: ignore[arg-type]
        render_plugins=[Description()],
    )


def complete(app: Litestar) -> None:
    """Say at each operation who may call it and how it can fail."""
    _close(app)
    for path, item in (app.openapi_schema.paths or {}).items():
        for method in ("get", "post", "put", "patch", "delete"):
            operation = getattr(item, method)
            if operation is not None:
                _complete(operation, path)


def _tidy(schema: Schema | Reference) -> None:
    """Say what a sequence holds: the library takes the dots of ``tuple[X, ...]`` for a kind."""
    from litestar.openapi.spec import Schema

    items = schema.items if isinstance(schema, Schema) else None
    if isinstance(schema, Schema) and isinstance(items, Schema) and items.one_of:
        kinds = [one for one in items.one_of if one != Schema()]
        if len(kinds) == 1:
            schema.items = kinds[0]


def _close(app: Litestar) -> None:
    """Say of what clients send that unknown keys are refused; the library leaves that open."""
    from litestar.openapi.spec import Schema

    from antivenom.service.api.asking import Closed

    closed = {kind.__name__ for kind in Closed.__subclasses__()}
    for schema in (app.openapi_schema.components.schemas or {}).values():
        if isinstance(schema, Schema):
            schema.additional_properties = False if schema.title in closed else None
            for one in (schema.properties or {}).values():
                _tidy(one)


def _complete(operation: Operation, path: str) -> None:
    from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse

    open_to_all = path.startswith(_OPEN)
    operation.security = [{}] if open_to_all else [{"token": []}, {"password": []}]
    if open_to_all and path.startswith("/v1/"):
        operation.security = [{}, {"token": []}, {"password": []}]
    if path in _BODIES:
        operation.request_body = _body(path)
    responses: dict[str, Any] = dict(operation.responses or {})
    for status, about in _PROBLEMS.items():
        content = {"application/problem+json": OpenAPIMediaType(schema=_schema(_PROBLEM))}
        responses[str(status)] = OpenAPIResponse(description=about, content=content)
    operation.responses = responses


def _body(path: str) -> RequestBody:
    from litestar.openapi.spec import OpenAPIMediaType, RequestBody

    kind, shape = _BODIES[path]
    return RequestBody(content={kind: OpenAPIMediaType(schema=_schema(shape))}, required=True)


def _schema(shape: Mapping[str, Any]) -> Schema:
    """Return a schema written as plain values, names as Python spells them."""
    from litestar.openapi.spec import OpenAPIType, Schema

    values = dict(shape)
    if "type" in values:
        values["type"] = OpenAPIType(values["type"])
    if "items" in values:
        values["items"] = _schema(values["items"])
    if "properties" in values:
        values["properties"] = {k: _schema(v) for k, v in values["properties"].items()}
    return Schema(**values)


_PROBLEM = {
    "type": "object",
    "required": ["type", "status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
    },
}
