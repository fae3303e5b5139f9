"""Compiled and pickled code found as constants: read as data, never loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.flow.objects import Code
from antivenom.analysis.value import Value, taints_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site


def code_value(m: Machine, site: Site) -> Value | None:
    """``marshal.loads(bytes)``: the code object as a module of its own layer, where readable."""
    row = m.frame.table.pick("marshal.loads", site.lookup)
    seen = m.effects.call(m, row, "marshal.loads", site) if row is not None else Value()
    first = site.args[0] if site.args else Value()
    taints = seen.taints or taints_of(site.args)
    if not isinstance(first.const, (bytes, bytearray)):
        return Value(taints=taints)
    from antivenom.languages.python.marshalled import module_from_marshal

    data = bytes(first.const)
    frame = m.frame
    number = m.effects.log.layer(
        frame.module.member, site.line, frame.module.layer, (*first.coded, "marshal"), data
    )
    if number is None:
        return Value(taints=taints)
    module = module_from_marshal(data, member=frame.module.member, layer=number)
    return Value(ref=Code(module), taints=taints) if module is not None else Value(taints=taints)


def pickle_value(m: Machine, site: Site) -> Value | None:
    """``pickle.loads(bytes)``: what the opcodes would import and call."""
    row = m.frame.table.pick("pickle.loads", site.lookup)
    seen = m.effects.call(m, row, "pickle.loads", site) if row is not None else Value()
    first = site.args[0] if site.args else Value()
    if isinstance(first.const, (bytes, bytearray)):
        from antivenom.languages.python.pickled import module_from_pickle

        frame = m.frame
        data = bytes(first.const)
        number = m.effects.log.layer(
            frame.module.member, site.line, frame.module.layer, (*first.coded, "pickle"), data
        )
        if number is not None:
            module = module_from_pickle(data, member=frame.module.member, layer=number)
            if module is not None:
                from antivenom.analysis.flow.layers import run

                run(m, Value(ref=Code(module)), site.line)
    return Value(taints=seen.taints or taints_of(site.args))
