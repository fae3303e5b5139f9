"""Evidence is counts; a person explains them, and an explanation does not outlive its hits."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from antivenom.lab import promoting
from antivenom.rules.book import load, make_book, rule_of
from antivenom.rules.page import Page, parse_page, read_page
from antivenom.rules.rule import Evidence
from bench import corpus, evidence
from tests.builders.outcomes import measured

PAGE = """# Does a thing

```toml rule
id = "theft/x"
severity = "high"
state = "evaluation"
when = ["import"]
match = "secrets.file -> net.send"
{evidence}```

**It does.** Bad.
"""
ONES = [
    measured("a1", "malicious", "theft/x", cluster="a"),
    measured("a2", "malicious", "theft/x", cluster="a"),
    measured("b", "malicious", "theft/x", cluster="b", part="check"),
    measured("ordinary", "suspicious", "theft/x"),
]


@pytest.fixture(autouse=True)
def _no_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "data_hash", lambda: "data")


def page_with(line: str) -> Page:
    return parse_page(PAGE.replace("{evidence}", line), Path("theft/x.md"))


BOOK = make_book([rule_of(page_with(""))])


def gathered(reasons: promoting.Reasons) -> Evidence:
    return evidence.gather(ONES, BOOK, reasons)["theft/x"]


def test_clusters_and_archives_are_counted() -> None:
    found = gathered({})
    assert (found.clusters, found.ordinary, found.explained) == (2, 1, "")


@pytest.mark.parametrize("key", ["ordinary", "*"])
def test_a_hit_is_explained_by_its_hash_or_for_all(key: str) -> None:
    assert gathered({("theft/x", key): "a twin"}).explained == "a twin"
    assert gathered({("theft/y", key): "a twin"}).explained == ""


def test_one_hit_without_a_reason_is_not_explained() -> None:
    more = [*ONES, measured("other", "suspicious", "theft/x")]
    found = evidence.gather(more, BOOK, {("theft/x", "ordinary"): "a twin"})["theft/x"]
    assert (found.ordinary, found.explained) == (2, "")


def test_what_a_page_explains_holds_until_hits_grow() -> None:
    said = 'evidence = { date = "d", data = "e", clusters = 1, ordinary = 1, explained = "ok" }\n'
    page = page_with(said)
    found = {"theft/x": gathered({})}
    assert evidence.current(page, found).explained == "ok"
    grown = {"theft/x": structs.replace(found["theft/x"], ordinary=2)}
    assert evidence.current(page, grown).explained == ""


def test_the_same_counts_keep_their_date() -> None:
    said = 'evidence = { date = "d", data = "data", clusters = 2, ordinary = 1 }\n'
    page = page_with(said)
    assert evidence.current(page, {"theft/x": gathered({})}).date == "d"


def test_a_rule_that_hits_nothing_has_evidence_of_that() -> None:
    found = evidence.gather([], BOOK, {})["theft/x"]
    assert (found.clusters, found.ordinary, found.data) == (0, 0, "data")


def test_only_what_was_measured_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promoting, "PAGES", tmp_path)
    path = tmp_path / "theft" / "x.md"
    path.parent.mkdir()
    text = PAGE.replace("{evidence}", "")
    found = {"theft/x": gathered({})}
    path.write_text(text.replace("secrets.file", "secrets.key"))
    assert evidence.write(found, BOOK) == 0
    path.write_text(text)
    assert evidence.write(found, BOOK) == 1
    assert evidence.write(found, BOOK) == 0
    assert read_page(path).header.evidence == found["theft/x"]


def test_a_state_that_was_not_earned_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promoting, "PAGES", tmp_path)
    path = tmp_path / "theft" / "x.md"
    path.parent.mkdir()
    path.write_text(PAGE.replace("{evidence}", "").replace("evaluation", "enabled"))
    (said,) = evidence.remarks({"theft/x": gathered({})}, BOOK)
    assert said == "theft/x is enabled with unexplained ordinary hits (2 clusters, 1 ordinary)"
    assert not [*evidence.remarks({"theft/x": gathered({("theft/x", "*"): "a twin"})}, BOOK)]


def test_explanations_name_rules_that_exist() -> None:
    ids = {rule.id for rule in load().rules}
    assert {rule for rule, _ in corpus.explained()} <= ids
    assert all(corpus.explained().values())
