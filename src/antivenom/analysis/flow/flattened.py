"""Loops without end that choose each step by a switch: written so that nobody sees the order.

Obfuscators cut a function into steps, shuffle them, and keep the order in a list or in a variable
that every step sets. Where that is known, the steps are taken in the order the program takes them.
"""

from __future__ import annotations

from antivenom.analysis.flow.expressions import evaluate
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.statements import End, run_block
from antivenom.model import program as p

_MOST_ROUNDS = 300
_PLAIN = frozenset(["^", "+", "-", "*", "&", "|", "%", "neg", "inv"])


def chooses(m: Machine, stmt: p.Loop) -> bool:
    """Return whether a switch in the loop takes its step from a list, or from what is known."""
    chosen = _chosen(stmt)
    return chosen is not None and (type(chosen) is p.Index or _now(m, chosen) is not None)


def steps(m: Machine, stmt: p.Loop) -> End:
    """Run the steps in the order the switch takes them, while that is known."""
    chosen = _chosen(stmt)
    for _ in range(_MOST_ROUNDS):
        before = _now(m, chosen)
        end = run_block(m, stmt.body)
        if end is End.RETURN:
            return end
        if end is End.BREAK or m.coarse:
            break
        if type(chosen) is not p.Index and _now(m, chosen) in (None, before):
            break
    return End.NORMAL


def _chosen(stmt: p.Loop) -> p.Expr | None:
    """Return what the loop's switch chooses by, None when it has none."""
    for inner in stmt.body:
        if type(inner) is p.Branch and inner.kind == "switch" and type(inner.test) is p.Op:
            return inner.test.args[0]
    return None


def _now(m: Machine, expr: p.Expr | None) -> tuple[object] | None:
    """Return the constant that the choice is made by, without doing anything, None for unknown."""
    if expr is None or not _is_plain(expr):
        return None
    value = evaluate(m, expr)
    return (value.const,) if value.known and isinstance(value.const, (int, float, str)) else None


def _is_plain(expr: p.Expr | None) -> bool:
    if type(expr) is p.Op:
        return expr.op in _PLAIN and all(_is_plain(one) for one in expr.args)
    return type(expr) in (p.Name, p.Const)
