"""What a decision says to the catalog, and so to the likeness index and the lab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from antivenom.catalog import writing
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.purls import normal_name
from antivenom.catalog.specimen import Claim
from antivenom.catalog.statement import Label, Statement
from antivenom.model.review import Review
from antivenom.service.casework.nouns import Decision
from antivenom.store.schema_cases import case_reviews
from antivenom.store.schema_uploads import registry_events, reviews

_FILES = 200
_SAYING = (
    *("quarantined", "release-quarantined"),
    *("quarantine-cleared", "release-quarantine-cleared"),
)
SOURCE = "decisions"
"""Of the catalog: what the people of this service ruled."""


def say(connection: Connection, made: Decision) -> None:
    """State what every file of the case is, in the name of who ruled; "unsure" states nothing."""
    label = _label(made)
    if label is None:
        return
    word = Word(
        label=label,
        author=made.author,
        kind="person",
        confidence="high",
        said_at=made.at,
        # The number keeps it apart from the same words said before and withdrawn.
        reason=_mark(made) + made.reason,
    )
    found = [_entry(row, made, word) for row in _files(connection, made)]
    writing.add_source(connection, SOURCE)
    writing.put(connection, found, SOURCE)


def withdraw(connection: Connection, gone: Decision, by: Decision) -> None:
    """Withdraw what a decision stated."""
    ids = {row["sha256"] for row in _files(connection, gone)}
    said = [
        Statement(
            specimen=one.specimen,
            label="withdrawn",
            author=by.author,
            kind="person",
            confidence="high",
            said_at=by.at,
            reason=_mark(by) + by.reason,
            withdraws=one.id,
        )
        for one in writing.statements_of(connection, ids)
        if one.author == gone.author and one.reason.startswith(_mark(gone))
    ]
    writing.say(connection, said)


def registry_said(
    connection: Connection, ecosystem: str, project: str, version: str, what: str, at: str
) -> None:
    """State what a registry's quarantine says of the files we have seen, or no longer says.

    It names the label's author: a registry, whose people may have had other reasons.
    """
    if what not in _SAYING:
        return
    cleared = what.endswith("cleared")
    query = select(reviews).where(reviews.c.ecosystem == ecosystem, reviews.c.project == project)
    if version and what.startswith("release"):
        query = query.where(reviews.c.version == version)
    newest = query.order_by(reviews.c.made_at.desc()).limit(_FILES)
    rows = {row["sha256"]: dict(row) for row in connection.execute(newest).mappings()}
    if cleared:
        _registry_withdraws(connection, ecosystem, list(rows), at)
        return
    word = Word(
        label="malware",
        author=ecosystem,
        kind="source",
        confidence="medium",
        said_at=at,
        reason=f"{what} {at}",
    )
    entries = [
        Entry(
            id=sha256,
            ecosystem=ecosystem,
            name=project,
            version=row["version"],
            filename=row["filename"],
            size=row["size"],
            claim=Claim(source=ecosystem, origin=project),
            words=(word,),
        )
        for sha256, row in rows.items()
        if sha256
    ]
    writing.add_source(connection, ecosystem)
    writing.put(connection, entries, ecosystem)


def registry_known(connection: Connection, review: Review) -> None:
    """State what a registry had said of a project before this file of it was read here."""
    ecosystem = review.artifact.ecosystem or ""
    project = normal_name(ecosystem, review.artifact.name or "")
    table = registry_events
    query = (
        select(table.c.what, table.c.version, table.c.at)
        .where(table.c.ecosystem == ecosystem, table.c.project == project)
        .where(table.c.what.in_(_SAYING))
        .order_by(table.c.at.desc(), table.c.id.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    if last is not None and not last.what.endswith("cleared"):
        registry_said(connection, ecosystem, project, last.version, last.what, last.at)


def _registry_withdraws(connection: Connection, ecosystem: str, files: list[str], at: str) -> None:
    said = [
        Statement(
            specimen=one.specimen,
            label="withdrawn",
            author=ecosystem,
            kind="source",
            confidence="medium",
            said_at=at,
            reason=f"quarantine cleared {at}",
            withdraws=one.id,
        )
        for one in writing.statements_of(connection, files)
        if one.author == ecosystem and one.label == "malware"
    ]
    writing.say(connection, said)


def _mark(made: Decision) -> str:
    return f"case {made.case}, decision {made.id}: "


def _label(made: Decision) -> Label | None:
    if made.decision == "not-malicious":
        return "benign"
    if made.decision != "malicious":
        return None
    if made.kind == "spam":
        return "spam"
    return "policy" if made.kind == "policy" else "malware"


def _files(connection: Connection, made: Decision) -> Iterator[Mapping[str, Any]]:
    """Yield the reviews a decision speaks of, one a file.

    A file that was read and found clean beside the bad one is not called malware with it.
    """
    table = case_reviews
    query = (
        select(reviews)
        .join(table, table.c.review == reviews.c.id)
        .where(table.c.case == made.case, table.c.current == 1, table.c.verdict != "clean")
        .where(table.c.added_at <= made.at)
        .order_by(reviews.c.sha256, reviews.c.made_at)
    )
    seen: set[str] = set()
    for row in connection.execute(query).mappings().all():
        if row["sha256"] and row["sha256"] not in seen:
            seen.add(row["sha256"])
            yield dict(row)


def _entry(row: Mapping[str, Any], made: Decision, word: Word) -> Entry:
    return Entry(
        id=row["sha256"],
        ecosystem=row["ecosystem"],
        name=row["project"],
        version=row["version"],
        filename=row["filename"],
        size=row["size"],
        claim=Claim(source=SOURCE, origin=f"case {made.case}"),
        words=(word,),
    )
