"""The judgement of one artifact (contracts 3 and 5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from antivenom.model.changes import Changes
from antivenom.model.fact import Excerpt, Layer
from antivenom.model.profile import Coverage

Kind = Literal["malware", "dependency-confusion", "spam", "policy"]
Severity = Literal["low", "medium", "high", "critical"]
Confidence = Literal["low", "medium", "high"]


class Verdict(StrEnum):
    """Worst first. `malicious`: a registry may act on this alone. `suspicious`: a person should
    look. `inconclusive`: something that could run was not read. `clean`: read, nothing found."""

    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    INCONCLUSIVE = "inconclusive"
    CLEAN = "clean"


MALICIOUS_AT = 0.9
SUSPICIOUS_AT = 0.5
WEAK_CEILING = 0.89
"""Weak findings together stay at or below this."""


class FindingSpan(Struct, frozen=True, kw_only=True):
    """A place in the artifact that a finding rests on."""

    member: str
    line: int
    end_line: int
    layer: int
    excerpt: str


class Finding(Struct, frozen=True, kw_only=True):
    """A rule's match on facts. It cannot exist without a span."""

    rule: str
    title: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    state: str
    activation: str
    change: Literal["new", "same", "unknown"]
    chain: tuple[str, ...]
    attack: tuple[str, ...]
    reason: str
    spans: tuple[FindingSpan, ...]
    weight: float = 0.0
    """What the finding adds to the score, before the ceiling; larger is worse."""

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("a finding needs a span")


class ArtifactInfo(Struct, frozen=True, kw_only=True):
    """The artifact as the review names it."""

    path: str
    filename: str
    ecosystem: str | None
    name: str | None
    version: str | None
    purl: str | None
    sha256: str
    size: int
    kind: str


class ContextInfo(Struct, frozen=True, kw_only=True):
    """Which surroundings the review knew."""

    baseline: str | None = None
    siblings: tuple[str, ...] = ()
    registry: bool = False
    offline: bool = False
    notes: tuple[str, ...] = ()
    """What was looked for and not found, in clear words."""


class Digests(Struct, frozen=True, kw_only=True):
    """What produced the review; the same digests on the same bytes give the same review."""

    engine: str
    rulebook: str
    scorer: str | None
    knowledge: str
    context: str


class RankReason(Struct, frozen=True, kw_only=True):
    """One thing the trained scorer looked at, as facts."""

    reason: str
    chain: tuple[str, ...]
    """Ids of the vocabulary: one behavior, or those of a flow."""
    share: float
    """Of everything that raised the rank, 0..1."""
    spans: tuple[FindingSpan, ...]
    """Where the facts stand; never empty."""


class Ranking(Struct, frozen=True, kw_only=True):
    """Why the trained scorer ranks a review above what the rules say of it."""

    score: float
    """Of the scorer."""
    rules: float
    """Of the rules alone."""
    reasons: tuple[RankReason, ...]
    """Heaviest first."""


class Review(Struct, frozen=True, kw_only=True):
    """The record of one artifact's review."""

    schema: int = 1
    artifact: ArtifactInfo
    verdict: Verdict
    kind: Kind | None
    score: float
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    layers: tuple[Layer, ...]
    coverage: Coverage
    context: ContextInfo
    digests: Digests
    took_ms: int = 0
    changes: Changes | None = None
    """Against the previous release, where there is one."""
    ranked: Ranking | None = None
    """Where the trained scorer raised the score; None: the score is that of the rules."""
    excerpts: tuple[Excerpt, ...] = ()
    """Source lines for the text and HTML reports; not part of JSON v1."""
