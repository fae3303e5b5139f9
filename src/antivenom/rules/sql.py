"""The match language as SQL, so that a rule asks millions of stored reviews at once.

The dialect is DuckDB's, over a table with one row for each fact (contracts 6); `via` is already in
the `id` of a flow. What a rule says of one profile, `artifacts` says of all: the property test
compares it with `matching`. Every literal is quoted here; names of tables and columns are ours.

An expression becomes places. A place is the artifact, and inside ``in same`` also the member, layer
or function; ``and`` keeps the places that every item has, ``or`` takes those of all items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from antivenom.model.label import Activation
from antivenom.rules.language import (
    ARGS,
    NUMBER_ARGS,
    NUMBER_FIELDS,
    AllOf,
    Chain,
    Group,
    Node,
    Test,
)
from antivenom.rules.matching import ids_of
from antivenom.rules.rule import Rule

_PLACES = {
    "file": "hash(member)",
    "layer": "hash(member, layer)",
    "function": "hash(member, layer, scope)",
}
"""What stands for a place inside an artifact: joining numbers is ten times as fast as joining the
names. Should two places share one, a match is reported that is none; no match is ever lost."""
_BIGGEST = 1 << 62
"""No number of a fact reaches it; what a rule asks beyond it means the same."""
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Source(NamedTuple):
    """Where facts lie."""

    table: str = "facts"
    """A table or view with the columns of a fact."""
    key: str = "artifact"
    """The column that says of which review a fact is."""


FACTS = Source()


def artifacts(rule: Rule, source: Source = FACTS) -> str:
    """Return the query for the keys of all reviews in which a rule holds, each once.

    `ecosystems` of the rule is a question about artifacts, not facts: whoever asks restricts it.
    """
    found = _places(rule.tree, rule, source, ())
    return f"SELECT DISTINCT {source.key} FROM ({found})"  # noqa: S608  quoted below


def evidence(rule: Rule, source: Source = FACTS) -> str:
    """Return the query for every fact that some part of a rule could bind, in any review.

    A fact that several parts could bind comes as often.
    """
    parts = dict.fromkeys(condition(chain, rule) for chain in chains(rule.tree))
    return " UNION ALL ".join(f"SELECT * FROM {source.table} WHERE {one}" for one in parts)  # noqa: S608


def chains(node: Node) -> Iterator[Chain]:
    """Yield the chains of an expression, left to right."""
    if isinstance(node, Chain):
        yield node
    elif isinstance(node, Group):
        yield from chains(node.body)
    else:
        for item in node.items:
            yield from chains(item)


def _places(node: Node, rule: Rule, source: Source, place: tuple[str, ...]) -> str:
    """Return the query for the places in which an expression binds."""
    if isinstance(node, Chain):
        return _chain(node, rule, source, place)
    if isinstance(node, Group):
        return _group(node, rule, source, place)
    first, *others = [f"({_places(item, rule, source, place)})" for item in node.items]
    if isinstance(node, AllOf):
        columns = ", ".join((source.key, *map(_column, place)))
        joins = (f" SEMI JOIN {other} USING ({columns})" for other in others)
        return f"SELECT {columns} FROM {first}{''.join(joins)}"  # noqa: S608  quoted above
    return " UNION ALL ".join((first, *others))


def _chain(chain: Chain, rule: Rule, source: Source, place: tuple[str, ...]) -> str:
    columns = ", ".join((source.key, *(f"{_PLACES[one]} AS {_column(one)}" for one in place)))
    found = f"SELECT {columns} FROM {source.table} WHERE {condition(chain, rule)}"  # noqa: S608
    if chain.count <= 1:
        return found
    several = f"HAVING count(DISTINCT value) >= {chain.count}"
    return f"{found} AND value <> '' GROUP BY ALL {several}"


def _group(group: Group, rule: Rule, source: Source, place: tuple[str, ...]) -> str:
    """Everything bound inside shares a place; outside only the outer place counts."""
    inner = (*place, group.same) if group.same and group.same not in place else place
    found = _places(group.body, rule, source, inner)
    if inner == place:
        return found
    columns = ", ".join((source.key, *map(_column, place)))
    return f"SELECT {columns} FROM ({found})"  # noqa: S608  quoted above


def _column(place: str) -> str:
    return f"same_{place}"


def condition(chain: Chain, rule: Rule) -> str:
    """Return what a single fact must satisfy to be bound by a chain, as a boolean expression."""
    parts = [_identity(chain)]
    when = sorted(chain.when or rule.when)
    if set(when) != set(Activation):
        parts.append(_among("activation", when))
    if chain.new:
        parts.append("change = 'new'")
    if rule.languages:
        parts.append(_among("lang", ["", *rule.languages]))
    parts += [_test(test) for atom in chain.atoms for test in atom.tests]
    return " AND ".join(parts)


def _identity(chain: Chain) -> str:
    """Say which behaviors: one, or a flow that passes several in their order."""
    steps = [sorted(ids_of(atom)) for atom in chain.atoms]
    if len(steps) == 1:
        return f"kind <> 'flow' AND {_among('id', steps[0])}"
    alternatives = ("|".join(map(re.escape, step)) for step in steps)
    passed = "->(?:.*->)?".join(f"(?:{step})" for step in alternatives)
    return f"kind = 'flow' AND regexp_matches(id, {quoted(f'(?:^|->){passed}(?:$|->)')})"


# ---------------------------------------------------------------------- tests


def _test(test: Test) -> str:
    """Return one test; a field that is not known fails it, whatever the operator."""
    if test.field in NUMBER_FIELDS | NUMBER_ARGS:
        return _number(test)
    if test.field == "args":
        return _any_arg(test, "")
    if test.field in ARGS:
        return _any_arg(test, f"{test.field}=")
    if test.op == "=":
        return _among(test.field, test.values)
    known = f"{test.field} <> {quoted('unknown' if test.field == 'change' else '')}"
    if test.op == "!=":
        return f"{known} AND NOT {_among(test.field, test.values)}"
    return f"{known} AND {_globs(test.field, test.values)}"


def _any_arg(test: Test, prefix: str) -> str:
    """Return a test on the list of args: on whole entries, or on what follows a name."""
    if test.op == "~":
        rest = f"substr(one, {len(prefix) + 1})" if prefix else "one"
        holds = _globs(rest, test.values)
        named = f"starts_with(one, {quoted(prefix)}) AND " if prefix else ""
        return f"len(list_filter(args, lambda one: {named}{holds})) > 0"
    wanted = ", ".join(quoted(prefix + value) for value in test.values)
    has = f"list_has_any(args, [{wanted}])"
    if test.op == "=":
        return has
    named = f"list_filter(args, lambda one: starts_with(one, {quoted(prefix)}))"
    return f"len({named if prefix else 'args'}) > 0 AND NOT {has}"


def _number(test: Test) -> str:
    """Return a test of a number; line 0 means that the place has no lines."""
    wanted = [min(int(value), _BIGGEST) for value in test.values]
    number = test.field
    known = "" if number == "layer" else f"{number} >= 1 AND "
    if test.field in NUMBER_ARGS:
        pattern = quoted(f"{test.field}=[0-9]{{1,11}}")
        entries = f"list_filter(args, lambda one: regexp_full_match(one, {pattern}))"
        number = f"CAST(substr({entries}[1], {len(test.field) + 2}) AS BIGINT)"
        known = f"len({entries}) > 0 AND "
    if test.op == ">=":
        return f"{known}{number} >= {min(wanted)}"
    if test.op == "<=":
        return f"{known}{number} <= {max(wanted)}"
    negation = "NOT " if test.op == "!=" else ""
    return f"{known}{number} {negation}IN ({', '.join(map(str, wanted))})"


def _globs(text: str, patterns: Sequence[str]) -> str:
    """Say that a text fits one of the globs; no operator here backtracks."""
    folded = f"translate({text}, '{_UPPER}', '{_UPPER.lower()}')"
    return "(" + " OR ".join(_glob(folded, pattern) for pattern in patterns) + ")"


def _glob(text: str, pattern: str) -> str:
    first, *more = pattern.translate(_LOWER).split("*")
    if not more:
        return f"{text} = {quoted(first)}"
    if len(more) == 2 and not first and not more[1]:
        return f"contains({text}, {quoted(more[0])})"
    pieces = ".*".join(map(re.escape, (first, *more)))
    return f"regexp_full_match({text}, {quoted(f'(?s){pieces}')})"


_LOWER = str.maketrans(_UPPER, _UPPER.lower())


def _among(column: str, values: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(map(quoted, values))})"


def glob(column: str, pattern: str) -> str:
    """Return the test that a column fits a glob, as ``~`` does it."""
    return _globs(column, [pattern])


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    pieces = ["'" + piece.replace("'", "''") + "'" for piece in text.split("\0")]
    return pieces[0] if len(pieces) == 1 else f"({' || chr(0) || '.join(pieces)})"
