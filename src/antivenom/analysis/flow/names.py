"""What a name means that nothing in scope bound."""

from __future__ import annotations

import builtins

from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.objects import FunctionRef
from antivenom.analysis.value import HOLE, Value

_PYTHON2 = frozenset(["unicode", "xrange", "raw_input", "execfile", "reload", "unichr", "long"])
_BUILTINS = frozenset(dir(builtins)) | _PYTHON2


def by_path(m: Machine, path: str) -> Value:
    """Return the value of a canonical path."""
    known = m.frame.table.constants.get(path)
    return Value(path=path) if known is None else Value(path=path, const=known)


def unbound(m: Machine, name: str) -> Value:
    """Return what a name means that the program did not bind: a built-in, or nothing known."""
    frame = m.frames[-1]
    own = frame.dialect.unbound
    if own is not None:
        return own(m, name)
    if name in _BUILTINS and name != "__name__" and frame.module.lang == "python":
        return Value(path=f"builtins.{name}")
    if name == "__builtins__":
        return Value(path="builtins")
    if name == "__file__":
        return Value(path="__file__", hint=f"{HOLE}/{frame.home.source.member}")
    home = frame.home.env.vars.get(name)
    if home is not None:
        return home
    for star in frame.home.stars:
        path = f"{star}.{name}"
        if frame.table.rows(path):
            return by_path(m, path)
    later = _defined_later(m, name)
    if later is not None:
        return later
    # A module used without its import: broken samples do this, and so do fragments of code.
    if name in frame.table.modules or (name.startswith("__") and frame.table.rows(name)):
        return Value(path=name)
    return Value()


def _defined_later(m: Machine, name: str) -> Value | None:
    """A function of the module that its top level defines after the call that needs it."""
    module = m.frame.module
    function = m.free_functions(module).get(name)
    if function is None:
        return None
    return Value(ref=FunctionRef(module, function, m.frame.home.env, m.frame.home))
