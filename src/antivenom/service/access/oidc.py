"""Signing in with an account elsewhere: there and back, with a cookie that ties both together."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import quote, unquote

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import QueryParameter
from litestar.response import Response
from msgspec import Struct

from antivenom.errors import NetworkError, UsageError
from antivenom.service import audit
from antivenom.service.access import cookies, users
from antivenom.service.access.middleware import address
from antivenom.service.access.principal import SCOPES_OF
from antivenom.service.access.provider import Claims, Provider
from antivenom.service.access.routes import signed_in, within
from antivenom.service.access.users import User
from antivenom.service.settings import Settings

_log = logging.getLogger(__name__)
_SECONDS = 600
_Text = Annotated[str, QueryParameter(max_length=4000)]


class _Trip(Struct, frozen=True, kw_only=True):
    """What the cookie remembers while somebody is away."""

    state: str
    nonce: str
    verifier: str
    to: str


_TRIP = msgspec.json.Decoder(_Trip)


def router() -> Router:
    """Return the two routes; without a provider in the settings there is nothing at them."""
    made: dict[str, Provider] = {}

    def provider(request: Request[Any, Any, State]) -> Provider:
        settings = request.app.state.settings
        if not settings.oidc_issuer:
            raise NotFoundException("no provider is configured")
        return made.setdefault("", Provider(settings))

    @get("/oidc/start", include_in_schema=False, sync_to_thread=True)
    def start(request: Request[Any, Any, State], next: _Text = "/") -> Response[None]:
        trip = _Trip(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            to=within(next[:1000]),
        )
        settings = request.app.state.settings
        to = provider(request).address(
            state=trip.state, nonce=trip.nonce, verifier=trip.verifier, back=_back(settings)
        )
        packed = quote(msgspec.json.encode(trip).decode(), safe="")
        cookie = cookies.made("trip", packed, settings, _SECONDS)
        return Response(None, status_code=303, headers={"Location": to}, cookies=[cookie])

    @get("/oidc/back", include_in_schema=False, sync_to_thread=True)
    def back(
        request: Request[Any, Any, State],
        code: _Text = "",
        came: Annotated[str, QueryParameter(name="state", max_length=200)] = "",
    ) -> Response[None]:
        there, trip = provider(request), _trip(request)
        if trip is None or not code or not hmac.compare_digest(came.encode(), trip.state.encode()):
            return _refused(request, "expired")
        settings, now = request.app.state.settings, request.app.state.clock.now()
        try:
            claims = there.claims(
                code=code, nonce=trip.nonce, verifier=trip.verifier, back=_back(settings), now=now
            )
            user = _account(request, claims)
        except (NetworkError, UsageError) as error:
            _log.warning("signing in elsewhere failed: %s", error)
            return _refused(request, "elsewhere")
        answer = signed_in(request, user, trip.to, now)
        answer.cookies.append(cookies.gone("trip", settings))
        return answer

    return Router("/", route_handlers=[start, back])


def _account(request: Request[Any, Any, State], claims: Claims) -> User:
    """Find or make the account; its role is what the provider says today."""
    state = request.app.state
    settings, now = state.settings, state.clock.now()
    role = role_of(claims, settings)
    with state.store.writing() as connection:
        user = users.of_subject(connection, settings.oidc_issuer, claims.subject)
        if role is None or (user is not None and not user.active):
            raise UsageError("this account has no role here")
        if user is None:
            user = users.add(
                connection,
                _name(claims, settings),
                role,
                now=now,
                issuer=settings.oidc_issuer,
                subject=claims.subject,
            )
        elif user.role != role:
            user = users.change(connection, user.name, role=role, now=now)
        where = address(request)
        audit.record(
            connection, user.name, "user.sign-in", "", {"oidc": role}, now=now, address=where
        )
    return user


def role_of(claims: Claims, settings: Settings) -> str | None:
    """Return the highest role that the provider's groups give, None without any."""
    said = claims.values.get(settings.oidc_roles_claim)
    groups = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    given = [settings.oidc_roles[one] for one in groups if _known(one, settings.oidc_roles)]
    return max(given, key=list(SCOPES_OF).index, default=None)


def _known(group: object, roles: Iterable[str]) -> bool:
    return isinstance(group, str) and group in roles


def _name(claims: Claims, settings: Settings) -> str:
    """Return a name for a new account; one that a local account has is refused when it is made."""
    said = str(claims.values.get(settings.oidc_name_claim) or claims.subject)
    return re.sub(r"[^A-Za-z0-9._@+-]", "-", said).lstrip("._@+-")[:100]


def _trip(request: Request[Any, Any, State]) -> _Trip | None:
    try:
        return _TRIP.decode(unquote(cookies.value(request, "trip")))
    except msgspec.DecodeError:
        return None


def _back(settings: Settings) -> str:
    base = settings.public_url.rstrip("/") or f"http://{settings.listen}"
    return f"{base}/oidc/back"


def _refused(request: Request[Any, Any, State], problem: str) -> Response[None]:
    gone = [cookies.gone("trip", request.app.state.settings)]
    place = {"Location": f"/sign-in?problem={problem}"}
    return Response(None, status_code=303, headers=place, cookies=gone)
