"""A review was recorded: does a person have to look, and with what does it belong together?

A project's reviews that want a look are one case. Bytes that people ruled on stay ruled on unless
what is said of them became worse; a review that takes the last suspicion back ends a case nobody
has ruled on.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from antivenom.model.moments import stamp
from antivenom.model.review import Review, Verdict
from antivenom.report import words
from antivenom.report.source_view import Excerpts
from antivenom.service import audit
from antivenom.service.casework import campaigns, ranking, telling
from antivenom.service.casework.nouns import STANDING, Glance, Place
from antivenom.service.casework.suppressing import shown
from antivenom.store import packing
from antivenom.store.schema_cases import case_reviews, cases
from antivenom.store.schema_uploads import findings, reviews, uploads

_WORST = {verdict.value: n for n, verdict in enumerate(reversed(Verdict))}
_PLACES, _LINES, _LINE = 2, 3, 200
_CASES_LOCK = 0x616E7469


def consider(
    connection: Connection,
    *,
    review: Review,
    members: Mapping[str, str],
    review_id: str,
    now: datetime.datetime,
) -> int | None:
    """Put a recorded review before people if it wants a look; return its case, if it has one.

    Called in the transaction that wrote the review's row; saying it again changes nothing.
    """
    seen = shown(connection, review, members, now)
    if seen.verdict is not Verdict.CLEAN:
        _alone(connection)
    row = _row(connection, review_id)
    standing = _standing(connection, row["ecosystem"], row["project"])
    if seen.verdict is Verdict.CLEAN:
        if standing is None or not _has_bytes(connection, standing, row["sha256"]):
            return None
        _attach(connection, standing, row, seen, now)
        refresh(connection, standing, now)
        return standing
    ruled = _ruled_on(connection, row, seen)
    if ruled is not None:
        _attach(connection, ruled, row, seen, now)
        return ruled
    publisher = _publisher(connection, row)
    case = standing if standing is not None else _open(connection, row, publisher, now)
    if not _has_bytes(connection, case, row["sha256"]):
        # Whoever was unsure had not seen this file.
        unsure = (cases.c.id == case, cases.c.state == "unsure")
        connection.execute(update(cases).where(*unsure).values(state="open"))
    _attach(connection, case, row, seen, now)
    refresh(connection, case, now)
    skeletons = campaigns.skeletons_of(connection, review)
    campaigns.join(connection, case, campaigns.keys_of(seen, members, publisher, skeletons))
    if standing is None:
        telling.opened(connection, case, now)
    return case


def refresh(connection: Connection, case: int, now: datetime.datetime) -> None:
    """Make a case say what the worst of its newest reviews says; end it when none says anything."""
    table = case_reviews
    query = (
        select(table, reviews.c.version, reviews.c.made_at)
        .join(reviews, reviews.c.id == table.c.review)
        .where(table.c.case == case, table.c.current == 1)
    )
    found = [dict(row) for row in connection.execute(query).mappings()]
    if not found:
        return
    worst = max(found, key=lambda r: (_WORST[r["verdict"]], r["score"], r["made_at"], r["review"]))
    was = connection.execute(select(cases.c.popular, cases.c.state).where(cases.c.id == case)).one()
    names = ("version", "verdict", "score", "kind", "rule", "reason", "activation", "evidence")
    said: dict[str, Any] = {name: worst[name] for name in (*names, "review")}
    said["files"] = sum(row["verdict"] != Verdict.CLEAN for row in found)
    said["updated_at"] = stamp(now)
    said["rank"] = ranking.rank(
        verdict=worst["verdict"],
        popular=was.popular,
        activation=worst["activation"],
        score=worst["score"],
    )
    if was.state == "lapsed":
        said["state"] = "open"
    if worst["verdict"] == Verdict.CLEAN:
        if was.state == "lapsed":
            return
        # What was said before stays readable; the queue no longer has it.
        said = {"state": "lapsed", "files": 0, "updated_at": stamp(now)}
        audit.record(connection, audit.ENGINE, "case.lapse", f"case:{case}", now=now)
    connection.execute(update(cases).where(cases.c.id == case).values(said))


def reconsider(connection: Connection, sha256: str, now: datetime.datetime) -> None:
    """See standing cases anew that have a member with this content: a suppression came or went."""
    table = case_reviews
    query = (
        select(table.c.case, reviews.c.id, reviews.c.document, reviews.c.members)
        .distinct()
        .join(reviews, reviews.c.id == table.c.review)
        .join(findings, findings.c.review == reviews.c.id)
        .join(cases, cases.c.id == table.c.case)
        .where(findings.c.member_sha256 == sha256, cases.c.state.in_((*STANDING, "lapsed")))
    )
    touched: set[int] = set()
    for case, review, document, packed in connection.execute(query).all():
        given = packing.unpack(document, Review)
        members = packing.unpack(packed, dict[str, str])
        seen = _seen(shown(connection, given, members, now))
        here = (table.c.case == case, table.c.review == review)
        connection.execute(update(table).where(*here).values(seen))
        touched.add(case)
    for case in sorted(touched):
        refresh(connection, case, now)


def glance(review: Review) -> Glance:
    """Return what a list shows of a review: the finding that carries it, in its source."""
    carrying = words.carrying(review, 5)
    if not carrying:
        return Glance()
    first = carrying[0]
    views = Excerpts(review).views(first, most=_PLACES, context=0)
    places = [
        Place(member=view.member, line=line.number, layer=view.layer, text=line.text[:_LINE])
        for view in views
        for line in view.lines
        if line.evidence
    ]
    return Glance(
        rule=first.rule,
        title=first.title,
        activation=first.activation,
        change=first.change,
        chain=first.chain,
        places=tuple(places[:_LINES]),
        also=len(carrying) - 1,
    )


def _row(connection: Connection, review: str) -> dict[str, Any]:
    names = ("id", "sha256", "ecosystem", "project", "version", "filename", "verdict")
    query = select(*(reviews.c[name] for name in names)).where(reviews.c.id == review)
    found = connection.execute(query).one()
    return dict(zip(names, found, strict=True))


def _alone(connection: Connection) -> None:
    """Let one transaction at a time open cases, so that a project gets one and keys meet.

    SQLite has one writer anyway; few uploads come this far.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_CASES_LOCK)))


def _seen(review: Review) -> dict[str, Any]:
    at_first = glance(review)
    blocked = next((p.reason for p in review.coverage.problems if p.blocking), "")
    return {
        "verdict": review.verdict.value,
        "score": review.score,
        "reason": next(iter(review.reasons), "") or blocked,
        "activation": at_first.activation,
        "kind": review.kind or "",
        "rule": at_first.rule,
        "evidence": msgspec.json.encode(at_first).decode(),
    }


def _attach(
    connection: Connection, case: int, row: Mapping[str, Any], seen: Review, now: datetime.datetime
) -> None:
    table = case_reviews
    here = (table.c.case == case, table.c.review == row["id"])
    if connection.scalar(select(table.c.review).where(*here)) is not None:
        return
    same = (table.c.case == case, table.c.sha256 == row["sha256"])
    older = update(table).where(*same, table.c.filename == row["filename"]).values(current=0)
    connection.execute(older)
    values = {"case": case, "review": row["id"], "added_at": stamp(now), "current": 1}
    values |= {"sha256": row["sha256"], "filename": row["filename"]}
    connection.execute(insert(table).values(values | _seen(seen)))


def _open(
    connection: Connection, row: Mapping[str, Any], publisher: str, now: datetime.datetime
) -> int:
    values = {
        "ecosystem": row["ecosystem"],
        "project": row["project"],
        "verdict": row["verdict"],
        "publisher": publisher,
        "popular": ranking.popularity(row["ecosystem"], row["project"]),
        "opened_at": stamp(now),
        "updated_at": stamp(now),
    }
    made = connection.execute(insert(cases).values(values)).inserted_primary_key
    assert made is not None
    return int(made[0])


def _standing(connection: Connection, ecosystem: str, project: str) -> int | None:
    query = (
        select(cases.c.id)
        .where(cases.c.ecosystem == ecosystem, cases.c.project == project)
        .where(cases.c.state.in_(STANDING))
        .order_by(cases.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)


def _has_bytes(connection: Connection, case: int, sha256: str) -> bool:
    table = case_reviews
    query = select(table.c.review).where(table.c.case == case, table.c.sha256 == sha256).limit(1)
    return connection.scalar(query) is not None


def _ruled_on(connection: Connection, row: Mapping[str, Any], seen: Review) -> int | None:
    """Return the decided case that has these bytes of this project, unless it got worse."""
    table = case_reviews
    query = (
        select(cases.c.id, table.c.verdict, cases.c.decision)
        .join(table, table.c.case == cases.c.id)
        .where(table.c.sha256 == row["sha256"], cases.c.state == "decided")
        .where(cases.c.ecosystem == row["ecosystem"], cases.c.project == row["project"])
        .order_by(cases.c.id.desc())
    )
    found = connection.execute(query).all()
    if not found:
        return None
    worst = max(_WORST[verdict] for _, verdict, _ in found)
    known = any(decision == "malicious" for _, _, decision in found)
    return int(found[0][0]) if known or _WORST[seen.verdict] <= worst else None


def _publisher(connection: Connection, row: Mapping[str, Any]) -> str:
    query = (
        select(uploads.c.publisher)
        .where(uploads.c.sha256 == row["sha256"], uploads.c.publisher != "")
        .where(uploads.c.ecosystem == row["ecosystem"], uploads.c.project == row["project"])
        .order_by(uploads.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query) or ""
