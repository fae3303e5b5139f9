"""SARIF 2.1.0, within the limits of GitHub's code scanning.

The file a result points at is the archive, as a path relative to the working folder: that is what
a repository or a build holds. The member and the line inside stand in `logicalLocations` and in
the message. Of a source tree the file itself exists, so there results point at it. What was not
read is a notification of the invocation, since silence is never a statement.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from antivenom.model.profile import Problem
from antivenom.model.review import Finding, FindingSpan, Review, Severity, Verdict
from antivenom.report import words
from antivenom.report.attack import technique
from antivenom.report.escape import visible
from antivenom.report.layers import Layers

MAX_RESULTS = 25_000
MAX_LOCATIONS = 1_000
MAX_TAGS = 20
MAX_NOTIFICATIONS = 1_000
_LEVEL: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
}
_SECURITY_SEVERITY: dict[Severity, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "2.5",
}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_TEXT_LIMIT = 1_000


def to_sarif(reviews: Sequence[Review], *, cwd: str = "") -> bytes:
    """Return the reviews as one run, the worst first."""
    ranked = words.worst_first(reviews)
    run = _Run(ranked, cwd).as_object()
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2)


def relative(path: str, cwd: str) -> str:
    """Return a path as a relative URI; outside of `cwd` only its last part is told."""
    path = path.replace("\\", "/")
    if "://" in path:
        path = path.rpartition("/")[2]
    inside = posixpath.normpath(path)
    if inside.startswith("/") or inside[1:3] == ":/":
        root = cwd.replace("\\", "/").rstrip("/") + "/"
        inside = f"{inside}/".removeprefix(root).rstrip("/") if cwd else inside
    if inside.startswith(("/", "..")) or inside[1:3] == ":/":
        inside = posixpath.basename(inside)
    return quote(visible(inside or "."), safe="/~")


class _Run:
    """One run of SARIF: results, and the rules and artifacts they refer to by number."""

    def __init__(self, reviews: Sequence[Review], cwd: str) -> None:
        self._reviews = reviews
        self._cwd = cwd
        self._rules: dict[str, int] = {}
        self._rule_objects: list[dict[str, Any]] = []
        self._fingerprints: Counter[str] = Counter()

    def as_object(self) -> dict[str, Any]:
        pairs = [(n, r, f) for n, r in enumerate(self._reviews) for f in _telling(r)]
        results = [self._result(*pair) for pair in pairs[:MAX_RESULTS]]
        return {
            "tool": {"driver": self._driver()},
            "invocations": [self._invocation(len(pairs) - len(results))],
            "artifacts": [self._artifact(review) for review in self._reviews],
            "results": results,
            "columnKind": "unicodeCodePoints",
        }

    def _driver(self) -> dict[str, Any]:
        driver: dict[str, Any] = {"name": "Antivenom", "rules": self._rule_objects}
        if self._reviews:
            digests = self._reviews[0].digests
            driver["version"] = digests.engine[:12] or "unknown"
            driver["properties"] = {"engine": digests.engine, "rulebook": digests.rulebook}
        return driver

    # ------------------------------------------------------------------ what was read

    def _artifact(self, review: Review) -> dict[str, Any]:
        artifact = review.artifact
        return {
            "location": {"uri": self._uri(review)},
            "length": artifact.size,
            "hashes": {"sha-256": artifact.sha256},
            "properties": {
                "verdict": review.verdict.value,
                "score": review.score,
                "findings": len(review.findings),
                "reasons": [visible(reason, 160) for reason in review.reasons],
                "purl": visible(artifact.purl) if artifact.purl else None,
            },
        }

    def _invocation(self, left_out: int) -> dict[str, Any]:
        notes: list[dict[str, Any]] = []
        if left_out:
            said = words.count(left_out, "result")
            notes.append(_note("error", f"{said} left out: a run holds {MAX_RESULTS:,}"))
        for number, review in enumerate(self._reviews):
            if review.verdict is Verdict.INCONCLUSIVE:
                notes.append(self._at(number, "error", _inconclusive(review)))
            for problem in review.coverage.problems:
                level = "error" if problem.blocking else "warning"
                notes.append(self._at(number, level, _unread(review, problem)))
        notes.sort(key=lambda note: note["level"] != "error")
        said_all = not any(note["level"] == "error" for note in notes)
        return {
            "executionSuccessful": said_all,
            "toolExecutionNotifications": notes[:MAX_NOTIFICATIONS],
        }

    def _at(self, number: int, level: str, text: str) -> dict[str, Any]:
        place = {"uri": self._uri(self._reviews[number]), "index": number}
        return _note(level, text) | {
            "locations": [{"physicalLocation": {"artifactLocation": place}}]
        }

    # ------------------------------------------------------------------ what was found

    def _result(self, number: int, review: Review, finding: Finding) -> dict[str, Any]:
        spans = finding.spans[:MAX_LOCATIONS]
        layers = Layers(review)
        return {
            "ruleId": finding.rule,
            "ruleIndex": self._rule(finding),
            "level": _LEVEL[finding.severity] if finding.state == "enabled" else "note",
            "message": {"text": _message(review, finding, layers)},
            "locations": [self._location(number, review, span, layers) for span in spans],
            "partialFingerprints": self._fingerprint(review, finding),
            "properties": {
                "activation": finding.activation,
                "chain": list(finding.chain),
                "change": finding.change,
                "confidence": finding.confidence,
                "kind": finding.kind,
                "verdict": review.verdict.value,
                "score": review.score,
            },
        }

    def _location(
        self, number: int, review: Review, span: FindingSpan, layers: Layers
    ) -> dict[str, Any]:
        where = _where(span, layers)
        place: dict[str, Any] = {"uri": self._uri(review), "index": number}
        region = {"startLine": 1}
        if review.artifact.kind == "tree":
            place = {"uri": self._uri(review, span.member)}
            line = layers.line(span.layer) if span.layer else span.line
            last = line if span.layer else span.end_line
            region = {"startLine": max(line, 1), "endLine": max(last, line, 1)}
        return {
            "physicalLocation": {"artifactLocation": place, "region": region},
            "logicalLocations": [
                {
                    "name": visible(span.member, 500),
                    "fullyQualifiedName": visible(
                        f"{review.artifact.filename}!/{where}", _TEXT_LIMIT
                    ),
                    "kind": "resource",
                }
            ],
            "message": {"text": _plain(visible(f"{where}: {span.excerpt.strip()}", _TEXT_LIMIT))},
        }

    def _uri(self, review: Review, member: str = "") -> str:
        path = review.artifact.path or review.artifact.filename
        return relative(f"{path}/{member}" if member else path, self._cwd)

    def _fingerprint(self, review: Review, finding: Finding) -> dict[str, str]:
        """Stay the same when lines move and versions rise; tell repeated findings apart."""
        first = finding.spans[0]
        member = first.member.removeprefix(f"{review.artifact.name}-{review.artifact.version}/")
        parts = (review.artifact.name or "", finding.rule, member, " ".join(first.excerpt.split()))
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()
        self._fingerprints[digest] += 1
        told = f"{digest[:32]}:{self._fingerprints[digest]}"
        return {"primaryLocationLineHash": told, "antivenomFinding/v1": told}

    def _rule(self, finding: Finding) -> int:
        if finding.rule not in self._rules:
            self._rules[finding.rule] = len(self._rule_objects)
            self._rule_objects.append(_rule(finding))
        return self._rules[finding.rule]


def _telling(review: Review) -> list[Finding]:
    """Return the findings that become alerts: those of a clean review would be noise."""
    return [] if review.verdict is Verdict.CLEAN else words.by_weight(review)


def _rule(finding: Finding) -> dict[str, Any]:
    name = "".join(word.capitalize() for word in finding.rule.replace("/", "-").split("-"))
    techniques = [technique(one) for one in finding.attack]
    text = _plain(visible(finding.title, _TEXT_LIMIT))
    explained = f"{text}. ATT&CK: {', '.join(techniques)}." if techniques else f"{text}."
    advice = f"`antivenom explain {finding.rule}` shows the rule's page."
    tags = ["security", "supply-chain", finding.kind, finding.rule.partition("/")[0]]
    tags += [f"external/attack/{one.lower()}" for one in finding.attack]
    return {
        "id": finding.rule,
        "name": name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": explained},
        "help": {"text": f"{explained} {advice}"},
        "defaultConfiguration": {"level": _LEVEL[finding.severity]},
        "properties": {
            "tags": list(dict.fromkeys(tags))[:MAX_TAGS],
            "precision": finding.confidence,
            "security-severity": _SECURITY_SEVERITY[finding.severity],
        },
    }


def _message(review: Review, finding: Finding, layers: Layers) -> str:
    where = _where(finding.spans[0], layers)
    sentence = visible(finding.reason or finding.title, 400).rstrip(".")
    parts = [f"{sentence} ({words.activation(finding.activation)}; {visible(where, 300)})."]
    if finding.chain:
        parts.append(f"Chain: {visible(words.chain(finding.chain), 300)}.")
    parts.append(f"{visible(words.title(review), 200)} is {review.verdict.value}.")
    return _plain(" ".join(parts))


def _where(span: FindingSpan, layers: Layers) -> str:
    line = f":{span.line}" if span.line else ""
    return (span.member or "the archive") + line + "".join(_decoded(span, layers))


def _decoded(span: FindingSpan, layers: Layers) -> Iterator[str]:
    if span.layer:
        steps = ", ".join(layers.steps(span.layer)) or "an unknown way"
        yield f" of the text decoded by {steps} (layer {span.layer})"


def _inconclusive(review: Review) -> str:
    said = "; ".join(review.reasons) or words.VERDICT[review.verdict]
    return f"{words.title(review)} is inconclusive: {said}"


def _unread(review: Review, problem: Problem) -> str:
    where = problem.member or "the archive"
    could = " (it could run)" if problem.blocking else ""
    return f"{words.title(review)}: {where} {problem.status}: {problem.reason}{could}"


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _plain(visible(text, _TEXT_LIMIT))}}


def _plain(text: str) -> str:
    r"""Keep viewers from reading ``[text](target)`` of hostile text as a link, or ``{0}``."""
    return text.replace("](", "\\](").replace("{", "{{").replace("}", "}}")
