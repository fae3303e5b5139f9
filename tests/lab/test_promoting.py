from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from antivenom.lab import promoting
from antivenom.lab.dataset import Card, Row
from antivenom.rules.book import make_book, rule_of
from antivenom.rules.page import parse_page, read_page
from tests.lab.rows import row

PAGE = """# Does a thing

```toml rule
id = "theft/x"
severity = "high"
state = "{state}"
when = ["import"]
match = "secrets.file -> net.send"
```

**It does.** Bad.
"""
CARD = Card(
    digest="d" * 64, engine="e", rulebook="", rows=2, specimens=1, clusters=1, ordinary={},
    set_aside=0, lost=0,
)  # fmt: skip


def hit(one: Row, weight: float = 0.0) -> Row:
    return structs.replace(one, hits={"theft/x": weight})


SPECIMEN = hit(row("a", hostile=True, cluster="c"))
ORDINARY = hit(row("b"))


def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str) -> Card:
    path = tmp_path / "theft" / "x.md"
    path.parent.mkdir()
    path.write_text(PAGE.format(state=state))
    book = make_book([rule_of(parse_page(path.read_text(), path), {})])
    monkeypatch.setattr(promoting, "load", lambda: book)
    return structs.replace(CARD, rulebook=book.digest)


def state_of(tmp_path: Path) -> str:
    return read_page(tmp_path / "theft" / "x.md").header.state


def test_a_draft_may_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = pages(tmp_path, monkeypatch, "draft")
    found = promoting.promote([], card, ["theft/x"], pages=tmp_path)
    assert found.lines == ["theft/x: draft -> evaluation"]
    assert state_of(tmp_path) == "evaluation"


def test_a_rule_that_finds_and_alarms_nobody_is_enabled_with_its_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = pages(tmp_path, monkeypatch, "evaluation")
    assert promoting.promote([SPECIMEN], card, ["theft/x"], pages=tmp_path).moved == 1
    header = read_page(tmp_path / "theft" / "x.md").header
    assert header.state == "enabled"
    assert header.evidence is not None
    assert (header.evidence.clusters, header.evidence.data) == (1, "d" * 12)


@pytest.mark.parametrize("rows", [[], [ORDINARY], [SPECIMEN, ORDINARY]])
def test_a_rule_without_finds_or_with_alarms_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[Row]
) -> None:
    card = pages(tmp_path, monkeypatch, "evaluation")
    found = promoting.promote(rows, card, ["theft/x"], pages=tmp_path)
    assert found.moved == 0
    assert "has not earned it" in found.lines[0]
    assert state_of(tmp_path) == "evaluation"


def test_an_alarm_that_a_person_explained_does_not_hold_a_rule_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = pages(tmp_path, monkeypatch, "evaluation")
    reasons = {("theft/x", "b"): "it really does"}
    found = promoting.promote(
        [SPECIMEN, ORDINARY], card, ["theft/x"], reasons=reasons, pages=tmp_path
    )
    assert found.moved == 1


def test_nothing_rests_on_another_rule_book(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages(tmp_path, monkeypatch, "evaluation")
    found = promoting.promote([SPECIMEN], CARD, ["theft/x"], pages=tmp_path)
    assert found.moved == 0
    assert state_of(tmp_path) == "evaluation"
