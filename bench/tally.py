"""Turns outcomes into rates: clusters and families for malware, archives for ordinary packages.

One flood can be half of all samples, so an archive never counts by itself: a cluster counts as the
mean over its archives, a family as the mean over its clusters. An archive that could not be read
counts as missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench import estimates
from bench.corpus import PeerVerdict
from bench.measure import Measured

Test = Callable[[Measured], bool]
KeyT = TypeVar("KeyT", str, tuple[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many of so many."""

    hits: float
    trials: int

    @property
    def share(self) -> float:
        """The rate; 0 of none."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The Clopper-Pearson interval at 95 %."""
        return estimates.interval(self.hits, self.trials)

    @property
    def at_most(self) -> float:
        """What the count excludes at 95 %, one-sided."""
        return estimates.at_most(round(self.hits), self.trials)


def suspicious(one: Measured) -> bool:
    """Whether a person would look."""
    return one.outcome.verdict in {"suspicious", "malicious"}


def malicious(one: Measured) -> bool:
    """Whether a registry could act."""
    return one.outcome.verdict == "malicious"


def inconclusive(one: Measured) -> bool:
    """Whether something that could run was not read, or the child was lost."""
    return one.outcome.verdict == "inconclusive"


def peer_tests(verdicts: Mapping[str, PeerVerdict]) -> dict[str, Test]:
    """Return each peer's thresholds as tests; an archive a peer failed on is not found."""
    missing = PeerVerdict(guarddog=None, hexora=None, hexora_high=False)

    def said(one: Measured) -> PeerVerdict:
        return verdicts.get(one.sample.sha256, missing)

    return {
        "GuardDog >= 7": lambda one: (said(one).guarddog or 0) >= 7,
        "GuardDog >= 5": lambda one: (said(one).guarddog or 0) >= 5,
        "hexora ML >= 0.5": lambda one: (said(one).hexora or 0) >= 0.5,
        "hexora high confidence": lambda one: said(one).hexora_high,
    }


def archives(measured: Sequence[Measured], test: Test) -> Rate:
    """Count archives."""
    return Rate(hits=sum(map(test, measured)), trials=len(measured))


def clusters(measured: Iterable[Measured], test: Test) -> Rate:
    """Count clusters, each as the mean over its archives."""
    means = _means(measured, test, lambda one: one.sample.cluster)
    return Rate(hits=sum(means.values()), trials=len(means))


def families(measured: Iterable[Measured], test: Test) -> Rate:
    """Count families, each as the mean over its clusters."""
    means = _means(measured, test, lambda one: (one.sample.family, one.sample.cluster))
    grouped: dict[str, list[float]] = defaultdict(list)
    for (family, _), mean in means.items():
        grouped[family].append(mean)
    hits = sum(sum(values) / len(values) for values in grouped.values())
    return Rate(hits=hits, trials=len(grouped))


def part(measured: Iterable[Measured], name: str) -> list[Measured]:
    """Return one part of the corpus."""
    return [one for one in measured if one.sample.part == name]


def _means(
    measured: Iterable[Measured], test: Test, key: Callable[[Measured], KeyT]
) -> dict[KeyT, float]:
    grouped: dict[KeyT, list[bool]] = defaultdict(list)
    for one in measured:
        grouped[key(one)].append(test(one))
    return {name: sum(found) / len(found) for name, found in grouped.items()}
