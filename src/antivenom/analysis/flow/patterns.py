"""Targets that take a value apart: sequences, and mappings by key."""

from __future__ import annotations

from antivenom.analysis.flow.expressions import element, evaluate
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.value import HOLE, UNKNOWN, Value, join, text_of
from antivenom.model import program as p

_WALKED = frozenset(["", "os.walk()", "os.fwalk()"])


def bind_pattern(m: Machine, target: p.Op, value: Value) -> None:
    """Store a value in the parts of a pattern."""
    from antivenom.analysis.flow.statements import bind, elements

    if target.op == "unpack":
        _by_key(m, target, value)
        return
    if target.op == "default":
        _or_default(m, target, value)
        return
    parts = elements(value)
    for n, part in enumerate(target.args):
        if part is None:
            continue
        if isinstance(part, p.Op) and part.op == "star" and m.frame.dialect.values and parts:
            rest = parts[n:]
            whole = rest and all(v.known for v in rest)
            const = [v.const for v in rest] if whole else UNKNOWN
            coded = rest[0].coded if whole else ()
            items = None if whole else rest
            found = Value(const=const, items=items, taints=value.taints, coded=coded)
            bind(m, part.args[0] or part, found)
            continue
        known = parts is not None and n < len(parts)
        known = known and (len(parts or ()) == len(target.args) or m.frame.dialect.values)
        if known and parts:
            bind(m, part, parts[n])
        elif n == 0 and value.made and value.path in _WALKED:
            # The folder of ``for folder, _, names in os.walk(root)`` lies in the root.
            root = text_of(value.made[0])
            bind(m, part, Value(hint=f"{root}/{HOLE}" if root else "", taints=value.taints))
        else:
            bind(m, part, Value(taints=value.taints))


def _by_key(m: Machine, target: p.Op, value: Value) -> None:
    """``{a, b: c} = value``; the key None stands for the rest."""
    from antivenom.analysis.flow.statements import bind

    for key, part in zip(target.args[::2], target.args[1::2], strict=False):
        if key is None or part is None:
            continue
        if isinstance(key, p.Const) and key.value is None:
            bind(m, part, Value(table=value.table, taints=value.taints, path=value.path))
        else:
            bind(m, part, element(m, value, evaluate(m, key), key.line))


def _or_default(m: Machine, target: p.Op, value: Value) -> None:
    """``target = default`` inside a pattern: one or the other."""
    from antivenom.analysis.flow.statements import bind

    first, default = target.args
    assert first is not None and default is not None
    missing = value.known and value.const is None
    other = evaluate(m, default)
    bind(m, first, other if missing else value if value.known else join(value, other))
