"""The load and scale runs of the service, small."""

from __future__ import annotations

from bench import service
from bench.made import SIZES, Library


def test_packages_are_as_large_as_they_should_be_and_each_its_own() -> None:
    library = Library()
    sizes = sorted(len(body) for body in library._bodies)
    assert sizes[0] < 3000 < SIZES[-1] * 0.8 < sizes[-1]
    assert library.archive(3) == library.archive(3) != library.archive(63)


def test_a_little_load_loses_nothing() -> None:
    row = service._measured(Library(), 12, "SQLite", "", 1, 1)
    assert row[:4] == ("SQLite", "1", "1", "12")
    assert row[-2:] == ("0", "0")


def test_what_a_million_rows_are_asked_is_asked_of_a_few() -> None:
    table = service.scale(3000)
    assert table.rows[0][0].startswith("what is due")
    assert all(row[1].endswith(" ms") for row in table.rows)
