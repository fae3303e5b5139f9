"""The description of the API: made from the routes, completed with what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from antivenom._version import __version__

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.openapi import OpenAPIConfig
    from litestar.openapi.spec import Operation

PATH = "/api"
_ABOUT = """Submit uploads, read verdicts, decide cases, look into the catalog.

Every request but those of OSV brings a token: `Authorization: Bearer antivenom_…`, or as the
password of HTTP Basic. What goes wrong is a problem document (RFC 9457)."""
_OPEN = ("/v1/", "/health", "/ready")
_PROBLEMS = {
    400: "the request cannot be understood",
    401: "no token, or one that is not valid",
    403: "the token's scopes do not cover this",
    404: "there is no such thing",
    409: "something else happened first",
    413: "the body is too large",
    429: "too many requests; see Retry-After",
}


def config() -> OpenAPIConfig:
    """Return what Litestar is to make of the routes."""
    from litestar.openapi import OpenAPIConfig
    from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
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
        render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
    )


def complete(app: Litestar) -> None:
    """Say at each operation who may call it and how it can fail."""
    for path, item in (app.openapi_schema.paths or {}).items():
        for method in ("get", "post", "put", "patch", "delete"):
            operation = getattr(item, method)
            if operation is not None:
                _complete(operation, path)


def _complete(operation: Operation, path: str) -> None:
    from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse

    open_to_all = path.startswith(_OPEN)
    operation.security = [{}] if open_to_all else [{"token": []}, {"password": []}]
    if open_to_all and path.startswith("/v1/"):
        operation.security = [{}, {"token": []}, {"password": []}]
    responses: dict[str, Any] = dict(operation.responses or {})
    for status, about in _PROBLEMS.items():
        content = {"application/problem+json": OpenAPIMediaType(schema=_problem())}
        responses[str(status)] = OpenAPIResponse(description=about, content=content)
    operation.responses = responses


def _problem() -> Any:  # noqa: ANN401  a schema
    from litestar.openapi.spec import OpenAPIType, Schema

    text, number = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.INTEGER)
    return Schema(
        type=OpenAPIType.OBJECT,
        required=["type", "status", "title", "detail"],
        properties={"type": text, "status": number, "title": text, "detail": text},
    )
