"""Run statements: assignments, branches, loops, definitions, imports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from antivenom.analysis import fold
from antivenom.analysis.flow import guards, handovers, patterns, protocols, recipients
from antivenom.analysis.flow.definitions import define, import_names
from antivenom.analysis.flow.expressions import evaluate, operate
from antivenom.analysis.flow.machine import Machine, OutOfSteps
from antivenom.analysis.flow.objects import ClassRefValue, Instance, ModuleRef, Namespace
from antivenom.analysis.flow.operations import truth
from antivenom.analysis.value import UNKNOWN, Value, join, merge_taints, taints_of
from antivenom.model import program as p
from antivenom.model.label import Activation

MAX_UNROLLED = 100_000
_LONG_LIST = 64
"""Longer lists of texts are only iterated one by one when the loop computes a constant."""
_AGAIN = 256
"""Rounds over the very same container after which a loop has shown what it does."""


class End(Enum):
    """How a block was left."""

    NORMAL = 0
    RETURN = 1
    BREAK = 2
    CONTINUE = 3


def run_block(m: Machine, body: Iterable[p.Stmt]) -> End:
    """Run statements in order until one leaves the block for certain."""
    for stmt in body:
        m.steps += 1
        if m.steps > m.hard:
            raise OutOfSteps
        try:
            end = _RUN[type(stmt)](m, stmt)
        except RecursionError:
            # One expression too deep for anybody: what stands beside it is still evaluated.
            m.exhausted.add(m.frame.module.member)
            continue
        if end is not End.NORMAL:
            return end
    return End.NORMAL


def _do(m: Machine, stmt: p.Do) -> End:
    frame = m.frame
    chained = type(stmt.value) is p.Call and type(stmt.value.func) is p.Attr
    chained = chained and type(stmt.value.func.base) is p.Call  # type: ignore[attr-defined]
    silent = frame.swallows and not chained
    if frame.dialect.values and _is_hushed(m, stmt.value):
        silent = True
    frame.unanswered = stmt.line if silent else 0
    frame.dropped = _awaited(stmt.value)
    evaluate(m, stmt.value)
    frame.unanswered, frame.dropped = 0, None
    return End.NORMAL


def _awaited(expr: p.Expr) -> p.Expr | None:
    """Return what is waited for, or the expression itself."""
    return expr.args[0] if type(expr) is p.Op and expr.op == "await" and expr.args else expr


def _is_hushed(m: Machine, expr: p.Expr) -> bool:
    """``send(x).catch(() => {})``: nobody wants to know."""
    if type(expr) is not p.Call or type(expr.func) is not p.Attr or expr.func.name != "catch":
        return False
    given = expr.args[0] if expr.args else None
    return type(given) is p.FuncRef and not m.frame.module.functions[given.index].body


def _return(m: Machine, stmt: p.Return) -> End:
    m.give(evaluate(m, stmt.value) if stmt.value is not None else Value(const=None))
    return End.RETURN


def _jump(m: Machine, stmt: p.Jump) -> End:
    if stmt.value is not None:
        evaluate(m, stmt.value)
    if stmt.kind == "break":
        return End.BREAK
    return End.CONTINUE if stmt.kind == "continue" else End.NORMAL


def _scope(m: Machine, stmt: p.Scope) -> End:
    m.frame.env.shared.update(stmt.names)
    return End.NORMAL


# ---------------------------------------------------------------- assignment


def _assign(m: Machine, stmt: p.Assign) -> End:
    first = stmt.targets[0]
    # What is taken out of a mapping by name counts, not the mapping.
    value = evaluate(m, stmt.value, quiet=type(first) is p.Op and first.op == "unpack")
    for target in stmt.targets:
        if stmt.op:
            value = operate(stmt.op, evaluate(m, target), value, m.frames[-1].dialect.binary)
            m.step(len(value.const) >> 13 if isinstance(value.const, (str, bytes)) else 0)
        bind(m, target, value)
    return End.NORMAL


def bind(m: Machine, target: p.Expr, value: Value) -> None:
    """Store a value in a name, attribute, element, or several of them."""
    kind = type(target)
    if kind is p.Name:
        if type(value.const) is str:
            recipients.bound(m, target.id, value, target.line)  # type: ignore[attr-defined]
        m.frames[-1].env.set(target.id, value)  # type: ignore[attr-defined]
    elif kind is p.Attr:
        _store_attribute(m, target, value)  # type: ignore[arg-type]
    elif kind is p.Index:
        _store_element(m, target, value)  # type: ignore[arg-type]
    elif kind is p.Op and target.op == "star":  # type: ignore[attr-defined]
        bind(m, target.args[0], Value(items=[value], taints=value.taints))  # type: ignore[attr-defined]
    elif kind is p.Op:
        patterns.bind_pattern(m, target, value)  # type: ignore[arg-type]


def elements(value: Value) -> list[Value] | None:
    """Return the elements of a sequence value where they are known."""
    if value.items is not None:
        return value.items
    if value.known and isinstance(value.const, (list, tuple, set, frozenset, range, str, bytes)):
        if len(value.const) <= MAX_UNROLLED:
            try:
                parts = fold.settled(value.const)
            except ValueError:
                return None
            return [Value(const=x, taints=value.taints, coded=value.coded) for x in parts]
    if value.known and isinstance(value.const, dict):
        return [Value(const=x, taints=value.taints) for x in value.const]
    if value.table is not None:
        return [Value(const=k) for k in value.table]
    return None


def _store_attribute(m: Machine, target: p.Attr, value: Value) -> None:
    base = evaluate(m, target.base, quiet=True)
    store = m.frame.dialect.store
    if store is not None:
        store(m, base, Value(const=target.name), value, target.line)
        return
    ref = base.ref
    if isinstance(ref, Instance):
        old = ref.attrs.get(target.name)
        ref.attrs[target.name] = join(old, value) if old is not None else value
    elif isinstance(ref, (ClassRefValue, ModuleRef)):
        ref.env.set(target.name, value)
    elif base.path and not base.path.endswith(")"):
        m.effects.hook(m, base.path, target.name, value, target.line)
    elif value.ref is not None and target.name.startswith("on_"):
        handovers.registered(m, f"{base.path}.{target.name}", value)
    elif value.taints:
        # Also an object of a library: ``request.data = secret``.
        base.taints = merge_taints(base.taints, value.taints)


def _store_element(m: Machine, target: p.Index, value: Value) -> None:
    base = evaluate(m, target.base, quiet=True)
    key = evaluate(m, target.key)
    store = m.frame.dialect.store
    if store is not None:
        store(m, base, key, value, target.line)
        return
    if isinstance(base.ref, Namespace) and key.known and base.ref.env is not None:
        base.ref.env.set(str(key.const), value)
        return
    if isinstance(base.ref, ModuleRef):
        return
    if base.path:
        m.effects.hook(m, base.path, str(key.const) if key.known else "*", value, target.line)
    _put(m, base, key, value)


def _put(m: Machine, base: Value, key: Value, value: Value) -> None:
    """Set an element in place; what cannot stay a constant becomes a table or mere taint."""
    plain = value.known and not value.taints and not m.forks
    if base.known and isinstance(base.const, (list, dict, bytearray)) and plain and key.known:
        try:
            base.const[key.const] = value.const
        except (TypeError, ValueError, LookupError):
            pass
        else:
            return
    if base.known and isinstance(base.const, dict):
        base.table = {k: Value(const=v) for k, v in base.const.items()}
        base.const = UNKNOWN
    if base.table is not None and key.known and _hashable(key.const):
        base.table[key.const] = value
    elif base.known and isinstance(base.const, list):
        base.const = UNKNOWN
    base.taints = merge_taints(base.taints, value.taints)


def _hashable(value: object) -> bool:
    return isinstance(value, (str, bytes, int, float, bool, type(None)))


# ---------------------------------------------------------------- branches


def _branch(m: Machine, stmt: p.Branch) -> End:
    if stmt.kind == "with":
        return run_block(m, stmt.arms[0])
    if stmt.kind == "try":
        return _try(m, stmt)
    if stmt.kind == "switch":
        return _switch(m, stmt)
    if stmt.kind == "match":
        evaluate(m, stmt.test) if stmt.test is not None else None
        return _arms(m, [(arm, m.activation) for arm in stmt.arms], exhaustive=False)
    return _if(m, stmt)


def _switch(m: Machine, stmt: p.Branch) -> End:
    """Arms that follow each other until one jumps; the value chooses where to begin."""
    assert isinstance(stmt.test, p.Op)
    value, *cases = [evaluate(m, a) for a in stmt.test.args if a is not None]
    written = stmt.test.args[1:]
    if value.known and all(c.known for c in cases):
        default = [n for n, c in enumerate(written) if c is not None and c.line == 0]
        same = [n for n, c in enumerate(cases) if n not in default and c.const == value.const]
        for first in (same or default)[:1]:
            for arm in stmt.arms[first:]:
                end = run_block(m, arm)
                if end is not End.NORMAL:
                    return End.NORMAL if end is End.BREAK else end
        return End.NORMAL
    return _arms(m, [(arm, m.activation) for arm in stmt.arms], exhaustive=False)


def _if(m: Machine, stmt: p.Branch) -> End:
    assert stmt.test is not None
    first, second = stmt.arms[0], stmt.arms[1]
    if guards.is_main(stmt.test):
        if m.activation is Activation.IMPORT and m.frame.module.name:
            return _arms(m, [(first, Activation.RUN), (second, m.activation)], exhaustive=True)
        return run_block(m, first)
    test = evaluate(m, stmt.test)
    guards.observe(m, stmt, test)
    if test.known and not isinstance(stmt.test, p.Const):
        taken, other = (first, second) if truth(m, test.const) else (second, first)
        if other and not m.coarse:
            # The arm not taken is still read: a constant test must not hide what stands there.
            _aside(m, other)
        return run_block(m, taken)
    return _arms(m, [(first, m.activation), (second, m.activation)], exhaustive=True)


def _aside(m: Machine, body: tuple[p.Stmt, ...]) -> None:
    """Run statements once for their facts alone."""
    key = ("aside", id(body))
    if key in m.memo:
        return
    m.memo[key] = None
    frame = m.frame
    kept = frame.returned
    frame.env.begin()
    m.forks += 1
    try:
        run_block(m, body)
    finally:
        m.forks -= 1
        frame.env.undo()
        frame.returned = kept


def _arms(
    m: Machine, arms: list[tuple[tuple[p.Stmt, ...], Activation]], *, exhaustive: bool
) -> End:
    """Run alternatives from the same state and join what they leave behind."""
    env = m.frame.env
    results: list[dict[str, Value]] = []
    ends: list[End] = []
    for body, activation in arms:
        before, m.activation = m.activation, activation
        env.begin()
        m.forks += 1
        try:
            ends.append(run_block(m, body) if body else End.NORMAL)
        finally:
            m.forks -= 1
            m.activation = before
            made = env.undo()
        if ends[-1] is not End.RETURN:
            results.append(made)
    env.merge(results, exhaustive=exhaustive and len(results) == len(arms))
    if exhaustive and ends and all(end is ends[0] for end in ends):
        return ends[0]
    return End.NORMAL


def _is_empty(block: tuple[p.Stmt, ...]) -> bool:
    """Whether a handler does nothing about what went wrong."""
    return all(
        (type(s) is p.Jump and s.kind in {"break", "continue"})
        or (type(s) is p.Do and type(s.value) is p.Const)
        for s in block
    )


def _try(m: Machine, stmt: p.Branch) -> End:
    body, *handlers, final = stmt.arms
    frame, swallows = m.frame, m.frame.swallows
    frame.swallows = swallows or any(_is_empty(handler) for handler in handlers)
    end = run_block(m, body)
    frame.swallows = swallows
    if handlers:
        _arms(m, [(h, m.activation) for h in handlers], exhaustive=False)
    last = run_block(m, final)
    return last if last is not End.NORMAL else end


# ---------------------------------------------------------------- loops


def _loop(m: Machine, stmt: p.Loop) -> End:
    if stmt.kind == "while":
        return _while(m, stmt)
    source = evaluate(m, stmt.test)
    parts = elements(source)
    assert stmt.target is not None
    if parts is not None and not m.coarse and len(parts) <= _budget(m, source):
        again = 0
        for n, part in enumerate(parts):
            again = again + 1 if n and _same_container(part, parts[n - 1]) else 0
            if again > _AGAIN or (n % 64 == 63 and m.steps > m.soft):
                break
            bind(m, stmt.target, part)
            end = run_block(m, stmt.body)
            if end is End.BREAK and not m.forks:
                break
            if end is End.RETURN and not m.forks:
                return end
        return End.NORMAL
    given = protocols.iterate(m, source)
    element = given or Value(taints=source.taints, path=_element_path(source), made=source.made)
    if source.path.startswith("site.get"):
        element.hint = source.hint
    for part in (parts or [])[:8]:
        element = join(element, part)
    bind(m, stmt.target, element)
    return _twice(m, stmt.body)


def _same_container(one: Value, other: Value) -> bool:
    """Whether a list holds one container over and over: measured loads do, hidden texts do not."""
    return isinstance(one.const, (list, tuple, dict)) and one.const is other.const


def _budget(m: Machine, source: Value) -> int:
    if source.known and isinstance(source.const, (str, bytes, range, list, tuple)):
        return MAX_UNROLLED
    return _LONG_LIST


def _element_path(source: Value) -> str:
    return source.path if source.path.endswith("()") else ""


def _twice(m: Machine, body: tuple[p.Stmt, ...]) -> End:
    """An unknown number of times: what the first round leaves behind, the second may use."""
    env = m.frame.env
    # Inside another loop one round is enough: the outer one comes round again.
    rounds = 1 if m.coarse or m.loops else 2
    m.loops += 1
    try:
        for _ in range(rounds):
            env.begin()
            m.forks += 1
            try:
                run_block(m, body)
            finally:
                m.forks -= 1
                made = env.undo()
            env.merge([made], exhaustive=False)
    finally:
        m.loops -= 1
    return End.NORMAL


def _while(m: Machine, stmt: p.Loop) -> End:
    own = m.frame.dialect.loop
    if own is not None:
        from antivenom.analysis.flow import flattened

        if own(m, stmt):
            return End.NORMAL
        if not m.forks and not _names(stmt.test) and flattened.chooses(m, stmt):
            return flattened.steps(m, stmt)
    if isinstance(stmt.test, p.Const):
        return _twice(m, stmt.body + stmt.step)
    names = sorted(_names(stmt.test))
    before: object = None
    for n in range(MAX_UNROLLED):
        test = evaluate(m, stmt.test)
        now = _state(m, names)
        # A loop whose condition does not change as we see it waits for something we do not.
        if not test.known or m.forks or m.coarse or now == before:
            return _twice(m, stmt.body + stmt.step)
        before = now
        if not truth(m, test.const):
            return _aside_once(m, stmt.body) if n == 0 else End.NORMAL
        end = run_block(m, stmt.body)
        if end is End.RETURN:
            return end
        if end is End.BREAK:
            break
        if stmt.step:
            run_block(m, stmt.step)
    return End.NORMAL


def _names(expr: p.Expr) -> set[str]:
    if isinstance(expr, p.Name):
        return {expr.id}
    if isinstance(expr, p.Op):
        return {n for a in expr.args if a is not None for n in _names(a)}
    if isinstance(expr, p.Call):
        return {n for a in (expr.func, *expr.args) for n in _names(a)}
    if isinstance(expr, (p.Attr, p.Index)):
        return _names(expr.base)
    return set()


def _state(m: Machine, names: list[str]) -> object:
    state: list[object] = []
    for name in names:
        value = m.frame.env.get(name)
        const = value.const if value is not None and value.known else None
        if isinstance(const, (str, bytes, list, tuple, dict, set, bytearray)):
            const = len(const)
        state.append(const)
    return state


def _aside_once(m: Machine, body: tuple[p.Stmt, ...]) -> End:
    _aside(m, body)
    return End.NORMAL


def _define(m: Machine, stmt: p.Define) -> End:
    define(m, stmt)
    return End.NORMAL


def _import(m: Machine, stmt: p.Import) -> End:
    import_names(m, stmt)
    return End.NORMAL


_RUN: dict[type, Callable[[Machine, Any], End]] = {
    p.Do: _do,
    p.Assign: _assign,
    p.Return: _return,
    p.Import: _import,
    p.Branch: _branch,
    p.Loop: _loop,
    p.Define: _define,
    p.Jump: _jump,
    p.Scope: _scope,
}


__all__ = ["bind", "elements", "run_block", "taints_of"]
