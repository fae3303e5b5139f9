"""What the tests of the service put into it: arrivals and reviews of our own making."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from antivenom.model.profile import Coverage
from antivenom.model.review import (
    ArtifactInfo,
    ContextInfo,
    Digests,
    Finding,
    FindingSpan,
    Review,
    Verdict,
)
from antivenom.service.uploads import Arrival
from antivenom.session import Reviewed

NOW = "2026-11-21T10:00:00Z"


class FakeClock:
    """A clock that moves when it is told to, or when somebody sleeps by it."""

    def __init__(self, start: datetime = datetime(2026, 11, 21, 10, tzinfo=UTC)) -> None:
        self.time = start
        self.passed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.go(seconds)

    def go(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.passed += max(0.0, seconds)


def arrival(project: str = "thing", version: str = "1.0", **given: object) -> Arrival:
    values: dict[str, object] = {
        "ecosystem": "pypi",
        "project": project,
        "version": version,
        "filename": f"{project}-{version}.tar.gz",
        **given,
    }
    return Arrival(**values)  # type: ignore[arg-type]


def review(
    project: str = "thing",
    version: str = "1.0",
    *,
    verdict: Verdict = Verdict.CLEAN,
    score: float = 0.0,
    rules: tuple[str, ...] = (),
    content: str = "",
    rulebook: str = "r1",
    activation: str = "install",
) -> Review:
    """A review of a file nobody made, with a finding for each rule."""
    findings = tuple(
        Finding(
            rule=rule,
            title=rule,
            kind="malware",
            severity="high",
            confidence="high",
            state="enabled",
            activation=activation,
            change="unknown",
            chain=("net.fetch", "code.run"),
            attack=(),
            reason=f"{rule} in setup.py",
            spans=(FindingSpan(member="setup.py", line=3, end_line=3, layer=0, excerpt="x = 1"),),
            weight=1.0,
        )
        for rule in rules
    )
    return Review(
        artifact=ArtifactInfo(
            path=f"{project}-{version}.tar.gz",
            filename=f"{project}-{version}.tar.gz",
            ecosystem="pypi",
            name=project,
            version=version,
            purl=f"pkg:pypi/{project}@{version}",
            sha256=hashlib.sha256((content or f"{project} {version}").encode()).hexdigest(),
            size=100,
            kind="sdist",
        ),
        verdict=verdict,
        kind="malware" if findings else None,
        score=score,
        reasons=tuple(one.reason for one in findings),
        findings=findings,
        layers=(),
        coverage=Coverage(complete=1),
        context=ContextInfo(),
        digests=Digests(engine="e1", rulebook=rulebook, scorer="s1", knowledge="k1", context=""),
        took_ms=12,
    )


def reviewed(made: Review) -> Reviewed:
    members = {"": made.artifact.sha256}
    if made.findings:
        members["setup.py"] = hashlib.sha256(b"setup").hexdigest()
    return Reviewed(review=made, members=members)
