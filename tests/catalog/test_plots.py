"""Plots of the catalog: one file a question, the same bytes for the same counts."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("matplotlib")

from antivenom.catalog import plots
from antivenom.catalog.stats import MONTHS, WHEN, Count
from antivenom.errors import ConfigError

COUNTS = [
    Count(title="label", rows={"malware": 1200, "$b^{a_d$ \x1b[31m": 3}),
    Count(title=MONTHS, rows={"2024-11": 3, "2025-02": 40}),
    Count(
        title=WHEN, rows={"net.send at import": 90, "net.send at build": 1, "code.run at run": 2}
    ),
    Count(title="campaign size", rows={}),
]


def test_each_count_that_is_not_empty_is_a_plot(tmp_path: Path) -> None:
    written = plots.draw(COUNTS, tmp_path / "new" / "plots")
    names = ["label.svg", "first-seen-by-month.svg", "behavior-and-when-it-runs.svg"]
    assert [place.name for place in written] == names
    label, months, when = (place.read_text() for place in written)
    assert "1,200" in label
    assert "\x1b" not in label
    assert "$b^{a_d$" in label
    assert all(f">{month}<" in months for month in ("2024-11", "2024-12", "2025-01", "2025-02"))
    assert all(f">{word}<" in when for word in ("net.send", "import", "build", "run", "90"))


@pytest.mark.parametrize("format", ["svg", "png"])
def test_the_same_counts_give_the_same_bytes(tmp_path: Path, format: plots.Format) -> None:
    one = plots.draw(COUNTS, tmp_path / "one", format)
    two = plots.draw(COUNTS, tmp_path / "two", format)
    assert [place.read_bytes() for place in one] == [place.read_bytes() for place in two]
    assert one[0].suffix == f".{format}"


def test_what_is_not_shown_is_counted(tmp_path: Path) -> None:
    many = Count(title="behavior", rows={f"b{n}": 100 - n for n in range(plots.MOST + 7)})
    (place,) = plots.draw([many], tmp_path)
    assert "7 more are not shown" in place.read_text()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="plots cannot be written"):
        plots.draw(COUNTS, tmp_path / "file")
