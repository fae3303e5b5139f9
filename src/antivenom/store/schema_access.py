"""Who may do what, and who is told: accounts, sessions, tokens, webhooks."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, LargeBinary, String, Table, Text

from antivenom.store.columns import metadata, number, text
from antivenom.store.schema_uploads import ROW

users = Table(
    "users",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
    text("password", "argon2; '' = signs in elsewhere"),
    text("issuer", "of OIDC"),
    text("subject", "of OIDC", index=True),
    Column("role", String, nullable=False, comment="viewer | reviewer | admin"),
    number("active", "1 = may sign in"),
    Column("made_at", String, nullable=False),
    comment="Accounts.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True, comment="sha256 of the cookie"),
    Column("user", ROW, ForeignKey("users.id"), nullable=False, index=True),
    Column("made_at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    text("seen_at"),
    comment="Who is signed in.",
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("hash", String, nullable=False, unique=True, comment="sha256 of the token"),
    Column("user", ROW, ForeignKey("users.id"), nullable=False, index=True),
    text("name", "what it is for"),
    text("scopes", "separated by blanks"),
    Column("made_at", String, nullable=False),
    text("expires_at"),
    text("used_at"),
    text("revoked_at"),
    comment="Keys of programs; only their hashes are kept.",
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("url", Text, nullable=False),
    Column("secret", String, nullable=False, comment="signs what is sent"),
    text("events", "separated by blanks"),
    number("active"),
    Column("made_at", String, nullable=False),
    comment="Who wants to be told.",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("webhook", ROW, ForeignKey("webhooks.id"), nullable=False, index=True),
    Column("event", String, nullable=False),
    Column(
        "key", String, nullable=False, comment="what it is about; the receiver may see it twice"
    ),
    Column("payload", LargeBinary, nullable=False),
    Column("state", String, nullable=False, comment="waiting | sent | failed"),
    number("attempts"),
    Column("due", Float, nullable=False, default=0.0, comment="seconds since the epoch"),
    text("answer"),
    Column("made_at", String, nullable=False),
    text("sent_at"),
    Index("deliveries_due", "state", "due"),
    comment="What is to be told, and whether it was.",
)

ALL = (users, sessions, tokens, webhooks, deliveries)
