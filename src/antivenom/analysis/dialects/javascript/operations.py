"""Operations that Python lacks: ``new``, ``??``, ``typeof``, ``a, b``, ``i++``, spread objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from antivenom.analysis import fold
from antivenom.analysis.dialects.javascript import names, operators
from antivenom.analysis.flow.callbacks import is_callable
from antivenom.analysis.flow.calls import call_value, construct
from antivenom.analysis.flow.expressions import evaluate
from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Method
from antivenom.analysis.value import Value, join, merge_taints, taints_of
from antivenom.model import program as p

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine


def new(m: Machine, expr: p.Op) -> Value:
    """``new F(a)``."""
    called = expr.args[0]
    assert called is not None
    func = evaluate(m, called, quiet=True)
    args = [v for a in expr.args[1:] if a is not None for v in _given(m, a)]
    return make(m, func, args, expr.line)


def _given(m: Machine, arg: p.Expr) -> list[Value]:
    value = evaluate(m, arg)
    if isinstance(arg, p.Op) and arg.op == "star":
        from antivenom.analysis.dialects.javascript.methods import spread

        return spread(value)
    return [value]


def make(m: Machine, func: Value, args: list[Value], line: int) -> Value:
    """Make an object of a class or a function."""
    ref = func.ref
    if isinstance(ref, ClassRefValue):
        return construct(m, ref, args, {})
    if isinstance(ref, Method):
        ref = ref.function
    if isinstance(ref, FunctionRef):
        table: dict[Any, Value] = {}
        if func.table and "prototype" in func.table:
            table["__proto__"] = func.table["prototype"]
        made = Value(table=table)
        given = m.invoke(ref, args, {}, made)
        made.taints = merge_taints(made.taints, taints_of(args))
        return given if given.table or given.ref or given.items is not None else made
    if func.path == "Promise" and args and is_callable(args[0]):
        return promise(m, args[0], line)
    if func.path == "Proxy" and len(args) > 1:
        from antivenom.analysis.dialects.javascript import programs

        return programs.proxy(m, args, line)
    return call_value(
        m, Value(path=func.path, alts=func.alts, taints=func.taints), args, {}, line, line
    )


def promise(m: Machine, executor: Value, line: int) -> Value:
    """``new Promise((resolve, reject) => ...)`` becomes what it is resolved with."""
    made = Value()
    resolve = Value(path="Promise().resolve", base=made)
    reject = Value(path="Promise().reject", base=Value())
    call_value(m, executor, [resolve, reject], {}, line, line)
    return made


def typeof(m: Machine, expr: p.Op) -> Value:
    """``typeof x``; of a name that nothing bound it is not decided."""
    arg = expr.args[0]
    value = evaluate(m, arg, quiet=True) if arg is not None else Value()
    if value.known and not (isinstance(arg, p.Name) and value.const is None):
        return Value(const=operators.kind(value.const))
    if isinstance(value.ref, (FunctionRef, Method, ClassRefValue)):
        return Value(const="function")
    if value.table is not None or value.items is not None:
        return Value(const="object") if not value.path else Value()
    return Value()


def nullish(m: Machine, expr: p.Op) -> Value:
    """``a ?? b``."""
    values = [evaluate(m, a) for a in expr.args if a is not None]
    result = values[0]
    for other in values[1:]:
        if result.known:
            result = other if result.const is None else result
        else:
            result = join(result, other)
    return result


def sequence(m: Machine, expr: p.Op) -> Value:
    """``(a, b)``: all of them, the last one counts."""
    result = Value()
    for arg in expr.args:
        if arg is not None:
            result = evaluate(m, arg, quiet=arg is expr.args[-1])
    return result


def postfix(m: Machine, expr: p.Op) -> Value:
    """``i++``: the old value, the new one assigned."""
    from antivenom.analysis.flow.statements import bind

    target, new_value = expr.args
    assert target is not None and new_value is not None
    old = evaluate(m, target)
    bind(m, target, evaluate(m, new_value))
    return old


def delete(m: Machine, expr: p.Op) -> Value:
    """``delete a.b``."""
    target = expr.args[0]
    if isinstance(target, p.Attr):
        base = evaluate(m, target.base, quiet=True)
        if base.table is not None and not m.forks:
            base.table.pop(target.name, None)
    return Value(const=True)


def instance_of(m: Machine, expr: p.Op) -> Value:
    """``a instanceof B`` is not decided."""
    for arg in expr.args:
        if arg is not None:
            evaluate(m, arg, quiet=True)
    return Value()


def listing(m: Machine, expr: p.Op) -> Value:
    """``[a, ...b]``."""
    values = [v for a in expr.args if a is not None for v in _given(m, a)]
    taints = taints_of(values)
    whole = any(isinstance(a, p.Op) and a.op == "star" for a in expr.args)
    if (whole or not taints) and not any(v.path or not v.known for v in values):
        consts = [v.const for v in values]
        if fold.shallow(*consts):
            spelled = next((v.coded for v in values if v.coded), ())
            return Value(const=consts, taints=taints, coded=spelled)
    return Value(items=values, taints=taints)


def mapping(m: Machine, expr: p.Op) -> Value:
    """``{a, [b]: c, ...d}``."""
    table: dict[Any, Value] = {}
    extra: list[Value] = []
    plain = True
    for key_expr, value_expr in zip(expr.args[::2], expr.args[1::2], strict=False):
        if value_expr is None:
            continue
        value = evaluate(m, value_expr)
        if key_expr is None:
            spread = _entries(value)
            table.update(spread)
            extra.append(value)
            plain = plain and value.known and not value.taints
            continue
        key = evaluate(m, key_expr)
        name = names.name_of(key.const) if key.known else None
        if name is None:
            extra.append(value)
            plain = False
            continue
        table[name] = value
        plain = plain and value.known and not value.taints and not value.path and not value.coded
        # An object inside stays an object of its own: somebody may put more into it.
        plain = plain and not isinstance(value.const, dict)
    if "to" in table:
        from antivenom.analysis.flow import recipients

        recipients.paid(m, table, expr.line)
    if plain and fold.shallow(*(v.const for v in table.values())):
        return Value(const={k: v.const for k, v in table.items()})
    return Value(table=table, taints=taints_of([*table.values(), *extra]))


def _entries(value: Value) -> dict[Any, Value]:
    if value.table is not None:
        return value.table
    if isinstance(value.const, dict):
        return {k: Value(const=c) for k, c in value.const.items()}
    return {}


def logic(m: Machine, expr: p.Op) -> Value:
    """``a && b`` and ``a || b``: what is not reached does not run."""
    result: Value | None = None
    decided = True
    for arg in expr.args:
        if arg is None:
            continue
        value = evaluate(m, arg, quiet=arg is not expr.args[-1])
        result = value if result is None or decided else join(result, value)
        decided = decided and value.known
        if decided and operators.truth(value.const) is (expr.op == "or"):
            return value
        if not value.known and (value.ref is not None or value.table is not None):
            if expr.op == "or" and decided is False and result is value:
                return value  # an object is true
    return result or Value()


OPERATIONS = {
    "and": logic,
    "or": logic,
    "new": new,
    "typeof": typeof,
    "??": nullish,
    "sequence": sequence,
    "postfix": postfix,
    "delete": delete,
    "instanceof": instance_of,
    "dict": mapping,
    "list": listing,
}
