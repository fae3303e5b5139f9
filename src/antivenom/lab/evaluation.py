"""How well engine, rule book and model do on a data set, as one report.

Rows that were learnt from get the margin of a forest that had not seen them; checked rows get the
margin of the model itself. Errors and inconclusive reviews are misses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from antivenom.judge.scorer import Card as ModelCard
from antivenom.judge.scorer import Model
from antivenom.lab import breakdown, metrics, splits
from antivenom.lab.breakdown import Alarm, BehaviorReport, Ranked, ShapeReport, TagReport
from antivenom.lab.calibration import combined
from antivenom.lab.dataset import Card, Row
from antivenom.lab.learning import Learnt, learn
from antivenom.lab.metrics import Figure, figure
from antivenom.lab.sample import rows as rows_of
from antivenom.lab.training import Settings
from antivenom.model.review import MALICIOUS_AT, SUSPICIOUS_AT

RATES = (0.0, 0.0005, 0.001, 0.01)
BASES = (0.001, 0.01)
"""Shares of hostile uploads in a simulated day, unless told otherwise."""
_KS = (10, 50, 100)


class AtRate(Struct, frozen=True, kw_only=True):
    """Recall at a false-alarm rate on the ordinary packages of the same part."""

    rate: float
    allowed: int
    """Alarms that the rate allows on so few packages."""
    above: float
    clusters: Figure
    families: Figure


class Day(Struct, frozen=True, kw_only=True):
    """A simulated registry day at the verdict `suspicious`."""

    base: float
    found: float
    alarms: float
    alarms_high: float
    precision: float
    precision_low: float
    at_k: dict[str, float]


class PartReport(Struct, frozen=True, kw_only=True):
    """One part, by rules alone and with the model."""

    part: str
    specimens: int
    ordinary: int
    proves: float
    """Rate of false alarms that no alarm on so many packages would exclude (rule of three)."""
    verdicts: dict[str, Figure]
    """Recall per cluster and false alarms at the two verdicts."""
    rules: list[AtRate]
    model: list[AtRate]
    """Rules and model together, as the judge combines them."""
    strata: dict[str, Figure]
    """Ordinary packages at least suspicious, by stratum."""
    days: list[Day]
    roc: list[tuple[float, float]]
    precision: list[tuple[float, float]]
    lost: int
    inconclusive: int
    seconds: float
    """Of a processor, median of observing an archive."""
    seconds_slow: float
    """Nineteen in twenty take less."""
    megabytes: float
    """Resident while an archive is observed, median; 0 where nobody measured."""
    megabytes_most: float
    shapes: list[ShapeReport]
    """By kind of archive, then by size."""
    tags: list[TagReport]
    behaviors: list[BehaviorReport]


class RuleReport(Struct, frozen=True, kw_only=True):
    """What one rule does: archives in all parts, clusters of specimens."""

    rule: str
    fires: int
    clusters: int
    alone: int
    """Clusters of which an archive is found by no other rule."""
    alarms: tuple[str, ...]
    """Hashes of the ordinary packages it hits; those of checked ones stay out of the list."""
    alarms_checked: int
    precision: float


class Peer(Struct, frozen=True, kw_only=True):
    """What another scanner said of the same archives."""

    found: Figure
    """Clusters it flags."""
    alarms: Figure
    """Ordinary packages it flags, of those it was run on."""


class Report(Struct, frozen=True, kw_only=True):
    """Everything `antivenom lab evaluate` says."""

    version: int = 1
    data: str
    engine: str
    rulebook: str
    model: str
    """Day it was made."""
    card: ModelCard
    parts: list[PartReport]
    rules: list[RuleReport]
    alarms: list[Alarm]
    """Ordinary packages that are at least suspicious, those of *check* left out."""
    ranked: list[Ranked]
    """What the scorer ranks highest among what the rules leave, *check* left out."""
    peers: dict[str, dict[str, Peer]]
    """Peer -> part -> what it finds and flags, from stored verdicts."""
    robustness: dict[str, dict[str, Figure]] = {}
    """Part -> change -> recall per cluster at `suspicious`; empty when it was not measured."""


def evaluate(
    rows: Sequence[Row],
    card: Card,
    learnt: Learnt,
    *,
    peers: Mapping[str, Mapping[str, bool]] | None = None,
    later: PartReport | None = None,
    bases: Sequence[float] = BASES,
) -> Report:
    """Return the report of a data set; `peers` maps a peer to sha256 -> flagged.

    `later` is the part that `by_time` gives; `bases` are the shares of hostile uploads in a day.
    """
    seen = dict(zip((r.sample.key for r in learnt.rows), learnt.margins, strict=True))
    forest = learnt.model.forest
    parts, ranked = [], []
    for name, wanted in (("study", ("study", "wide")), ("check", ("check",))):
        chosen = [r for r in rows if r.sample.part in wanted]
        chosen = [r for r in chosen if name == "check" or r.sample.key in seen]
        margins = [
            seen[r.sample.key] if name == "study" else forest.worst(r.seen)[0] for r in chosen
        ]
        parts.append(_part(name, chosen, margins, learnt.model, bases))
        ranked += breakdown.ranked(chosen, margins, learnt.model)
    if later is not None:
        parts.append(later)
    return Report(
        data=card.digest,
        engine=card.engine,
        rulebook=card.rulebook,
        model=learnt.model.card.made,
        card=learnt.model.card,
        parts=parts,
        rules=_rules(rows),
        alarms=breakdown.alarms(rows),
        ranked=ranked,
        peers={name: _peer(rows, said) for name, said in (peers or {}).items()},
    )


def by_time(
    rows: Sequence[Row],
    card: Card,
    settings: Settings,
    since: str = "",
    bases: Sequence[float] = BASES,
) -> PartReport | None:
    """Return what a model of earlier archives does on families that began later, None if too few.

    Rules are those of today: they were written with later archives at hand. Raises `ValueError`
    when the split leaks.
    """
    split = splits.by_time(rows, since)
    if split is None:
        return None
    left = splits.leaks(split.learnt, split.measured)
    if left:
        raise ValueError(f"the split by time leaks: {dict(left)}")
    learnt = learn(split.learnt, card, settings)
    forest = learnt.model.forest
    margins = [forest.worst(row.seen)[0] for row in split.measured]
    name = f"families from {split.since} on"
    return _part(name, split.measured, margins, learnt.model, bases)


def _part(
    name: str, rows: list[Row], margins: list[float], model: Model, bases: Sequence[float]
) -> PartReport:
    rules = [row.rules for row in rows]
    both = combined(rows, margins, model)
    found = {
        level: metrics.recall(rows, rules, at - 1e-9)
        for level, at in (("suspicious", SUSPICIOUS_AT), ("malicious", MALICIOUS_AT))
    }
    false = {
        level: metrics.alarms(rows, rules, at - 1e-9)
        for level, at in (("suspicious", SUSPICIOUS_AT), ("malicious", MALICIOUS_AT))
    }
    ordinary = sum(not row.sample.hostile for row in rows)
    times = sorted(row.seconds for row in rows) or [0.0]
    sizes = sorted(row.peak / 1e6 for row in rows) or [0.0]
    return PartReport(
        part=name,
        specimens=len(rows) - ordinary,
        ordinary=ordinary,
        proves=round(metrics.rule_of_three(ordinary), 5),
        verdicts={
            **{f"recall, {k}": figure(v) for k, v in found.items()},
            **{f"false alarms, {k}": figure(v) for k, v in false.items()},
        },
        rules=[_at(rows, rules, rate) for rate in RATES],
        model=[_at(rows, both, rate) for rate in RATES],
        strata=_strata(rows),
        days=[_day(rows, both, base, found["suspicious"], false["suspicious"]) for base in bases],
        roc=metrics.curve(rows, both),
        precision=metrics.precision_curve(rows, both, max(bases)),
        lost=sum(bool(row.error) for row in rows),
        inconclusive=sum(row.inconclusive for row in rows),
        seconds=round(times[len(times) // 2], 4),
        seconds_slow=round(times[len(times) * 19 // 20], 4),
        megabytes=round(sizes[len(sizes) // 2], 1),
        megabytes_most=round(sizes[-1], 1),
        shapes=breakdown.shapes(rows),
        tags=breakdown.tags(rows),
        behaviors=breakdown.behaviors(rows),
    )


def _at(rows: Sequence[Row], scores: Sequence[float], rate: float) -> AtRate:
    ordinary = [s for r, s in zip(rows, scores, strict=True) if not r.sample.hostile]
    above = metrics.threshold(ordinary, rate)
    return AtRate(
        rate=rate,
        allowed=metrics.allowed(len(ordinary), rate),
        above=max(round(above, 4), -1.0),
        clusters=figure(metrics.recall(rows, scores, above)),
        families=figure(metrics.recall(rows, scores, above, by="family")),
    )


def _day(
    rows: Sequence[Row],
    scores: Sequence[float],
    base: float,
    found: metrics.Share,
    false: metrics.Share,
) -> Day:
    seen = metrics.day(found, false, base=base)
    return Day(
        base=base,
        found=round(seen.found, 2),
        alarms=round(seen.alarms, 2),
        alarms_high=round(seen.alarms_high, 2),
        precision=round(seen.precision, 4),
        precision_low=round(seen.precision_low, 4),
        at_k={str(k): round(metrics.precision_at(rows, scores, k, base=base), 4) for k in _KS},
    )


def _strata(rows: Sequence[Row]) -> dict[str, Figure]:
    grouped: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        if not row.sample.hostile:
            grouped[row.sample.stratum].append(row.rules >= SUSPICIOUS_AT)
    return {
        stratum: figure(metrics.Share(hits=sum(hit), of=len(hit)))
        for stratum, hit in sorted(grouped.items())
    }


def _rules(rows: Sequence[Row]) -> list[RuleReport]:
    fires: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for rule in row.hits:
            fires[rule].append(row)
    found = []
    for rule, hit in sorted(fires.items()):
        hostile = [r for r in hit if r.sample.hostile]
        ordinary = [r for r in hit if not r.sample.hostile]
        alone = {r.sample.cluster for r in hostile if _only(r, rule)}
        shown = [r.sha256 for r in ordinary if r.sample.part != "check"]
        clusters = len({r.sample.cluster for r in hostile})
        found.append(
            RuleReport(
                rule=rule,
                fires=len(hit),
                clusters=clusters,
                alone=len(alone),
                alarms=tuple(sorted(shown)),
                alarms_checked=len(ordinary) - len(shown),
                precision=round(clusters / (clusters + len(ordinary)), 4) if hit else 0.0,
            )
        )
    return found


def _only(row: Row, rule: str) -> bool:
    """Whether no other rule alone would make the row suspicious."""
    strong = {name for name, weight in row.hits.items() if weight >= SUSPICIOUS_AT}
    return strong == {rule}


def _peer(rows: Sequence[Row], said: Mapping[str, bool]) -> dict[str, Peer]:
    found = {}
    for part in ("study", "check"):
        # Their verdicts are of the archives they were run on; of others nothing is known.
        chosen = [
            r for r in rows if r.sample.part == part and (r.sample.hostile or r.sha256 in said)
        ]
        scores = [float(said.get(r.sha256, False)) for r in chosen]
        clusters: dict[str, list[float]] = defaultdict(list)
        for row, score in zip(chosen, scores, strict=True):
            if row.sample.hostile:
                clusters[row.sample.cluster].append(score)
        total = sum(sum(hits) / len(hits) for hits in clusters.values())
        found[part] = Peer(
            found=figure(metrics.Share(hits=total, of=len(clusters))),
            alarms=figure(metrics.alarms(chosen, scores, 0.5)),
        )
    return found


PEERS: Mapping[str, tuple[str, float]] = {
    "GuardDog, anything": ("gd", 0.1),
    "GuardDog, 5 or more": ("gd", 5.0),
    "hexora, by its model": ("hx", 0.5),
    "hexora, high confidence": ("hx_high", 1.0),
}
"""Peer as it is shown -> column of its stored verdicts, from which value on it flags."""


def peers_of(path: Path) -> dict[str, dict[str, bool]]:
    """Return stored verdicts of other scanners: peer -> sha256 -> whether it flagged."""
    found: dict[str, dict[str, bool]] = {peer: {} for peer in PEERS}
    for row in rows_of(path):
        for peer, (column, least) in PEERS.items():
            found[peer][row["sha256"]] = float(row[column] or 0) >= least
    return found


def summary(report: Report) -> Iterator[str]:
    """Yield the few lines that decide."""
    for part in report.parts:
        yield f"{part.part}: {part.specimens} specimens, {part.ordinary} ordinary packages"
        for name, one in part.verdicts.items():
            yield f"  {name}: {one.value:.2%} of {one.of} ({one.low:.2%} to {one.high:.2%})"
        for title, found in (("rules", part.rules), ("rules and model", part.model)):
            shown = ", ".join(f"{one.clusters.value:.2%} at {one.rate:.2%}" for one in found)
            yield f"  recall by {title}: {shown}"
        yield f"  no alarm on {part.ordinary} would prove less than {part.proves:.2%}"
        for name, one in report.robustness.get(part.part, {}).items():
            yield f"  {name}: {one.value:.2%} of {one.of}"
