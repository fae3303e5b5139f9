"""The catalog's tables. SQLite by default, PostgreSQL by URL; nothing here is of one of them.

Conventions. Times are ISO 8601 texts in UTC, so that both databases compare them alike; days are
``YYYY-MM-DD``; "" means unknown, so that columns are never null and rows compare. Hashes are
lower-case hex. A *specimen id* is the sha256 of its bytes, or its package URL where nobody here
has seen the bytes. Texts that came from uploads are stored escaped (`report.escape.visible`).
Tables only grow: a change is a new number in `migrations`. The service's tables stand in
`schema_uploads`, `schema_cases` and `schema_access`, in the same database.
"""

from __future__ import annotations

from sqlalchemy import (
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

from antivenom.store.columns import metadata
from antivenom.store.columns import number as _number
from antivenom.store.columns import text as _text


def _specimen(*, key: bool = False) -> Column[str]:
    return Column("specimen", String, ForeignKey("specimens.id"), primary_key=key, nullable=False)


schema_steps = Table(
    "schema_steps",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("done_at", String, nullable=False),
    comment="Which migrations this database has seen.",
)

# --- the catalog: what is known to be bad, who says so, and what it has in common -------------

sources = Table(
    "sources",
    metadata,
    Column("id", String, primary_key=True, comment="a short name: dev-corpus, ossf, reviews"),
    _text("url"),
    _text("licence"),
    Column("added_at", String, nullable=False),
    comment="Where knowledge comes from: a sample set, an OSV feed, our own reviews, a person.",
)

specimens = Table(
    "specimens",
    metadata,
    Column("id", String, primary_key=True, comment="sha256, or the package URL without bytes"),
    _text("sha256", index=True),
    _text("ecosystem"),
    _text("name"),
    _text("version", "'' with an OSV record: every version"),
    _text("purl", index=True),
    _text("project", "purl without the version", index=True),
    _text("filename"),
    _number("size"),
    _text("kind", "model.artifact.ArtifactKind"),
    Column(
        "source", String, ForeignKey("sources.id"), nullable=False, comment="who brought it first"
    ),
    _text("origin", "where in that source: path in the zip"),
    _text("first_seen", "day, by the source or its archive"),
    Column("added_at", String, nullable=False),
    _text("kept", "'' or 'blob': the bytes are in the store"),
    _text("description", "what a person wrote about it"),
    # Derived from the profile of `engine`; rewritten when another engine observes it again.
    _text("engine"),
    _text("activations", "of its findings, strongest first"),
    _number("layers"),
    _number("facts"),
    _text("verdict", "of the import's review"),
    Column("score", Float, nullable=False, default=0.0),
    _text("problem", "why it could not be observed"),
    # Derived from `statements` in the transaction that adds one.
    Column("label", String, nullable=False, default="unknown", index=True),
    Column("confidence", String, nullable=False, default="low"),
    Index("specimens_name", "ecosystem", "name", "version"),
    comment="One row of the dataset. Plain data: the bytes, if kept, lie sealed in the blob store.",
)

claims = Table(
    "claims",
    metadata,
    _specimen(key=True),
    Column("source", String, ForeignKey("sources.id"), primary_key=True),
    Column(
        "origin", Text, primary_key=True, comment="the same bytes may lie there under several names"
    ),
    _text("tags", "separated by blanks, as the source has them"),
    _text("cluster"),
    _text("family"),
    _text("part", "study or check, of our own corpora"),
    comment="What a source says of a specimen beyond its label: where, its own tags and groups.",
)

statements = Table(
    "statements",
    metadata,
    Column(
        "id", String, primary_key=True, comment="hash of the content: saying it twice is saying it"
    ),
    Column("specimen", String, ForeignKey("specimens.id"), nullable=False, index=True),
    Column("label", String, nullable=False, comment="catalog.statement.LABELS, or 'withdrawn'"),
    Column("author", String, nullable=False, comment="a source id, a person, or 'antivenom'"),
    Column("kind", String, nullable=False, comment="person | source | engine"),
    Column("confidence", String, nullable=False, comment="low | medium | high"),
    _text("reason"),
    Column("said_at", String, nullable=False),
    _text("withdraws", "id of a statement", index=True),
    comment="Labels are statements: append-only, several may disagree, the current is computed.",
)

reports = Table(
    "reports",
    metadata,
    Column("id", String, primary_key=True, comment="MAL-2026-2144"),
    Column("source", String, ForeignKey("sources.id"), nullable=False),
    _text("modified"),
    _text("withdrawn"),
    Column("document", LargeBinary, nullable=False, comment="store.packing"),
    comment="Published records (OSV), verbatim, so that they leave as they came.",
)

specimen_reports = Table(
    "specimen_reports",
    metadata,
    _specimen(key=True),
    Column("report", String, ForeignKey("reports.id"), primary_key=True, index=True),
    comment="Which records name which specimens.",
)

# --- what observing gave ----------------------------------------------------------------------

profiles = Table(
    "profiles",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("ecosystem", String, primary_key=True),
    Column("engine", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    comment="The whole Profile, compressed (store.packing); no bytes of the upload.",
)

behaviors = Table(
    "behaviors",
    metadata,
    _specimen(key=True),
    Column("id", String, primary_key=True, index=True),
    Column("activation", String, nullable=False),
    Column("count", Integer, nullable=False, default=1),
    comment="Distinct fact ids of a specimen (flows as a->b), strongest activation of each.",
)

members = Table(
    "members",
    metadata,
    _specimen(key=True),
    Column("n", Integer, primary_key=True, comment="place in the manifest"),
    Column("path", Text, nullable=False),
    Column("sha256", String, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    _text("kind"),
    _text("role"),
    _text("lang"),
    _text("activation"),
    _text("skeleton", "'' = none computed", index=True),
    _text("fingerprint", "model.fingerprint, base64"),
    comment="Files of a specimen, for exact and near recognition.",
)

functions = Table(
    "functions",
    metadata,
    _specimen(key=True),
    Column("n", Integer, primary_key=True, comment="of members"),
    Column("name", Text, primary_key=True),
    Column("hash", String, nullable=False, index=True),
    comment="Qualified function -> hash of its normalised code.",
)

decoded = Table(
    "decoded",
    metadata,
    _specimen(key=True),
    Column("layer", Integer, primary_key=True),
    _number("parent"),
    Column("member", Text, nullable=False),
    _number("line"),
    _text("via", "separated by blanks, outermost first"),
    Column("sha256", String, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    _text("skeleton", index=True),
    _text("fingerprint"),
    comment="Texts hidden in a specimen: a payload is often the same where its loader is not.",
)

indicators = Table(
    "indicators",
    metadata,
    Column("id", String, primary_key=True, comment="hash of kind and value"),
    Column("kind", String, nullable=False, comment="catalog.indicator.KINDS"),
    Column("value", Text, nullable=False),
    UniqueConstraint("kind", "value"),
    comment="A host, URL, address, webhook, token, wallet or hash that specimens share.",
)

specimen_indicators = Table(
    "specimen_indicators",
    metadata,
    _specimen(key=True),
    Column("indicator", String, ForeignKey("indicators.id"), primary_key=True, index=True),
    _text("member"),
    _number("line"),
    _number("layer"),
    comment="Which specimens hold which indicators, and where each was seen first.",
)

# --- what the whole gave ----------------------------------------------------------------------

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String, primary_key=True),
    _text("name", "what people call it"),
    _text("description"),
    Column("made_at", String, nullable=False),
    _text("method", "digest of the clustering that made it"),
    _number("size"),
    comment="A family of specimens; made by `catalog campaigns`, deterministic and incremental.",
)

campaign_members = Table(
    "campaign_members",
    metadata,
    _specimen(key=True),
    Column("campaign", String, ForeignKey("campaigns.id"), nullable=False, index=True),
    _text("cluster"),
    _text("reason", "what links it: code, payload, host ..."),
    Column("similarity", Float, nullable=False, default=1.0),
    comment="A specimen belongs to at most one campaign, and in it to one cluster of near code.",
)

releases = Table(
    "releases",
    metadata,
    Column("version", String, primary_key=True),
    Column("made_at", String, nullable=False),
    Column("digest", String, nullable=False, comment="sha256 of its checksum file"),
    Column("specimens", Integer, nullable=False),
    comment="Published versions of the dataset.",
)

release_members = Table(
    "release_members",
    metadata,
    Column("version", String, ForeignKey("releases.version"), primary_key=True),
    _specimen(key=True),
    Column("label", String, nullable=False),
    Column("split", String, nullable=False, comment="train | dev | test"),
    comment="What a release said of each specimen.",
)

imports = Table(
    "imports",
    metadata,
    Column("source", String, ForeignKey("sources.id"), primary_key=True),
    Column("item", Text, primary_key=True, comment="path inside the source"),
    Column(
        "fingerprint", String, nullable=False, comment="of what lies there and what is said of it"
    ),
    Column("outcome", String, nullable=False, comment="done | broken"),
    _text("reason"),
    Column("done_at", String, nullable=False),
    comment="What was read from where: an import goes on where it stopped and skips the known.",
)
