"""Which rules of the book hold for these facts, and which facts carry them.

Each expression becomes closures over an index of facts by id. A rule that holds is one `Match`:
its strongest binding, and what else was bound. Of two bindings the one with the stronger
strongest fact wins, then the one with the stronger weakest. No operator can ask for the absence
of a fact, so one more fact never removes a match and never weakens its binding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain as joined
from typing import NamedTuple

from msgspec import Struct

from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.vocabulary import ALL_IDS
from antivenom.rules.book import Book
from antivenom.rules.fields import checker
from antivenom.rules.language import AllOf, Atom, Chain, Group, Node
from antivenom.rules.rule import MATCHED, Rule

MAX_ALSO = 50
"""Bound facts beyond the strongest binding that a match keeps."""

Rank = Callable[[Fact], float]
_ROLE_RANK = {"test": 0.3, "docs": 0.3, "example": 0.4, "vendored": 0.6}
_ASIDE_ROLES = frozenset({"test", "docs", "example"})
_TOP = max(STRENGTH.values()) + 1
_CALLED = (STRENGTH["call"] + 1) / _TOP


class Match(Struct, frozen=True, gc=False):
    """A rule that holds."""

    rule: Rule
    facts: tuple[Fact, ...]
    """The strongest binding; never empty."""
    also: tuple[Fact, ...] = ()
    """Other facts bound by the same rule, strongest first, at most `MAX_ALSO`."""


def strength(fact: Fact) -> float:
    """Rank a fact by when its code runs, what its member is for, and how sure it is.

    What only a test runner or a reader of examples reaches ranks below everything else.
    """
    runs = (STRENGTH.get(fact.activation, 0) + 1) / _TOP
    sure = 1.0 if fact.certainty == "high" else 0.7
    aside = fact.role in _ASIDE_ROLES and runs <= _CALLED
    reached = 0.0 if aside or fact.activation in {"test", "never"} else 1.0
    return reached + runs * _ROLE_RANK.get(fact.role, 1.0) * sure


def match(
    book: Book,
    facts: Iterable[Fact],
    ecosystem: str | None = None,
    *,
    rank: Rank = strength,
) -> list[Match]:
    """Return the rules that hold, in the book's order; None as `ecosystem` asks all rules."""
    index = Index(list(facts))
    found = []
    for rule, bind in _compiled(book):
        if rule.ecosystems and ecosystem is not None and ecosystem not in rule.ecosystems:
            continue
        bound = bind(index, rank)
        if bound is not None:
            found.append(_report(rule, bound, rank))
    return found


def match_one(rule: Rule, facts: Iterable[Fact], *, rank: Rank = strength) -> Match | None:
    """Return the match of a single rule, whatever its state."""
    bound = compile_rule(rule)(Index(list(facts)), rank)
    return None if bound is None else _report(rule, bound, rank)


class Index:
    """The facts of one profile by id, split by place when a rule asks."""

    __slots__ = ("by_id", "facts", "flows", "splits")

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self.by_id: dict[str, list[Fact]] = {}
        self.flows: dict[str, list[Fact]] = {}
        """By every behavior a flow passes through."""
        self.splits: dict[str, dict[object, Index]] = {}
        for fact in facts:
            if fact.kind == "flow":
                for step in set(fact.via):
                    self.flows.setdefault(step, []).append(fact)
            else:
                self.by_id.setdefault(fact.id, []).append(fact)

    def split(self, same: str) -> dict[object, Index]:
        """Return one index for each function, file or layer."""
        if same not in self.splits:
            place = _PLACES[same]
            parts: dict[object, list[Fact]] = {}
            for fact in self.facts:
                parts.setdefault(place(fact), []).append(fact)
            self.splits[same] = {key: Index(part) for key, part in parts.items()}
        return self.splits[same]


_PLACES: Mapping[str, Callable[[Fact], object]] = {
    "function": lambda fact: (fact.member, fact.layer, fact.scope),
    "layer": lambda fact: (fact.member, fact.layer),
    "file": lambda fact: fact.member,
}


class Bound(NamedTuple):
    """What an expression bound."""

    weight: tuple[float, float]
    """Rank of the strongest and of the weakest fact of the binding."""
    best: tuple[Fact, ...]
    """The binding: the best fact of each item."""
    rest: tuple[Fact, ...]
    """Everything bound, `best` included."""


Bind = Callable[[Index, Rank], Bound | None]
Find = Callable[[Index], list[Fact]]


class _Matcher(NamedTuple):
    bind: Bind
    touch: Find
    """Facts of which every binding holds at least one; tells where a join can succeed."""


_BOOKS: dict[str, list[tuple[Rule, Bind]]] = {}
MOST_BOOKS = 4
"""Compiled books that are kept."""


def _compiled(book: Book) -> list[tuple[Rule, Bind]]:
    """Return the matchers of a book; its digest names its rules."""
    if book.digest not in _BOOKS:
        rules = [rule for rule in book.rules if rule.state in MATCHED]
        if len(_BOOKS) >= MOST_BOOKS:
            _BOOKS.clear()
        _BOOKS[book.digest] = [(rule, compile_rule(rule)) for rule in rules]
    return _BOOKS[book.digest]


def compile_rule(rule: Rule) -> Bind:
    """Return the closure that matches a rule."""
    return _compile(rule.tree, rule).bind


def _compile(node: Node, rule: Rule) -> _Matcher:
    if isinstance(node, Chain):
        return _chain(node, rule)
    if isinstance(node, Group):
        inner = _compile(node.body, rule)
        return _same(inner, node.same) if node.same else inner
    parts = [_compile(item, rule) for item in node.items]
    return _every(parts) if isinstance(node, AllOf) else _either(parts)


def _chain(chain: Chain, rule: Rule) -> _Matcher:
    find = _finder(chain, rule)
    count = chain.count
    if count > 1:
        return _Matcher(_several(find, count), find)

    def bind(index: Index, rank: Rank) -> Bound | None:
        found = find(index)
        if not found:
            return None
        best = found[0] if len(found) == 1 else min(found, key=lambda fact: _order(fact, rank))
        weight = rank(best)
        return Bound((weight, weight), (best,), tuple(found))

    return _Matcher(bind, find)


def _several(find: Find, count: int) -> Bind:
    """Bind `count` facts of distinct values; an empty value is unknown and not counted."""

    def bind(index: Index, rank: Rank) -> Bound | None:
        found = find(index)
        if len(found) < count:
            return None
        values: dict[str, Fact] = {}
        for fact in sorted(found, key=lambda fact: _order(fact, rank)):
            if fact.value:
                values.setdefault(fact.value, fact)
        best = tuple(values.values())[:count]
        if len(best) < count:
            return None
        return Bound((rank(best[0]), rank(best[-1])), best, tuple(found))

    return bind


def _finder(chain: Chain, rule: Rule) -> Find:
    """Return the look-up of a chain: ids from the index first, then the tests."""
    holds = checker(
        tuple(test for atom in chain.atoms for test in atom.tests),
        when=frozenset(chain.when or rule.when),
        new=chain.new,
        languages=frozenset(rule.languages),
    )
    steps = tuple(ids_of(atom) for atom in chain.atoms)
    last = tuple(sorted(steps[-1]))
    if len(steps) == 1:
        return lambda index: [
            fact for one in last for fact in index.by_id.get(one, ()) if holds(fact)
        ]

    def find(index: Index) -> list[Fact]:
        ending = [index.flows[one] for one in last if one in index.flows]
        flows = dict.fromkeys(joined.from_iterable(ending))
        return [fact for fact in flows if _passes(fact.via, steps) and holds(fact)]

    return find


def ids_of(atom: Atom) -> frozenset[str]:
    """Return the ids of an atom with families spelled out."""
    found = set()
    for one in atom.ids:
        family = one[:-1] if one.endswith(".*") else None
        found |= {i for i in ALL_IDS if i.startswith(family)} if family else {one}
    return frozenset(found)


def _passes(via: Sequence[str], steps: Sequence[frozenset[str]]) -> bool:
    """Say whether a flow visits the steps in their order, whatever lies between."""
    wanted = iter(steps)
    step = next(wanted)
    for one in via:
        if one in step:
            following = next(wanted, None)
            if following is None:
                return True
            step = following
    return False


def _every(parts: Sequence[_Matcher]) -> _Matcher:
    def bind(index: Index, rank: Rank) -> Bound | None:
        found = []
        for part in parts:
            bound = part.bind(index, rank)
            if bound is None:
                return None
            found.append(bound)
        return Bound(
            (max(bound.weight[0] for bound in found), min(bound.weight[1] for bound in found)),
            tuple(fact for bound in found for fact in bound.best),
            tuple(fact for bound in found for fact in bound.rest),
        )

    return _Matcher(bind, parts[0].touch)


def _either(parts: Sequence[_Matcher]) -> _Matcher:
    def bind(index: Index, rank: Rank) -> Bound | None:
        return _best(bound for part in parts if (bound := part.bind(index, rank)) is not None)

    return _Matcher(bind, lambda index: [fact for part in parts for fact in part.touch(index)])


def _same(inner: _Matcher, same: str) -> _Matcher:
    place = _PLACES[same]

    def bind(index: Index, rank: Rank) -> Bound | None:
        places = dict.fromkeys(place(fact) for fact in inner.touch(index))
        if not places:
            return None
        split = index.split(same)
        bounds = (inner.bind(split[key], rank) for key in places)
        return _best(bound for bound in bounds if bound is not None)

    return _Matcher(bind, inner.touch)


def _best(bounds: Iterable[Bound]) -> Bound | None:
    """Return the alternative of the highest weight, and everything that any of them bound."""
    found = list(bounds)
    if len(found) <= 1:
        return found[0] if found else None
    best = max(found, key=lambda bound: bound.weight)
    return best._replace(rest=tuple(fact for bound in found for fact in bound.rest))


def _order(fact: Fact, rank: Rank) -> tuple[float, str, int, int, str, str, str, str]:
    """Sort strongest first, then by place, so that the order of facts changes nothing."""
    place = (fact.member, fact.layer, fact.line, fact.id, fact.value, fact.scope, fact.activation)
    return (-rank(fact), *place)


def _report(rule: Rule, bound: Bound, rank: Rank) -> Match:
    best = tuple(dict.fromkeys(bound.best))
    others = dict.fromkeys(fact for fact in bound.rest if fact not in best)
    also = sorted(others, key=lambda fact: _order(fact, rank))[:MAX_ALSO]
    return Match(rule, best, tuple(also))
