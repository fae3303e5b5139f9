"""Evidence is counts; a person explains them, and an explanation does not outlive its hits."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from antivenom.rules.book import load
from antivenom.rules.page import parse_page
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


def gathered(reasons: evidence.Reasons) -> Evidence:
    return evidence.gather(ONES, reasons)["theft/x"]


def test_clusters_and_archives_are_counted() -> None:
    found = gathered({})
    assert (found.clusters, found.ordinary, found.explained) == (2, 1, "")


@pytest.mark.parametrize("key", ["ordinary", "*"])
def test_a_hit_is_explained_by_its_hash_or_for_all(key: str) -> None:
    assert gathered({("theft/x", key): "a twin"}).explained == "a twin"
    assert gathered({("theft/y", key): "a twin"}).explained == ""


def test_one_hit_without_a_reason_is_not_explained() -> None:
    more = [*ONES, measured("other", "suspicious", "theft/x")]
    found = evidence.gather(more, {("theft/x", "ordinary"): "a twin"})["theft/x"]
    assert (found.ordinary, found.explained) == (2, "")


def test_what_a_page_explains_holds_until_hits_grow() -> None:
    said = 'evidence = { date = "d", data = "e", clusters = 1, ordinary = 1, explained = "ok" }\n'
    page = parse_page(PAGE.replace("{evidence}", said), Path("theft/x.md"))
    found = {"theft/x": gathered({})}
    assert evidence.current(page, found).explained == "ok"
    grown = {"theft/x": structs.replace(found["theft/x"], ordinary=2)}
    assert evidence.current(page, grown).explained == ""


def test_the_same_counts_keep_their_date() -> None:
    said = 'evidence = { date = "d", data = "data", clusters = 2, ordinary = 1 }\n'
    page = parse_page(PAGE.replace("{evidence}", said), Path("theft/x.md"))
    assert evidence.current(page, {"theft/x": gathered({})}).date == "d"


def test_a_rule_that_hits_nothing_has_evidence_of_that() -> None:
    page = parse_page(PAGE.replace("{evidence}", ""), Path("theft/x.md"))
    found = evidence.current(page, {})
    assert (found.clusters, found.ordinary, found.data) == (0, 0, "data")


def test_explanations_name_rules_that_exist() -> None:
    ids = {rule.id for rule in load().rules}
    assert {rule for rule, _ in corpus.explained()} <= ids
    assert all(corpus.explained().values())
