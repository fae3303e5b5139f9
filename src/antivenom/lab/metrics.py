"""Figures that say how much they prove: recall per cluster, false alarms, intervals.

A cluster counts as the mean over its archives. Errors and inconclusive reviews are misses. What is
compared is a score; ties with an ordinary package are misses.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from msgspec import Struct

from antivenom.lab.dataset import Row

DAY = 10_685
"""Files uploaded to PyPI on an ordinary day."""
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """k of n with its Clopper-Pearson interval at 95 %; k need not be whole (means of clusters)."""

    hits: float
    of: int

    @property
    def value(self) -> float:
        """The share itself, 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        k = math.floor(self.hits + 1e-9)
        return 0.0 if k == 0 else _solve(lambda p: _tail(self.of, k, p) >= 0.025)

    @property
    def high(self) -> float:
        """Upper end of the interval; with no hit, close to the rule of three."""
        k = math.ceil(self.hits - 1e-9)
        if k >= self.of:
            return 1.0
        return _solve(lambda p: 1 - _tail(self.of, k + 1, p) <= 0.025)


class Figure(Struct, frozen=True, kw_only=True):
    """A share with its interval."""

    hits: float
    of: int
    value: float
    low: float
    high: float


def figure(share: Share) -> Figure:
    """Return a share with its interval, rounded."""
    return Figure(
        hits=round(share.hits, 3),
        of=share.of,
        value=round(share.value, 5),
        low=round(share.low, 5),
        high=round(share.high, 5),
    )


def _solve(reached: Callable[[float], bool]) -> float:
    """Return the smallest p at which a monotone condition holds."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _tail(n: int, k: int, p: float) -> float:
    """Return the probability of at least k hits of n."""
    if p <= 0:
        return 0.0 if k > 0 else 1.0
    if p >= 1:
        return 1.0
    logs = (
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1)
        + i * math.log(p) + (n - i) * math.log1p(-p)
        for i in range(k, n + 1)
    )  # fmt: skip
    return min(math.fsum(math.exp(one) for one in logs), 1.0)


def rule_of_three(n: int) -> float:
    """Return the rate that n archives without an alarm exclude with 95 % confidence."""
    return 3 / n if n else 1.0


def allowed(n: int, rate: float) -> int:
    """Return how many of n may be flagged at a rate: what a small set cannot prove is 0."""
    return math.floor(n * rate + 1e-9)


def threshold(ordinary: Iterable[float], rate: float) -> float:
    """Return the score that must be exceeded so that at most `rate` of the ordinary do."""
    ranked = sorted(ordinary, reverse=True)
    at = allowed(len(ranked), rate)
    return ranked[at] if at < len(ranked) else -math.inf


def recall(
    rows: Sequence[Row], scores: Sequence[float], above: float, *, by: str = "cluster"
) -> Share:
    """Return the share of clusters (or families) whose archives score above a threshold."""
    clusters: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row, score in zip(rows, scores, strict=True):
        if row.sample.hostile:
            hit = score > above and not (row.inconclusive and score <= row.rules)
            clusters[row.sample.family, row.sample.cluster].append(hit)
    means = {key: sum(hits) / len(hits) for key, hits in clusters.items()}
    if by == "family":
        families: dict[str, list[float]] = defaultdict(list)
        for (family, _), mean in means.items():
            families[family].append(mean)
        values = [sum(found) / len(found) for found in families.values()]
    else:
        values = list(means.values())
    return Share(hits=sum(values), of=len(values))


def alarms(rows: Sequence[Row], scores: Sequence[float], above: float) -> Share:
    """Return the share of ordinary packages above a threshold."""
    flagged = [s > above for r, s in zip(rows, scores, strict=True) if not r.sample.hostile]
    return Share(hits=sum(flagged), of=len(flagged))


def curve(rows: Sequence[Row], scores: Sequence[float]) -> list[tuple[float, float]]:
    """Return (false-alarm rate, recall per cluster), one point for each alarm more."""
    ordinary = [s for r, s in zip(rows, scores, strict=True) if not r.sample.hostile]
    places = sorted(set(ordinary), reverse=True)
    found = []
    for place in [*places, -math.inf]:
        rate = sum(s > place for s in ordinary) / max(len(ordinary), 1)
        found.append((rate, recall(rows, scores, place).value))
    return found


def precision_curve(
    rows: Sequence[Row], scores: Sequence[float], base: float
) -> list[tuple[float, float]]:
    """Return (recall, precision) at a base rate of malware, one point for each alarm more."""
    found = []
    for rate, share in curve(rows, scores):
        true, false = share * base, rate * (1 - base)
        if true + false > 0:
            found.append((share, true / (true + false)))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDay:
    """What a moderator would see in a day at a threshold, in expectation."""

    files: int
    hostile: float
    found: float
    alarms: float
    alarms_high: float
    """With the upper end of the interval of the false-alarm rate."""
    precision: float
    precision_low: float


def day(found: Share, false: Share, *, base: float, files: int = DAY) -> SimulatedDay:
    """Return a day of `files` uploads of which a share `base` is hostile."""
    hostile = files * base
    ordinary = files - hostile
    true, wrong = hostile * found.value, ordinary * false.value
    worst = ordinary * false.high
    return SimulatedDay(
        files=files,
        hostile=hostile,
        found=true,
        alarms=wrong,
        alarms_high=worst,
        precision=true / (true + wrong) if true + wrong else 0.0,
        precision_low=true / (true + worst) if true + worst else 0.0,
    )


def precision_at(
    rows: Sequence[Row], scores: Sequence[float], k: int, *, base: float, files: int = DAY
) -> float:
    """Return the expected precision of the k highest scores of a simulated day."""
    hostile = [s for r, s in zip(rows, scores, strict=True) if r.sample.hostile]
    ordinary = [s for r, s in zip(rows, scores, strict=True) if not r.sample.hostile]
    weights = [(s, True, files * base / max(len(hostile), 1)) for s in hostile]
    weights += [(s, False, files * (1 - base) / max(len(ordinary), 1)) for s in ordinary]
    seen = true = 0.0
    # Ordinary ones first among equals: a tie is never counted in our favour.
    for _, bad, weight in sorted(weights, key=lambda one: (-one[0], one[1])):
        taken = min(weight, k - seen)
        seen += taken
        true += taken if bad else 0.0
        if seen >= k:
            break
    return true / seen if seen else 0.0
