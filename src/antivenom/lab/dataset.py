"""A data set: samples with the facts rules and model see, hashed, split, and checked for leaks."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from antivenom import pipeline
from antivenom.judge import Knowledge
from antivenom.judge.features import features
from antivenom.lab.extraction import Observed
from antivenom.lab.sample import Sample
from antivenom.model.context import NOTHING
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile
from antivenom.model.review import Finding, Review, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One archive: what the rules say of it alone, and what a model would learn from."""

    sample: Sample
    profile: Profile | None
    """Without lines of the upload; None where the child was lost."""
    review: Review | None
    """By the rules alone."""
    features: dict[str, float]
    error: str = ""
    seconds: float = 0.0

    @property
    def rules(self) -> float:
        """The score of the rules; what could not be read has none."""
        return self.review.score if self.review is not None else 0.0

    @property
    def inconclusive(self) -> bool:
        """Whether no verdict was possible: never a hit, whatever a model says."""
        return self.review is None or self.review.verdict is Verdict.INCONCLUSIVE


class Recorder:
    """Stands where a scorer stands and keeps what it would have seen: no skew is possible."""

    digest = ""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def score(
        self, facts: Sequence[Fact], layers: int, findings: Sequence[Finding], rules: float
    ) -> float:
        """Keep the features; lift nothing."""
        self.found = features(facts, layers, findings, rules)
        return 0.0


def judged(samples: Sequence[Sample], observed: Sequence[Observed], known: Knowledge) -> list[Row]:
    """Judge every profile by the rules, and take its features on the way."""
    recorder = Recorder()
    seeing = dataclasses.replace(known, scorer=recorder)
    found = []
    for sample, one in zip(samples, observed, strict=True):
        if one.profile is None:
            found.append(
                Row(sample=sample, profile=None, review=None, features={}, error=one.error)
            )
            continue
        review = pipeline.judge(one.profile, NOTHING, seeing)
        found.append(
            Row(
                sample=sample,
                profile=one.profile,
                review=review,
                features=recorder.found,
                seconds=one.seconds,
            )
        )
    return found


def digest(rows: Sequence[Row]) -> str:
    """Return a hash over what was learnt from: samples, their groups and features."""
    total = hashlib.sha256()
    for row in sorted(rows, key=lambda one: one.sample.key):
        one = row.sample
        head = (one.key, one.part, one.stratum, one.cluster, one.family, one.tags)
        total.update(msgspec.json.encode((head, sorted(row.features.items()))))
    return total.hexdigest()


def noise(path: Path) -> frozenset[str]:
    """Return the sha256 of specimens in which a person found nothing hostile."""
    if not path.is_file():
        return frozenset()
    with path.open(newline="", encoding="utf-8") as file:
        return frozenset(row["sha256"] for row in csv.DictReader(file))


def harmless(samples: Sequence[Sample], listed: frozenset[str]) -> frozenset[str]:
    """Return the clusters in which nothing hostile was seen: tagged ``N``, or listed."""
    return frozenset(
        s.cluster for s in samples if s.cluster and ("N" in s.tags or s.sha256 in listed)
    )
