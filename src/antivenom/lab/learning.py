"""From a data set to a model file and its card: the same data and seed give the same bytes."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import structs

from antivenom.judge.scorer import Card, Model
from antivenom.judge.trees import Forest, Tree
from antivenom.lab import dataset, metrics, splits, training
from antivenom.lab.calibration import combined, points_of
from antivenom.lab.dataset import Row
from antivenom.lab.training import Settings

WEAKNESSES = (
    "learnt from Python packages: it says little of other registries",
    "sees no package without code, and no name alone",
    "what a client of a service does when called looks alike in ordinary packages and in thieves",
    "knows nothing of surroundings: changes, siblings and likeness are for the rules",
)


_BUDGETS = (0.001, 0.01, 0.05)
"""Shares of a day's files that a person would look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A model and what it gave for rows it had not seen."""

    model: Model
    rows: tuple[Row, ...]
    """What was learnt from."""
    margins: tuple[float, ...]
    """Out of fold, one a row."""


def learn(rows: Sequence[Row], card: dataset.Card, settings: Settings) -> Learnt:
    """Return a model learnt from everything that is not checked nor tied to it.

    Raises `ValueError` when something learnt from stands in what is measured.
    """
    aside = splits.set_aside(rows)
    learnt = [r for r in rows if r.sample.part != "check" and r.sample.key not in aside]
    left = splits.leaks(learnt, [r for r in rows if r.sample.part == "check"])
    if left:
        raise ValueError(f"the splits leak: {dict(left)}")
    forest = short(training.grow(learnt, settings))
    margins = training.out_of_fold(learnt, settings)
    model = Model(
        forest=forest, points=points_of(learnt, margins), card=_card(learnt, card, settings)
    )
    scores = combined(learnt, margins, model)
    figures = {
        f"recall at {rate:.2%} false alarms": round(
            metrics.recall(
                learnt,
                scores,
                metrics.threshold(
                    (s for r, s in zip(learnt, scores, strict=True) if not r.sample.hostile), rate
                ),
            ).value,
            4,
        )
        for rate in (0.0, 0.01)
    }
    made = structs.replace(model.card, metrics=figures, thresholds=budgets(learnt, margins))
    return Learnt(
        model=structs.replace(model, card=made), rows=tuple(learnt), margins=tuple(margins)
    )


def budgets(rows: Sequence[Row], margins: Sequence[float]) -> dict[str, float]:
    """Return the sum of trees to be exceeded so that no more ordinary packages do than a budget.

    A budget is a number of alerts in a day of `metrics.DAY` files. Below one in the number of
    ordinary packages nothing is measured: there the threshold is the highest of them, and what it
    proves is the rule of three.
    """
    ordinary = [m for r, m in zip(rows, margins, strict=True) if not r.sample.hostile]
    found = {}
    for rate in _BUDGETS:
        measured = metrics.allowed(len(ordinary), rate) > 0
        proves = rate if measured else metrics.rule_of_three(len(ordinary))
        said = f"{metrics.DAY * rate:.0f} alerts a day" + (
            "" if measured else f", which only proves fewer than {metrics.DAY * proves:.0f}"
        )
        found[said] = round(metrics.threshold(ordinary, rate), 4)
    return found


def encoded(model: Model) -> bytes:
    """Return the model file."""
    return msgspec.json.encode(model) + b"\n"


def short(forest: Forest) -> Forest:
    """Return a forest with its numbers cut to what a ranking needs: a smaller, stable file."""
    used = sorted({at for tree in forest.trees for at in tree.feature})
    place = {old: new for new, old in enumerate(used)}
    return Forest(
        features=tuple(forest.features[at] for at in used),
        trees=tuple(
            Tree(
                feature=tuple(place[at] for at in tree.feature),
                threshold=tuple(round(v, 4) for v in tree.threshold),
                left=tree.left,
                right=tree.right,
                inner=tuple(round(v, 6) for v in tree.inner),
                leaf=tuple(round(v, 6) for v in tree.leaf),
            )
            for tree in forest.trees
        ),
    )


def _card(rows: Sequence[Row], card: dataset.Card, settings: Settings) -> Card:
    hostile = [row for row in rows if row.sample.hostile]
    return Card(
        made=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        data=card.digest,
        engine=card.engine,
        rulebook=card.rulebook,
        seed=settings.seed,
        specimens=len(hostile),
        clusters=len({row.sample.cluster for row in hostile}),
        ordinary=len(rows) - len(hostile),
        weaknesses=WEAKNESSES,
    )
