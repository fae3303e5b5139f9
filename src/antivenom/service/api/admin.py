"""Accounts, tokens, webhooks, the record of acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy import select

from antivenom.service import audit, webhooks
from antivenom.service.access import tokens, users
from antivenom.service.access.guards import known, needs, who
from antivenom.service.access.middleware import address
from antivenom.service.access.tokens import Token
from antivenom.service.access.users import User
from antivenom.service.api.asking import After, Asked, Closed, Most, Number
from antivenom.service.audit import Act
from antivenom.service.webhooks import Webhook
from antivenom.store.schema_access import deliveries

Role = Literal["viewer", "reviewer", "admin"]
ScopeName = Literal["read", "osv", "metrics", "submit", "decide", "admin"]
EventName = Literal["upload.reviewed", "case.opened", "case.decided", "case.undone", "action.sent"]
UserName = Annotated[str, Meta(max_length=100, pattern="^[A-Za-z0-9][A-Za-z0-9._@+-]*$")]
Password = Annotated[str, Meta(min_length=12, max_length=1024)]

State = Literal["", "waiting", "sent", "failed"]


class Me(Struct, frozen=True, kw_only=True):
    """Who asks."""

    name: str
    role: str
    scopes: tuple[str, ...]
    via: str


class NewUser(Closed, frozen=True, kw_only=True):
    """An account to make."""

    name: UserName
    role: Role
    password: Password


class ChangedUser(Closed, frozen=True, kw_only=True):
    """What becomes different."""

    role: Role | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class NewToken(Closed, frozen=True, kw_only=True):
    """A token to make."""

    user: UserName
    name: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^\\x00-\\x1f]+$")]
    scopes: Annotated[tuple[ScopeName, ...], Meta(min_length=1, max_length=10)]
    days: Annotated[int, Meta(ge=1, le=3660)] = 90


class MadeToken(Struct, frozen=True, kw_only=True):
    """A token, this once."""

    id: int
    token: str


class NewWebhook(Closed, frozen=True, kw_only=True):
    """An address to tell things to."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    events: Annotated[tuple[EventName, ...], Meta(min_length=1, max_length=10)]


class MadeWebhook(Struct, frozen=True, kw_only=True):
    """An address and its secret, this once."""

    webhook: Webhook
    secret: str


class Delivery(Struct, frozen=True, kw_only=True):
    """A message and whether it was taken."""

    id: int
    webhook: int
    event: str
    key: str
    state: str
    attempts: int
    answer: str
    made_at: str
    sent_at: str


def _note(connection: Any, request: Asked, act: str, what: str, **detail: Any) -> None:  # noqa: ANN401
    now = request.app.state.clock.now()
    audit.record(
        connection, who(request).name, act, what, detail, now=now, address=address(request)
    )


@get("/me", guards=[known], summary="Who asks", tags=["access"])
async def me(request: Asked) -> Me:
    """Return the account behind a token and what it may do."""
    found = who(request)
    scopes = tuple(sorted(found.scopes))
    return Me(name=found.name, role=found.role, scopes=scopes, via=found.via)


@get("/users", guards=[needs("admin")], summary="Accounts", tags=["access"], sync_to_thread=True)
def list_users(request: Asked) -> list[User]:
    """Return all accounts."""
    with request.app.state.store.reading() as connection:
        return users.every(connection)


@post(
    "/users",
    guards=[needs("admin")],
    summary="Make an account",
    tags=["access"],
    sync_to_thread=True,
)
def add_user(request: Asked, data: JSONBody[NewUser]) -> User:
    """Make a local account."""
    now = request.app.state.clock.now()
    with request.app.state.store.writing() as connection:
        made = users.add(connection, data.name, data.role, now=now, password=data.password)
        _note(connection, request, "user.make", f"user:{data.name}", role=data.role)
    return made


@patch(
    "/users/{name:str}",
    guards=[needs("admin")],
    summary="Change an account",
    tags=["access"],
    sync_to_thread=True,
)
def change_user(request: Asked, name: FromPath[str], data: JSONBody[ChangedUser]) -> User:
    """Change role or password, or close an account; its sessions end, its tokens with closing."""
    role = None if data.role is UNSET else data.role
    active = None if data.active is UNSET else data.active
    password = None if data.password is UNSET else data.password
    now = request.app.state.clock.now()
    with request.app.state.store.writing() as connection:
        made = users.change(connection, name, role=role, active=active, password=password, now=now)
        changed = {"role": role, "active": active, "password": password is not None}
        _note(connection, request, "user.change", f"user:{name}", **changed)
    return made


@get("/tokens", guards=[needs("admin")], summary="Tokens", tags=["access"], sync_to_thread=True)
def list_tokens(request: Asked) -> list[Token]:
    """Return what is known of all tokens; none can be seen again."""
    with request.app.state.store.reading() as connection:
        return tokens.every(connection)


@post(
    "/tokens",
    guards=[needs("admin")],
    summary="Make a token",
    tags=["access"],
    sync_to_thread=True,
)
def add_token(request: Asked, data: JSONBody[NewToken]) -> MadeToken:
    """Make a token of an account; this is the only time it is shown."""
    now = request.app.state.clock.now()
    with request.app.state.store.writing() as connection:
        owner = users.named(connection, data.user)
        id, key = tokens.make(connection, owner, data.name, data.scopes, now=now, days=data.days)
        scopes = " ".join(data.scopes)
        _note(connection, request, "token.make", f"token:{id}", user=owner.name, scopes=scopes)
    return MadeToken(id=id, token=key)


@delete(
    "/tokens/{number:int}",
    guards=[needs("admin")],
    summary="Revoke a token",
    tags=["access"],
    sync_to_thread=True,
)
def revoke_token(request: Asked, number: Number) -> None:
    """End a token at once."""
    with request.app.state.store.writing() as connection:
        tokens.revoke(connection, number, request.app.state.clock.now())
        _note(connection, request, "token.revoke", f"token:{number}")


@get(
    "/webhooks", guards=[needs("admin")], summary="Webhooks", tags=["webhooks"], sync_to_thread=True
)
def list_webhooks(request: Asked) -> list[Webhook]:
    """Return all addresses that are told things."""
    with request.app.state.store.reading() as connection:
        return webhooks.every(connection)


@post(
    "/webhooks",
    guards=[needs("admin")],
    summary="Add a webhook",
    tags=["webhooks"],
    sync_to_thread=True,
)
def add_webhook(request: Asked, data: JSONBody[NewWebhook]) -> MadeWebhook:
    """Tell an address things; the secret that proves they are ours is shown this once."""
    state = request.app.state
    with state.store.writing() as connection:
        made, secret = webhooks.add(
            connection, data.url, data.events, now=state.clock.now(), settings=state.settings
        )
        _note(connection, request, "webhook.make", f"webhook:{made.id}", url=data.url)
    return MadeWebhook(webhook=made, secret=secret)


@delete(
    "/webhooks/{number:int}",
    guards=[needs("admin")],
    summary="Stop a webhook",
    tags=["webhooks"],
    sync_to_thread=True,
)
def stop_webhook(request: Asked, number: Number) -> None:
    """Send nothing there any more."""
    with request.app.state.store.writing() as connection:
        webhooks.stop(connection, number)
        _note(connection, request, "webhook.stop", f"webhook:{number}")


@get(
    "/deliveries",
    guards=[needs("admin")],
    summary="Messages and whether they were taken",
    tags=["webhooks"],
    sync_to_thread=True,
)
def list_deliveries(
    request: Asked,
    in_state: Annotated[
        Literal["", "waiting", "sent", "failed"], QueryParameter(name="state")
    ] = "",
    after: After = 0,
    most: Most = 100,
) -> list[Delivery]:
    """Return messages, the newest first."""
    columns = [deliveries.c[name] for name in Delivery.__struct_fields__]
    query = select(*columns).order_by(deliveries.c.id.desc()).limit(most)
    if in_state:
        query = query.where(deliveries.c.state == in_state)
    if after:
        query = query.where(deliveries.c.id < after)
    with request.app.state.store.reading() as connection:
        return [Delivery(**row) for row in connection.execute(query).mappings()]


@post(
    "/deliveries/{number:int}/retry",
    guards=[needs("admin")],
    status_code=204,
    summary="Send a message once more",
    tags=["webhooks"],
    sync_to_thread=True,
)
def retry_delivery(request: Asked, number: Number) -> None:
    """Try a message again that was given up."""
    with request.app.state.store.writing() as connection:
        webhooks.again(connection, number, request.app.state.clock.now())


@get("/audit", guards=[needs("admin")], summary="Every act", tags=["access"], sync_to_thread=True)
def acts(request: Asked, after: After = 0, most: Most = 100) -> list[Act]:
    """Return acts of people and policies, the newest first."""
    with request.app.state.store.reading() as connection:
        return audit.latest(connection, before=after, most=most)


ROUTES: Sequence[ControllerRouterHandler] = (
    me,
    list_users,
    add_user,
    change_user,
    list_tokens,
    add_token,
    revoke_token,
    list_webhooks,
    add_webhook,
    stop_webhook,
    list_deliveries,
    retry_delivery,
    acts,
)
