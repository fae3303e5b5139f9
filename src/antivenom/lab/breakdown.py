"""Figures by what packages do and when, by what a listing says of them, and by package.

A behavior counts wherever it was observed, found or not; clusters count as the mean over their
archives, as everywhere. Nothing of the part *check* is named one by one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from antivenom.judge.explaining import risen, said
from antivenom.judge.scorer import Model
from antivenom.lab import metrics
from antivenom.lab.dataset import Row
from antivenom.lab.metrics import Figure, figure
from antivenom.model.review import MALICIOUS_AT, SUSPICIOUS_AT

MOMENTS = {
    "early": "startup, install, build",
    "load": "also import, open",
    "ever": "also run, call",
}
"""When, in the words of `judge.features`, and what it holds."""
_SIZES = (
    (10_000, "under 10 kB"),
    (100_000, "10 to 100 kB"),
    (1_000_000, "100 kB to 1 MB"),
    (math.inf, "1 MB and more"),
)
_MOST_RANKED = 25
_RARE = 3
"""Clusters; what fewer have is no row of a table."""


class Cell(Struct, frozen=True, kw_only=True):
    """A behavior at a moment or earlier."""

    found: Figure
    """Clusters that have it and are at least suspicious, of those that have it."""
    ordinary: int
    """Ordinary packages that have it."""


class BehaviorReport(Struct, frozen=True, kw_only=True):
    """A behavior or a flow of two."""

    id: str
    cells: dict[str, Cell]
    """By a key of `MOMENTS`; what nobody does then is missing."""


class TagReport(Struct, frozen=True, kw_only=True):
    """What a listing says of specimens: how they start, what they steal."""

    tag: str
    suspicious: Figure
    malicious: Figure


class ShapeReport(Struct, frozen=True, kw_only=True):
    """Archives of one kind, or of one class of size."""

    shape: str
    found: Figure
    """Clusters at least suspicious."""
    alarms: Figure
    """Ordinary packages at least suspicious."""


class Alarm(Struct, frozen=True, kw_only=True):
    """An ordinary package that is at least suspicious."""

    name: str
    stratum: str
    sha256: str
    verdict: str
    score: float
    rules: tuple[str, ...]


class Ranked(Struct, frozen=True, kw_only=True):
    """A package that the trained scorer ranks above what the rules say of it, and why."""

    sha256: str
    stratum: str
    score: float
    rules: float
    reasons: tuple[str, ...]
    """Features in words, heaviest first, with their share of what raised it."""


def behaviors(rows: Sequence[Row]) -> list[BehaviorReport]:
    """Return figures by behavior and moment, most frequent first."""
    having: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for name, moment in _timed(row):
            having[name][moment].append(row)
    found = [
        BehaviorReport(id=name, cells={m: _cell(cells[m]) for m in MOMENTS if m in cells})
        for name, cells in having.items()
    ]
    kept = [one for one in found if _clusters(one) >= _RARE]
    return sorted(kept, key=lambda one: (-_clusters(one), one.id))


def _clusters(one: BehaviorReport) -> int:
    return max(cell.found.of for cell in one.cells.values())


def _timed(row: Row) -> Iterator[tuple[str, str]]:
    """Yield behaviors and flows of a row with their moment, not families nor details of them."""
    for feature in row.features:
        name, _, moment = feature.rpartition(" @")
        first, arrow, last = name.partition("->")
        whole = "." in first and not first.endswith(".*") and " " not in name
        if moment in MOMENTS and whole and (not arrow or "." in last):
            yield name, moment


def _cell(rows: Sequence[Row]) -> Cell:
    scores = [row.rules for row in rows]
    return Cell(
        found=figure(metrics.recall(rows, scores, SUSPICIOUS_AT - 1e-9)),
        ordinary=sum(not row.sample.hostile for row in rows),
    )


def tags(rows: Sequence[Row]) -> list[TagReport]:
    """Return recall by what the listing says of specimens, most frequent first."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for tag in row.sample.tags if row.sample.hostile else ():
            grouped[tag].append(row)
    found = []
    for tag, some in grouped.items():
        scores = [row.rules for row in some]
        at = (metrics.recall(some, scores, level - 1e-9) for level in (SUSPICIOUS_AT, MALICIOUS_AT))
        suspicious, malicious = map(figure, at)
        found.append(TagReport(tag=tag, suspicious=suspicious, malicious=malicious))
    kept = [one for one in found if one.suspicious.of >= _RARE]
    return sorted(kept, key=lambda one: (-one.suspicious.of, one.tag))


def shapes(rows: Sequence[Row]) -> list[ShapeReport]:
    """Return figures by kind of archive, then by size."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    sizes: dict[str, list[Row]] = {name: [] for _, name in _SIZES}
    for row in rows:
        if row.kind:
            kinds[row.kind].append(row)
            sizes[next(name for most, name in _SIZES if row.size < most)].append(row)
    return [_shape(name, some) for name, some in (*sorted(kinds.items()), *sizes.items()) if some]


def _shape(name: str, rows: Sequence[Row]) -> ShapeReport:
    scores, at = [row.rules for row in rows], SUSPICIOUS_AT - 1e-9
    return ShapeReport(
        shape=name,
        found=figure(metrics.recall(rows, scores, at)),
        alarms=figure(metrics.alarms(rows, scores, at)),
    )


def alarms(rows: Sequence[Row]) -> list[Alarm]:
    """Return every ordinary package that one may look at and that is at least suspicious."""
    hit = [
        Alarm(
            name=row.sample.name,
            stratum=row.sample.stratum,
            sha256=row.sha256,
            verdict=row.verdict,
            score=round(row.rules, 4),
            rules=tuple(sorted(rule for rule, weight in row.hits.items() if weight > 0)),
        )
        for row in rows
        if not row.sample.hostile and row.sample.part != "check" and row.rules >= SUSPICIOUS_AT
    ]
    return sorted(hit, key=lambda one: (-one.score, one.name))


def ranked(rows: Sequence[Row], margins: Sequence[float], model: Model) -> list[Ranked]:
    """Return what the scorer ranks highest among what the rules leave, and why.

    Ranks are out of fold where the row was learnt from; the reasons are the shipped model's.
    """
    from antivenom.lab.calibration import combined

    scores = combined(rows, margins, model)
    raised = [
        (score, row)
        for row, score in zip(rows, scores, strict=True)
        if score > row.rules and row.sample.part != "check"
    ]
    raised.sort(key=lambda one: (-one[0], one[1].sha256))
    return [
        Ranked(
            sha256=row.sha256,
            stratum=row.sample.stratum,
            score=round(score, 4),
            rules=round(row.rules, 4),
            reasons=tuple(_reasons(row, model)),
        )
        for score, row in raised[:_MOST_RANKED]
    ]


def _reasons(row: Row, model: Model) -> Iterator[str]:
    _, at = model.forest.worst(row.seen)
    moved = risen(model.forest, row.seen[at])
    total = sum(moved.values())
    for name, by in sorted(moved.items(), key=lambda one: (-one[1], one[0]))[:3]:
        yield f"{said(name)} ({by / total:.0%})"
