"""Learn to rank what the rules leave: gradient boosted trees that can only be alarmed by more.

Every feature is constrained to be non-decreasing. Each cluster of specimens has one vote, so that
one flood of copies is not learnt by heart, and ordinary packages weigh as much as all of them.

A package ranks as its worst file, and nobody says which file of a specimen is hostile: that is
learnt too (multiple instances, Andrews et al. 2002). A first forest counts all files of a specimen;
each further one only the file that the last one found worst, and of ordinary packages mostly the
worst three.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from antivenom.judge.trees import Forest, Tree
from antivenom.lab.dataset import Row
from antivenom.lab.splits import FOLDS, fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WORST = 3
"""Files of an ordinary package that are mostly learnt from."""
_REST = 0.3
"""What all its files together weigh beside them."""
_RARE = 3
"""A feature of fewer rows is chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a forest is grown."""

    seed: int = 1
    trees: int = 200
    leaves: int = 15
    rate: float = 0.05
    rounds: int = 2
    """How often a forest says which files the next one learns from."""
    rules: bool = False
    """Whether the model sees what the rules say. They were tuned on what it learns from: a model
    that sees them learns to trust them, and finds nothing they miss."""


def names_of(rows: Sequence[Row], settings: Settings) -> tuple[str, ...]:
    """Return the features worth learning from, sorted."""
    counted = Counter(name for row in rows for name in set().union(*row.seen))
    return tuple(
        sorted(
            name
            for name, count in counted.items()
            if count >= _RARE and (settings.rules or not name.startswith("rule"))
        )
    )


def grow(rows: Sequence[Row], settings: Settings) -> Forest:
    """Return a forest learnt from rows. The same rows and settings give the same forest."""
    names = names_of(rows, settings)
    booster = booster_of(rows, names, settings)
    dumped = booster.dump_model()
    return Forest(features=names, trees=tuple(map(_tree, dumped["tree_info"])))


def booster_of(rows: Sequence[Row], names: Sequence[str], settings: Settings) -> Any:  # noqa: ANN401
    """Return LightGBM's own model, for comparing."""
    import lightgbm
    import numpy as np

    own = np.repeat(np.arange(len(rows)), [len(row.seen) for row in rows])
    labels = np.array([row.sample.hostile for row in rows])[own]
    cells = table([one for row in rows for one in row.seen], names)
    parameters = {
        "objective": "binary",
        "learning_rate": settings.rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": 5,
        "lambda_l2": 1.0,
        "bagging_fraction": 0.9,
        "bagging_freq": 1,
        "feature_fraction": 0.5,
        "monotone_constraints": [1] * len(names),
        "use_missing": False,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }
    sums: NDArray[np.float64] | None = None
    alone = len(own) == len(rows)
    for _ in range(1 if alone else 1 + settings.rounds):
        weight = _weights(rows, own, sums)
        used = weight > 0
        data = lightgbm.Dataset(cells[used], labels[used].astype(np.int32), weight=weight[used])
        booster = lightgbm.train(parameters, data, num_boost_round=settings.trees)
        sums = np.asarray(booster.predict(cells, raw_score=True), np.float64)
    return booster


def table(found: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float64]:
    """Return features as a matrix."""
    import numpy as np

    return np.array([[one.get(name, 0.0) for name in names] for one in found])


def out_of_fold(rows: Sequence[Row], settings: Settings, folds: int = FOLDS) -> list[float]:
    """Return for each row the margin of a forest that saw nothing of its family or project."""
    places = [fold(row, folds) for row in rows]
    found = [0.0] * len(rows)
    for held in range(folds):
        learnt = [row for row, place in zip(rows, places, strict=True) if place != held]
        forest = grow(learnt, settings)
        for at, row in enumerate(rows):
            if places[at] == held:
                found[at], _ = forest.worst(row.seen)
    return found


def _weights(
    rows: Sequence[Row], own: NDArray[np.intp], sums: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return what each file weighs: a vote for each cluster, the same for all ordinary packages."""
    import numpy as np

    sizes = Counter(row.sample.cluster for row in rows if row.sample.hostile)
    found = np.zeros(len(own))
    for at, row in enumerate(rows):
        first, last = np.searchsorted(own, [at, at + 1])
        given = None if sums is None else sums[first:last]
        vote = 1 / sizes[row.sample.cluster] if row.sample.hostile else 1.0
        found[first:last] = vote * _shares(last - first, given, hostile=row.sample.hostile)
    hostile = np.array([row.sample.hostile for row in rows])[own]
    found[~hostile] *= found[hostile].sum() / max(found[~hostile].sum(), 1e-9)
    return found


def _shares(count: int, sums: NDArray[np.float64] | None, *, hostile: bool) -> NDArray[np.float64]:
    """Return how the vote of a package is shared by its files."""
    import numpy as np

    if sums is None:
        return np.full(count, 1 / count if hostile else count**-0.5)
    if hostile:
        return np.asarray(np.arange(count) == np.argmax(sums), np.float64)
    found = np.full(count, _REST / count)
    worst = np.argsort(-sums, kind="stable")[:_WORST]
    found[worst] += 1 / len(worst)
    return found


def _tree(dumped: Mapping[str, Any]) -> Tree:
    """Flatten LightGBM's nested nodes into lists."""
    nodes: list[tuple[int, float, int, int, float]] = []
    leaves: list[float] = []

    def visit(node: Mapping[str, Any]) -> int:
        if "leaf_value" in node:
            leaves.append(node["leaf_value"])
            return ~(len(leaves) - 1)
        at = len(nodes)
        nodes.append((0, 0.0, 0, 0, 0.0))
        left, right = visit(node["left_child"]), visit(node["right_child"])
        nodes[at] = (
            node["split_feature"], node["threshold"], left, right, node["internal_value"],
        )  # fmt: skip
        return at

    visit(dumped["tree_structure"])
    features, thresholds, left, right, inner = zip(*nodes, strict=True) if nodes else [()] * 5
    return Tree(
        feature=features, threshold=thresholds, left=left, right=right, inner=inner,
        leaf=tuple(leaves),
    )  # fmt: skip
