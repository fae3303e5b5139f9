"""What changed between two data sets of the same archives, artifact by artifact.

Checked archives are counted and never named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from antivenom.judge.scorer import Model
from antivenom.lab.calibration import combined
from antivenom.lab.dataset import Row

MOVED = 0.05
"""A smaller move of a rank is none."""
_ORDER = ("clean", "inconclusive", "suspicious", "malicious")


class Changed(Struct, frozen=True, kw_only=True):
    """One archive that is judged otherwise."""

    sha256: str
    stratum: str
    before: str
    after: str
    score_before: float
    score_after: float
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """Everything that differs."""

    both: int
    """Archives in both sets."""
    only_before: int
    only_after: int
    verdicts: dict[str, int]
    """``hostile: clean -> suspicious`` -> archives, all parts."""
    rules: dict[str, int]
    """Rule -> archives hit more (or fewer) than before."""
    changed: list[Changed]
    """Of the parts one may look at."""


def compare(before: Sequence[Row], after: Sequence[Row]) -> Comparison:
    """Return what two versions of engine, rule book or model say differently."""
    old = {row.sample.key: row for row in before}
    new = {row.sample.key: row for row in after}
    pairs = [(old[key], new[key]) for key in sorted(old.keys() & new.keys())]
    verdicts: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for one, two in pairs:
        if one.verdict != two.verdict:
            kind = "hostile" if two.sample.hostile else "ordinary"
            verdicts[f"{kind}: {one.verdict} -> {two.verdict}"] += 1
        rules.update(two.hits.keys() - one.hits.keys())
        rules.subtract(one.hits.keys() - two.hits.keys())
    return Comparison(
        both=len(pairs),
        only_before=len(old.keys() - new.keys()),
        only_after=len(new.keys() - old.keys()),
        verdicts=dict(sorted(verdicts.items())),
        rules={rule: count for rule, count in sorted(rules.items()) if count},
        changed=[
            _changed(one, two)
            for one, two in pairs
            if two.sample.part != "check" and _differs(one, two)
        ],
    )


class Moved(Struct, frozen=True, kw_only=True):
    """One archive that two models rank differently."""

    sha256: str
    stratum: str
    before: float
    after: float


class Ranks(Struct, frozen=True, kw_only=True):
    """What two models say differently of the same data set."""

    archives: int
    rose: dict[str, int]
    """``hostile`` or ``ordinary`` -> archives, all parts."""
    fell: dict[str, int]
    moved: list[Moved]
    """Of the parts one may look at, the largest moves first."""


def ranks(rows: Sequence[Row], before: Model, after: Model) -> Ranks:
    """Return which archives another model ranks at least `MOVED` higher or lower.

    Both models may have learnt from them: this says what changes in use, not which is better.
    """
    rose: Counter[str] = Counter()
    fell: Counter[str] = Counter()
    moved = []
    scores = (combined(rows, [m.forest.worst(r.seen)[0] for r in rows], m) for m in (before, after))
    for row, one, two in zip(rows, *scores, strict=True):
        if abs(two - one) < MOVED:
            continue
        (rose if two > one else fell)["hostile" if row.sample.hostile else "ordinary"] += 1
        if row.sample.part != "check":
            sha256, stratum = row.sha256, row.sample.stratum
            moved.append(
                Moved(sha256=sha256, stratum=stratum, before=round(one, 4), after=round(two, 4))
            )
    moved.sort(key=lambda one: (-abs(one.after - one.before), one.sha256))
    return Ranks(archives=len(rows), rose=dict(rose), fell=dict(fell), moved=moved)


def rank_lines(found: Ranks) -> Iterator[str]:
    """Yield what two models say differently, for people."""
    for what, counts in (("rose", found.rose), ("fell", found.fell)):
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        yield f"of {found.archives} archives the rank {what} by {MOVED} or more: {shown or 'none'}"
    for one in found.moved:
        yield f"{one.sha256[:12]} {one.stratum}: ranks {one.before:.2f} -> {one.after:.2f}"


def worse(found: Comparison) -> bool:
    """Whether a specimen lost, or an ordinary package gained, a verdict."""
    return any(_is_worse(change) for change in found.verdicts)


def lines(found: Comparison) -> Iterator[str]:
    """Yield the comparison for people."""
    yield (
        f"{found.both} archives in both, {found.only_before} only before, "
        f"{found.only_after} only after"
    )
    for change, count in found.verdicts.items():
        yield f"{count:>5}  {change}{'  (worse)' if _is_worse(change) else ''}"
    for rule, count in found.rules.items():
        yield f"{count:>+5}  {rule}"
    for one in found.changed:
        gained = "".join(f" +{rule}" for rule in one.gained)
        lost = "".join(f" -{rule}" for rule in one.lost)
        yield (
            f"{one.sha256[:12]} {one.stratum}: {one.before} {one.score_before:.2f} -> "
            f"{one.after} {one.score_after:.2f}{gained}{lost}"
        )


def _is_worse(change: str) -> bool:
    kind, _, moved = change.partition(": ")
    before, _, after = moved.partition(" -> ")
    rose = _ORDER.index(after) > _ORDER.index(before)
    return rose if kind == "ordinary" else not rose


def _differs(one: Row, two: Row) -> bool:
    return (one.verdict, one.hits.keys()) != (two.verdict, two.hits.keys())


def _changed(one: Row, two: Row) -> Changed:
    return Changed(
        sha256=two.sha256,
        stratum=two.sample.stratum,
        before=one.verdict,
        after=two.verdict,
        score_before=one.rules,
        score_after=two.rules,
        gained=tuple(sorted(two.hits.keys() - one.hits.keys())),
        lost=tuple(sorted(one.hits.keys() - two.hits.keys())),
    )
