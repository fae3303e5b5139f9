"""Labels are statements: who says what a specimen is, when, why and how surely.

None is ever overwritten. A person or source that changes its mind says so anew; a statement that
was wrong is withdrawn by another statement. What counts is computed by `current`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec import Struct

LABELS: Mapping[str, str] = {
    "malware": "does harm on purpose",
    "proof-of-concept": "shows an attack without doing harm",
    "beacon": "only calls home, as researchers and bounty hunters do",
    "spam": "advertises, farms or floods",
    "policy": "breaks a registry's rules otherwise",
    "placeholder": "holds a name and nothing else",
    "benign": "is ordinary",
    "unknown": "nobody knows",
}
WITHDRAWN = "withdrawn"
Label = Literal[
    "malware",
    "proof-of-concept",
    "beacon",
    "spam",
    "policy",
    "placeholder",
    "benign",
    "unknown",
    "withdrawn",
]
Confidence = Literal["low", "medium", "high"]
Kind = Literal["person", "source", "engine"]

_SURE: Mapping[str, int] = {"low": 0, "medium": 1, "high": 2}
_WEIGHT: Mapping[str, int] = {"engine": 0, "source": 1, "person": 2}
_ORDER: Mapping[str, int] = {label: -n for n, label in enumerate(LABELS)}


class Statement(Struct, frozen=True, kw_only=True):
    """Somebody says what a specimen is."""

    specimen: str
    label: Label
    author: str
    kind: Kind
    confidence: Confidence
    said_at: str
    """ISO 8601, UTC."""
    reason: str = ""
    withdraws: str = ""
    """With the label ``withdrawn``: the id of the statement that no longer holds."""

    @property
    def id(self) -> str:
        """Hash of everything said: the same words again are the same statement."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


class Current(Struct, frozen=True, kw_only=True):
    """What the statements about one specimen amount to."""

    label: str = "unknown"
    confidence: str = "low"
    disputed: bool = False
    """Whether somebody whose statement stands calls it something else."""


def current(statements: Iterable[Statement]) -> Current:
    """Return the label that counts.

    Withdrawn statements do not count, and of each author only the last word does. Among authors a
    person outweighs a source and a source our own engine; then the surer, then the later one wins;
    the order of `LABELS` breaks what is still a tie.
    """
    standing = list(_last_words(statements))
    if not standing:
        return Current()
    best = max(standing, key=_rank)
    disputed = any(one.label != best.label for one in standing)
    return Current(label=best.label, confidence=best.confidence, disputed=disputed)


def _last_words(statements: Iterable[Statement]) -> Iterable[Statement]:
    every = list(statements)
    gone = {one.withdraws for one in every if one.label == WITHDRAWN}
    last: dict[tuple[str, str], Statement] = {}
    for one in sorted(every, key=lambda s: (s.said_at, s.id)):
        if one.label != WITHDRAWN and one.id not in gone:
            last[one.kind, one.author] = one
    return last.values()


def _rank(one: Statement) -> tuple[int, int, str, int, str]:
    order = _ORDER[one.label]
    return _WEIGHT[one.kind], _SURE[one.confidence], one.said_at, order, one.id
