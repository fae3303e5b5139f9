"""What people decided not to be told again. It changes status and display, never the record."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from msgspec import Struct

from antivenom.judge.weigh import score_of, verdict_of
from antivenom.model.review import Finding, Review
from antivenom.session.reviewing import Reviewed


class Suppression(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One finding somebody looked at: this rule, in this member, with exactly these bytes."""

    rule: str
    member: str
    """Path inside the artifact; "" is the artifact itself."""
    sha256: str
    """Of the member's bytes, so that a changed member is looked at again."""
    reason: str
    author: str
    expires: datetime.date

    def covers(self, finding: Finding, member: str, sha256: str) -> bool:
        """Whether it speaks of this finding in this member."""
        return (self.rule, self.member, self.sha256) == (finding.rule, member, sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A review as people see it, beside the one that is recorded."""

    review: Review
    hidden: tuple[tuple[Finding, Suppression], ...] = ()


def apply(reviewed: Reviewed, suppressions: Iterable[Suppression], today: datetime.date) -> Shown:
    """Return the review without the findings that valid suppressions cover completely."""
    valid = [s for s in suppressions if s.expires >= today]
    kept: list[Finding] = []
    hidden: list[tuple[Finding, Suppression]] = []
    for finding in reviewed.review.findings:
        found = _covering(finding, valid, reviewed)
        if found is None:
            kept.append(finding)
        else:
            hidden.append((finding, found))
    if not hidden:
        return Shown(review=reviewed.review)
    return Shown(review=_without(reviewed.review, kept), hidden=tuple(hidden))


def _covering(finding: Finding, valid: list[Suppression], reviewed: Reviewed) -> Suppression | None:
    """Return a suppression when every member the finding stands in has one."""
    found: Suppression | None = None
    for member in {span.member for span in finding.spans}:
        sha256 = reviewed.members.get(member, "")
        found = next((s for s in valid if sha256 and s.covers(finding, member, sha256)), None)
        if found is None:
            return None
    return found


def _without(review: Review, kept: list[Finding]) -> Review:
    score = min(review.score, score_of([f.weight for f in kept]))
    blocking = any(p.blocking for p in review.coverage.problems)
    told = {f.reason for f in review.findings} - {f.reason for f in kept}
    return msgspec.structs.replace(
        review,
        findings=tuple(kept),
        score=score,
        verdict=verdict_of(score, blocking=blocking),
        reasons=tuple(r for r in review.reasons if r not in told),
        kind=review.kind if kept else None,
    )
