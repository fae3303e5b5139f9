"""What those who listen are told of a verdict: enough to act on without asking back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from antivenom._version import __version__
from antivenom.model.review import Review
from antivenom.report.escape import visible
from antivenom.service import inspector
from antivenom.store.schema_uploads import uploads

_PLACES = 10
_REASONS = 5


def verdict(connection: Connection, upload: int, key: str, review: Review) -> dict[str, Any]:
    """Return the payload of ``upload.reviewed``; every text of the upload is made visible."""
    columns = (uploads.c.serial, uploads.c.source, uploads.c.blake2b)
    row = connection.execute(select(*columns).where(uploads.c.id == upload)).one_or_none()
    serial, source, blake2b = row or (0, "", "")
    info = review.artifact
    return {
        "upload": upload,
        "serial": max(serial, 0),
        "source": source,
        "review": key,
        "purl": info.purl,
        "filename": visible(info.filename, 300),
        "sha256": info.sha256,
        "verdict": review.verdict.value,
        "kind": review.kind,
        "score": review.score,
        "reasons": [visible(reason, 300) for reason in review.reasons[:_REASONS]],
        "evidence": _evidence(review, blake2b),
        "antivenom": {
            "version": __version__,
            "engine": review.digests.engine,
            "rulebook": review.digests.rulebook,
        },
    }


def _evidence(review: Review, blake2b: str) -> list[dict[str, Any]]:
    info = review.artifact
    found = []
    for finding in sorted(review.findings, key=lambda one: -one.weight)[:_PLACES]:
        member, line = inspector.shown_at(review, finding.spans[0])
        name, version = info.name or "", info.version or ""
        found.append(
            {
                "rule": finding.rule,
                "reason": visible(finding.reason, 300),
                "activation": finding.activation,
                "member": visible(member, 500),
                "line": line,
                "inspector_url": inspector.link(
                    name, version, info.filename, blake2b, member, line
                ),
            }
        )
    return found
