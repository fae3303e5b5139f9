"""Who is signed in. The cookie is a secret; the database holds its hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from antivenom.model.moments import stamp
from antivenom.service.access.principal import SCOPES_OF, Principal
from antivenom.store.schema_access import sessions, users


def start(connection: Connection, user: int, *, now: datetime, hours: int) -> str:
    """Begin a session and return its cookie; what has ended is forgotten on the way."""
    cookie = secrets.token_urlsafe(32)
    connection.execute(delete(sessions).where(sessions.c.expires_at <= stamp(now)))
    connection.execute(
        insert(sessions).values(
            id=digest(cookie),
            user=user,
            made_at=stamp(now),
            expires_at=stamp(now + timedelta(hours=hours)),
            seen_at=stamp(now),
        )
    )
    return cookie


def find(connection: Connection, cookie: str, now: datetime) -> Principal | None:
    """Return who has this cookie, unless the session ended or the account is closed."""
    query = (
        select(users.c.id, users.c.name, users.c.role)
        .join(sessions, sessions.c.user == users.c.id)
        .where(sessions.c.id == digest(cookie), sessions.c.expires_at > stamp(now))
        .where(users.c.active == 1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Principal(
        id=row.id, name=row.name, role=row.role, scopes=SCOPES_OF[row.role], via="session"
    )


def end(connection: Connection, cookie: str) -> None:
    """End a session."""
    connection.execute(delete(sessions).where(sessions.c.id == digest(cookie)))


def digest(cookie: str) -> str:
    """Return what the database keeps of a secret of full entropy."""
    return hashlib.sha256(cookie.encode()).hexdigest()
