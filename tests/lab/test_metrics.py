from __future__ import annotations

import pytest

from antivenom.lab.metrics import (
    Share,
    alarms,
    curve,
    day,
    precision_at,
    recall,
    rule_of_three,
    threshold,
)
from tests.lab.rows import row


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (0, 100, 0.0, 0.0362),
        (5, 100, 0.0164, 0.1128),
        (100, 100, 0.9638, 1.0),
        (8, 10, 0.4439, 0.9748),
    ],
)
def test_intervals_are_those_of_clopper_and_pearson(
    hits: int, of: int, low: float, high: float
) -> None:
    share = Share(hits=hits, of=of)
    assert share.low == pytest.approx(low, abs=1e-4)
    assert share.high == pytest.approx(high, abs=1e-4)


def test_the_rule_of_three() -> None:
    assert rule_of_three(300) == pytest.approx(0.01)
    assert rule_of_three(0) == 1.0


ROWS = [
    row("a", hostile=True, cluster="c1", family="f1"),
    row("b", hostile=True, cluster="c1", family="f1"),
    row("c", hostile=True, cluster="c2", family="f1"),
    row("d"),
    row("e"),
]
SCORES = [0.9, 0.1, 0.9, 0.2, 0.0]


def test_a_cluster_is_one_vote_and_a_family_the_mean_of_its_clusters() -> None:
    assert recall(ROWS, SCORES, 0.5).value == pytest.approx(0.75)
    assert recall(ROWS, SCORES, 0.5, by="family").of == 1


def test_a_set_too_small_for_a_rate_allows_no_alarm() -> None:
    above = threshold([0.2, 0.0], 0.01)
    assert above == 0.2
    assert alarms(ROWS, SCORES, above).hits == 0
    assert alarms(ROWS, SCORES, 0.1).hits == 1


def test_the_curve_ends_where_everything_is_flagged() -> None:
    points = curve(ROWS, SCORES)
    assert points[0] == (0.0, 0.75)
    assert points[-1] == (1.0, 1.0)


def test_a_day_without_alarms_still_says_what_the_set_cannot_exclude() -> None:
    seen = day(Share(hits=9, of=10), Share(hits=0, of=300), base=0.01, files=10_000)
    assert seen.found == pytest.approx(90)
    assert seen.alarms == 0
    assert seen.alarms_high == pytest.approx(9900 * 0.0122, rel=0.02)
    assert seen.precision == 1.0 > seen.precision_low


def test_ties_are_never_counted_in_our_favour() -> None:
    rows = [row("a", hostile=True, cluster="c"), row("b")]
    assert precision_at(rows, [0.5, 0.5], 50, base=0.5, files=100) == 0.0
    assert precision_at(rows, [0.6, 0.5], 50, base=0.5, files=100) == 1.0
