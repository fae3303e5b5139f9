"""The service's record of truth: what arrived, what was said of it, what registries did.

Nothing here refers to a project that a registry may delete, and nothing is removed with one. The
queue engine keeps tables of its own beside these; where the two disagree, these are right.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from antivenom.store.columns import metadata, number, text

ROW = BigInteger().with_variant(Integer, "sqlite")
"""A key the database counts up itself; on SQLite only INTEGER does."""

feeds = Table(
    "feeds",
    metadata,
    Column("name", String, primary_key=True, comment="pypi, npm"),
    Column("cursor", BigInteger, nullable=False, default=0, comment="serial or sequence read last"),
    text("stopped", "why a person stopped it; '' = it runs"),
    text("checked_at", "when the registry answered last"),
    text("problem", "what went wrong since"),
    number("failures", "in a row"),
    text("etag", "of the last answer, for conditional requests"),
    text("position", "of a backfill: the project done last"),
    comment="Where each follower stands; written in the transaction that keeps what it brought.",
)

uploads = Table(
    "uploads",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("ecosystem", String, nullable=False),
    Column("project", Text, nullable=False, comment="normalised"),
    text("version"),
    Column("filename", Text, nullable=False),
    Column(
        "serial",
        BigInteger,
        nullable=False,
        default=0,
        comment="of the feed; 0 = it has none; negative = no feed, taken from the sha256",
    ),
    text("source", "feed | api | backfill | registry"),
    text("sha256", "'' until known", index=True),
    text("blake2b", "256 bits, of the bytes: the path of the file in PyPI's inspector"),
    text("purl"),
    number("size"),
    number("kept", "1 = its bytes are among the blobs"),
    text("location", "where the registry said the bytes are; '' = ask its index"),
    text("uploaded_at", "by the registry"),
    text("publisher"),
    Column("declared", LargeBinary, nullable=False, default=b"", comment="store.packing; metadata"),
    Column("seen_at", String, nullable=False, comment="when it was recorded here"),
    number("priority", "service.priorities; smaller is sooner"),
    Column("state", String, nullable=False, default="waiting", comment="service.uploads.STATES"),
    Column("due", Float, nullable=False, default=0.0, comment="not before; seconds since 1970"),
    text("job", "what the queue engine calls it"),
    text("changed_at", "of the state"),
    Column("attempts", Integer, nullable=False, default=0, comment="reviews begun since it waits"),
    Column("failures", Integer, nullable=False, default=0, comment="bytes not had, in a row"),
    text("worker", "who has it"),
    text("problem", "why it failed last"),
    text("review", "id of the newest review", index=True),
    text("reviewed_at", "the first verdict"),
    Column("latency", Float, nullable=False, default=0.0, comment="seconds from seen to verdict"),
    UniqueConstraint("ecosystem", "project", "version", "filename", "serial"),
    Index("uploads_state", "state", "ecosystem", "priority", "id"),
    Index("uploads_seen", "seen_at"),
    Index("uploads_publisher", "publisher", "id"),
    Index("uploads_project", "ecosystem", "project", "id"),
    Index("uploads_latency", "reviewed_at", "source", "latency"),
    comment="One file that arrived, once for each time it did.",
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", String, primary_key=True, comment="hash of sha256, purl and digests"),
    Column("sha256", String, nullable=False, index=True),
    text("purl", index=True),
    text("ecosystem"),
    text("project"),
    text("version"),
    text("filename"),
    number("size"),
    Column("verdict", String, nullable=False),
    text("kind"),
    Column("score", Float, nullable=False, default=0.0),
    text("reason", "the first, for lists"),
    text("activation", "strongest of its findings"),
    number("findings"),
    text("engine"),
    text("rulebook"),
    text("scorer"),
    text("knowledge"),
    text("context"),
    Column("made_at", String, nullable=False),
    number("took_ms"),
    text("blocked", "why it is inconclusive, if it is"),
    Column("document", LargeBinary, nullable=False, comment="store.packing; the review as JSON v1"),
    Column("members", LargeBinary, nullable=False, comment="store.packing; path -> sha256"),
    Index("reviews_said", "ecosystem", "project", "made_at", "verdict", "id"),
    Index("reviews_name", "project", "made_at"),
    Index("reviews_filename", "filename"),
    Index("reviews_made", "made_at", "verdict"),
    Index("reviews_verdict", "verdict", "made_at"),
    comment="Every verdict ever given, append-only; the same bytes under two names are two.",
)

findings = Table(
    "findings",
    metadata,
    Column("review", String, ForeignKey("reviews.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("rule", String, nullable=False, index=True),
    text("severity"),
    text("confidence"),
    text("state", "of the rule: enabled | evaluation"),
    text("activation"),
    text("change"),
    Column("weight", Float, nullable=False, default=0.0),
    text("member", "of its first span"),
    number("line"),
    text("member_sha256", index=True),
    text("reason"),
    comment="What the reviews rest on, a row each, to count and to search by rule.",
)

registry_events = Table(
    "registry_events",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("ecosystem", String, nullable=False),
    Column("serial", BigInteger, nullable=False, default=0),
    Column("project", Text, nullable=False),
    text("version"),
    Column(
        "what", String, nullable=False, comment="service.events.KINDS: quarantined, removed ..."
    ),
    text("action", "as the registry words it"),
    text("about", "a file or an account"),
    Column("at", String, nullable=False),
    Column("seen_at", String, nullable=False),
    UniqueConstraint("ecosystem", "serial", "project", "action"),
    Index("registry_events_project", "ecosystem", "project", "at"),
    Index("registry_events_what", "what", "at"),
    comment="What registries did and say: labels with a time, and changes of owners.",
)

tallies = Table(
    "tallies",
    metadata,
    Column("what", String, primary_key=True, comment="service.tallies: reviews | decisions"),
    Column("day", String, primary_key=True, comment="2026-11-21, of UTC"),
    Column("key", String, primary_key=True, comment="a verdict, a decision"),
    Column(
        "shard",
        Integer,
        primary_key=True,
        comment="of a few, so that workers do not wait for each other",
    ),
    number("number"),
    comment="How many rows there are of a day, counted as they are written.",
)

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True, comment="host, process and life"),
    Column("started_at", String, nullable=False),
    Column("seen", Float, nullable=False, comment="heartbeat, seconds since the epoch"),
    text("host"),
    number("pid"),
    number("slots"),
    text("engine"),
    text("confined", "what the kernel takes from its children: network landlock seccomp"),
    comment="Who works; a row that stops beating is swept and its uploads taken over.",
)

ALL = (feeds, uploads, reviews, findings, registry_events, workers)
"""Of step 2; `tallies` came with step 3."""
