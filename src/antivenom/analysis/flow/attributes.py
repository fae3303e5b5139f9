"""What ``base.name`` is: of the program's own objects, of modules, of names in the tables."""

from __future__ import annotations

import re

from antivenom.analysis import decode
from antivenom.analysis.constants import CONSTANTS
from antivenom.analysis.flow import protocols, texts
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.names import by_path
from antivenom.analysis.flow.objects import (
    ClassRefValue,
    Instance,
    Method,
    ModuleRef,
    Namespace,
)
from antivenom.analysis.value import UNKNOWN, Value

_PUBLIC = frozenset(["address", "public_key", "pubkey", "classic_address", "verify_key"])
"""What a key shows to everybody: the key itself does not travel with it."""
_MODULE = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*){0,5}")


_TEXTS = frozenset(["", "__file__"])
"""Paths of values that are texts and nothing else."""


def attribute(m: Machine, base: Value, name: str) -> Value:
    """Return ``base.name``."""
    own = m.frames[-1].dialect.attribute
    return own(m, base, name) if own is not None else _general(m, base, name)


def _general(m: Machine, base: Value, name: str) -> Value:
    """Return ``base.name`` as Python means it."""
    if name == "__builtins__":  # of any module, reached by whatever way
        return Value(path="builtins")
    ref = base.ref
    if ref is not None:
        found = _of_object(m, base, name)
        if found is not None:
            return found
    if base.alts and not base.path:
        return of_alternatives(m, base, name)
    if not base.path and base.const is not UNKNOWN:
        return Value(base=base, path=f"{_type_path(base.const)}.{name}", taints=base.taints)
    path = f"{base.path}.{name}" if base.path else ""
    if name == "__globals__":
        path = path or name
    if base.path in _TEXTS and texts.knows(base, name):
        path = f"{texts.OWN}{name}"
    known = m.frames[-1].table.constants.get(path) if path else None
    value = Value(path=path, base=base, taints=base.taints, made=base.made)
    if name in _PUBLIC:
        value.taints = tuple(t for t in base.taints if t.via[0] != "secrets.given")
    if name == "__file__" and path and _MODULE.fullmatch(base.path):
        # Where another installed module lies: its neighbours are files of other packages.
        value.hint = f"site-packages/{base.path.replace('.', '/')}/__init__.py"
    if known is not None:
        value.const = known
    elif path in CONSTANTS:
        value.const = CONSTANTS[path]
    elif path in decode.PARTS and base.made and base.made[0].known:
        spelled = decode.part(path, base.made[0].const)
        if spelled is not None:
            return Value(const=spelled[0], taints=base.taints, coded=(spelled[1],))
    return value


def _type_path(const: object) -> str:
    return f"builtins.{type(const).__name__}"


_STARTS_RUN = frozenset(["start"])
_RUNNABLE = frozenset(["Thread", "Process", "Timer", "QThread"])
"""Whose `start` runs the `run` that a subclass writes."""


def _of_object(m: Machine, base: Value, name: str) -> Value | None:
    ref = base.ref
    if isinstance(ref, Instance):
        found = ref.attrs.get(name)
        if found is not None:
            return found
        method = ref.cls.method(name)
        if method is not None:
            if name in ref.cls.properties:
                return m.invoke(method, [], {}, base)
            static = name in ref.cls.statics
            return Value(ref=method if static else Method(method, base))
        inherited = ref.cls.attribute(name)
        if inherited is not None:
            return inherited
        external = ref.cls.external()
        if name in _STARTS_RUN and any(e.rpartition(".")[2] in _RUNNABLE for e in external):
            run = ref.cls.method("run")
            if run is not None:
                return Value(ref=Method(run, base))
        made = protocols.missing(m, base, name)
        if made is not None:
            return made
        path = f"{external[0]}().{name}" if external else ""
        return Value(path=path, base=base, taints=base.taints)
    if isinstance(ref, ModuleRef):
        return _of_module(m, ref, name)
    if isinstance(ref, ClassRefValue):
        found = ref.attribute(name)
        return found if found is not None else Value(base=base)
    if isinstance(ref, Namespace):
        return Value(ref=ref, base=base, path=f"namespace.{name}")
    return None


def _of_module(m: Machine, ref: ModuleRef, name: str) -> Value:
    found = ref.env.vars.get(name)
    if found is not None:
        return found
    if name == "__dict__":
        return Value(ref=Namespace(ref.env))
    sub = m.load(f"{ref.source.name}.{name}", m.frame.home.source) if ref.source.name else None
    if sub is not None:
        return Value(ref=sub)
    made = protocols.module_missing(m, ref, name)
    if made is not None:
        return made
    for star in ref.stars:
        if m.frame.table.rows(f"{star}.{name}"):
            return by_path(m, f"{star}.{name}")
    # A well-known library whose code we did not follow so far, under its own name.
    path = f"{ref.source.name}.{name}"
    return by_path(m, path) if m.frame.table.rows(path) else Value()


def _alike(one: Value, other: Value) -> bool:
    if one.known or other.known:
        return False
    return one.path == other.path and one.base is other.base and one.ref is other.ref


def of_alternatives(m: Machine, base: Value, name: str) -> Value:
    """What the attribute is of each thing the value may be; calling it calls them all."""
    found: list[Value] = []
    for option in base.alts:
        value = attribute(m, option, name)
        if not any(_alike(v, value) for v in found):
            found.append(value)
    if len(found) == 1:
        return found[0]
    return Value(base=base, alts=tuple(found), taints=base.taints)
