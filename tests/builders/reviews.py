"""Reviews made by hand, for what only looks at reviews."""

from __future__ import annotations

from antivenom.model.profile import Coverage, Problem
from antivenom.model.review import (
    ArtifactInfo,
    ContextInfo,
    Digests,
    Finding,
    FindingSpan,
    Review,
    Verdict,
)

SCORES = {"malicious": 0.97, "suspicious": 0.6, "inconclusive": 0.0, "clean": 0.0}


def finding(rule: str, *members: str, weight: float = 0.95) -> Finding:
    """Return a finding with one span in each member."""
    spans = tuple(
        FindingSpan(member=m, line=1, end_line=1, layer=0, excerpt="code") for m in members
    )
    return Finding(
        rule=rule,
        title=rule,
        kind="malware",
        severity="critical",
        confidence="high",
        state="enabled",
        activation="import",
        change="unknown",
        chain=("secrets.file", "net.send"),
        attack=("T1552.001",),
        reason=f"{rule} happens",
        spans=spans,
        weight=weight,
    )


def review(
    verdict: str, *findings: Finding, name: str = "demo", problems: tuple[Problem, ...] = ()
) -> Review:
    """Return a review with a verdict."""
    filename = f"{name}-1.0-py3-none-any.whl"
    return Review(
        artifact=ArtifactInfo(
            path=filename,
            filename=filename,
            ecosystem="pypi",
            name=name,
            version="1.0",
            purl=f"pkg:pypi/{name}@1.0",
            sha256="a" * 64,
            size=1000,
            kind="wheel",
        ),
        verdict=Verdict(verdict),
        kind="malware" if findings else None,
        score=SCORES[verdict],
        reasons=tuple(f.reason for f in findings),
        findings=findings,
        layers=(),
        coverage=Coverage(complete=3, problems=problems),
        context=ContextInfo(),
        digests=Digests(engine="e", rulebook="r", scorer=None, knowledge="k", context=""),
    )
