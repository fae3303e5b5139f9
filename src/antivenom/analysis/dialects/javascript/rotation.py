"""The turned list of texts that the common obfuscator puts its texts in.

    (function (list, goal) { while (true) { try { if (parseInt(text(1)) / 1 + ... === goal) break;
     else list.push(list.shift()) } catch { list.push(list.shift()) } } })(list, 12345)

Which turn makes the sum right is computed from the numbers in the list, without running the loop
once for each turn: the place each term looks at is found by watching the list while the decoder
runs once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from antivenom.analysis.dialects.javascript import operators
from antivenom.analysis.dialects.javascript.texts import parse_int
from antivenom.analysis.flow.expressions import evaluate
from antivenom.analysis.value import UNKNOWN, Value
from antivenom.model import program as p

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

MOST_TEXTS = 20_000
_MOST_TERMS = 100
_Term = p.Call


class _Watched(list[Any]):
    """A list that remembers which place was looked at last."""

    seen = -1

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - as a list does
        if isinstance(key, int):
            self.seen = key
        return super().__getitem__(key)


def loop(m: Machine, stmt: p.Loop) -> bool:
    """Turn the list where a loop does nothing else; return whether it is such a loop."""
    found = _parts(stmt)
    if found is None:
        return False
    name, total, goal = found
    texts = evaluate(m, name)
    wanted = evaluate(m, goal)
    if not isinstance(texts.const, list) or not wanted.known or not texts.const:
        return False
    if len(texts.const) > MOST_TEXTS or not all(isinstance(t, str) for t in texts.const):
        return False
    turns = _turns(m, texts, total, wanted.const)
    if turns is None:
        return False
    m.step(len(texts.const))
    texts.const[:] = texts.const[turns:] + texts.const[:turns]
    # What was looked up before the turn would be wrong after it.
    m.memo = {key: value for key, value in m.memo.items() if value is None}
    return True


def _parts(stmt: p.Loop) -> tuple[p.Expr, p.Expr, p.Expr] | None:
    """Return the list, the sum and the goal of a loop that turns a list."""
    if len(stmt.body) != 1 or not isinstance(stmt.body[0], p.Branch):
        return None
    attempt = stmt.body[0]
    if attempt.kind != "try" or len(attempt.arms) < 2 or len(attempt.arms[0]) != 2:
        return None
    first, choice = attempt.arms[0]
    if not isinstance(first, p.Assign) or not isinstance(choice, p.Branch):
        return None
    test = choice.test
    if not isinstance(test, p.Op) or test.op not in ("is", "==") or len(test.args) != 2:
        return None
    name = next((n for n in map(_turned, attempt.arms[1]) if n is not None), None)
    goal = test.args[1]
    return None if name is None or goal is None else (name, first.value, goal)


def _turned(stmt: p.Stmt) -> p.Expr | None:
    """Return ``x`` of ``x.push(x.shift())``."""
    call = stmt.value if isinstance(stmt, p.Do) else None
    if not isinstance(call, p.Call) or len(call.args) != 1 or _method(call) != "push":
        return None
    inner = call.args[0]
    base = call.func.base if isinstance(call.func, (p.Attr, p.Index)) else None
    return base if isinstance(inner, p.Call) and _method(inner) == "shift" else None


def _method(call: p.Call) -> str:
    if isinstance(call.func, p.Attr):
        return call.func.name
    if isinstance(call.func, p.Index) and isinstance(call.func.key, p.Const):
        return str(call.func.key.value)
    return ""


def _turns(m: Machine, texts: Value, total: p.Expr, goal: object) -> int | None:
    terms = list(_terms(total))
    if not 0 < len(terms) <= _MOST_TERMS:
        return None
    count = len(texts.const)
    places = {id(term): _place(m, texts, term) for term in terms}
    if any(place is None for place, _ in places.values()):
        return None
    numbers = {}
    for term in terms:
        place, plain = places[id(term)]
        assert place is not None
        numbers[id(term)] = _numbers(m, texts, term, place, plain=plain)
    for turn in range(count):
        m.step(1)

        def look(term: p.Call, turn: int = turn) -> Any:  # noqa: ANN401
            place = places[id(term)][0]
            assert place is not None
            return numbers[id(term)]((place + turn) % count)

        if _sum(m, total, look) == goal:
            return turn
    return None


def _terms(expr: p.Expr | None) -> Iterator[p.Call]:
    """Yield each ``parseInt(...)`` of a sum."""
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if isinstance(one, p.Call) and isinstance(one.func, p.Name) and one.func.id == "parseInt":
            yield one
        elif isinstance(one, p.Op):
            waiting += one.args


def _fresh(m: Machine, expr: p.Expr) -> Value:
    """Evaluate without what was remembered of an earlier turn."""
    memo, variants = m.memo, m.variants
    m.memo, m.variants = {}, {}
    try:
        return evaluate(m, expr)
    finally:
        m.memo, m.variants = memo, variants


def _place(m: Machine, texts: Value, term: p.Call) -> tuple[int | None, bool]:
    """Return which place a term looks at, and whether what lies there is the text itself."""
    watched = _Watched(texts.const)
    kept, texts.const = texts.const, watched
    try:
        found = _fresh(m, term.args[0])
    finally:
        texts.const = kept
    if not found.known or not 0 <= watched.seen < len(kept):
        return None, False
    return watched.seen, found.const == kept[watched.seen]


def _numbers(
    m: Machine, texts: Value, term: p.Call, place: int, *, plain: bool
) -> Callable[[int], Any]:
    """Return how to find the number a term reads from a place of the list."""
    known: dict[int, Any] = {}

    def number(at: int) -> Any:  # noqa: ANN401
        if plain:
            return parse_int(texts.const[at])
        if at not in known:
            kept = texts.const
            turn = at - place
            texts.const = kept[turn:] + kept[:turn]
            try:
                found = _fresh(m, term.args[0])
            finally:
                texts.const = kept
            known[at] = parse_int(found.const) if isinstance(found.const, str) else UNKNOWN
        return known[at]

    return number


def _sum(m: Machine, expr: p.Expr | None, look: Callable[[p.Call], Any]) -> Any:  # noqa: ANN401
    """Compute the sum for one turn."""
    if isinstance(expr, p.Call):
        return look(expr) if isinstance(expr.func, p.Name) and expr.func.id == "parseInt" else None
    if isinstance(expr, p.Const):
        return expr.value
    if isinstance(expr, p.Op):
        args = [_sum(m, a, look) for a in expr.args]
        if len(args) == 1:
            return operators.unary(expr.op, args[0])
        result = args[0]
        for other in args[1:]:
            result = operators.binary(expr.op, result, other)
        return result
    return None
