"""The load, fault and scale runs of the service, small."""

from __future__ import annotations

import pytest

from bench import faults, load, page, scale, service
from bench.made import SIZES, Library
from bench.tables import Table
from tests.service.engine import faults as made
from tests.service.engine.faults import Outcome, Stage


def silent(_: str) -> None:
    """Hear how far it is."""


def test_packages_are_as_large_as_they_should_be_and_each_its_own() -> None:
    library = Library()
    sizes = sorted(len(body) for body in library._bodies)
    assert sizes[0] < 3000 < SIZES[-1] * 0.8 < sizes[-1]
    assert library.archive(3) == library.archive(3) != library.archive(63)


def test_a_little_load_loses_nothing() -> None:
    row = load.measured(Library(), 12, "SQLite", "", 1, 1, silent)
    assert row[:4] == ("SQLite", "1", "1", "12")
    assert row[-2:] == ("0", "0")


def test_a_load_that_gets_stuck_ends_with_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(load, "STILL", 0.0)
    row = load.measured(Library(), 12, "SQLite", "", 0, 1, told.append)
    assert row[3] == "0"
    assert row[-2] == "12"
    assert "stuck at 0 of 1" in told[0]


def test_what_a_million_rows_are_asked_is_asked_of_a_few() -> None:
    table = scale.asked(3000, silent)
    assert table.rows[0][0].startswith("what is due")
    assert all(row[1].endswith(" ms") for row in table.rows)


def test_a_fault_that_cannot_be_measured_is_a_row_and_hinders_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(stage: Stage) -> Outcome:
        raise AssertionError(f"waited for {stage.count}\nand a long log")

    def works(_: Stage) -> Outcome:
        return Outcome(6, 2, 4.25, 0, 0)

    monkeypatch.setattr(made, "ALL", {"one": fails, "other": works})
    table = faults.happen(silent, count=6, names=("one", "other"))
    assert table.rows == [
        ("one", "", "", "failed: waited for 6", "", ""),
        ("other", "6", "2", "4.2 s", "0", "0"),
    ]


def test_a_part_that_fails_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, list[Table]] = {}
    table = Table(title="x", header=("a",), rows=[("b",)])

    def fails(*_: object) -> Table:
        raise RuntimeError("no")

    monkeypatch.setattr(page, "write_section", written.__setitem__)
    monkeypatch.setattr(load, "throughput", fails)
    monkeypatch.setattr(load, "latency", lambda *_: table)
    with pytest.raises(SystemExit, match="not measured: throughput"):
        service.whole(count=1, minutes=1, rows=1, write=True, only=("throughput", "latency"))
    assert written == {"service --only latency": [table]}


def test_every_part_has_its_place_on_the_page() -> None:
    text = page.PAGE.read_text("utf-8")
    for part in service.PARTS:
        assert page.between(text, "x", *page.markers(f"service --only {part}")) != text
