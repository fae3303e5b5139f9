"""The match language: what is understood, and where it says what is wrong."""

from __future__ import annotations

import msgspec
import pytest

from antivenom.errors import RuleError
from antivenom.model.label import Activation
from antivenom.rules.language import AllOf, AnyOf, Atom, Chain, Group, Node, Test, parse
from antivenom.rules.lexer import MAX_TEXT


def test_a_chain_with_its_own_when() -> None:
    tree = parse("secrets.* -> net.send|net.lookup at startup|import")
    assert tree == Chain(
        (Atom(("secrets.*",)), Atom(("net.send", "net.lookup"))), ("startup", "import")
    )


def test_alternatives_of_chains_need_no_parentheses() -> None:
    tree = parse("net.fetch -> code.run or net.fetch -> file.write -> process.spawn")
    assert isinstance(tree, AnyOf)
    assert [len(item.atoms) for item in tree.items if isinstance(item, Chain)] == [2, 3]


def test_a_join() -> None:
    tree = parse("(data.decode[layer>=1] and code.run and guard.target) in same function")
    assert isinstance(tree, Group)
    assert tree.same == "function"
    assert isinstance(tree.body, AllOf)
    assert tree.body.items[0] == Chain((Atom(("data.decode",), (Test("layer", ">=", ("1",)),)),))


def test_new_count_and_alias() -> None:
    tree = parse("new 3+ secrets.browser and text.endpoint[class=webhook|bot-api]")
    assert isinstance(tree, AllOf)
    first, second = tree.items
    assert isinstance(first, Chain)
    assert (first.new, first.count) == (True, 3)
    assert second == Chain(
        (Atom(("text.endpoint",), (Test("hostclass", "=", ("webhook", "bot-api")),)),)
    )


def test_any_spells_out_every_activation() -> None:
    tree = parse("secrets.given -> net.send[hostclass!=service|local] at any")
    assert isinstance(tree, Chain)
    assert tree.when == tuple(Activation)


def test_lists_and_strings_are_values() -> None:
    tree = parse("""net.send[host~"*.invalid"|'a b', class=@drops]""", {"drops": ["paste", "oast"]})
    assert isinstance(tree, Chain)
    assert tree.atoms[0].tests == (
        Test("host", "~", ("*.invalid", "a b")),
        Test("hostclass", "=", ("paste", "oast")),
    )


def test_several_tests_args_and_numbers() -> None:
    tree = parse("process.spawn[hidden=yes,line>=3] and text.long-line[length>=5000]")
    assert isinstance(tree, AllOf)


def test_arrows_and_parentheses_need_no_spaces() -> None:
    assert parse("(net.fetch->code.run)") == Group(parse("net.fetch -> code.run"))


@pytest.mark.parametrize(
    "text",
    ["native.imports-net.fetch", "archive.record-mismatch", "like.specimen", "native.*"],
)
def test_ids_of_every_list(text: str) -> None:
    assert parse(text) == Chain((Atom((text,)),))


def test_a_tree_survives_compilation() -> None:
    tree = parse("(new net.fetch -> code.run or 2+ persist.*) in same file")
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Node) == tree


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("", 1, "expected an id"),
        ("net.snd", 1, "unknown id 'net.snd'"),
        ("net.send and nett.*", 14, "unknown id 'nett.*'"),
        ("net.send and", 13, "expected an id, not the end"),
        ("net.send net.fetch", 10, "expected 'and', 'or' or the end"),
        ("net.send and net.fetch or code.run", 24, "needs parentheses"),
        ("net.send or net.fetch and code.run", 23, "needs parentheses"),
        ("(net.send", 10, "expected ')'"),
        ("(net.send) in same folder", 20, "'function' or 'file' or 'layer'"),
        ("(net.send) in function", 15, "expected 'same'"),
        ("net.send[foo=1]", 10, "unknown field 'foo'"),
        ("net.send[host]", 14, "expected = != ~ >= or <="),
        ("net.send[host>=3]", 14, "'host' is not a number"),
        ("net.send[layer>=x]", 17, "'layer' needs a number"),
        ("net.send[layer~1]", 16, "'layer' needs a number"),
        ("net.send[host=]", 15, "expected a value"),
        ('net.send[host=""]', 15, "an empty value"),
        ("net.send[class=pastes]", 16, "'hostclass' is never 'pastes'"),
        ("net.send[change=unknown]", 17, "'change' is never 'unknown'"),
        ("net.send[class=@nope]", 16, "unknown list '@nope'"),
        ("net.send at sometimes", 13, "expected 'any' or 'startup'"),
        ("text.endpoint -> net.send", 1, "nothing flows through it"),
        ("net.fetch -> archive.*", 14, "nothing flows through it"),
        ("not net.send", 1, "unknown id 'not'"),
        ("0+ net.send", 1, "a count starts at 1+"),
        ("net.send ; code.run", 10, "cannot read ';'"),
        ('net.send[host="open]', 15, "cannot read"),
        ("(" * 9 + "net.send" + ")" * 9, 9, "more than 8 parentheses deep"),
        ("a" * (MAX_TEXT + 1), MAX_TEXT, "longer than"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(text: str, column: int, why: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text)
    assert str(caught.value).startswith(f"column {column}: ")
    assert why in str(caught.value)


def test_a_misspelling_gets_a_hint() -> None:
    with pytest.raises(RuleError) as caught:
        parse("secrets.brwser")
    assert caught.value.hint == "did you mean 'secrets.browser'?"
