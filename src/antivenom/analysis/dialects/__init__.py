"""What a language means by the Program form where languages differ.

The machine in `analysis.flow` evaluates one form for all. Where a language means something else
by it, or has its own way to name things, its dialect says so; a part that is None means what it
means in general, which is what Python means. A language is one module here and one row below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.objects import FunctionRef, ModuleRef
    from antivenom.analysis.flow.site import Site
    from antivenom.analysis.package import Source
    from antivenom.analysis.value import Taint, Value
    from antivenom.model import program as p
    from antivenom.model.program import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One language's answers."""

    language: str
    # ------------------------------------------------------------------ reading
    is_hot: Callable[[bytes], bool]
    """Whether a text holds an identifier that some behavior needs."""
    mark: Callable[[Source, Module], None]
    """Find the places of a lowered module that make a function around them worth evaluating."""
    telling_places: Callable[[bytes], Iterator[int]]
    """Where the text names something some behavior needs; what a cut keeps."""
    wanted: Callable[[Source, str], Sequence[int]] | None = None
    """Lines of a text whose functions will be asked for, before it is parsed."""
    # ------------------------------------------------------------------ modules
    begin: Callable[[Machine, ModuleRef], None] | None = None
    """Prepare the variables of a module before it runs."""
    run_cold: Callable[[Machine, ModuleRef], int] | None = None
    """Run what a module without needles imports; return how many calls away hot code is."""
    unbound: Callable[[Machine, str], Value] | None = None
    """What a name means that nothing bound."""
    # ------------------------------------------------------------------ values
    attribute: Callable[[Machine, Value, str], Value] | None = None
    """``base.name``."""
    element: Callable[[Machine, Value, Value, int], Value] | None = None
    """``base[key]``."""
    store: Callable[[Machine, Value, Value, Value, int], None] | None = None
    """``base[key] = value``, and ``base.key = value``."""
    elements: Callable[[Value], list[Value] | None] | None = None
    """The elements a loop or a pattern takes from a value."""
    binary: Callable[[str, Any, Any], Any] | None = None
    """A binary operator over two constants."""
    unary: Callable[[str, Any], Any] | None = None
    truth: Callable[[object], bool] | None = None
    """Whether a constant counts as true."""
    operations: Mapping[str, Callable[[Machine, p.Op], Value]] = field(default_factory=dict)
    """Operations that other languages lack."""
    # ------------------------------------------------------------------ calls
    receive: Callable[[FunctionRef, list[Value], Value | None], list[Value]] | None = None
    """(function, arguments, receiver) -> what its parameters are bound to."""
    method: Callable[[Machine, Value, Site], Value | None] | None = None
    """A method of a constant, a list or a mapping; None to go on as with any other call."""
    pure: Callable[[str, list[Any], dict[str, Any]], tuple[Any, str]] | None = None
    """A known function over constants: its result and the decoder's name, "" if it is none."""
    specials: Mapping[str, Callable[[Machine, Site], Value | None]] | None = None
    """Functions whose meaning is not a table row."""
    unknown: Callable[[Machine, Value, Site], tuple[Taint, ...]] | None = None
    """What else a call of something unknown does: run the functions it is given."""
    loop: Callable[[Machine, p.Loop], bool] | None = None
    """Do what a loop of a known kind does, at once; False to run it as any other."""
    variants: int = 200
    """Evaluations of one function with different constants at one activation."""
    depth: int = 100
    """Calls inside calls, where the limits allow more: expressions nest deeply in minified code."""
    hooked: frozenset[str] = frozenset()
    """Functions of others whose replacement sees what everybody hands over."""
    undefined: bool = False
    """Whether an argument that is not given is a value of its own, nothing."""
    values: bool = False
    """Whether functions are mostly written as values: each counts as one that somebody may call."""


@cache
def of(language: str) -> Dialect:
    """Return the dialect of a language; one that has none is evaluated in general."""
    make = _DIALECTS.get(language)
    return make() if make is not None else _python()


def _python() -> Dialect:
    from antivenom.analysis.dialects.python import PYTHON

    return PYTHON


def _javascript() -> Dialect:
    from antivenom.analysis.dialects.javascript import JAVASCRIPT

    return JAVASCRIPT


_DIALECTS: dict[str, Callable[[], Dialect]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
}
LANGUAGES = frozenset(_DIALECTS)
"""Languages that can be evaluated."""
