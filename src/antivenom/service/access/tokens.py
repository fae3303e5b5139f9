"""Keys of programs: shown once, kept as hashes, scoped, with an end."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from antivenom.errors import TargetError, UsageError
from antivenom.model.moments import stamp
from antivenom.service.access.principal import SCOPES, SCOPES_OF, Principal
from antivenom.service.access.sessions import digest
from antivenom.service.access.users import User
from antivenom.store.schema_access import tokens, users

PREFIX = "antivenom_"
"""So that scanners of repositories can tell what leaked."""
_USED_EVERY = timedelta(minutes=5)


class Token(Struct, frozen=True, kw_only=True):
    """What is known of a key, without the key."""

    id: int
    user: str
    name: str
    scopes: tuple[str, ...]
    made_at: str
    expires_at: str
    used_at: str
    revoked_at: str


def make(
    connection: Connection,
    user: User,
    name: str,
    scopes: Iterable[str],
    *,
    now: datetime,
    days: int,
) -> tuple[int, str]:
    """Make a key and return its number and the key itself, which nobody can see again.

    Raises `UsageError` when the owner may not do what the key should.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise UsageError(f"no scope: {', '.join(unknown)}", hint=f"scopes: {', '.join(SCOPES)}")
    beyond = [scope for scope in wanted if scope not in SCOPES_OF[user.role]]
    if beyond:
        raise UsageError(f"{user.name} is {user.role} and may not {', '.join(beyond)}")
    if not 1 <= days <= 3660:
        raise UsageError("a token lasts 1 to 3660 days")
    key = PREFIX + secrets.token_urlsafe(32)
    made = connection.execute(
        insert(tokens).values(
            hash=digest(key),
            user=user.id,
            name=name[:200],
            scopes=" ".join(wanted),
            made_at=stamp(now),
            expires_at=stamp(now + timedelta(days=days)),
        )
    )
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0]), key


def find(connection: Connection, key: str, now: datetime) -> Principal | None:
    """Return whose key this is, with the scopes both the key and its owner's role have."""
    query = (
        select(users.c.id, users.c.name, users.c.role, tokens.c.scopes)
        .join(tokens, tokens.c.user == users.c.id)
        .where(tokens.c.hash == digest(key), tokens.c.revoked_at == "")
        .where(tokens.c.expires_at > stamp(now), users.c.active == 1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    scopes = SCOPES_OF[row.role].intersection(row.scopes.split())
    return Principal(id=row.id, name=row.name, role=row.role, scopes=scopes, via="token")


def unused(connection: Connection, key: str, now: datetime) -> bool:
    """Whether it is time to write down again that a key was used."""
    query = select(tokens.c.used_at).where(tokens.c.hash == digest(key))
    return (connection.scalar(query) or "") < stamp(now - _USED_EVERY)


def used(connection: Connection, key: str, now: datetime) -> None:
    """Write down that a key was used."""
    connection.execute(
        update(tokens).where(tokens.c.hash == digest(key)).values(used_at=stamp(now))
    )


def every(connection: Connection) -> list[Token]:
    """Return all keys, newest first."""
    query = select(tokens, users.c.name.label("owner")).join(users, users.c.id == tokens.c.user)
    return [
        Token(
            id=row.id,
            user=row.owner,
            name=row.name,
            scopes=tuple(row.scopes.split()),
            made_at=row.made_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
        )
        for row in connection.execute(query.order_by(tokens.c.id.desc()))
    ]


def revoke(connection: Connection, id: int, now: datetime) -> None:
    """End a key. Raises `TargetError` when there is none that lasts."""
    there = (tokens.c.id == id) & (tokens.c.revoked_at == "")
    done = connection.execute(update(tokens).where(there).values(revoked_at=stamp(now)))
    if not done.rowcount:
        raise TargetError(f"there is no token {id} that could be revoked")
