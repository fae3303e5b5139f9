"""What a rule binds, and that one more fact never takes a match away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.model.fact import Fact
from antivenom.model.label import Activation, Role
from antivenom.rules.book import make_book
from antivenom.rules.matching import MAX_ALSO, Index, Match, match, match_one, strength
from antivenom.rules.rule import Rule
from tests.rules.made import fact, rule


def bound(expression: str, facts: Sequence[Fact], **fields: Any) -> tuple[Fact, ...] | None:
    found = match_one(rule(expression, **fields), facts)
    return None if found is None else found.facts


def test_an_atom_binds_a_behavior_and_no_flow() -> None:
    plain = fact("net.send")
    assert bound("net.send", [fact("secrets.env->net.send"), plain]) == (plain,)
    assert bound("net.send", [fact("secrets.env->net.send")]) is None


def test_a_chain_binds_a_flow_that_passes_its_steps_in_order() -> None:
    flow = fact("secrets.file->data.pack->net.send")
    assert bound("secrets.* -> net.send", [flow]) == (flow,)
    assert bound("data.pack -> net.send", [flow]) == (flow,)
    assert bound("secrets.file -> data.pack -> net.send", [flow]) == (flow,)
    assert bound("net.send -> secrets.file", [flow]) is None
    assert bound("secrets.key -> net.send", [flow]) is None


def test_a_step_is_visited_once_for_each_atom() -> None:
    assert bound("data.decode -> data.decode", [fact("data.decode->code.run")]) is None
    twice = fact("data.decode->data.decode->code.run")
    assert bound("data.decode -> data.decode", [twice]) == (twice,)


def test_two_behaviors_are_no_flow() -> None:
    assert bound("net.fetch -> code.run", [fact("net.fetch"), fact("code.run")]) is None


def test_when_is_the_pages_unless_said() -> None:
    called = fact("net.fetch->code.run", activation="call")
    assert bound("net.fetch -> code.run", [called], when=("install", "import")) is None
    assert bound("net.fetch -> code.run at call", [called], when=("install",)) == (called,)
    never = fact("net.fetch->code.run", activation="never")
    assert bound("net.fetch -> code.run at any", [never]) == (never,)


@pytest.mark.parametrize(
    ("test", "fields", "holds"),
    [
        ("class=webhook", {"hostclass": "webhook"}, True),
        ("class=webhook|paste", {"hostclass": "paste"}, True),
        ("class=webhook", {}, False),
        ("class!=service|local", {"hostclass": "unknown"}, True),
        ("class!=service|local", {"hostclass": "local"}, False),
        ("class!=service|local", {}, False),
        ("host~*.invalid", {"host": "a.b.INVALID"}, True),
        ("host~*.invalid", {"host": "a.invalid.example"}, False),
        ("host~*.invalid", {}, False),
        ("value~a*b*c", {"value": "a-b-b-c"}, True),
        ("value~a*a", {"value": "a"}, False),
        ("value~*", {"value": "x"}, True),
        ("member~*.pth", {"member": "demo.pth"}, True),
        ("hidden=yes", {"args": ("detached=yes", "hidden=yes")}, True),
        ("hidden=yes", {"args": ("hidden=no",)}, False),
        ("hidden!=yes", {"args": ("hidden=no",)}, True),
        ("hidden!=yes", {}, False),
        ("args='hidden=yes'", {"args": ("hidden=yes",)}, True),
        ("length>=10", {"args": ("length=12",)}, True),
        ("length>=10", {"args": ("length=9",)}, False),
        ("length<=10", {"args": ("length=many",)}, False),
        ("length!=10", {}, False),
        ("layer>=1", {"layer": 2}, True),
        ("layer=0", {"layer": 0}, True),
        ("layer!=0", {"layer": 0}, False),
        ("line>=1", {"line": 0}, False),
        ("line<=5", {"line": 5}, True),
        ("line!=5", {"line": 0}, False),
        ("change=new", {"change": "new"}, True),
        ("change!=new", {"change": "same"}, True),
        ("change!=new", {"change": "unknown"}, False),
        ("certainty=high", {"certainty": "low"}, False),
        ("role=code|generated", {"role": "test"}, False),
        ("path_class=ssh", {"path_class": "ssh"}, True),
        ("scope!=main", {"scope": ""}, False),
        ("id=net.send", {}, True),
    ],
)
def test_tests_and_unknown_fields(test: str, fields: dict[str, Any], holds: bool) -> None:
    assert (bound(f"net.send[{test}]", [fact("net.send", **fields)]) is not None) is holds


def test_all_tests_of_a_chain_look_at_the_flow() -> None:
    flow = fact("secrets.file->net.send", hostclass="paste", path_class="aws")
    assert bound("secrets.file[path_class=aws] -> net.send[class=paste]", [flow]) == (flow,)
    assert bound("secrets.file[path_class=ssh] -> net.send[class=paste]", [flow]) is None


def test_new_needs_a_known_change() -> None:
    for change, holds in (("new", True), ("same", False), ("unknown", False)):
        seen = [fact("persist.shell", change=change)]
        assert (bound("new persist.*", seen) is not None) is holds


def test_a_count_counts_distinct_known_values() -> None:
    same = [fact("secrets.browser", value="a", line=n) for n in range(1, 5)]
    unknown = [fact("secrets.browser", line=9), fact("secrets.browser", line=10)]
    assert bound("2+ secrets.browser", same + unknown) is None
    other = fact("secrets.browser", value="b")
    facts = bound("2+ secrets.browser", [*same, *unknown, other])
    assert facts is not None
    assert {one.value for one in facts} == {"a", "b"}


@pytest.mark.parametrize(
    ("join", "fields", "holds"),
    [
        ("function", {"scope": "f"}, True),
        ("function", {"scope": "g"}, False),
        ("function", {"scope": "f", "layer": 1}, False),
        ("layer", {"scope": "g"}, True),
        ("layer", {"layer": 1}, False),
        ("file", {"layer": 1}, True),
        ("file", {"member": "other.py"}, False),
    ],
)
def test_joins(join: str, fields: dict[str, Any], holds: bool) -> None:
    facts = [fact("code.run", scope="f"), fact("guard.target", **fields)]
    assert (bound(f"(code.run and guard.target) in same {join}", facts) is not None) is holds


def test_a_join_needs_one_place_for_everything() -> None:
    facts = [
        fact("code.run", scope="f"),
        fact("guard.target", scope="f"),
        fact("guard.target", scope="g"),
        fact("data.decode", scope="g"),
    ]
    expression = "(code.run and guard.target and data.decode) in same function"
    assert bound(expression, facts) is None
    here = fact("data.decode", scope="f")
    assert bound(expression, [*facts, here]) == (facts[0], facts[1], here)


def test_counts_inside_a_join_count_inside_it() -> None:
    facts = [fact("secrets.browser", value=str(n), scope=str(n % 2)) for n in range(4)]
    assert bound("(2+ secrets.browser) in same function", facts) is not None
    assert bound("(3+ secrets.browser) in same function", facts) is None


def test_parentheses_mix_and_with_or() -> None:
    expression = "code.run and (guard.target or guard.sandbox)"
    run, sandbox = fact("code.run"), fact("guard.sandbox")
    assert bound(expression, [run]) is None
    assert bound(expression, [run, sandbox]) == (run, sandbox)


def test_languages_bind_their_own_facts_and_those_of_none() -> None:
    python, shell, none = (fact("code.run", lang=lang) for lang in ("python", "sh", ""))
    assert bound("code.run", [shell], languages=("python",)) is None
    assert bound("code.run", [shell, none], languages=("python",)) == (none,)
    assert bound("code.run", [python], languages=("python",)) == (python,)


def test_the_strongest_binding_comes_first_and_the_rest_is_kept() -> None:
    called = fact("code.run", activation="call", line=1)
    imported = fact("code.run", activation="import", line=2)
    tested = fact("code.run", activation="import", role="test", line=3)
    found = match_one(rule("code.run"), [called, tested, imported])
    assert found is not None
    assert found.facts == (imported,)
    assert found.also == (called, tested)


def test_what_only_a_test_runner_reaches_ranks_last() -> None:
    aside = fact("code.run", activation="call", role="test")
    assert strength(aside) < strength(fact("code.run", activation="call", certainty="low"))
    assert strength(fact("code.run", activation="test")) < strength(fact("code.run", role="test"))


def test_the_order_of_facts_changes_nothing() -> None:
    facts = [fact("code.run", line=n % 3, value=str(n)) for n in range(6)]
    assert match_one(rule("code.run"), facts) == match_one(rule("code.run"), facts[::-1])


def test_a_flood_of_facts_is_cut_in_the_report() -> None:
    found = match_one(rule("code.run"), [fact("code.run", line=n) for n in range(200)])
    assert found is not None
    assert len(found.also) == MAX_ALSO


def test_states_and_ecosystems_choose_the_rules() -> None:
    book = make_book(
        [
            rule("code.run", id="execution/a", ecosystems=("npm",)),
            rule("code.run", id="execution/b", state="evaluation"),
            rule("code.run", id="execution/c", state="draft"),
            rule("code.run", id="execution/d", state="retired"),
        ]
    )
    seen = [fact("code.run")]
    assert [m.rule.id for m in match(book, seen)] == ["execution/a", "execution/b"]
    assert [m.rule.id for m in match(book, seen, "pypi")] == ["execution/b"]


def test_an_index_is_split_once() -> None:
    index = Index([fact("code.run", scope=str(n)) for n in range(3)])
    assert index.split("function") is index.split("function")


IDS = ("net.fetch", "net.send", "code.run", "secrets.env", "secrets.file", "guard.target")
FLOWS = ("net.fetch->code.run", "secrets.env->net.send", "secrets.file->data.pack->net.send")
EXPRESSIONS = (
    "net.fetch",
    "secrets.* -> net.send",
    "secrets.* -> net.send[class!=service|local] at any",
    "net.fetch -> code.run or secrets.env -> net.send",
    "(code.run and guard.target) in same function",
    "((2+ secrets.file) in same file and net.send) in same layer",
    "(code.run or net.fetch) and (secrets.env or guard.target[role=code])",
    "new net.send and code.run",
    "3+ secrets.*",
)
RULES = [rule(text, id=f"execution/r{n}") for n, text in enumerate(EXPRESSIONS)]
BOOK = make_book(RULES)

facts_of_all_kinds = st.builds(
    fact,
    st.sampled_from(IDS + FLOWS),
    member=st.sampled_from(["a.py", "b.py"]),
    scope=st.sampled_from(["", "f", "g"]),
    layer=st.integers(0, 1),
    line=st.integers(0, 3),
    value=st.sampled_from(["", "x", "y", "z"]),
    hostclass=st.sampled_from(["", "service", "unknown", "paste"]),
    activation=st.sampled_from([one.value for one in Activation]),
    role=st.sampled_from([one.value for one in Role]),
    change=st.sampled_from(["new", "same", "unknown"]),
    certainty=st.sampled_from(["low", "high"]),
)


def weight(found: Match) -> tuple[float, float]:
    ranks = [strength(one) for one in found.facts]
    return max(ranks), min(ranks)


@settings(max_examples=300, deadline=None)
@given(st.lists(facts_of_all_kinds, max_size=12), st.lists(facts_of_all_kinds, max_size=6))
def test_more_facts_never_remove_or_weaken_a_match(facts: list[Fact], more: list[Fact]) -> None:
    after = {found.rule.id: found for found in match(BOOK, facts + more)}
    for found in match(BOOK, facts):
        assert found.rule.id in after
        assert weight(after[found.rule.id]) >= weight(found)


@settings(max_examples=100, deadline=None)
@given(st.lists(facts_of_all_kinds, max_size=10), st.randoms())
def test_matching_does_not_depend_on_order(facts: list[Fact], random: Any) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    before, after = match(BOOK, facts), match(BOOK, shuffled)
    assert [(m.rule.id, weight(m)) for m in before] == [(m.rule.id, weight(m)) for m in after]


def naive(one: Rule, facts: Sequence[Fact]) -> bool:
    """Decide two simple expressions by hand."""
    if one.match == EXPRESSIONS[0]:
        return any(f.id == "net.fetch" and f.activation in one.when for f in facts)
    return any(
        a.id == "code.run"
        and b.id == "guard.target"
        and (a.member, a.layer, a.scope) == (b.member, b.layer, b.scope)
        and {a.activation, b.activation} <= set(one.when)
        for a in facts
        for b in facts
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(facts_of_all_kinds, max_size=12))
def test_closures_agree_with_plain_loops(facts: list[Fact]) -> None:
    held = {found.rule.id for found in match(BOOK, facts)}
    for one in (RULES[0], RULES[4]):
        assert (one.id in held) is naive(one, facts)


def test_work_grows_with_the_facts_that_bind_not_with_all_facts() -> None:
    ranked = 0

    def rank(one: Fact) -> float:
        nonlocal ranked
        ranked += 1
        return strength(one)

    book = make_book(rule(EXPRESSIONS[n % 9], id=f"execution/r{n}") for n in range(100))
    noise = [fact("host.search", scope=f"f{n}", line=n + 1) for n in range(300)]
    match(book, noise, rank=rank)
    assert ranked == 0
    few = [fact("net.fetch"), fact("code.run"), fact("net.fetch->code.run")]
    match(book, noise + few, rank=rank)
    assert ranked < 100 * 12
