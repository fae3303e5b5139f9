"""Ways to find a built-in without naming it: walking the names of ``builtins``."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from antivenom.analysis.flow.objects import Namespace
from antivenom.analysis.value import Value

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_NAMES = sorted(name for name in dir(builtins) if not name.startswith("_") or name == "__import__")
_HOLDERS = frozenset(["builtins", "builtins.__dict__"])


def _is_builtins(value: Value | None) -> bool:
    if value is None:
        return False
    if isinstance(value.ref, Namespace):
        return value.ref.env is None and value.ref.path in _HOLDERS
    return value.path in _HOLDERS


def names(m: Machine, site: Site) -> Value | None:
    """``dir(builtins)`` and ``list(vars(builtins))``: the names are known everywhere."""
    first = site.args[0] if site.args else site.receiver
    return Value(const=list(_NAMES)) if _is_builtins(first) else None


def items(m: Machine, site: Site) -> Value | None:
    """``vars(builtins).items()``: pairs of a name and what it stands for."""
    if not _is_builtins(site.receiver):
        return None
    return Value(items=[Value(items=[Value(const=n), _built_in(n)]) for n in _NAMES])


def values(m: Machine, site: Site) -> Value | None:
    """``vars(builtins).values()``."""
    return Value(items=list(map(_built_in, _NAMES))) if _is_builtins(site.receiver) else None


def _built_in(name: str) -> Value:
    return Value(path=f"builtins.{name}")


def first(m: Machine, site: Site) -> Value | None:
    """``next(x for x in ...)`` of what is known element by element."""
    source = site.args[0] if site.args else Value()
    if source.items:
        return source.items[0]
    if source.known and isinstance(source.const, (list, tuple)) and source.const:
        return Value(const=source.const[0], taints=source.taints, coded=source.coded)
    return None
