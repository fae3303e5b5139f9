"""Which label counts when several people and sources speak."""

from __future__ import annotations

from typing import Any

from antivenom.catalog.statement import WITHDRAWN, Statement, current


def said(label: Any, author: str = "one", *, at: str = "2026-01-01", **more: Any) -> Statement:
    values = {"kind": "source", "confidence": "medium", **more}
    return Statement(specimen="s", label=label, author=author, said_at=at, **values)


def test_nobody_said_anything() -> None:
    assert current([]).label == "unknown"


def test_an_author_who_changes_their_mind_contradicts_nobody() -> None:
    found = current([said("malware"), said("benign", at="2026-02-01")])
    assert (found.label, found.disputed) == ("benign", False)


def test_a_person_outweighs_sources_and_the_dispute_is_said() -> None:
    statements = [said("malware", confidence="high"), said("spam", "ann", kind="person")]
    assert current(statements).label == "spam"
    assert current(statements).disputed


def test_a_withdrawn_statement_no_longer_counts() -> None:
    wrong = said("malware", confidence="high")
    other = said("benign", "two", confidence="low")
    taken_back = said(WITHDRAWN, "ann", kind="person", withdraws=wrong.id)
    assert current([wrong, other, taken_back]).label == "benign"
    assert current([wrong, taken_back]).label == "unknown"


def test_the_surer_then_the_later_statement_wins() -> None:
    assert current([said("malware", confidence="high"), said("spam", "b", at="2027")]).label == (
        "malware"
    )
    assert current([said("malware"), said("spam", "b", at="2027")]).label == "spam"


def test_order_of_arrival_does_not_matter() -> None:
    statements = [said("malware"), said("spam", "b"), said("benign", "c"), said("beacon", "d")]
    assert current(statements) == current(statements[::-1])
    assert current(statements).label == "malware"


def test_the_same_words_are_the_same_statement() -> None:
    assert said("malware").id == said("malware").id
    assert said("malware").id != said("malware", reason="it phones home").id
