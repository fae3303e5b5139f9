"""One thing on its way into the catalog: what is known of a specimen, and who says so."""

from __future__ import annotations

from dataclasses import dataclass, field

from antivenom.catalog.derived import Observed
from antivenom.catalog.specimen import Behavior, Claim, Indicator
from antivenom.catalog.statement import Confidence, Kind, Label, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A statement before it is known what it is about."""

    label: Label
    author: str
    kind: Kind = "source"
    confidence: Confidence = "medium"
    said_at: str = ""
    reason: str = ""

    def about(self, specimen: str, now: str) -> Statement:
        """Return the statement; who gives no time says it now."""
        return Statement(
            specimen=specimen,
            label=self.label,
            author=self.author,
            kind=self.kind,
            confidence=self.confidence,
            said_at=self.said_at or now,
            reason=self.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A specimen as one source brings it. Without `observed` only its name or hash is known."""

    id: str
    ecosystem: str = ""
    name: str = ""
    version: str = ""
    filename: str = ""
    origin: str = ""
    size: int = 0
    kind: str = ""
    first_seen: str = ""
    description: str = ""
    kept: str = ""
    problem: str = ""
    observed: Observed | None = field(default=None, repr=False)
    behaviors: tuple[Behavior, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    claim: Claim | None = None
    words: tuple[Word, ...] = ()
    statements: tuple[Statement, ...] = ()
    """Complete ones, as an export or a decision has them."""
    report: str = ""
    """Id of the published record that names it."""
