"""Tests on the fields of a fact, as functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from antivenom.model.fact import Fact
from antivenom.model.label import Activation
from antivenom.rules.language import ARGS, NUMBER_ARGS, NUMBER_FIELDS, Test

Check = Callable[[Fact], bool]


def checker(
    tests: Sequence[Test], *, when: frozenset[str], new: bool, languages: frozenset[str]
) -> Check:
    """Return one function for everything a rule asks of a single fact."""
    checks: list[Check] = []
    if not when.issuperset(Activation):
        checks.append(lambda fact: fact.activation in when)
    if new:
        checks.append(lambda fact: fact.change == "new")
    if languages:
        checks.append(lambda fact: not fact.lang or fact.lang in languages)
    checks.extend(compile_test(test) for test in tests)
    if len(checks) == 1:
        return checks[0]
    return lambda fact: all(check(fact) for check in checks)


def compile_test(test: Test) -> Check:
    """Return the function of one test; an unknown field fails it, whatever the operator."""
    if test.field in NUMBER_FIELDS | NUMBER_ARGS:
        return _number(test)
    accept = _acceptor(test.op, test.values)
    values = _reader(test.field)
    if test.op == "!=":

        def all_differ(fact: Fact) -> bool:
            known = values(fact)
            return bool(known) and all(accept(value) for value in known)

        return all_differ
    return lambda fact: any(accept(value) for value in values(fact))


def _reader(field: str) -> Callable[[Fact], Sequence[str]]:
    """Return what reads a field: no value when it is unknown, several for `args`."""
    if field == "args":
        return lambda fact: fact.args
    if field in ARGS:
        prefix = f"{field}="
        return lambda fact: [arg[len(prefix) :] for arg in fact.args if arg.startswith(prefix)]
    if field == "change":
        return lambda fact: () if fact.change == "unknown" else (fact.change,)

    def read(fact: Fact) -> Sequence[str]:
        value: str = getattr(fact, field)
        return (value,) if value else ()

    return read


def _acceptor(op: str, values: Sequence[str]) -> Callable[[str], bool]:
    """Return what one value must satisfy."""
    if op == "~":
        patterns = [_folded(value).split("*") for value in values]
        return lambda value: any(_glob(pieces, _folded(value)) for pieces in patterns)
    wanted = frozenset(values)
    if op == "!=":
        return lambda value: value not in wanted
    return lambda value: value in wanted


def _folded(text: str) -> str:
    """Return a text with the letters A to Z small, and no other: `sql` can say the same."""
    return text.lower() if text.isascii() else text.translate(_SMALL)


_SMALL = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _glob(pieces: Sequence[str], text: str) -> bool:
    """Match pieces that stood between stars; one pass, since the leftmost place is the best."""
    first, *middle = pieces
    if not middle:
        return text == first
    last = middle.pop()
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end


def _number(test: Test) -> Check:
    """Return a test of a number."""
    read, op = _number_reader(test.field), test.op
    wanted = [int(value) for value in test.values]

    def check(fact: Fact) -> bool:
        number = read(fact)
        if number is None:
            return False
        if op == "!=":
            return number not in wanted
        if op == ">=":
            return number >= min(wanted)
        return number <= max(wanted) if op == "<=" else number in wanted

    return check


def _plain_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


def _number_reader(field: str) -> Callable[[Fact], int | None]:
    """Return what reads a number; line 0 means that the place has no lines."""
    if field in NUMBER_ARGS:
        prefix = f"{field}="

        def read_arg(fact: Fact) -> int | None:
            found = (arg[len(prefix) :] for arg in fact.args if arg.startswith(prefix))
            return next((int(text) for text in found if _plain_number(text)), None)

        return read_arg
    known_from = 0 if field == "layer" else 1

    def read(fact: Fact) -> int | None:
        number: int = getattr(fact, field)
        return number if number >= known_from else None

    return read
