"""Why a review ranks where it does, in facts and not in features."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from antivenom.judge.explaining import explained, risen, said
from antivenom.judge.features import Evidence, seen
from antivenom.judge.knowledge import Knowledge
from antivenom.judge.scorer import Card, Model, TrainedScorer, shipped
from antivenom.judge.trees import Forest, Tree
from antivenom.judge.weigh import weigh
from antivenom.lab.hunting import ad_hoc
from antivenom.model.context import NOTHING
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import Profile
from antivenom.model.review import Review
from antivenom.report.html import to_html
from antivenom.report.json import to_json
from antivenom.rules.book import make_book
from antivenom.rules.matching import match
from antivenom.rules.nearly import nearly

SEND = "net.send @load"
FLOW = "secrets.env->net.send @ever"


def stump(feature: int, low: float, high: float) -> Tree:
    return Tree(
        feature=(feature,), threshold=(0.5,), left=(-1,), right=(-2,),
        inner=((low + high) / 2,), leaf=(low, high),
    )  # fmt: skip


FOREST = Forest(features=(SEND, FLOW), trees=(stump(0, -1.0, 1.0), stump(1, -1.0, 3.0)))


def facts() -> list[Fact]:
    return [
        Fact(id="net.send", kind="behavior", member="demo/a.py", line=7, activation="import",
             value="https://drop.invalid"),
        Fact(id="net.send", kind="behavior", member="demo/b.py", line=2, activation="call"),
        Fact(id="secrets.env->net.send", kind="flow", via=("secrets.env", "net.send"),
             member="demo/b.py", line=3, activation="call"),
    ]  # fmt: skip


def reviewed(points: tuple[tuple[float, float], ...], some: list[Fact]) -> Review:
    card = Card(made="", data="", engine="", rulebook="", seed=1, specimens=0, clusters=0,
                ordinary=0)  # fmt: skip
    scorer = TrainedScorer(Model(forest=FOREST, points=points, card=card), "d")
    profile = Profile(
        sha256="0" * 64, filename="demo-1.tar.gz", ecosystem="pypi", kind="sdist", size=1,
        engine="e", metadata=Metadata(), facts=tuple(some),
    )  # fmt: skip
    return weigh(profile, NOTHING, [], Knowledge(book=make_book([]), scorer=scorer), some)


def test_what_raised_the_sum_is_given_to_its_facts() -> None:
    found = seen(Evidence(facts())).package
    flow, send = explained(FOREST, found, Evidence(facts()))
    assert flow.chain == ("secrets.env", "net.send")
    assert flow.reason == ("demo/b.py reads environment variables and sends data out when called")
    assert [flow.share, send.share] == [0.667, 0.333]
    assert [(s.member, s.line, s.excerpt) for s in send.spans] == [
        ("demo/a.py", 7, "https://drop.invalid")
    ]


def test_what_one_file_does_is_given_to_the_facts_of_that_file() -> None:
    forest = Forest(features=("file net.send @ever",), trees=(stump(0, -1.0, 1.0),))
    found = seen(Evidence(facts()))
    one, other = (
        explained(forest, found.rows()[at], Evidence(facts()), found.member(at)) for at in range(2)
    )
    assert [reason[0].spans[0].member for reason in (one, other)] == ["demo/a.py", "demo/b.py"]
    assert said("file net.send @load") == "in one file: sends data out when imported or earlier"


def test_a_rule_that_nearly_holds_is_given_to_its_facts() -> None:
    page = ad_hoc("secrets.env -> net.send at install")
    (near,) = nearly(make_book([structs.replace(page, state="enabled")]), facts())
    forest = Forest(features=("near hunt/ad-hoc",), trees=(stump(0, -1.0, 1.0),))
    evidence = Evidence(facts(), near=[near])
    assert match(make_book([structs.replace(page, state="enabled")]), facts()) == []
    (reason,) = explained(forest, seen(evidence).rows()[0], evidence)
    assert (reason.share, reason.spans[0].line) == (1.0, 3)
    assert said("near hunt/ad-hoc") == "what the rule hunt/ad-hoc looks for, at whatever moment"


def test_what_is_absent_raises_nothing() -> None:
    assert risen(FOREST, {}) == {}
    assert explained(FOREST, {}, Evidence([])) == ()
    assert set(risen(FOREST, {SEND: 1.0})) == {SEND}


def test_the_moves_and_the_mean_add_up_to_the_sum() -> None:
    scorer = shipped()
    assert scorer is not None
    forest = scorer.model.forest
    row = forest.row(seen(Evidence(facts())).package)
    mean = sum(tree.inner[0] for tree in forest.trees if tree.inner)
    alone = sum(tree.leaf[0] for tree in forest.trees if not tree.inner)
    assert mean + alone + sum(forest.contributions(row).values()) == pytest.approx(
        forest.margin(row), abs=1e-3
    )


def test_a_review_says_why_only_where_the_scorer_raised_it() -> None:
    raised = reviewed(((-9.0, 0.0), (0.0, 0.3)), facts()).ranked
    assert raised is not None
    assert (raised.score, raised.rules, len(raised.reasons)) == (0.3, 0.0, 2)
    assert reviewed(((0.0, 0.0),), facts()).ranked is None
    little = reviewed(((0.0, 0.1),), facts()).ranked
    assert little is not None
    assert little.reasons == ()


def test_json_and_html_show_it() -> None:
    review = reviewed(((-9.0, 0.0), (0.0, 0.3)), facts())
    ranked = json.loads(to_json(review))["ranked"]
    assert (ranked["score"], ranked["rules"]) == (0.3, 0.0)
    assert ranked["reasons"][0]["spans"][0]["line"] == 3
    page = to_html([review])
    assert "Why it ranks here" in page
    assert "reads environment variables and sends data out" in page


def test_a_hostile_name_is_harmless_in_a_reason() -> None:
    some = [
        Fact(id="net.send", kind="behavior", member="a\x1b\u202e<b>.py" * 30, activation="import")
    ]
    review = reviewed(((-9.0, 0.0), (-1.0, 0.3)), some)
    assert review.ranked is not None
    assert review.ranked.reasons
    shown = to_html([review])
    assert "<b>.py" not in shown
    assert not {"\x1b", "\u202e"} & set(shown + to_json(review).decode())


def test_features_have_words() -> None:
    scorer = shipped()
    assert scorer is not None
    for name in scorer.model.forest.features:
        assert said(name)
        assert "@" not in said(name)
    assert said("secrets.env->net.send @early") == (
        "what reads environment variables reaches: sends data out when installed or earlier"
    )
