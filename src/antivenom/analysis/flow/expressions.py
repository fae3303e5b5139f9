"""Evaluate expressions to abstract values."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from antivenom.analysis import fold
from antivenom.analysis.flow import protocols, texts
from antivenom.analysis.flow.attributes import attribute
from antivenom.analysis.flow.machine import Machine, OutOfSteps
from antivenom.analysis.flow.names import by_path, unbound
from antivenom.analysis.flow.objects import (
    FunctionRef,
    Method,
    ModuleRef,
    Namespace,
)
from antivenom.analysis.flow.operations import (
    concatenate,
    operate,
    shorten,
    slice_of_part,
    truth,
    with_step,
)
from antivenom.analysis.given import attribute_class
from antivenom.analysis.value import (
    HOLE,
    UNKNOWN,
    Value,
    join,
    taints_of,
    text_of,
)
from antivenom.model import program as p

_DUNDER_DICT = ".__dict__"


def evaluate(m: Machine, expr: p.Expr, *, quiet: bool = False) -> Value:
    """Return the value of an expression.

    With `quiet` a name that means something by mere access (``os.environ``) is not yet reported:
    what is done with it decides what it means.
    """
    # Run millions of times: one step, counted here.
    m.steps += 1
    if m.steps > m.hard:
        raise OutOfSteps
    value = _EVALUATE[type(expr)](m, expr)
    if not quiet and value.path and value.path in m.frames[-1].table.attributes:
        return m.effects.access(m, value, expr.line)
    return value


def _const(m: Machine, expr: p.Const) -> Value:
    return Value(const=expr.value)


def _global(m: Machine, expr: p.Global) -> Value:
    return by_path(m, expr.path)


def _name(m: Machine, expr: p.Name) -> Value:
    found = m.frames[-1].env.get(expr.id)
    return found if found is not None else unbound(m, expr.id)


def _attr(m: Machine, expr: p.Attr) -> Value:
    base = evaluate(m, expr.base, quiet=True)
    if base.path == "process.env":
        return m.effects.variable(m, Value(const=expr.name), expr.line)
    value = attribute(m, base, expr.name)
    if value.path or value.taints or value.ref is not None or value.alts:
        return value
    if value.const is not UNKNOWN:
        return value
    kind = attribute_class(expr.name) if len(expr.name) < 60 else ""
    if kind:
        # ``config.access_key_secret``: whatever the object is, its caller put a secret there.
        taint = m.effects.taint(m, "secrets.given", expr.line, value=expr.name, path_class=kind)
        value.taints = (taint,)
    return value


# ---------------------------------------------------------------- elements


def _index(m: Machine, expr: p.Index) -> Value:
    base = evaluate(m, expr.base, quiet=True)
    if isinstance(expr.key, p.Range):
        return _sliced(m, base, expr.key)
    key = evaluate(m, expr.key)
    return element(m, base, key, expr.line)


def element(m: Machine, base: Value, key: Value, line: int) -> Value:
    """Return ``base[key]``."""
    own = m.frames[-1].dialect.element
    return own(m, base, key, line) if own is not None else general_element(m, base, key, line)


def general_element(m: Machine, base: Value, key: Value, line: int) -> Value:
    """Return ``base[key]`` as Python means it."""
    if base.known and key.known:
        found = fold.index(base.const, key.const)
        if found is not UNKNOWN:
            return Value(const=found, taints=base.taints, coded=base.coded)
    if base.items is not None and key.known and isinstance(key.const, int):
        if -len(base.items) <= key.const < len(base.items):
            return base.items[key.const]
    if base.table is not None and key.known and _hashable(key.const) and key.const in base.table:
        return base.table[key.const]
    if key.known and isinstance(key.const, str):
        looked = _looked_up(m, base, key.const)
        if looked is not None:
            if key.coded and looked.path:
                m.effects.emit(m, "data.assemble", line, value=looked.path)
            return looked
    if base.path:
        indexed = m.effects.indexed(m, base, key, line)
        if indexed is not None:
            return indexed
    owned = protocols.ask(m, base, "__getitem__", [key])
    if owned is not None:
        return owned
    if base.alts:
        result: Value | None = None
        for option in base.alts:
            got = element(m, option, key, line)
            result = join(result, got) if result is not None else got
        return result or Value(taints=base.taints)
    return any_element(base)


def any_element(base: Value) -> Value:
    """Return what any of the elements may be."""
    found: Value | None = None
    for item in (base.items or [])[:6]:
        found = join(found, item) if found is not None else item
    for item in list((base.table or {}).values())[:6]:
        found = join(found, item) if found is not None else item
    if found is not None:
        return found
    path = base.path if base.path.endswith("()") else ""
    return Value(taints=base.taints, path=path, made=base.made)


def _looked_up(m: Machine, base: Value, key: str) -> Value | None:
    """``globals()["exec"]``, ``sys.modules["os"]``, ``vars(os)["system"]``."""
    if isinstance(base.ref, Namespace):
        if base.ref.env is not None:
            return base.ref.env.get(key) or unbound(m, key)
        return by_path(m, f"{base.ref.path}.{key}")
    if isinstance(base.ref, ModuleRef):
        return attribute(m, base, key)
    if base.path == "builtins" or base.path == "builtins.__dict__":
        return Value(path=f"builtins.{key}")
    if base.path == "sys.modules":
        return Value(path="builtins" if key == "__builtin__" else key)
    if key == "__builtins__":  # of the globals of any function
        return Value(path="builtins")
    if base.path.endswith("__globals__"):
        return _of_globals(m, key)
    if base.path.endswith(_DUNDER_DICT):
        return by_path(m, f"{base.path.removesuffix(_DUNDER_DICT)}.{key}")
    return None


def _of_globals(m: Machine, key: str) -> Value | None:
    """``os.path.join.__globals__["os"]``: a module that some function of a library can name.

    Functions of ``os`` are looked for most often, through whatever class of it is at hand.
    """
    if key in sys.stdlib_module_names:
        return by_path(m, key)
    path = f"os.{key}"
    return by_path(m, path) if m.frame.table.rows(path) else None


def _sliced(m: Machine, base: Value, key: p.Range) -> Value:
    parts = [None if x is None else evaluate(m, x) for x in (key.start, key.stop, key.step)]
    if base.known and all(x is None or x.known for x in parts):
        found = fold.index(base.const, slice(*(None if x is None else x.const for x in parts)))
        if found is not UNKNOWN:
            coded = base.coded
            if parts[2] is not None and isinstance(found, (str, bytes)):
                coded = with_step(coded, "reversed" if parts[2].const == -1 else "strided")
            return Value(const=found, taints=base.taints, coded=coded)
    if base.items is not None:
        return Value(items=list(base.items), taints=base.taints)
    ends = [x.const if x is not None and x.known else None for x in parts[:2]]
    hint = slice_of_part(base.hint, *ends) if base.hint and not parts[2] else ""
    return Value(taints=base.taints, hint=hint, path=base.path if not hint else "")


def _hashable(value: object) -> bool:
    return fold.shallow(value) and isinstance(
        value, (str, bytes, int, float, bool, type(None), tuple)
    )


# ---------------------------------------------------------------- operations


def _op(m: Machine, expr: p.Op) -> Value:
    dialect = m.frames[-1].dialect
    handler = dialect.operations.get(expr.op) or _OPS.get(expr.op)
    if handler is not None:
        return handler(m, expr)
    in_mapping = expr.op in {"in", "notin"}
    args = [
        evaluate(m, a, quiet=in_mapping and n == 1)
        for n, a in enumerate(expr.args)
        if a is not None
    ]
    if not args:
        return Value()
    if len(args) == 1:
        only = args[0]
        if only.known:
            unary = dialect.unary or fold.unary
            return Value(const=unary(expr.op, only.const), taints=only.taints)
        return Value(taints=only.taints)
    if expr.op == "+" and len(args) > 2:
        return concatenate(args)
    result = args[0]
    for other in args[1:]:
        owned = protocols.operate(m, expr.op, result, other)
        if owned is None:
            owned = operate(expr.op, result, other, dialect.binary)
        result = owned
    if isinstance(result.const, (str, bytes)):
        m.step(len(result.const) >> 13)  # copied
    return result


def _logic(m: Machine, expr: p.Op) -> Value:
    """``a or b`` is one of them."""
    values = [evaluate(m, a) for a in expr.args if a is not None]
    known = [v for v in values if v.known]
    if len(known) == len(values):
        consts = [v.const for v in values]
        want = expr.op == "or"
        for value, const in zip(values, consts, strict=True):
            if isinstance(const, (str, bytes, int, float, bool, list, tuple, dict, type(None))):
                if truth(m, const) is want:
                    return value
        return values[-1]
    result = values[0]
    for value in values[1:]:
        result = join(result, value)
    return result


def _cond(m: Machine, expr: p.Op) -> Value:
    test, then, other = (a for a in expr.args)
    assert test is not None and then is not None and other is not None
    chosen = evaluate(m, test)
    if chosen.known and not isinstance(test, p.Const):
        return evaluate(m, then if truth(m, chosen.const) else other)
    return join(evaluate(m, then), evaluate(m, other))


def _sequence(m: Machine, expr: p.Op) -> Value:
    values: list[Value] = []
    plain = True
    for arg in expr.args:
        if arg is None:
            continue
        if type(arg) is p.Const:
            values.append(Value(const=arg.value))
            continue
        value = evaluate(m, arg)
        plain = plain and value.known and not value.taints and not value.path
        values.append(value)
    if plain and not any(isinstance(a, p.Op) and a.op == "star" for a in expr.args):
        consts = [v.const for v in values]
        if not fold.shallow(*consts):
            return Value(items=values)
        if expr.op == "list":
            return Value(const=consts)
        try:
            return Value(const=tuple(consts) if expr.op == "tuple" else set(consts))
        except TypeError:
            pass
    return Value(items=values, taints=taints_of(values))


def _dict(m: Machine, expr: p.Op) -> Value:
    table: dict[Any, Value] = {}
    extra: list[Value] = []
    plain = True
    for n in range(0, len(expr.args), 2):
        key_expr, value_expr = expr.args[n], expr.args[n + 1]
        assert value_expr is not None
        value = evaluate(m, value_expr)
        key = evaluate(m, key_expr) if key_expr is not None else Value()
        if key.known and _hashable(key.const):
            table[key.const] = value
        else:
            extra += [key, value]
        plain = plain and key.known and value.known and not value.taints and not value.path
    if "to" in table:
        from antivenom.analysis.flow import recipients

        recipients.paid(m, table, expr.line)
    if plain and fold.shallow(*(v.const for v in table.values())):
        return Value(const={k: v.const for k, v in table.items()})
    return Value(table=table, taints=taints_of([*table.values(), *extra]))


def _walrus(m: Machine, expr: p.Op) -> Value:
    from antivenom.analysis.flow.statements import bind

    target, source = expr.args
    assert target is not None and source is not None
    value = evaluate(m, source)
    bind(m, target, value)
    return value


def _passed(m: Machine, expr: p.Op) -> Value:
    """``await x``, ``*x`` and ``yield x`` are about x."""
    if not expr.args or expr.args[0] is None:
        return Value()
    value = evaluate(m, expr.args[0])
    if expr.op == "yield":
        m.give(value)
        return Value()
    return value


def _template(m: Machine, expr: p.Template) -> Value:
    values = [evaluate(m, part) for part in expr.parts]
    for value in values:
        protocols.built_in(m, "builtins.format", [value])
    taints = taints_of(values)
    consts = [v.const for v in values]
    if all(isinstance(c, (str, int, float)) for c in consts):
        if fold.bulk(*consts) > fold.MAX_TEXT or not all(map(fold.fits, consts)):
            return Value(taints=taints)
        coded = next((v.coded for v in values if v.coded), ())
        many = len(values) > 2
        text = "".join(str(c) for c in consts)
        return Value(
            const=text, taints=taints, coded=with_step(coded, "assembled") if many else coded
        )
    texts.labelled(m, values, expr.line)
    taints = taints_of(values)
    return Value(taints=taints, hint=shorten("".join(text_of(v) or HOLE for v in values)))


def _function(m: Machine, expr: p.FuncRef) -> Value:
    frame = m.frame
    function = frame.module.functions[expr.index]
    made = FunctionRef(frame.module, function, frame.env, frame.home)
    made.defaults = defaults(m, function)
    if frame.dialect.values:
        m.defined.setdefault(id(function), made)
    return Value(ref=made)


def defaults(m: Machine, function: p.Function) -> dict[str, Value]:
    """Return the values of defaults that are no literals, evaluated here."""
    return {n: evaluate(m, x) for n, x in function.defaults if type(x) is not p.Const}


def _class(m: Machine, expr: p.ClassRef) -> Value:
    from antivenom.analysis.flow.definitions import define_class

    return define_class(m, expr)


def _call(m: Machine, expr: p.Call) -> Value:
    return _caller()(m, expr)


@cache
def _caller() -> Callable[[Machine, p.Call], Value]:
    """Return what evaluates calls, which needs this module: asked for a hundred thousand times."""
    from antivenom.analysis.flow.calls import call

    return call


def _comp(m: Machine, expr: p.Comp) -> Value:
    from antivenom.analysis.flow.comprehensions import comprehend

    return comprehend(m, expr)


def _range(m: Machine, expr: p.Range) -> Value:
    return Value()


_OPS: dict[str, Callable[[Machine, p.Op], Value]] = {
    "and": _logic,
    "or": _logic,
    "cond": _cond,
    "list": _sequence,
    "tuple": _sequence,
    "set": _sequence,
    "dict": _dict,
    "walrus": _walrus,
    "await": _passed,
    "star": _passed,
    "yield": _passed,
}
_EVALUATE: dict[type, Callable[[Machine, Any], Value]] = {
    p.Const: _const,
    p.Global: _global,
    p.Name: _name,
    p.Attr: _attr,
    p.Index: _index,
    p.Range: _range,
    p.Op: _op,
    p.Template: _template,
    p.Call: _call,
    p.FuncRef: _function,
    p.ClassRef: _class,
    p.Comp: _comp,
}

__all__ = ["Method", "attribute", "by_path", "element", "evaluate", "operate", "shorten", "unbound"]
