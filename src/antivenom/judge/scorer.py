"""The trained scorer: lifts what the rules leave below the verdicts, and never lowers anything.

The model ships as plain data (``model.json`` beside this file, written by `antivenom lab train`).
Its sum of trees becomes a score by a non-decreasing table, and the judge takes the larger of rules
and model. The model that ships only ranks: its table ends below `suspicious`.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.judge.explaining import explained
from antivenom.judge.features import NEAR, Evidence, seen
from antivenom.judge.trees import Forest
from antivenom.model.review import RankReason

MODEL = Path(__file__).parent / "model.json"


class Card(Struct, frozen=True, kw_only=True):
    """What a model was made from, what was measured, and what it is weak at."""

    made: str
    """Day."""
    data: str
    """Hash of the data set."""
    engine: str
    rulebook: str
    seed: int
    specimens: int
    clusters: int
    ordinary: int
    metrics: Mapping[str, float] = {}
    thresholds: Mapping[str, float] = {}
    """Sum of trees from which a review is suspicious, by false-alarm budget."""
    weaknesses: tuple[str, ...] = ()


class Model(Struct, frozen=True, kw_only=True):
    """The file: trees, calibration, card."""

    version: int = 1
    forest: Forest
    points: tuple[tuple[float, float], ...]
    """(sum of trees, score), both non-decreasing; between them the score is interpolated."""
    card: Card


class TrainedScorer:
    """A `Scorer` over a model."""

    def __init__(self, model: Model, digest: str) -> None:
        self.model = model
        self.digest = digest
        named = (name for name in model.forest.features if name.startswith(NEAR))
        self.asks: frozenset[str] | None = frozenset(name.removeprefix(NEAR) for name in named)

    @property
    def ceiling(self) -> float:
        """The most it gives."""
        return self.model.points[-1][1]

    def score(self, evidence: Evidence) -> float:
        """Return 0..1, calibrated to the verdict thresholds; 0 where it says no more than rules."""
        says_less = [at for at, score in self.model.points if score <= evidence.rules]
        idle = max(says_less, default=-math.inf)
        margin, at = self.model.forest.worst(seen(evidence).rows(), idle)
        return self.lifted(margin) if at >= 0 else 0.0

    def explain(self, evidence: Evidence) -> tuple[RankReason, ...]:
        """Return the facts that raised the score, heaviest first."""
        found = seen(evidence)
        rows = found.rows()
        _, at = self.model.forest.worst(rows)
        return explained(self.model.forest, rows[at], evidence, found.member(at))

    def lifted(self, margin: float) -> float:
        """Return the score of a sum of trees."""
        points = self.model.points
        at = bisect_right(points, (margin, 2.0))
        if at == 0:
            return points[0][1]
        if at == len(points):
            return points[-1][1]
        (x0, y0), (x1, y1) = points[at - 1], points[at]
        return y0 + (y1 - y0) * (margin - x0) / (x1 - x0)


def read(data: bytes) -> TrainedScorer:
    """Return the scorer of a model file. Raises `msgspec.DecodeError`."""
    model = msgspec.json.decode(data, type=Model)
    return TrainedScorer(model, hashlib.sha256(data).hexdigest())


@cache
def shipped() -> TrainedScorer | None:
    """Return the scorer that ships with the package, None where none does."""
    try:
        data = MODEL.read_bytes()
    except OSError:
        return None
    return read(data)
