"""Learn to rank what the rules leave: gradient boosted trees that can only be alarmed by more.

Every feature is constrained to be non-decreasing. Each cluster of specimens has one vote, so that
one flood of copies is not learnt by heart, and ordinary packages weigh as much as all of them.
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

_RARE = 3
"""A feature of fewer rows is chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a forest is grown."""

    seed: int = 1
    trees: int = 200
    leaves: int = 7
    rate: float = 0.05
    rules: bool = False
    """Whether the model sees what the rules say. They were tuned on what it learns from: a model
    that sees them learns to trust them, and finds nothing they miss."""


def names_of(rows: Sequence[Row], settings: Settings) -> tuple[str, ...]:
    """Return the features worth learning from, sorted."""
    counted = Counter(name for row in rows for name in row.features)
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

    labels = np.array([row.sample.hostile for row in rows], dtype=np.int32)
    data = lightgbm.Dataset(table(rows, names), labels, weight=_weights(rows))
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
    return lightgbm.train(parameters, data, num_boost_round=settings.trees)


def table(rows: Sequence[Row], names: Sequence[str]) -> NDArray[np.float64]:
    """Return the features of rows as a matrix."""
    import numpy as np

    return np.array([[row.features.get(name, 0.0) for name in names] for row in rows])


def out_of_fold(rows: Sequence[Row], settings: Settings, folds: int = FOLDS) -> list[float]:
    """Return for each row the margin of a forest that saw nothing of its family or project."""
    places = [fold(row, folds) for row in rows]
    found = [0.0] * len(rows)
    for held in range(folds):
        learnt = [row for row, place in zip(rows, places, strict=True) if place != held]
        forest = grow(learnt, settings)
        for at, row in enumerate(rows):
            if places[at] == held:
                found[at] = forest.margin(forest.row(row.features))
    return found


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    import numpy as np

    sizes = Counter(row.sample.cluster for row in rows if row.sample.hostile)
    votes = np.array([1 / sizes[row.sample.cluster] if row.sample.hostile else 1.0 for row in rows])
    hostile = np.array([row.sample.hostile for row in rows])
    votes[~hostile] *= votes[hostile].sum() / max(votes[~hostile].sum(), 1.0)
    return votes


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
