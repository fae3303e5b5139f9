"""JSON, version 1: one object an artifact, exactly the keys and the order of docs/json.md.

Keys may be added, never renamed or removed. Same bytes, context and digests give the same line,
`took_ms` and `artifact.path` apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from antivenom.model.changes import ChangedPlace, Changes, ShownLine
from antivenom.model.fact import Layer
from antivenom.model.profile import Coverage
from antivenom.model.review import ArtifactInfo, Finding, FindingSpan, Ranking, Review
from antivenom.report.escape import visible

SCHEMA = Path(__file__).with_name("review.schema.json")
"""The JSON schema of one review, draft 2020-12."""

REASON_LIMIT = 160
EXCERPT_LIMIT = 200


def to_json(review: Review) -> bytes:
    """Return one review as one line, without the line's end."""
    return msgspec.json.encode(as_object(review))


def reviews_to_json(reviews: Iterable[Review]) -> bytes:
    """Return the reviews as one document."""
    document = {"schema": 1, "reviews": [as_object(review) for review in reviews]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


def as_object(review: Review) -> dict[str, Any]:
    """Return the review as plain objects with every text made visible."""
    return {
        "schema": review.schema,
        "artifact": _artifact(review.artifact),
        "verdict": review.verdict.value,
        "kind": review.kind,
        "score": review.score,
        "reasons": [visible(reason, REASON_LIMIT) for reason in review.reasons],
        "findings": [_finding(finding) for finding in review.findings],
        "layers": [_layer(layer) for layer in review.layers],
        "coverage": _coverage(review.coverage),
        "context": {
            "baseline": _maybe(review.context.baseline),
            "siblings": list(review.context.siblings),
            "registry": review.context.registry,
            "offline": review.context.offline,
            "notes": [visible(note, REASON_LIMIT) for note in review.context.notes],
        },
        "changes": _changes(review.changes) if review.changes else None,
        "ranked": _ranked(review.ranked) if review.ranked else None,
        "digests": {
            "engine": review.digests.engine,
            "rulebook": review.digests.rulebook,
            "scorer": review.digests.scorer,
            "knowledge": review.digests.knowledge,
            "context": review.digests.context,
        },
        "took_ms": review.took_ms,
    }


def _artifact(artifact: ArtifactInfo) -> dict[str, Any]:
    return {
        "path": visible(artifact.path),
        "filename": visible(artifact.filename),
        "ecosystem": artifact.ecosystem,
        "name": _maybe(artifact.name),
        "version": _maybe(artifact.version),
        "purl": _maybe(artifact.purl),
        "sha256": artifact.sha256,
        "size": artifact.size,
        "kind": artifact.kind,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "title": visible(finding.title),
        "kind": finding.kind,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "state": finding.state,
        "activation": finding.activation,
        "change": finding.change,
        "chain": list(finding.chain),
        "attack": list(finding.attack),
        "reason": visible(finding.reason, REASON_LIMIT),
        "spans": [_span(span) for span in finding.spans],
    }


def _span(span: FindingSpan) -> dict[str, Any]:
    return {
        "member": visible(span.member),
        "line": span.line,
        "end_line": span.end_line,
        "layer": span.layer,
        "excerpt": visible(span.excerpt, EXCERPT_LIMIT, lines=True),
    }


def _ranked(ranking: Ranking) -> dict[str, Any]:
    return {
        "score": ranking.score,
        "rules": ranking.rules,
        "reasons": [
            {
                "reason": visible(one.reason, REASON_LIMIT),
                "chain": list(one.chain),
                "share": one.share,
                "spans": [_span(span) for span in one.spans],
            }
            for one in ranking.reasons
        ],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "id": layer.id,
        "member": visible(layer.member),
        "line": layer.line,
        "parent": layer.parent,
        "via": [visible(step) for step in layer.via],
        "sha256": layer.sha256,
        "size": layer.size,
        "excerpt": visible(layer.excerpt, lines=True),
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "complete": coverage.complete,
        "partial": coverage.partial,
        "failed": coverage.failed,
        "skipped": coverage.skipped,
        "problems": [
            {
                "member": visible(problem.member),
                "status": problem.status,
                "reason": visible(problem.reason),
                "blocking": problem.blocking,
            }
            for problem in coverage.problems
        ],
    }


def _changes(changes: Changes) -> dict[str, Any]:
    return {
        "baseline": visible(changes.baseline),
        "members": {
            "added": changes.added,
            "removed": changes.removed,
            "changed": changes.changed,
            "moved": changes.moved,
        },
        "functions": changes.functions,
        "observations": changes.new_facts,
        "release": [visible(said, EXCERPT_LIMIT) for said in changes.release],
        "hosts": [visible(host) for host in changes.hosts],
        "places": [_place(place) for place in changes.places],
        "more": changes.more,
    }


def _place(place: ChangedPlace) -> dict[str, Any]:
    return {
        "member": visible(place.member),
        "was": visible(place.was) if place.was else None,
        "line": place.line,
        "end_line": place.end_line,
        "layer": place.layer,
        "scope": visible(place.scope),
        "activation": place.activation,
        "does": list(place.does),
        "said": visible(place.said, EXCERPT_LIMIT),
        "before": [_shown(line) for line in place.before],
        "after": [_shown(line) for line in place.after],
    }


def _shown(line: ShownLine) -> dict[str, Any]:
    return {"line": line.number, "text": visible(line.text, EXCERPT_LIMIT)}


def _maybe(text: str | None) -> str | None:
    return None if text is None else visible(text)
