"""What the specimens of a campaign do that no ordinary package does, as rules would say it.

Candidates are flows, behaviors that stand together in a function or a file, and single behaviors of
a telling kind; all of them in words of the match language and none with a text of a specimen. What
counts is what `rules.matching` says of every profile, not the counting that proposed a candidate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from msgspec import Struct

from antivenom.model.fact import Fact
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules.language import parse
from antivenom.rules.matching import Index, compile_rule, strength
from antivenom.rules.rule import Rule

WHEN: Mapping[str, tuple[str, ...]] = {
    "early": ("startup", "install", "build"),
    "load": ("startup", "install", "build", "import", "open"),
    "ever": ("startup", "install", "build", "import", "open", "run", "call"),
}
"""When code runs, tightest first; each holds those before it."""
_SHAPES = ("chain", "flow", "function", "file", "single")
"""What is preferred among equals: a value's way says more than neighbours, and they than one."""
_SHARE = 0.3
"""Of a campaign's specimens: what fewer do is not the campaign's way."""
_FINALISTS = 150
"""Candidates that are matched for certain, of those that counting proposes."""
_MOST = 3
"""Alternatives of a suggestion: with more of them it is a list of its specimens."""
_ADDS = 0.1
"""Share of the specimens that one more alternative has to bring."""
_CLOSE = 0.9
"""Share of the best: what finds nearly as many and says more is taken instead."""
_TOGETHER = 24
"""Different behaviors of one place of which pairs are made."""
_ASIDE = frozenset(["test", "docs", "example"])


class Shape(NamedTuple):
    """A candidate before it was measured."""

    kind: str
    match: str
    when: str


class Candidate(Struct, frozen=True, kw_only=True):
    """An expression and what it finds."""

    kind: str
    match: str
    when: str
    """A key of `WHEN`."""
    specimens: tuple[int, ...]
    """Places of those it finds."""
    ordinary: int


class Mined(Struct, frozen=True, kw_only=True):
    """What a campaign gave."""

    specimens: int
    ordinary: int
    chosen: tuple[Candidate, ...]
    """Alternatives that no ordinary package fits; empty when there is none."""
    others: tuple[Candidate, ...]
    """What else came close, the best first."""

    @property
    def found(self) -> int:
        """Specimens that some chosen alternative finds."""
        return len({place for one in self.chosen for place in one.specimens})

    @property
    def when(self) -> tuple[str, ...]:
        """Activations of the chosen alternatives."""
        return WHEN[self.chosen[0].when] if self.chosen else ()


def mine(hostile: Sequence[Sequence[Fact]], ordinary: Sequence[Sequence[Fact]]) -> Mined:
    """Return what separates some specimens from ordinary packages. Each specimen has one vote."""
    finalists = _proposed(hostile, ordinary)
    bad, good = [Index(facts) for facts in hostile], [Index(facts) for facts in ordinary]
    measured = [_measured(shape, bad, good) for shape in finalists]
    measured = sorted((one for one in measured if one.specimens), key=_order)
    silent = [one for one in measured if not one.ordinary]
    covers = [_cover([c for c in silent if c.when == when], len(hostile)) for when in WHEN]
    chosen = max(covers, key=lambda some: len({p for one in some for p in one.specimens}))
    return Mined(
        specimens=len(hostile),
        ordinary=len(ordinary),
        chosen=tuple(chosen),
        others=tuple(one for one in measured if one not in chosen)[:12],
    )


def asked(match: str, when: Sequence[str]) -> Rule:
    """Return a draft rule of an expression of our own words."""
    return Rule(
        id="execution/draft",
        title="Draft",
        kind="malware",
        severity="high",
        confidence="low",
        state="draft",
        when=tuple(when),
        match=match,
        tree=parse(match),
        template="",
        summary="",
    )


def _proposed(hostile: Sequence[Sequence[Fact]], ordinary: Sequence[Sequence[Fact]]) -> list[Shape]:
    """Return the shapes that enough specimens have and fewest ordinary packages."""
    counted = Counter(shape for facts in hostile for shape in shapes(facts))
    least = max(1, round(len(hostile) * _SHARE)) if len(hostile) < 4 else len(hostile) * _SHARE
    wanted = {shape for shape, count in counted.items() if count >= least}
    usual = Counter(shape for facts in ordinary for shape in shapes(facts) & wanted)
    scale = max(len(ordinary), 1)

    def order(shape: Shape) -> tuple[object, ...]:
        rate = usual[shape] / scale
        return (usual[shape] > 0, rate, -counted[shape], _SHAPES.index(shape.kind), shape.match)

    return sorted(wanted, key=order)[:_FINALISTS]


def shapes(facts: Iterable[Fact]) -> set[Shape]:
    """Return every candidate that the facts of one package propose."""
    found: set[Shape] = set()
    functions: dict[tuple[str, str], set[str]] = defaultdict(set)
    files: dict[tuple[str, str], set[str]] = defaultdict(set)
    for fact in facts:
        for when in _reached(fact):
            found.update(Shape(kind, match, when) for kind, match in _alone(fact))
            if fact.kind == "behavior":
                place = f"{fact.member}\0{fact.layer}"
                files[when, fact.member].add(fact.id)
                functions[when, f"{place}\0{fact.scope}"].add(fact.id)
    for kind, places in (("function", functions), ("file", files)):
        for (when, _), ids in places.items():
            pairs = combinations(sorted(ids)[:_TOGETHER], 2)
            found.update(Shape(kind, f"({a} and {b}) in same {kind}", when) for a, b in pairs)
    return found


def _reached(fact: Fact) -> Iterator[str]:
    """Yield the keys of `WHEN` a fact counts for; what only a test or a reader reaches is out."""
    if fact.role in _ASIDE and fact.activation in {"run", "call"}:
        return
    for when, activations in WHEN.items():
        if fact.activation in activations:
            yield when


def _alone(fact: Fact) -> Iterator[tuple[str, str]]:
    """Yield the expressions that one fact fits, in words of the vocabulary."""
    if fact.kind == "flow":
        yield from _of_flow(fact)
        return
    if fact.kind != "behavior" or fact.id not in BEHAVIORS:
        return
    yield "single", fact.id
    yield from (("single", f"{fact.id}[{test}]") for test in _tests(fact))


def _of_flow(fact: Fact) -> Iterator[tuple[str, str]]:
    steps = fact.via or tuple(fact.id.split("->"))
    if any(step not in BEHAVIORS for step in steps) or len(steps) < 2:
        return
    first, last = steps[0], steps[-1]
    yield "flow", f"{first} -> {last}"
    if fact.hostclass not in {"", "unknown"}:
        yield "flow", f"{first} -> {last}[class={fact.hostclass}]"
    if _word(fact.path_class):
        yield "flow", f"{first}[path_class={fact.path_class}] -> {last}"
    if 2 < len(steps) <= 5:
        yield "chain", " -> ".join(steps)


def _tests(fact: Fact) -> Iterator[str]:
    if fact.hostclass not in {"", "unknown"}:
        yield f"class={fact.hostclass}"
    if _word(fact.path_class):
        yield f"path_class={fact.path_class}"
    for name in ("hidden", "detached", "silent"):
        if f"{name}=yes" in fact.args:
            yield f"{name}=yes"


def _word(text: str) -> bool:
    return bool(text) and text.replace("-", "").isalnum() and text.isascii()


def _measured(shape: Shape, hostile: Sequence[Index], ordinary: Sequence[Index]) -> Candidate:
    bind = compile_rule(asked(shape.match, WHEN[shape.when]))
    return Candidate(
        kind=shape.kind,
        match=shape.match,
        when=shape.when,
        specimens=tuple(n for n, index in enumerate(hostile) if bind(index, strength)),
        ordinary=sum(bind(index, strength) is not None for index in ordinary),
    )


def _order(one: Candidate) -> tuple[object, ...]:
    whens = list(WHEN).index(one.when)
    kind = _SHAPES.index(one.kind)
    return (one.ordinary, -len(one.specimens), kind, whens, len(one.match), one.match)


def _cover(silent: Sequence[Candidate], specimens: int) -> list[Candidate]:
    """Take the candidate that brings most, until another brings too little."""
    chosen: list[Candidate] = []
    seen: set[int] = set()
    while silent and len(chosen) < _MOST:
        most = max(len(set(one.specimens) - seen) for one in silent)
        close = [one for one in silent if len(set(one.specimens) - seen) >= _CLOSE * most]
        # `silent` is sorted, and the first of equals is kept: what says most.
        best = min(close, key=lambda one: _SHAPES.index(one.kind))
        added = set(best.specimens) - seen
        if not added or (chosen and len(added) < _ADDS * specimens):
            break
        chosen.append(best)
        seen |= added
    return chosen
