"""From a sum of trees to a score: what a score means is the share of ordinary packages above it.

The table rests on margins of forests that had not seen the package (out of fold). A model alone
makes no verdict: its scores end below `suspicious`, so it orders what the rules leave and raises no
alarm. That stays so until a set of ordinary packages large enough to prove a tenth of a percent has
been measured without an alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from antivenom.judge.scorer import Model, TrainedScorer
from antivenom.lab.dataset import Row

CEILING = 0.49
"""The most a model alone gives."""
_LEVELS = ((0.9, 0.0), (0.95, 0.15), (0.98, 0.25), (1.0, 0.39))
"""(share of ordinary packages at or below, score)."""
_BEYOND = 2.0
"""So much above every ordinary package the ceiling is reached, in log odds."""


def points_of(rows: Sequence[Row], margins: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return the table of a `Model` from margins of rows the forest had not seen."""
    ordinary = sorted(m for r, m in zip(rows, margins, strict=True) if not r.sample.hostile)
    if not ordinary:
        raise ValueError("no ordinary package to calibrate on")
    last = len(ordinary) - 1
    found = [(ordinary[0] - 1.0, 0.0)]
    found += [(ordinary[round(last * share)], score) for share, score in _LEVELS]
    found.append((ordinary[last] + _BEYOND, CEILING))
    return tuple(after for before, after in pairwise(found) if after[0] > before[0]) or (found[-1],)


def combined(rows: Sequence[Row], margins: Sequence[float], model: Model) -> list[float]:
    """Return the scores the judge would give: the larger of rules and model."""
    scorer = TrainedScorer(model, "")
    return [max(r.rules, scorer.lifted(m)) for r, m in zip(rows, margins, strict=True)]
