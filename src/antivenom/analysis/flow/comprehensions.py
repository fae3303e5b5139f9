"""Comprehensions: evaluated element by element where everything is constant."""

from __future__ import annotations

from antivenom.analysis import fold
from antivenom.analysis.flow import protocols
from antivenom.analysis.flow.expressions import evaluate
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.statements import bind, elements
from antivenom.analysis.value import Value, taints_of
from antivenom.model import program as p

MAX_ELEMENTS = 400_000


def comprehend(m: Machine, expr: p.Comp) -> Value:
    """Return the sequence or mapping a comprehension builds."""
    out: list[Value] = []
    sources: list[Value] = []
    frame = m.frame
    frame.env.begin()
    try:
        exact = _loop(m, expr, 0, out, sources)
    finally:
        frame.env.undo()
    taints = taints_of([*out[:200], *sources[:8]])
    if exact and all(v.known for v in out) and fold.shallow(*(v.const for v in out)):
        return _constant(expr, out, taints)
    if expr.kind == "dict":
        return Value(table={}, taints=taints)
    # A part of the elements must not be taken for all of them.
    return Value(items=out if len(out) <= 64 else None, taints=taints)


def _constant(expr: p.Comp, out: list[Value], taints: tuple) -> Value:  # type: ignore[type-arg]
    consts = [v.const for v in out]
    coded = next((v.coded for v in out[:1] if v.coded), ())
    try:
        if expr.kind == "dict":
            return Value(const=dict(consts), taints=taints)
        if expr.kind == "set":
            return Value(const=set(consts), taints=taints)
    except (TypeError, ValueError):
        return Value(taints=taints)
    return Value(const=consts, taints=taints, coded=coded)


def _loop(m: Machine, expr: p.Comp, depth: int, out: list[Value], sources: list[Value]) -> bool:
    """Run the loops from `depth` inwards; return whether the result is exact."""
    if depth == len(expr.loops):
        out.append(evaluate(m, expr.element))
        return True
    target, iterable, conditions = expr.loops[depth]
    source = evaluate(m, iterable)
    if len(sources) < 8:
        sources.append(source)
    parts = elements(source)
    if parts is None or m.coarse:
        given = protocols.iterate(m, source)
        bind(m, target, given or Value(taints=source.taints, path=source.path, made=source.made))
        for condition in conditions:
            evaluate(m, condition)
        _loop(m, expr, depth + 1, out, sources)
        return False
    exact = True
    for part in parts:
        if len(out) > MAX_ELEMENTS or m.coarse:
            return False
        bind(m, target, part)
        keep = True
        for condition in conditions:
            test = evaluate(m, condition)
            if test.known:
                keep = keep and bool(test.const)
            else:
                exact = False
        if keep:
            exact = _loop(m, expr, depth + 1, out, sources) and exact
    return exact
