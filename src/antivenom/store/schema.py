"""Every table, in one place. SQLite by default, PostgreSQL by URL; nothing here is of one of them.

Conventions. Times are ISO 8601 texts in UTC, so that both databases compare them alike; days are
``YYYY-MM-DD``; "" means unknown, so that columns are never null and rows compare. Hashes are
lower-case hex. A *specimen id* is the sha256 of its bytes, or its package URL where nobody here
has seen the bytes. Texts that came from uploads are stored escaped (`report.escape.visible`).
Tables only grow: a change is a new number in `migrations`.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()


def _specimen(*, key: bool = False) -> Column[str]:
    return Column("specimen", String, ForeignKey("specimens.id"), primary_key=key, nullable=False)


schema_steps = Table(
    # Which migrations this database has seen.
    "schema_steps",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("done_at", String, nullable=False),
)

# --- the catalog: what is known to be bad, who says so, and what it has in common -------------

sources = Table(
    # Where knowledge comes from: a sample set, an OSV feed, our own reviews, a person.
    "sources",
    metadata,
    Column("id", String, primary_key=True),  # a short name: dev-corpus, ossf, reviews
    Column("url", Text, nullable=False, default=""),
    Column("licence", Text, nullable=False, default=""),
    Column("added_at", String, nullable=False),
)

specimens = Table(
    # One row of the dataset. Plain data: the bytes, if kept, lie sealed in the blob store.
    "specimens",
    metadata,
    Column("id", String, primary_key=True),  # sha256, or the package URL without bytes
    Column("sha256", String, nullable=False, default="", index=True),
    Column("ecosystem", String, nullable=False, default=""),
    Column("name", Text, nullable=False, default=""),
    Column("version", Text, nullable=False, default=""),  # "" with an OSV record: every version
    Column("purl", Text, nullable=False, default="", index=True),
    Column("filename", Text, nullable=False, default=""),
    Column("size", Integer, nullable=False, default=0),
    Column("kind", String, nullable=False, default=""),  # model.artifact.ArtifactKind
    Column("source", String, ForeignKey("sources.id"), nullable=False),  # who brought it first
    Column("origin", Text, nullable=False, default=""),  # where in that source: path in the zip
    Column("first_seen", String, nullable=False, default=""),  # day, by the source or its archive
    Column("added_at", String, nullable=False),
    Column("kept", String, nullable=False, default=""),  # "" or "blob": the bytes are in the store
    Column("description", Text, nullable=False, default=""),  # what a person wrote about it
    # Derived from the profile of `engine`; rewritten when another engine observes it again.
    Column("engine", String, nullable=False, default=""),
    Column("activations", String, nullable=False, default=""),  # of its findings, strongest first
    Column("layers", Integer, nullable=False, default=0),
    Column("facts", Integer, nullable=False, default=0),
    Column("verdict", String, nullable=False, default=""),  # of the import's review
    Column("score", Float, nullable=False, default=0.0),
    Column("problem", Text, nullable=False, default=""),  # why it could not be observed
    # Derived from `statements` in the transaction that adds one.
    Column("label", String, nullable=False, default="unknown", index=True),
    Column("confidence", String, nullable=False, default="low"),
    Index("specimens_name", "ecosystem", "name", "version"),
)

claims = Table(
    # What a source says of a specimen beyond its label: where it had it, its own tags and groups.
    "claims",
    metadata,
    _specimen(key=True),
    Column("source", String, ForeignKey("sources.id"), primary_key=True),
    Column("origin", Text, primary_key=True),  # the same bytes may lie there under several names
    Column("tags", Text, nullable=False, default=""),  # separated by blanks, as the source has them
    Column("cluster", String, nullable=False, default=""),
    Column("family", String, nullable=False, default=""),
    Column("part", String, nullable=False, default=""),  # study or check, of our own corpora
)

statements = Table(
    # Labels are statements: append-only, several may disagree; the current one is computed.
    "statements",
    metadata,
    Column("id", String, primary_key=True),  # hash of the content: saying it twice is saying it
    Column("specimen", String, ForeignKey("specimens.id"), nullable=False, index=True),
    Column("label", String, nullable=False),  # catalog.statement.LABELS, or "withdrawn"
    Column("author", String, nullable=False),  # a source id, a person, or "antivenom"
    Column("kind", String, nullable=False),  # person | source | engine
    Column("confidence", String, nullable=False),  # low | medium | high
    Column("reason", Text, nullable=False, default=""),
    Column("said_at", String, nullable=False),
    Column("withdraws", String, nullable=False, default="", index=True),  # id of a statement
)

reports = Table(
    # Published records (OSV), verbatim, so that they leave as they came.
    "reports",
    metadata,
    Column("id", String, primary_key=True),  # MAL-2026-2144
    Column("source", String, ForeignKey("sources.id"), nullable=False),
    Column("modified", String, nullable=False, default=""),
    Column("withdrawn", String, nullable=False, default=""),
    Column("document", LargeBinary, nullable=False),  # store.packing
)

specimen_reports = Table(
    "specimen_reports",
    metadata,
    _specimen(key=True),
    Column("report", String, ForeignKey("reports.id"), primary_key=True, index=True),
)

# --- what observing gave ----------------------------------------------------------------------

profiles = Table(
    # The whole Profile, as zstd-compressed msgspec JSON (store.packing); no bytes of the upload.
    "profiles",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("ecosystem", String, primary_key=True),
    Column("engine", String, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

behaviors = Table(
    # Distinct fact ids of a specimen (flows as a->b) with the strongest activation of each.
    "behaviors",
    metadata,
    _specimen(key=True),
    Column("id", String, primary_key=True, index=True),
    Column("activation", String, nullable=False),
    Column("count", Integer, nullable=False, default=1),
)

members = Table(
    # Files of a specimen, for exact and near recognition.
    "members",
    metadata,
    _specimen(key=True),
    Column("n", Integer, primary_key=True),  # place in the manifest
    Column("path", Text, nullable=False),
    Column("sha256", String, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("kind", String, nullable=False, default=""),
    Column("role", String, nullable=False, default=""),
    Column("lang", String, nullable=False, default=""),
    Column("activation", String, nullable=False, default=""),
    Column("skeleton", String, nullable=False, default="", index=True),  # "" = none computed
    Column("fingerprint", Text, nullable=False, default=""),  # model.fingerprint, base64
)

functions = Table(
    # Qualified function -> hash of its normalised code.
    "functions",
    metadata,
    _specimen(key=True),
    Column("n", Integer, primary_key=True),  # of members
    Column("name", Text, primary_key=True),
    Column("hash", String, nullable=False, index=True),
)

decoded = Table(
    # Texts that were hidden in a specimen: the payload is often the same where the loader is not.
    "decoded",
    metadata,
    _specimen(key=True),
    Column("layer", Integer, primary_key=True),
    Column("parent", Integer, nullable=False, default=0),
    Column("member", Text, nullable=False),
    Column("line", Integer, nullable=False, default=0),
    Column("via", String, nullable=False, default=""),  # separated by blanks, outermost first
    Column("sha256", String, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("skeleton", String, nullable=False, default="", index=True),
    Column("fingerprint", Text, nullable=False, default=""),
)

indicators = Table(
    # A host, URL, address, webhook, token, wallet or hash that specimens share.
    "indicators",
    metadata,
    Column("id", String, primary_key=True),  # hash of kind and value
    Column("kind", String, nullable=False),  # catalog.indicator.KINDS
    Column("value", Text, nullable=False),
    UniqueConstraint("kind", "value"),
)

specimen_indicators = Table(
    "specimen_indicators",
    metadata,
    _specimen(key=True),
    Column("indicator", String, ForeignKey("indicators.id"), primary_key=True, index=True),
    Column("member", Text, nullable=False, default=""),
    Column("line", Integer, nullable=False, default=0),
    Column("layer", Integer, nullable=False, default=0),
)

# --- what the whole gave ----------------------------------------------------------------------

campaigns = Table(
    # A family of specimens; made again by `catalog campaigns`, deterministic and incremental.
    "campaigns",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", Text, nullable=False, default=""),  # what people call it
    Column("description", Text, nullable=False, default=""),
    Column("made_at", String, nullable=False),
    Column("method", String, nullable=False, default=""),  # digest of the clustering that made it
    Column("size", Integer, nullable=False, default=0),
)

campaign_members = Table(
    # A specimen belongs to at most one campaign, and inside it to one cluster of near code.
    "campaign_members",
    metadata,
    _specimen(key=True),
    Column("campaign", String, ForeignKey("campaigns.id"), nullable=False, index=True),
    Column("cluster", String, nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),  # what links it: code, payload, host ...
    Column("similarity", Float, nullable=False, default=1.0),
)

releases = Table(
    # Published versions of the dataset.
    "releases",
    metadata,
    Column("version", String, primary_key=True),
    Column("made_at", String, nullable=False),
    Column("digest", String, nullable=False),  # sha256 of its checksum file
    Column("specimens", Integer, nullable=False),
)

release_members = Table(
    "release_members",
    metadata,
    Column("version", String, ForeignKey("releases.version"), primary_key=True),
    _specimen(key=True),
    Column("label", String, nullable=False),
    Column("split", String, nullable=False),  # train | dev | test
)

imports = Table(
    # What was read from where: lets an import go on where it was stopped, and skip what is known.
    "imports",
    metadata,
    Column("source", String, ForeignKey("sources.id"), primary_key=True),
    Column("item", Text, primary_key=True),  # path inside the source
    Column("fingerprint", String, nullable=False),  # of what lies there and what is said of it
    Column("outcome", String, nullable=False),  # done | broken
    Column("reason", Text, nullable=False, default=""),
    Column("done_at", String, nullable=False),
)
