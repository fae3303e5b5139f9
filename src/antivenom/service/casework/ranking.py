"""Which case a person should see first.

Malicious before suspicious before unread. Inside a verdict what more people install comes first,
then what runs with less help from its victim, then the score. The number is stored with the case,
so that the queue is one walk along an index.
"""

from __future__ import annotations

import math
from functools import lru_cache

from antivenom.context.known_names import KnownNames
from antivenom.model.label import STRENGTH

_VERDICT = {"malicious": 300.0, "suspicious": 200.0, "inconclusive": 100.0}
_POPULAR, _ACTIVATION, _SCORE = 60.0, 30.0, 10.0
_LEAST_KNOWN = 20_000
"""Ranks beyond this are as good as unknown."""


def rank(*, verdict: str, popular: int, activation: str, score: float) -> float:
    """Return the place in the queue; larger is sooner."""
    strongest = max(STRENGTH.values())
    runs = STRENGTH.get(activation, 0) / strongest
    total = _VERDICT.get(verdict, 0.0) + _POPULAR * known(popular) + _ACTIVATION * runs
    return round(total + _SCORE * score, 3)


def known(popular: int) -> float:
    """Return 0 for a project nobody knows, 1 for the most popular one."""
    if not popular:
        return 0.0
    return max(0.0, 1.0 - math.log(popular) / math.log(_LEAST_KNOWN))


def popularity(ecosystem: str, project: str) -> int:
    """Return a project's rank among the names that ship with us, 0 when it has none."""
    names = _known_names().of(ecosystem or None)
    return names.rank(project) if names is not None else 0


@lru_cache(maxsize=1)
def _known_names() -> KnownNames:
    return KnownNames()
