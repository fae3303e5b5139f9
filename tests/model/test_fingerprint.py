from __future__ import annotations

import pytest

from antivenom.model.fingerprint import KEPT, fingerprint, parse, unpack


def spread(*numbers: int) -> list[int]:
    return [number * 2654435761 % (1 << 32) for number in numbers]


def test_small_texts_are_compared_exactly() -> None:
    one, other = fingerprint(spread(*range(10))), fingerprint(spread(*range(5, 25)))
    assert one.whole
    assert other.whole
    assert one.resemblance(other) == pytest.approx(5 / 25)
    assert one.containment(other) == 0.5
    assert other.containment(one) == 0.25


def test_large_texts_are_estimated_from_the_smallest_hashes() -> None:
    one, other = fingerprint(spread(*range(4000))), fingerprint(spread(*range(2000, 6000)))
    assert len(one.values) == KEPT
    assert one.units == 4000
    assert one.resemblance(other) == pytest.approx(1 / 3, abs=0.12)
    assert one.containment(other) == pytest.approx(0.5, abs=0.15)


def test_a_small_text_inside_a_large_one() -> None:
    small, large = fingerprint(spread(*range(100))), fingerprint(spread(*range(1000)))
    assert small.containment(large) == 1.0
    assert large.containment(small) == pytest.approx(0.1, abs=0.08)


def test_packs_and_parses() -> None:
    made = fingerprint(spread(*range(300)))
    assert parse(made.text()) == made
    assert unpack(made.pack()) == made
    assert len(made.pack()) == 4 + 4 * KEPT


@pytest.mark.parametrize("text", ["", "AAA", "not base64!", "AAAAAAA="])
def test_what_is_no_fingerprint_is_none(text: str) -> None:
    assert parse(text) is None


def test_nothing_resembles_the_empty_text() -> None:
    empty = fingerprint([])
    assert empty.resemblance(empty) == 0.0
    assert parse(empty.text()) == empty
