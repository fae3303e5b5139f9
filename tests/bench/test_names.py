"""The measure of look-alikes, on a handful of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.context import known_names
from antivenom.context.names import PopularNames
from bench import names as measure


def test_names_are_compared_with_all_others() -> None:
    pairs, costs = measure.resembling(PopularNames(["requests", "reqeusts", "demo"]))
    assert [(name, like.name, like.how) for name, like in pairs] == [
        ("requests", "reqeusts", "transposed"),
        ("reqeusts", "requests", "transposed"),
    ]
    assert len(costs) == 3


@pytest.mark.parametrize(
    ("how", "typed"), [("a letter left out", "djngo"), ("what looks alike", "djang0")]
)
def test_slips_are_made_of_a_name(how: str, typed: str) -> None:
    assert typed in set(measure._MISSPELL[how]("django"))


def test_a_list_is_refreshed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_names, "LISTS", tmp_path)
    ranking = tmp_path / "ranking.txt"
    ranking.write_text("Demo_One\nother\n\ndemo-one\n")
    place = measure.refresh(f"pypi={ranking}")
    names = known_names.KnownNames().of("pypi")
    assert place.parent == tmp_path
    assert names is not None
    assert names.names == ("demo-one", "other")
