"""What people do: cases, decisions, comments, suppressions, actions; all of it on record."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, LargeBinary, String, Table, Text

from antivenom.store.columns import metadata, number, text
from antivenom.store.schema_uploads import ROW

cases = Table(
    "cases",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("ecosystem", String, nullable=False),
    Column("project", Text, nullable=False),
    text("version", "of the worst review"),
    Column("state", String, nullable=False, default="open", comment="service.casework.STATES"),
    Column("verdict", String, nullable=False),
    Column("score", Float, nullable=False, default=0.0),
    text("reason", "the first of the worst review"),
    text("activation"),
    text("kind", "malware | dependency-confusion | spam | policy"),
    text("rule", "of the evidence shown first"),
    text("evidence", "JSON, casework.Glance: what a list shows of it"),
    text("review", "id of the worst review"),
    text("publisher"),
    text("campaign", "what joins it with others, kind:value of a key they share"),
    number("files", "reviews in it"),
    number("popular", "rank of the project, 0 = not ranked"),
    Column("rank", Float, nullable=False, default=0.0, comment="casework.ranking; larger is first"),
    Column("opened_at", String, nullable=False),
    Column("updated_at", String, nullable=False),
    text("holder", "who works on it"),
    text("held_at"),
    text("decision", "the one in force: malicious | not-malicious | unsure"),
    text("decided_at"),
    text("decided_by"),
    Index("cases_queue", "state", "rank", "id"),
    Index("cases_counts", "state", "verdict"),
    Index("cases_project", "ecosystem", "project", "state"),
    Index("cases_campaign", "campaign", "state", "rank"),
    Index("cases_decided", "decided_at"),
    Index("cases_outcome", "opened_at", "decision", "verdict", "state", "ecosystem", "project"),
    comment="The unit of work of a person: one project's reviews that want a look.",
)

case_reviews = Table(
    "case_reviews",
    metadata,
    Column("case", ROW, ForeignKey("cases.id"), primary_key=True),
    Column("review", String, ForeignKey("reviews.id"), primary_key=True, index=True),
    Column("added_at", String, nullable=False),
    text("sha256"),
    text("filename"),
    number("current", "1 = the newest review of this file"),
    text("verdict", "as people see it: without what is suppressed"),
    Column("score", Float, nullable=False, default=0.0),
    text("reason"),
    text("activation"),
    text("kind"),
    text("rule"),
    text("evidence", "JSON, casework.Glance"),
    Index("case_reviews_bytes", "sha256"),
    Index("case_reviews_now", "case", "current", "review"),
    comment="Which reviews a case is about.",
)

case_keys = Table(
    "case_keys",
    metadata,
    Column("case", ROW, ForeignKey("cases.id"), primary_key=True),
    Column("kind", String, primary_key=True, comment="service.casework.campaigns.KEYS"),
    Column("value", String, primary_key=True),
    Index("case_keys_value", "kind", "value"),
    comment="What a case could share with others.",
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("case", ROW, ForeignKey("cases.id"), nullable=False, index=True),
    Column(
        "decision", String, nullable=False, comment="malicious | not-malicious | unsure | undone"
    ),
    text("kind", "of what is malicious: malware | dependency-confusion | spam | policy"),
    text("reason"),
    Column("author", String, nullable=False),
    Column("at", String, nullable=False),
    text("via", "console | api | policy | bulk"),
    number("undoes", "id of a decision"),
    Column(
        "key", String, nullable=False, unique=True, comment="a client's key: twice said is once"
    ),
    Index("decisions_at", "at"),
    comment="What people ruled, append-only; undoing is another row.",
)

comments = Table(
    "comments",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("case", ROW, ForeignKey("cases.id"), nullable=False, index=True),
    Column("author", String, nullable=False),
    Column("at", String, nullable=False),
    Column("text", Text, nullable=False),
    comment="What people tell each other about a case.",
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("rule", String, nullable=False),
    Column("member", Text, nullable=False),
    Column("sha256", String, nullable=False, index=True, comment="of the member's content"),
    Column("reason", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    text("ended_at", "taken back by a person"),
    text("ended_by"),
    comment="Findings that open no case: rule, path and content; they never change a review.",
)

actions = Table(
    "actions",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("case", ROW, ForeignKey("cases.id"), nullable=False, index=True),
    Column("what", String, nullable=False, comment="observation | callback"),
    Column("state", String, nullable=False, comment="draft | approved | sent | failed | dropped"),
    Column("payload", LargeBinary, nullable=False, comment="store.packing"),
    Column("made_at", String, nullable=False),
    Column("author", String, nullable=False),
    text("sent_at"),
    text("answer", "what the registry said"),
    number("attempts"),
    comment="What is to be done at a registry, or was.",
)

audit = Table(
    "audit",
    metadata,
    Column("id", ROW, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False, index=True),
    Column("actor", String, nullable=False),
    Column("act", String, nullable=False, comment="case.decide, token.make ..."),
    text("object", "case:17, user:ada"),
    text("detail", "JSON; no secrets"),
    text("address", "of the client"),
    Index("audit_object", "object", "id"),
    comment="Every act of a person or of a policy, append-only.",
)

ALL = (cases, case_reviews, case_keys, decisions, comments, suppressions, actions, audit)
