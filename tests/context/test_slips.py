"""One name typed or read as another."""

from __future__ import annotations

import pytest

from antivenom.context import slips


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("reqeusts", "transposed"),
        ("erquests", "transposed"),
        ("requesst", "transposed"),
        ("reqests", "missing"),
        ("equests", "missing"),
        ("request", "missing"),
        ("requestss", "doubled"),
        ("rrequests", "doubled"),
        ("requestsx", "added"),
        ("eequests", "keyboard"),
        ("requesta", "keyboard"),
        ("requestz", "keyboard"),
        ("requebts", "replaced"),
        ("requests", ""),
        ("reqsetus", ""),
        ("", ""),
    ],
)
def test_a_slip_has_a_name(typed: str, how: str) -> None:
    assert slips.one_slip(typed, "requests") == how


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("tensrflwo", "tensorflow", 2),
        ("tryquests", "requests", 2),
        ("ab", "ba", 1),
        ("abc", "abc", 0),
        ("abcdef", "uvwxyz", 3),
        ("a", "abcd", 3),
    ],
)
def test_distance_counts_a_transposition_once(one: str, other: str, edits: int) -> None:
    assert slips.distance(one, other) == edits
    assert slips.distance(other, one) == edits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("djang0", "django"),
        ("rnypy", "mypy"),
        ("paIlow", "pallow"),
        ("rеquests", "requests"),  # a Cyrillic letter
        ("ｆｌａｓｋ", "flask"),
        ("python_dateutil", "pythondateutil"),
    ],
)
def test_what_looks_the_same_has_one_skeleton(one: str, other: str) -> None:
    assert slips.skeleton(one) == slips.skeleton(other)


def test_the_word_that_differs_is_found() -> None:
    assert slips.differing("aws-cdk-sns", "aws-cdk-sqs") == ("sns", "sqs")
    assert slips.differing("a-b", "c-d") is None
    assert slips.differing("ab", "a-b") == ("ab", "a-b")


def test_every_key_has_neighbours_both_ways() -> None:
    for key, around in slips.NEIGHBOURS.items():
        assert around
        assert all(key in slips.NEIGHBOURS[other] for other in around)
