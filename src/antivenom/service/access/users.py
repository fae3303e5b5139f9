"""Accounts: local ones with a password, others known by their OpenID Connect subject."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, func, insert, select, update

from antivenom.errors import TargetError, UsageError
from antivenom.model.moments import stamp
from antivenom.service.access import passwords
from antivenom.service.access.principal import SCOPES_OF
from antivenom.store import Store
from antivenom.store.schema_access import sessions, tokens, users

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


class User(Struct, frozen=True, kw_only=True):
    """An account, without its password."""

    id: int
    name: str
    role: str
    active: bool
    made_at: str
    issuer: str = ""


def count(connection: Connection) -> int:
    """Return how many accounts there are."""
    return connection.scalar(select(func.count()).select_from(users)) or 0


def every(connection: Connection) -> list[User]:
    """Return all accounts by name."""
    return [_user(row) for row in connection.execute(select(users).order_by(users.c.name))]


def named(connection: Connection, name: str) -> User:
    """Return an account. Raises `TargetError` when there is none."""
    row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    if row is None:
        raise TargetError(f"there is no account {name}")
    return _user(row)


def add(
    connection: Connection,
    name: str,
    role: str,
    *,
    now: datetime,
    password: str = "",
    issuer: str = "",
    subject: str = "",
) -> User:
    """Make an account. Raises `UsageError` when the name is taken or cannot be one."""
    if not _NAME.fullmatch(name):
        raise UsageError("a name has 1 to 100 letters, digits and . _ @ + -")
    _known_role(role)
    if connection.scalar(select(users.c.id).where(users.c.name == name)) is not None:
        raise UsageError(f"there is an account {name} already")
    values = {
        "name": name,
        "password": passwords.hashed(password) if password or not issuer else "",
        "issuer": issuer,
        "subject": subject,
        "role": role,
        "active": 1,
        "made_at": stamp(now),
    }
    connection.execute(insert(users).values(values))
    return named(connection, name)


def change(
    connection: Connection,
    name: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    password: str | None = None,
    now: datetime,
) -> User:
    """Change an account; whoever is signed in with it has to sign in again.

    Raises `UsageError`, also when nobody would be left who may change accounts.
    """
    user = named(connection, name)
    values: dict[str, object] = {}
    if role is not None:
        _known_role(role)
        values["role"] = role
    if active is not None:
        values["active"] = int(active)
    if password is not None:
        values["password"] = passwords.hashed(password)
    if values:
        connection.execute(update(users).where(users.c.id == user.id).values(values))
        connection.execute(sessions.delete().where(sessions.c.user == user.id))
    if active is False:
        there = (tokens.c.user == user.id) & (tokens.c.revoked_at == "")
        connection.execute(update(tokens).where(there).values(revoked_at=stamp(now)))
    if user.role == "admin" and not _admins(connection):
        raise UsageError("somebody has to be an administrator")
    return named(connection, name)


def sign_in(store: Store, name: str, password: str) -> User | None:
    """Return the account these belong to, if it may sign in.

    Hashing takes its time on purpose; nobody waits for the database meanwhile.
    """
    with store.reading() as connection:
        row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
    right = passwords.matches(password, row.password if row else "")
    if row is None or not right or not row.active:
        return None
    if passwords.outdated(row.password):
        again = passwords.hashed(password)
        with store.writing() as connection:
            connection.execute(update(users).where(users.c.id == row.id).values(password=again))
    return _user(row)


def of_subject(connection: Connection, issuer: str, subject: str) -> User | None:
    """Return the account of somebody who signed in elsewhere."""
    query = select(users).where(users.c.issuer == issuer, users.c.subject == subject)
    row = connection.execute(query).one_or_none()
    return _user(row) if row else None


def _admins(connection: Connection) -> int:
    query = select(func.count()).where(users.c.role == "admin", users.c.active == 1)
    return connection.scalar(query) or 0


def _known_role(role: str) -> None:
    if role not in SCOPES_OF:
        raise UsageError(f"{role} is not a role", hint=f"roles: {', '.join(SCOPES_OF)}")


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        active=bool(row.active),
        made_at=row.made_at,
        issuer=row.issuer,
    )
