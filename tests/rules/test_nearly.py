"""What a page asks for, at whatever moment it runs."""

from __future__ import annotations

import pytest

from antivenom.lab.hunting import ad_hoc
from antivenom.model.fact import Fact
from antivenom.rules.book import make_book
from antivenom.rules.matching import match
from antivenom.rules.nearly import nearly
from tests.rules.made import rule


@pytest.mark.parametrize(
    ("expression", "activation", "holds"),
    [
        ("net.send at install", "call", True),
        ("net.send at install", "test", False),
        ("net.send at install", "never", False),
        ("net.send at any", "never", True),
        ("(net.send and code.run at install) in same file", "call", True),
        ("net.send[host=c2.example] at install", "call", False),
    ],
)
def test_only_the_moment_is_left_open(expression: str, activation: str, holds: bool) -> None:
    facts = [
        Fact(id=id, kind="behavior", member="a.py", activation=activation, host="c2.invalid")
        for id in ("net.send", "code.run")
    ]
    book = make_book([rule(expression)])
    assert nearly(book, facts, asked=frozenset()) == []
    assert bool(nearly(book, facts)) is holds
    assert len(nearly(book, facts)) >= len(match(book, facts))


def test_what_is_not_enabled_is_not_near() -> None:
    facts = [Fact(id="net.send", kind="behavior", member="a.py")]
    assert nearly(make_book([ad_hoc("net.send at install")]), facts) == []
