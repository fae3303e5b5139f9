"""Calls that run what they are given: threads, timers, exit handlers, ``map``, ``setup``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.api.row import Row
from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Instance, Method, Partial
from antivenom.analysis.value import Value
from antivenom.model.label import STRENGTH, Activation

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_INSTALL_COMMANDS = frozenset(
    ["install", "develop", "install_lib", "install_scripts", "easy_install"]
)
_SETUP = frozenset(
    ["setuptools.setup", "distutils.core.setup", "skbuild.setup", "numpy.distutils.core.setup"]
)
_GIVEN = 4
"""Parameters of a callback that receive what a library observed (a key, a packet)."""
_METHODS = ("initialize_options", "finalize_options", "run", "execute")


def run(m: Machine, row: Row | None, path: str, site: Site) -> list[Value]:
    """Run the callables that a call hands over to be run; return what they return."""
    if path in _SETUP:
        commands(m, site.named.get("cmdclass"))
        return []
    if row is None or not row.calls:
        return []
    from antivenom.analysis.flow.calls import call_value

    passed = [v for value in site.all(row.passes) for v in _spread(value)]
    if "params" in row.source:
        taints = m.effects.observed(m, row, site)
        passed = [*passed, *(Value(taints=taints) for _ in range(_GIVEN))]
    return [
        call_value(m, target, passed, {}, site.line, site.end_line)
        for target in site.all(row.calls)
        if is_callable(target)
    ]


def _spread(value: Value) -> list[Value]:
    if value.items is not None:
        return value.items
    if value.known and isinstance(value.const, (list, tuple)):
        return [Value(const=c) for c in value.const]
    return [value]


def is_callable(value: Value) -> bool:
    """Return whether a value is something of the artifact, or a known name, that can be called."""
    kinds = (FunctionRef, Method, ClassRefValue, Partial, Instance)
    return isinstance(value.ref, kinds) or bool(value.path) or bool(value.alts)


def commands(m: Machine, cmdclass: Value | None) -> None:
    """Run the command classes of ``setup``: on install, or on build."""
    if cmdclass is None:
        return
    entries = list((cmdclass.table or {}).items())
    for option in cmdclass.alts:
        entries += list((option.table or {}).items())
    for name, value in entries:
        for option in (value, *value.alts):
            if isinstance(option.ref, ClassRefValue):
                _command(m, str(name), option.ref)


def _command(m: Machine, name: str, cls: ClassRefValue) -> None:
    wanted = Activation.INSTALL if name in _INSTALL_COMMANDS else Activation.BUILD
    if any(base.rpartition(".")[2] in _INSTALL_COMMANDS for base in cls.external()):
        wanted = Activation.INSTALL
    before = m.activation
    if STRENGTH[wanted] < STRENGTH[before] and before is not Activation.BUILD:
        wanted = before
    m.activation = wanted
    try:
        made = m.new_instance(cls)
        for method_name in ("__init__", *_METHODS):
            method = cls.method(method_name)
            if method is not None:
                m.invoke(method, [], {}, made)
    finally:
        m.activation = before
