from __future__ import annotations

import random

import pytest

pytest.importorskip("lightgbm")

from msgspec import structs

from antivenom.lab.splits import leaks, set_aside
from antivenom.lab.training import Settings, booster_of, grow, names_of, out_of_fold, table
from tests.lab.rows import many, row

FEW = Settings(trees=30)


def test_the_table_of_trees_says_what_lightgbm_says_on_a_thousand_rows() -> None:
    rows, asked = many(400), many(1000, seed=2)
    names = names_of(rows, FEW)
    forest = grow(rows, FEW)
    theirs = booster_of(rows, names, FEW).predict(
        table([one.features for one in asked], names), raw_score=True
    )
    ours = [forest.margin(forest.row(one.features)) for one in asked]
    assert ours == pytest.approx(list(theirs), abs=1e-9)
    assert len({round(one, 6) for one in ours}) > 5


def test_the_same_rows_and_seed_give_the_same_forest() -> None:
    rows = many(200)
    assert grow(rows, FEW) == grow(rows, FEW)


def test_more_of_anything_never_lowers_the_sum() -> None:
    forest = grow(many(400), FEW)
    draw = random.Random(3)
    for _ in range(300):
        base = {name: float(draw.randint(0, 3)) for name in forest.features}
        more = {name: value + draw.choice([0, 0, 1]) for name, value in base.items()}
        assert forest.margin(forest.row(more)) >= forest.margin(forest.row(base))


def test_the_worst_row_is_found_without_walking_all() -> None:
    forest = grow(many(400), FEW)
    draw = random.Random(4)
    for _ in range(100):
        found = [
            {name: float(draw.randint(0, 3)) for name in forest.features if draw.random() < 0.5}
            for _ in range(draw.randint(1, 9))
        ]
        sums = [forest.margin(forest.row(one)) for one in found]
        most, at = forest.worst(found)
        assert most == max(sums)
        assert sums[at] == most
        assert forest.worst(found, most) == (most, -1)


def test_which_file_of_a_specimen_is_hostile_is_learnt() -> None:
    """Hostile and ordinary packages do the same two things, only hostile ones in one file."""
    rows = [
        structs.replace(
            row(f"k{n}", hostile=n % 2 == 0, cluster=f"c{n}", family=f"f{n}"),
            features={"sends": 1.0, "hides": 1.0},
            files=({"file sends": 1.0, "file hides": 1.0}, {"file noise": 1.0})
            if n % 2 == 0
            else ({"file sends": 1.0}, {"file hides": 1.0}, {"file noise": 1.0}),
        )
        for n in range(200)
    ]
    forest = grow(rows, FEW)
    (bad, where), (good, _) = (forest.worst(one.seen) for one in rows[:2])
    assert bad > good + 1
    assert where == 0


def test_contributions_add_up_to_the_sum() -> None:
    forest = grow(many(400), FEW)
    found = forest.row({"sends": 2.0, "hides": 1.0})
    start = sum(tree.inner[0] if tree.inner else tree.leaf[0] for tree in forest.trees)
    total = start + sum(forest.contributions(found).values())
    assert total == pytest.approx(forest.margin(found))


def test_out_of_fold_margins_separate_what_can_be_learnt() -> None:
    rows = many(400)
    margins = out_of_fold(rows, FEW)
    mean = {
        kind: sum(m for r, m in zip(rows, margins, strict=True) if r.sample.hostile is kind)
        for kind in (True, False)
    }
    assert mean[True] > mean[False]


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        ("hash", {"key": "a"}, {"key": "a", "name": "other"}),
        ("project", {"key": "a", "name": "demo"}, {"key": "b", "name": "demo"}),
        ("cluster", {"key": "a", "cluster": "c"}, {"key": "b", "cluster": "c"}),
        ("family", {"key": "a", "family": "f"}, {"key": "b", "family": "f"}),
        ("code", {"key": "a", "code": ("x", "y")}, {"key": "b", "code": ("y", "x")}),
    ],
)
def test_every_tie_between_two_splits_is_a_leak(kind: str, ours: dict, theirs: dict) -> None:  # type: ignore[type-arg]
    learnt, measured = row(**ours), row(**theirs, part="check")
    found = leaks([learnt], [measured])
    assert kind in found
    assert set_aside([learnt, measured]) == {learnt.sample.key}


def test_code_that_every_project_ships_ties_nothing() -> None:
    rows = [row(f"k{n}", code=("setup",), part="check" if n == 0 else "study") for n in range(20)]
    assert set_aside(rows) == frozenset()
