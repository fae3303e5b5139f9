"""The match language of rule pages (contracts 8): text in, a small tree out.

An atom alone binds a fact that is not a flow. A chain ``a -> b`` binds one flow whose `via` holds
a, then b, with anything between them. All tests of a chain look at that one flow, wherever they
stand: `value`, `host` and `hostclass` are those of its sink, `path_class` and `args` of its source.
A field that is empty, or a `change` that is unknown, fails every test, ``!=`` included. ``~`` is a
glob with ``*`` alone and does not see the case of A to Z. ``N+`` counts distinct values that are
not empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from msgspec import Struct

from antivenom.model.fact import FactKind, HostClass
from antivenom.model.label import Activation, Role
from antivenom.model.vocabulary import ALL_IDS, BEHAVIORS, FAMILIES
from antivenom.rules.lexer import Token, refuse, tokens

TEXT_FIELDS = frozenset(
    {"id", "value", "host", "path_class", "lang", "scope", "member", "observer"}
)
NUMBER_FIELDS = frozenset({"layer", "line", "end_line", "sink_line"})
CLOSED_FIELDS: Mapping[str, frozenset[str]] = {
    "hostclass": frozenset(get_args(HostClass)) - {""},
    "kind": frozenset(get_args(FactKind)),
    "role": frozenset(Role),
    "activation": frozenset(Activation),
    "change": frozenset({"new", "same"}),
    "certainty": frozenset({"low", "high"}),
}
"""Fields whose values are known beforehand, so that a misspelling is caught."""
ALIASES: Mapping[str, str] = {"class": "hostclass"}
NUMBER_ARGS = frozenset(
    {"bits", "blanks", "count", "depth", "length", "lines", "rank", "share", "specimens"}
)
ARGS = NUMBER_ARGS | {
    "all",
    "answer",
    "by",
    "cipher",
    "currency",
    "detached",
    "encoded",
    "encoding",
    "executable",
    "field",
    "extra",
    "family",
    "form",
    "format",
    "hidden",
    "how",
    "label",
    "link",
    "look",
    "name",
    "optional",
    "party",
    "place",
    "protocol",
    "run",
    "silent",
    "store",
    "temporary",
    "tree",
    "wait",
    "what",
    "where",
}
"""Names that stand for an entry ``name=value`` of a fact's `args`; closed, like the fields. An
observer that gives facts a new one adds it here."""
FIELDS = frozenset({*TEXT_FIELDS, *NUMBER_FIELDS, *CLOSED_FIELDS, *ALIASES, *ARGS, "args"})
JOINS = ("function", "file", "layer")
MAX_DEPTH = 8


class Test(Struct, frozen=True, array_like=True):
    """A test on one field of the bound fact; it holds when any of the values does."""

    __test__ = False

    field: str
    op: str
    values: tuple[str, ...]


class Atom(Struct, frozen=True, array_like=True):
    """A choice of ids (``secrets.*`` stands for its family) and tests that all must hold."""

    ids: tuple[str, ...]
    tests: tuple[Test, ...] = ()


class Chain(Struct, frozen=True, tag="chain", omit_defaults=True):
    """One atom, or atoms that one value travels through."""

    atoms: tuple[Atom, ...]
    when: tuple[str, ...] = ()
    """Empty: the page's `when`."""
    new: bool = False
    count: int = 1


class Group(Struct, frozen=True, tag="group", omit_defaults=True):
    """Parentheses; with `same`, everything bound inside shares a function, file or layer."""

    body: Node
    same: str = ""


class AllOf(Struct, frozen=True, tag="all"):
    """Every item must bind."""

    items: tuple[Node, ...]


class AnyOf(Struct, frozen=True, tag="any"):
    """One item must bind."""

    items: tuple[Node, ...]


Node = Chain | Group | AllOf | AnyOf


def parse(text: str, lists: Mapping[str, Sequence[str]] | None = None) -> Node:
    """Return the tree of an expression, or raise RuleError with the column."""
    return _Parser(text, lists or {}).whole()


class _Parser:
    """Recursive descent over the grammar of contracts 8, one method per production."""

    def __init__(self, text: str, lists: Mapping[str, Sequence[str]]) -> None:
        self._tokens = tokens(text)
        self._at = 0
        self._depth = 0
        self._lists = lists

    def whole(self) -> Node:
        node = self._match()
        if self._next.kind != "end":
            refuse(self._next.column, f"expected 'and', 'or' or the end, not {self._next.shown}")
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _accept(self, *texts: str) -> Token | None:
        if self._next.kind in {"word", "mark", "op", "arrow"} and self._next.text in texts:
            return self._take()
        return None

    def _expect(self, *texts: str) -> Token:
        token = self._accept(*texts)
        if token is None:
            wanted = " or ".join(f"'{text}'" for text in texts)
            refuse(self._next.column, f"expected {wanted}, not {self._next.shown}")
        return token

    def _match(self) -> Node:
        items = [self._item()]
        word = self._accept("and", "or")
        joined = word
        while word is not None and joined is not None:
            if word.text != joined.text:
                refuse(word.column, "'and' beside 'or' needs parentheses")
            items.append(self._item())
            word = self._accept("and", "or")
        if joined is None:
            return items[0]
        return (AllOf if joined.text == "and" else AnyOf)(tuple(items))

    def _item(self) -> Node:
        opened = self._accept("(")
        return self._chain() if opened is None else self._group(opened)

    def _group(self, opened: Token) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            refuse(opened.column, f"more than {MAX_DEPTH} parentheses deep")
        body = self._match()
        self._expect(")")
        self._depth -= 1
        if self._accept("in") is None:
            return Group(body)
        self._expect("same")
        return Group(body, self._expect(*JOINS).text)

    def _chain(self) -> Chain:
        new = self._accept("new") is not None
        count = 1
        if self._next.kind == "count":
            token = self._take()
            count = int(token.text[:-1])
            if count < 1:
                refuse(token.column, "a count starts at 1+")
        columns = [self._next.column]
        atoms = [self._atom()]
        while self._accept("->"):
            columns.append(self._next.column)
            atoms.append(self._atom())
        if len(atoms) > 1:
            _check_flow(atoms, columns)
        return Chain(tuple(atoms), self._when(), new, count)

    def _when(self) -> tuple[str, ...]:
        if self._accept("at") is None:
            return ()
        allowed = ("any", *Activation)
        found = [self._expect(*allowed).text]
        while self._accept("|"):
            found.append(self._expect(*allowed).text)
        return tuple(Activation) if "any" in found else tuple(found)

    def _atom(self) -> Atom:
        ids = [self._id()]
        while self._accept("|"):
            ids.append(self._id())
        tests: list[Test] = []
        if self._accept("["):
            tests.append(self._test())
            while self._accept(","):
                tests.append(self._test())
            self._expect("]")
        return Atom(tuple(ids), tuple(tests))

    def _id(self) -> str:
        token = self._take()
        if token.kind != "word":
            refuse(token.column, f"expected an id, not {token.shown}")
        family, _, name = token.text.partition(".")
        if token.text not in ALL_IDS and not (family in FAMILIES and name == "*"):
            refuse(token.column, f"unknown id '{token.text}'", hint=_like(token.text, ALL_IDS))
        return token.text

    def _test(self) -> Test:
        token = self._take()
        if token.text not in FIELDS:
            refuse(token.column, f"unknown field {token.shown}", hint=_like(token.text, FIELDS))
        field = ALIASES.get(token.text, token.text)
        op = self._take()
        if op.kind != "op":
            refuse(op.column, f"expected = != ~ >= or <=, not {op.shown}")
        if op.text in {">=", "<="} and field not in NUMBER_FIELDS | NUMBER_ARGS:
            refuse(op.column, f"'{token.text}' is not a number")
        values = list(self._value(field, op))
        while self._accept("|"):
            values.extend(self._value(field, op))
        return Test(field, op.text, tuple(values))

    def _value(self, field: str, op: Token) -> Sequence[str]:
        token = self._take()
        if token.kind not in {"word", "string", "list"}:
            refuse(token.column, f"expected a value, not {token.shown}")
        if token.kind == "list":
            name = token.text[1:]
            if name not in self._lists:
                refuse(token.column, f"unknown list '@{name}'", hint=_like(name, self._lists))
            values: Sequence[str] = self._lists[name]
        else:
            values = (token.text[1:-1] if token.kind == "string" else token.text,)
        for value in values:
            _check_value(field, op.text, value, token.column)
        return values


def _check_flow(atoms: Sequence[Atom], columns: Sequence[int]) -> None:
    """Refuse what no flow can hold: only behaviors flow."""
    flowing = {i.split(".", 1)[0] for i in BEHAVIORS}
    for atom, column in zip(atoms, columns, strict=True):
        for one in atom.ids:
            if one.split(".", 1)[0] not in flowing:
                refuse(column, f"'{one}' is no behavior, so nothing flows through it")


def _check_value(field: str, op: str, value: str, column: int) -> None:
    """Refuse values that the field can never have."""
    if field in NUMBER_FIELDS | NUMBER_ARGS and (op == "~" or not value.isdecimal()):
        refuse(column, f"'{field}' needs a number")
    closed = CLOSED_FIELDS.get(field)
    if closed is not None and op != "~" and value not in closed:
        refuse(column, f"'{field}' is never '{value}'", hint=_like(value, closed))
    if not value:
        refuse(column, "an empty value never matches")


def _like(word: str, known: Sequence[str] | Mapping[str, object] | frozenset[str]) -> str | None:
    """Say which known word was probably meant."""
    import difflib

    close = difflib.get_close_matches(word, sorted(known), 1)
    return f"did you mean '{close[0]}'?" if close else None
