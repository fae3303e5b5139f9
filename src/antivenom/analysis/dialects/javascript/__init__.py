"""JavaScript and TypeScript: objects are tables, functions are values, texts win over numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.dialects import Dialect
from antivenom.analysis.dialects.javascript import (
    known,
    methods,
    modules,
    names,
    operators,
    pure,
    reading,
    rotation,
    specials,
)
from antivenom.analysis.dialects.javascript.operations import OPERATIONS
from antivenom.analysis.value import Value

if TYPE_CHECKING:
    from antivenom.analysis.flow.objects import FunctionRef


def _receive(ref: FunctionRef, args: list[Value], receiver: Value | None) -> list[Value]:
    """Every function but an arrow has ``this`` in front."""
    if ref.function.params[:1] == ("this",):
        return [receiver if receiver is not None else Value(), *args]
    return args


JAVASCRIPT = Dialect(
    language="javascript",
    is_hot=reading.is_hot,
    mark=reading.mark,
    telling_places=reading.telling_places,
    begin=modules.begin,
    run_cold=modules.run_cold,
    unbound=names.unbound,
    attribute=names.attribute,
    element=names.element,
    store=names.store,
    binary=operators.binary,
    unary=operators.unary,
    truth=operators.truth,
    operations=OPERATIONS,
    receive=_receive,
    method=methods.method,
    pure=pure.call,
    specials=specials.SPECIALS,
    unknown=specials.unknown,
    loop=rotation.loop,
    variants=5000,
    depth=16,
    hooked=known.HOOKED,
    undefined=True,
    values=True,
)
