"""Code in one form for every language: what a front end lowers to and analysis reads.

    Module -> Function -> Statement over Expression

A front end resolves what it can by name alone: a use of an imported or built-in thing becomes
`Global("os.environ")`, everything else stays `Name`, `Attr`, `Index`. Functions are lowered
when their body is first asked for, since most of a library is never asked for.

Lines are 1-based lines of the text given to the front end; 0 means the language has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

# --------------------------------------------------------------------------- expressions


class Expr(Struct, gc=False, kw_only=False):
    """Any expression."""

    line: int


class Const(Expr, gc=False):
    """A literal: text, bytes, number, truth value or None (also for ``...``)."""

    value: str | bytes | int | float | complex | bool | None


class Global(Expr, gc=False):
    """A thing known by its canonical path in the language's namespace: ``os.environ``,
    ``builtins.exec``, ``child_process.exec``, ``std::process::Command::new``."""

    path: str


class Name(Expr, gc=False):
    """A variable of the function, of an enclosing one, or of the module."""

    id: str


class Attr(Expr, gc=False):
    """``base.name``; also a method before it is called, so a receiver chain is Call/Attr nested."""

    base: Expr
    name: str


class Index(Expr, gc=False):
    """``base[key]``; the key may be a `Range`."""

    base: Expr
    key: Expr


class Range(Expr, gc=False):
    """A slice; a missing part is None."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


class Op(Expr, gc=False):
    """An operation over its arguments in order.

    ``+ - * / // % ** & | ^ << >> @`` · ``neg pos inv not`` · ``and or`` · comparison
    ``== != < <= > >= is isnot in notin`` · ``cond`` (test, then, else) ·
    ``list tuple set`` (elements) · ``dict`` (key, value, key, value ...; a None key is ``**``) ·
    ``star`` (unpacked) · ``await`` · ``yield`` ·
    ``walrus`` (target, value: assigned and passed on) ·
    ``postfix`` (target, new value: assigned, the old one passed on) · ``sequence`` (the last one) ·
    ``new`` (class, arguments) · ``??`` · ``>>>`` · ``typeof`` · ``instanceof`` · ``delete``;
    in targets also ``default`` (target, value) and ``unpack`` (key, target, key, target ...).
    """

    op: str
    args: tuple[Expr | None, ...]


class Template(Expr, gc=False):
    """An f-string or template literal: text parts are `Const`, the rest are expressions."""

    parts: tuple[Expr, ...]


class Call(Expr, gc=False):
    """A call or construction. ``named`` holds keyword arguments; the name ``**`` is unpacking."""

    func: Expr
    args: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    end_line: int = 0


class FuncRef(Expr, gc=False):
    """A function as a value: a lambda, an anonymous function, a nested definition."""

    index: int
    """Into `Module.functions`."""


class ClassRef(Expr, gc=False):
    """A class as a value."""

    index: int
    """Into `Module.classes`."""


class Comp(Expr, gc=False):
    """A comprehension: ``kind`` is list, set, dict (element is a tuple Op) or gen."""

    kind: str
    element: Expr
    loops: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]
    """(target, iterable, conditions), outermost first."""


# --------------------------------------------------------------------------- statements


class Stmt(Struct, gc=False):
    """Any statement."""

    line: int


class Do(Stmt, gc=False):
    """An expression evaluated for its effect."""

    value: Expr


class Assign(Stmt, gc=False):
    """``target = value``. A target is Name, Attr, Index, or a tuple/list/star Op of targets.

    With ``op`` it is an augmented assignment (``+`` for ``+=``).
    """

    targets: tuple[Expr, ...]
    value: Expr
    op: str = ""


class Return(Stmt, gc=False):
    """Leaves the function with a value, or None."""

    value: Expr | None


class Import(Stmt, gc=False):
    """Loads a module by a fixed name; the names it binds were resolved by the front end.

    ``path`` is absolute where the front end could make it so; ``names`` are (name, alias) pairs
    of a selective import, ``("*", "*")`` for everything, empty for the module itself.
    """

    path: str
    names: tuple[tuple[str, str], ...] = ()
    alias: str = ""


class Branch(Stmt, gc=False):
    """A choice. ``kind``: if, try (arms: body, each handler, finally), match, with, and switch,
    whose arms follow each other until one jumps and whose ``test`` is the operation ``switch``
    over the value and each arm's."""

    kind: str
    test: Expr | None
    arms: tuple[tuple[Stmt, ...], ...]


class Loop(Stmt, gc=False):
    """A repetition. ``for`` binds ``target`` from ``test``; ``while`` repeats while ``test``, with
    ``step`` after each round, also after one that was cut short by ``continue``."""

    kind: str
    target: Expr | None
    test: Expr
    body: tuple[Stmt, ...]
    step: tuple[Stmt, ...] = ()


class Define(Stmt, gc=False):
    """Binds a function or class to a name; decorators are expressions, innermost last."""

    name: str
    ref: FuncRef | ClassRef
    decorators: tuple[Expr, ...] = ()


class Jump(Stmt, gc=False):
    """``break``, ``continue``, ``raise`` (with value), ``exit``."""

    kind: str
    value: Expr | None = None


class Scope(Stmt, gc=False):
    """Declares names as belonging to the module (``global``) or an outer function."""

    kind: str
    names: tuple[str, ...]


# --------------------------------------------------------------------------- containers


def _lowered() -> tuple[Stmt, ...]:
    """Stand in place of what was lowered, so that its syntax tree is free to go."""
    return ()


@dataclass(slots=True, kw_only=True)
class Function:
    """A function, method, lambda, static initialiser or macro body."""

    name: str
    """Qualified inside the module: ``Client.send``, ``main.<locals>.inner``."""
    params: tuple[str, ...]
    """In order; ``*rest`` and ``**options`` keep their stars."""
    line: int
    end_line: int
    lower: Callable[[], tuple[Stmt, ...]] = field(repr=False)
    defaults: tuple[tuple[str, Expr], ...] = ()
    owner: int | None = None
    """The class it belongs to, an index into `Module.classes`."""
    start: int = -1
    """Where it begins in the text's UTF-8, -1 where the front end tells lines alone: of languages
    that are shipped without line breaks, lines say nothing."""
    end: int = -1
    _body: tuple[Stmt, ...] | None = field(default=None, repr=False)

    @property
    def body(self) -> tuple[Stmt, ...]:
        """The statements, lowered on first use."""
        if self._body is None:
            self._body = self.lower()
            self.lower = _lowered
        return self._body


@dataclass(slots=True, kw_only=True)
class Class:
    """A class: its methods and the statements of its body, which run when it is loaded."""

    name: str
    bases: tuple[Expr, ...]
    line: int
    end_line: int
    methods: dict[str, int] = field(default_factory=dict)
    """Method name -> index into `Module.functions`."""
    body: tuple[Stmt, ...] = ()


@dataclass(slots=True, kw_only=True)
class Module:
    """One source text lowered. ``functions[0]`` is its top level."""

    member: str
    name: str
    """Dotted import name, or "" when nothing can import it."""
    lang: str
    text: str = field(repr=False)
    layer: int = 0
    functions: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    imports: Sequence[tuple[str, int]] = ()
    """Every module path imported anywhere inside, with its line; absolute where possible."""
    partial: str = ""
    """Why parts of the text could not be read, "" when all was."""
    cut: bool = False
    """Whether nothing of it was read: what could run then says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """All modules of an artifact that were lowered."""

    modules: tuple[Module, ...]
