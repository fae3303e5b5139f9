"""What names and properties mean: globals, modules, objects, prototypes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from antivenom.analysis import wallets
from antivenom.analysis.dialects.javascript.known import (
    ALIASES,
    CORE,
    GLOBALS,
    OBJECT_METHODS,
    PARTS,
)
from antivenom.analysis.flow import attributes, expressions
from antivenom.analysis.flow.names import by_path
from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Instance, Method
from antivenom.analysis.value import HOLE, UNKNOWN, Value, join, merge_taints

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine


def module_path(name: str) -> str:
    """Return the canonical path of a module that is not the package's own."""
    plain = name.removeprefix("node:").removesuffix("/")
    return ALIASES.get(plain, plain)


def unbound(m: Machine, name: str) -> Value:
    """Return what a name means that nothing in the program bound."""
    home = m.frame.home.env.vars.get(name)
    if home is not None:
        return home
    if name in GLOBALS:
        return Value(path="globalThis")
    if name == "__filename":
        return Value(path="__filename", hint=f"{HOLE}/{m.frame.home.source.member}")
    if name == "__dirname":
        folder = m.frame.home.source.member.rpartition("/")[0]
        return Value(path="__dirname", hint=f"{HOLE}/{folder}")
    if name == "arguments":
        own = m.frame.function.params[:1] == ("this",)
        return Value(items=list(m.frame.given[1:] if own else m.frame.given))
    if name == "super":
        return Value(path="super")
    if name == "NaN":
        return Value(const=float("nan"))
    return by_path(m, name) if name in CORE else Value()


def attribute(m: Machine, base: Value, name: str) -> Value:
    """Return ``base.name``."""
    own = _own(m, base, name)
    if own is not None:
        return own
    if base.path == "globalThis":
        return unbound(m, name)
    if base.path == "process.env":
        return m.effects.variable(m, Value(const=name), 0)
    if base.alts and not base.path:
        return attributes.of_alternatives(m, base, name)
    if name == "constructor":
        return Value(path=_constructor(base), base=base)
    if name == "default" and base.path and not base.path.endswith(")"):
        return base
    if isinstance(base.const, dict) and not base.path and name not in OBJECT_METHODS:
        return Value(const=None)
    if base.known and not base.path:
        return Value(base=base, path=f"{_kind(base.const)}.{name}", taints=base.taints)
    if base.ref is not None and isinstance(base.ref, (FunctionRef, Method, ClassRefValue)):
        return Value(base=base, path=f"Function().{name}")
    if base.items is not None and not base.path:
        return Value(base=base, path=f"Array().{name}", taints=base.taints)
    path = f"{base.path}.{name}" if base.path else _generic(m, name)
    path = PARTS.get(path, path)
    found = Value(path=path, base=base, taints=base.taints, made=base.made)
    known = m.frame.table.constants.get(path) if path else None
    if known is not None:
        found.const = known
    return found


def _generic(m: Machine, name: str) -> str:
    """A method that means something whatever it is called on (``stream.pipe``)."""
    path = f"*.{name}"
    return path if m.frame.table.rows(path) else ""


def _own(m: Machine, base: Value, name: str) -> Value | None:
    """Return a property that the program itself put there, or a length."""
    if base.table is not None:
        found = base.table.get(name)
        if found is not None:
            return _bound(found, base)
        proto = base.table.get("__proto__")
        if proto is not None and proto is not base and name != "__proto__":
            inherited = _own(m, proto, name)
            if inherited is not None:
                return _bound(inherited, base)
    if isinstance(base.const, dict) and name in base.const:
        return Value(const=base.const[name], taints=base.taints, coded=base.coded)
    if name == "length":
        size = _length(base)
        if size is not None:
            return Value(const=size, taints=base.taints)
    if name == "prototype" and isinstance(base.ref, (FunctionRef, ClassRefValue)):
        made = Value(table={})
        base.table = {**(base.table or {}), "prototype": made}
        return made
    ref = base.ref
    if isinstance(ref, (Instance, ClassRefValue)):
        return _of_class(m, base, name)
    return None


def _of_class(m: Machine, base: Value, name: str) -> Value | None:
    ref = base.ref
    if isinstance(ref, ClassRefValue):
        found = ref.attribute(name)
        return _bound(found, base) if found is not None else None
    assert isinstance(ref, Instance)
    held = ref.attrs.get(name)
    if held is not None:
        return _bound(held, base)
    method = ref.cls.method(name)
    if method is not None:
        if name in ref.cls.properties:
            return m.invoke(method, [], {}, base)
        return Value(ref=Method(method, base))
    external = ref.cls.external()
    return Value(path=f"{external[0]}().{name}", base=base) if external else None


def _bound(found: Value, base: Value) -> Value:
    """A function taken from an object is called on it."""
    if isinstance(found.ref, FunctionRef) and found.ref.function.params[:1] == ("this",):
        return Value(ref=Method(found.ref, base), table=found.table, taints=found.taints)
    return found


def _length(base: Value) -> int | None:
    if isinstance(base.const, (str, list, bytes, tuple)):
        return len(base.const)
    return len(base.items) if base.items is not None and not base.path else None


def _constructor(base: Value) -> str:
    """Every function's constructor runs text: ``[].filter.constructor("...")()``."""
    callable_ = isinstance(base.ref, (FunctionRef, Method, ClassRefValue))
    named = bool(base.path) and not base.path.endswith(")")
    if callable_ or (named and base.base is not None) or base.path in _FUNCTIONS:
        return "Function"
    return f"{_kind(base.const).removesuffix('()')}" if base.known else ""


_FUNCTIONS = frozenset(["Object", "Array", "String", "Number", "eval", "Function", "Boolean"])


def _kind(const: object) -> str:
    if isinstance(const, str):
        return "String()"
    if isinstance(const, list):
        return "Array()"
    if isinstance(const, (bytes, bytearray)):
        return "Buffer()"
    if isinstance(const, bool):
        return "Boolean()"
    return "Number()" if isinstance(const, (int, float)) else "Object()"


def element(m: Machine, base: Value, key: Value, line: int) -> Value:
    """Return ``base[key]``."""
    if key.known:
        const = key.const
        at = _index(const)
        if at is not None and base.items is not None and 0 <= at < len(base.items):
            return base.items[at]
        if at is not None and isinstance(base.const, (str, list, bytes)):
            inside = 0 <= at < len(base.const)
            return Value(
                const=base.const[at] if inside else None, taints=base.taints, coded=base.coded
            )
        if base.table is not None and const in (base.table if _plain(const) else ()):
            return _bound(base.table[const], base)
        name = name_of(const)
        if name is not None:
            if base.path == "process.env":
                return m.effects.variable(m, Value(const=name), line)
            found = attribute(m, base, name)
            if key.coded and found.path and not base.known:
                m.effects.emit(m, "data.assemble", line, value=found.path)
            return found
    if base.path == "process.env":
        return m.effects.variable(m, key, line)
    if base.alts:
        result: Value | None = None
        for option in base.alts:
            got = element(m, option, key, line)
            result = join(result, got) if result is not None else got
        return result or Value(taints=base.taints)
    if base.path == "globalThis" or base.path == "require":
        return Value(taints=key.taints)
    found = expressions.any_element(base)
    found_taints = merge_taints(found.taints, base.taints)
    if found_taints != found.taints:
        found = replace(found, taints=found_taints)
    return found


def _plain(const: object) -> bool:
    return isinstance(const, (str, int, float, bool, type(None)))


def _index(const: object) -> int | None:
    if isinstance(const, bool):
        return None
    if isinstance(const, int):
        return const
    if isinstance(const, str) and const.isdecimal() and len(const) < 8:
        return int(const)
    return None


def name_of(const: object) -> str | None:
    """Return the name of the property that a constant stands for."""
    if isinstance(const, str):
        return const
    return str(const) if isinstance(const, int) else None


_SCRIPT = "HTMLScriptElement()"


def store(m: Machine, base: Value, key: Value, value: Value, line: int) -> None:
    """``base[key] = value``."""
    ref = base.ref
    name = name_of(key.const) if key.known else None
    if isinstance(ref, Instance) and name is not None:
        old = ref.attrs.get(name)
        ref.attrs[name] = join(old, value) if old is not None and m.forks else value
        return
    if isinstance(ref, ClassRefValue) and name is not None:
        ref.env.set(name, value)
        return
    if base.path == "globalThis" and name is not None:
        m.frame.home.env.vars[name] = value
    if base.path == _SCRIPT and name is not None:
        from antivenom.analysis.dialects.javascript import programs

        programs.stored(m, name, value, line)
        return
    if base.path and base.table is None:
        m.effects.hook(m, base.path, name or "*", value, line)
        if not base.path.endswith(")"):
            return
    if name in _PAID and isinstance(value.const, str) and base.table is None and not base.known:
        currency = wallets.currency(value.const) if len(value.const) < 100 else ""
        if currency:
            args = (f"currency={currency}",)
            m.effects.emit(m, "tamper.value", line, value=value.const, args=args)
    _put(m, base, key, name, value)


_PAID = frozenset(["to", "recipient", "destination", "dest", "toAddress", "address", "payTo"])
"""Properties of a payment that say who gets it."""


def _put(m: Machine, base: Value, key: Value, name: str | None, value: Value) -> None:
    plain = value.known and not value.taints and not m.forks
    at = _index(key.const) if key.known else None
    if isinstance(base.const, list) and at is not None and plain and 0 <= at <= 400_000:
        base.const.extend(
            [None] * (at + 1 - len(base.const)) if at < len(base.const) + 9999 else []
        )
        if at < len(base.const):
            base.const[at] = value.const
        return
    if isinstance(base.const, dict) and name is not None and plain:
        base.const[name] = value.const
        return
    loosen(base)
    if base.items is not None and at is not None and 0 <= at <= len(base.items) < 2000:
        base.items[at : at + 1] = [value]
    elif name is not None:
        table: dict[Any, Value] = base.table if base.table is not None else {}
        old = table.get(name)
        table[name] = join(old, value) if old is not None and m.forks else value
        base.table = table
    elif base.items is not None and len(base.items) < 2000:
        base.items.append(value)
    elif base.table is None and (value.ref is not None or value.table is not None):
        base.table = {"*": value}
    elif base.table is not None and len(base.table) < 2000:
        base.table[f"*{len(base.table)}"] = value
    base.taints = merge_taints(base.taints, value.taints)


def loosen(base: Value) -> None:
    """A constant that takes what is none becomes a list or mapping of values."""
    if isinstance(base.const, list):
        base.items = [Value(const=c) for c in base.const[:2000]]
        base.const = UNKNOWN
    elif isinstance(base.const, dict):
        base.table = {k: Value(const=c) for k, c in base.const.items()}
        base.const = UNKNOWN
