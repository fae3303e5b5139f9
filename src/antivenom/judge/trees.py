"""Trees as a table: what a trained model needs to be walked, and nothing to train one.

The data is plain JSON. An inner node sends a row left when its feature is at most the threshold; a
child below 0 is the leaf ``~child``. A feature a row does not have is 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct


class Tree(Struct, frozen=True, kw_only=True):
    """One tree; the lists of nodes are parallel, the root is node 0."""

    feature: tuple[int, ...]
    """Of each inner node: index into the forest's features."""
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    inner: tuple[float, ...]
    """Mean of the leaves below a node, for explaining."""
    leaf: tuple[float, ...]

    def value(self, row: Sequence[float]) -> float:
        """Return the leaf that a row falls into."""
        node = 0 if self.feature else -1
        while node >= 0:
            below = row[self.feature[node]] <= self.threshold[node]
            node = self.left[node] if below else self.right[node]
        return self.leaf[~node]

    def steps(self, row: Sequence[float]) -> list[tuple[int, float]]:
        """Return (feature, by how much it moved the value) along a row's path."""
        found = []
        node = 0 if self.feature else -1
        while node >= 0:
            below = row[self.feature[node]] <= self.threshold[node]
            child = self.left[node] if below else self.right[node]
            after = self.inner[child] if child >= 0 else self.leaf[~child]
            found.append((self.feature[node], after - self.inner[node]))
            node = child
        return found


class Forest(Struct, frozen=True, kw_only=True):
    """A sum of trees over named features."""

    features: tuple[str, ...]
    trees: tuple[Tree, ...]

    def row(self, found: Mapping[str, float]) -> list[float]:
        """Return named features as the trees index them."""
        return [found.get(name, 0.0) for name in self.features]

    def margin(self, row: Sequence[float]) -> float:
        """Return the sum over all trees: log odds before calibration."""
        return sum(tree.value(row) for tree in self.trees)

    def worst(
        self, found: Sequence[Mapping[str, float]], above: float = -math.inf
    ) -> tuple[float, int]:
        """Return the largest sum over rows and which row has it: (`above`, -1) if none exceeds it.

        More of any feature never lowers the sum, so what several rows have together bounds each of
        them, and a group that cannot win is not walked row by row.
        """
        asked = frozenset(self.features)
        rows: dict[frozenset[tuple[str, float]], int] = {}
        for at, one in enumerate(found):
            rows.setdefault(frozenset(pair for pair in one.items() if pair[0] in asked), at)
        best, where = above, -1
        todo = [sorted(rows, key=lambda row: (-len(row), rows[row]))]
        while todo:
            group = todo.pop()
            sum_of_all = self.margin(self.row(_together(group)))
            if sum_of_all <= best:
                continue
            if len(group) == 1:
                best, where = sum_of_all, rows[group[0]]
                continue
            half = (len(group) + 1) // 2
            todo += [group[half:], group[:half]]
        return best, where

    def contributions(self, row: Sequence[float]) -> dict[str, float]:
        """Return how much each feature moved the sum along the row's paths (Saabas, 2014)."""
        found: dict[str, float] = {}
        for tree in self.trees:
            for feature, moved in tree.steps(row):
                name = self.features[feature]
                found[name] = found.get(name, 0.0) + moved
        return found


def _together(rows: Iterable[Iterable[tuple[str, float]]]) -> dict[str, float]:
    """Return the largest value of each feature."""
    found: dict[str, float] = {}
    for row in rows:
        for name, value in row:
            if value > found.get(name, 0.0):
                found[name] = value
    return found
