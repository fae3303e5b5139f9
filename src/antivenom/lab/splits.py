"""Folds by family, and proof that nothing learnt from stands in what is measured.

Two archives are *tied* by their bytes, project, cluster, family, or by code that is nearly the
same once names and literals are masked. What is tied to a checked archive is set aside before
anything is learnt; `leaks` says what is left, and a data set with any is not built.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from antivenom.lab.dataset import Row

FOLDS = 5
_ALIKE = 0.8
"""Share of code members that make two archives near-duplicates."""
_LATEST = 5
"""One family in so many is later."""
_FEWEST = 20
"""Dated families without which a split by time says nothing."""
_COMMON = 12
"""A skeleton in more projects than this is a library everybody ships, and ties nothing."""


def fold(row: Row, folds: int = FOLDS) -> int:
    """Return the fold of a row: its family's or project's, the same on every machine."""
    one = row.sample
    group = one.family or one.cluster or one.name or one.key
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % folds


def set_aside(rows: Sequence[Row]) -> frozenset[str]:
    """Return the keys of rows to learn nothing from, since they are tied to a checked one."""
    checked = [row for row in rows if row.sample.part == "check"]
    rest = [row for row in rows if row.sample.part != "check"]
    ties = _Ties(checked, _everyday(rows))
    return frozenset(row.sample.key for row in rest if any(ties.of(row)))


def leaks(learnt: Sequence[Row], measured: Sequence[Row]) -> Counter[str]:
    """Count ties between two splits by their kind: hash, project, cluster, family, code."""
    ties = _Ties(measured, _everyday([*learnt, *measured]))
    return Counter(kind for row in learnt for kind in ties.of(row))


class Later(NamedTuple):
    """A split by time: what was there before a day, and what nobody had seen by then."""

    since: str
    learnt: list[Row]
    measured: list[Row]


def by_time(rows: Sequence[Row], since: str = "") -> Later | None:
    """Split by the day archives are from; None without enough days.

    Specimens whose family began on `since` or later are measured, those before it learnt from;
    without `since`, the day on which the latest fifth of the families begins. Ordinary packages
    have no day that means anything and are split by project. Nothing of the part *check* is used,
    and what is tied to anything learnt is not measured.
    """
    open_ = [row for row in rows if row.sample.part != "check"]
    began = _beginnings(open_)
    days = sorted(began.values())
    if not since and len(days) >= _FEWEST:
        since = days[-max(len(days) // _LATEST, 1)]
    later = [row for row in open_ if _is_later(row, began, since)]
    earlier = [row for row in open_ if _is_earlier(row, since)]
    ties = _Ties(earlier, _everyday(open_))
    measured = [row for row in later if not any(ties.of(row))]
    kinds = {(one.sample.hostile, n) for n, some in enumerate((earlier, measured)) for one in some}
    return Later(since, earlier, measured) if since and len(kinds) == 4 else None


def _beginnings(rows: Sequence[Row]) -> dict[str, str]:
    """Return family -> the day of its first dated archive."""
    found: dict[str, str] = {}
    for row in rows:
        one = row.sample
        if one.hostile and one.date:
            found[one.family] = min(found.get(one.family, one.date), one.date)
    return found


def _is_later(row: Row, began: Mapping[str, str], since: str) -> bool:
    one = row.sample
    return began.get(one.family, "") >= since if one.hostile else fold(row, FOLDS) == 0


def _is_earlier(row: Row, since: str) -> bool:
    one = row.sample
    return "" < one.date < since if one.hostile else fold(row, FOLDS) != 0


class _Ties:
    """What a split consists of, so that a row of another can be compared with it."""

    def __init__(self, rows: Sequence[Row], everyday: frozenset[str]) -> None:
        self._everyday = everyday
        self._labels = {label for row in rows for label in _labels(row)}
        self._codes = [_skeletons(row, everyday) for row in rows]
        self._where: dict[str, list[int]] = defaultdict(list)
        for at, code in enumerate(self._codes):
            for skeleton in code:
                self._where[skeleton].append(at)

    def of(self, row: Row) -> Iterator[str]:
        """Yield the kinds of ties between a row and the split."""
        for kind, value in _labels(row):
            if (kind, value) in self._labels:
                yield kind
        ours = _skeletons(row, self._everyday)
        shared = Counter(at for skeleton in ours for at in self._where.get(skeleton, ()))
        if any(n >= _ALIKE * len(ours | self._codes[at]) for at, n in shared.items()):
            yield "code"


def _labels(row: Row) -> Iterator[tuple[str, str]]:
    one = row.sample
    for kind, value in (
        ("hash", row.sha256),
        ("project", one.name),
        ("cluster", one.cluster),
        ("family", one.family),
    ):
        if value:
            yield kind, value


def _everyday(rows: Sequence[Row]) -> frozenset[str]:
    """Return the skeletons that many unrelated projects share: templates, empty modules."""
    owners: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for skeleton in _skeletons(row, frozenset()):
            owners[skeleton].add(row.sample.family or row.sample.name)
    return frozenset(skeleton for skeleton, names in owners.items() if len(names) > _COMMON)


def _skeletons(row: Row, everyday: frozenset[str]) -> frozenset[str]:
    return frozenset(row.skeletons) - everyday
