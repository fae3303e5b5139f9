"""The little statistics a measurement needs, without a library for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share else 0)]


def median(values: Sequence[float]) -> float:
    """Return the middle value; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def interval(hits: float, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a rate.

    `hits` may be a fraction, since a cluster counts as the mean over its archives; the interval is
    then that of the beta distribution with the same parameters.
    """
    if not trials:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if hits <= 0 else _solve(lambda p: _beta(p, hits, trials - hits + 1) - tail)
    high = 1.0 if hits >= trials else _solve(lambda p: _beta(p, hits + 1, trials - hits) + tail - 1)
    return low, high


def at_most(hits: int, trials: int) -> float:
    """Return the rate that a count excludes with 95 % confidence; 3 / n when it is zero."""
    if not trials:
        return 1.0
    return _solve(lambda p: _beta(p, hits + 1, trials - hits) - 0.95) if hits < trials else 1.0


def _solve(rising: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def _beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front += a * math.log(x) + b * math.log1p(-x)
    if x < (a + 1) / (a + b + 2):
        return math.exp(front) * _fraction(x, a, b) / a
    return 1 - math.exp(front) * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function (Lentz)."""
    tiny = 1e-300
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1), tiny)
    total = d
    for m in range(1, 300):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away(1 + term * d, tiny)
            c = _away(1 + term / c, tiny)
            total *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return total


def _away(value: float, tiny: float) -> float:
    return tiny if abs(value) < tiny else value
