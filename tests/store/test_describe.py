"""The guide describes the tables as they are."""

from __future__ import annotations

from pathlib import Path

from antivenom.store.describe import page


def test_the_guide_is_written_from_the_schema() -> None:
    text = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text("utf-8")
    assert page(text) == text, "python -m antivenom.store.describe docs/catalog.md"
