"""Verdicts, kept for ever: append-only, keyed by what produced them, and by no project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from antivenom.catalog.purls import normal_name
from antivenom.model.label import STRENGTH
from antivenom.model.moments import moment
from antivenom.model.review import Finding, Review
from antivenom.report.escape import visible
from antivenom.service import casework, told, uploads, webhooks
from antivenom.service.casework import labels
from antivenom.session import Reviewed
from antivenom.store import packing, schema_uploads, tallying, upserts

_TEXT = 2000


def identity(review: Review) -> str:
    """Return the key of a review: a hash of the bytes, the name they have and what judged them."""
    digests = review.digests
    parts = (
        *(review.artifact.sha256, review.artifact.purl or review.artifact.filename),
        *(digests.engine, digests.rulebook, digests.scorer or ""),
        *(digests.knowledge, digests.context),
    )
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def record(
    connection: Connection,
    upload: int | None,
    reviewed: Reviewed,
    now: str,
    *,
    read: bool = True,
    state: str = uploads.DONE,
    problem: str = "",
) -> str:
    """Keep a review with its findings, give its upload the verdict, and return the review's id.

    Kept once for each identity. `read` is False for what was said of bytes that nobody got to
    read: such a verdict depends on the moment, and another one may follow under the same digests.
    """
    review = reviewed.review
    key = identity(review)
    if not read:
        key = hashlib.sha256(f"{key}\0{upload}\0{now}".encode()).hexdigest()
    new = upserts.insert_new(connection, schema_uploads.reviews, _row(key, reviewed, now))
    if new:
        tallying.add(connection, "reviews", review.verdict.value, now, key)
    if new and review.findings:
        rows = [_finding(key, n, one, reviewed.members) for n, one in enumerate(review.findings)]
        connection.execute(insert(schema_uploads.findings), rows)
    at = moment(now)
    if upload is not None:
        uploads.finished(connection, upload, review, key, now, state=state, problem=problem)
        if at is not None:
            said = told.verdict(connection, upload, key, review)
            webhooks.queue(connection, "upload.reviewed", f"upload:{upload}:{key}", said, now=at)
    if new and at is not None:
        labels.registry_known(connection, review)
        casework.consider(
            connection, review=review, members=reviewed.members, review_id=key, now=at
        )
    return key


def load(connection: Connection, key: str) -> Review | None:
    """Return a review as it was given, source lines included; None when there is none."""
    column = schema_uploads.reviews.c
    document = connection.scalar(select(column.document).where(column.id == key))
    return None if document is None else packing.unpack(document, Review)


def members(connection: Connection, key: str) -> dict[str, str]:
    """Return path -> sha256 of the members that a review's findings name; "" is the artifact."""
    column = schema_uploads.reviews.c
    packed = connection.scalar(select(column.members).where(column.id == key))
    return packing.unpack(packed, dict[str, str]) if packed else {}


def _row(key: str, reviewed: Reviewed, now: str) -> dict[str, Any]:
    review = reviewed.review
    info, digests = review.artifact, review.digests
    blocking = next((p.reason for p in review.coverage.problems if p.blocking), "")
    return {
        "id": key,
        "sha256": info.sha256,
        "purl": info.purl or "",
        "ecosystem": info.ecosystem or "",
        "project": visible(normal_name(info.ecosystem or "", info.name or ""))[:_TEXT],
        "version": visible(info.version or "")[:_TEXT],
        "filename": visible(info.filename)[:_TEXT],
        "size": info.size,
        "verdict": review.verdict.value,
        "kind": review.kind or "",
        "score": review.score,
        "reason": visible(review.reasons[0] if review.reasons else ""),
        "activation": strongest(review),
        "findings": len(review.findings),
        "engine": digests.engine,
        "rulebook": digests.rulebook,
        "scorer": digests.scorer or "",
        "knowledge": digests.knowledge,
        "context": digests.context,
        "made_at": now,
        "took_ms": review.took_ms,
        "blocked": visible(blocking)[:_TEXT],
        "document": packing.pack(review),
        "members": packing.pack(dict(reviewed.members)),
    }


def strongest(review: Review) -> str:
    """Return when the worst of a review runs: the strongest activation of its findings."""
    return max((one.activation for one in review.findings), key=STRENGTH.__getitem__, default="")


def _finding(key: str, n: int, finding: Finding, members: Mapping[str, str]) -> dict[str, Any]:
    span = finding.spans[0]
    return {
        "review": key,
        "n": n,
        "rule": finding.rule,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "state": finding.state,
        "activation": finding.activation,
        "change": finding.change,
        "weight": finding.weight,
        "member": visible(span.member)[:_TEXT],
        "line": span.line,
        "member_sha256": members.get(span.member, ""),
        "reason": visible(finding.reason)[:_TEXT],
    }
