"""Against values from tables."""

from __future__ import annotations

import pytest

from bench.estimates import at_most, interval, median, quantile


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 348, 0.0, 0.010544),
        (95, 100, 0.887165, 0.983568),
        (3, 348, 0.001781, 0.024985),
        (100, 100, 0.963783, 1.0),
        (1, 2, 0.012579, 0.987421),
    ],
)
def test_intervals(hits: int, trials: int, low: float, high: float) -> None:
    assert interval(hits, trials) == pytest.approx((low, high), abs=1e-5)


def test_a_fraction_of_a_cluster_lies_between_its_neighbours() -> None:
    low, high = interval(94.5, 100)
    assert interval(94, 100)[0] < low < interval(95, 100)[0]
    assert interval(94, 100)[1] < high < interval(95, 100)[1]


def test_nothing_measured_proves_nothing() -> None:
    assert interval(0, 0) == (0.0, 1.0)
    assert at_most(0, 0) == 1.0
    assert (median([]), quantile([], 0.5)) == (0.0, 0.0)


def test_silence_proves_about_three_by_n() -> None:
    assert at_most(0, 348) == pytest.approx(3 / 348, rel=0.01)


def test_order_does_not_matter() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
    assert quantile(list(range(100, 0, -1)), 0.95) == 95
