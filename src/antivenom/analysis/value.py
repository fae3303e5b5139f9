"""What the analysis knows of a value: a constant, a path, where it came from."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

HOLE = "\ufffd"
"""Stands for the unknown part of a text that is partly known."""

MAX_TAINTS = 10
MAX_ALTERNATIVES = 6


class _Unknown:
    """The constant of a value that has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        raise TypeError("an unknown value has no truth")


UNKNOWN: Any = _Unknown()


class Taint(Struct, frozen=True, gc=False):
    """Where a value came from: the behaviors it passed, source first."""

    via: tuple[str, ...]
    member: str
    line: int
    layer: int = 0
    value: str = ""
    host: str = ""
    hostclass: str = ""
    path_class: str = ""
    args: tuple[str, ...] = ()

    def through(self, behavior: str) -> Taint:
        """Return this taint after one more behavior; a repetition is not a step."""
        if self.via[-1] == behavior or len(self.via) >= 6:
            return self
        return Taint(
            (*self.via, behavior),
            self.member,
            self.line,
            self.layer,
            self.value,
            self.host,
            self.hostclass,
            self.path_class,
            self.args,
        )


class Value(Struct):
    """An abstract value. Values are shared by reference, as the program's own objects are."""

    const: Any = UNKNOWN
    """The constant, also a list, tuple, set or dict all of whose elements are constants."""
    path: str = ""
    """Canonical path: ``os.environ``, ``socket.socket()``, "" when unknown."""
    taints: tuple[Taint, ...] = ()
    hint: str = ""
    """Known parts of a text, with `HOLE` for the rest; "" when nothing is known."""
    items: list[Value] | None = None
    """Elements of a sequence that is not a constant."""
    table: dict[Any, Value] | None = None
    """Entries of a mapping that is not a constant."""
    ref: Any = None
    """A function, class, instance or module of the program: see `flow.objects`."""
    alts: tuple[Value, ...] = ()
    """What else it may be, after branches that differ."""
    base: Value | None = None
    """The receiver, when this is an attribute of it."""
    made: tuple[Value, ...] = ()
    """The arguments of the call this value is the result of."""
    coded: tuple[str, ...] = ()
    """The decodings a constant went through, outermost first; ``assembled`` for joined pieces."""

    @property
    def known(self) -> bool:
        """Whether the constant is known."""
        return self.const is not UNKNOWN


def constant(value: object, coded: tuple[str, ...] = (), taints: tuple[Taint, ...] = ()) -> Value:
    """Return the value of a literal."""
    return Value(const=value, coded=coded, taints=taints)


def text_of(value: Value) -> str:
    """Return what is known of a value as text, with `HOLE` for what is not; "" if nothing is."""
    const = value.const
    if const is UNKNOWN:
        if value.hint:
            return value.hint
        return text_of(value.alts[0]) if value.alts else ""
    if isinstance(const, str):
        return const
    if isinstance(const, (bytes, bytearray)):
        return bytes(const[:100_000]).decode("utf-8", "replace")
    if isinstance(const, (int, float)) and not isinstance(const, bool):
        return str(const) if not isinstance(const, int) or const.bit_length() < 4096 else ""
    return ""


def merge_taints(*groups: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Return the union in order, bounded."""
    first: tuple[Taint, ...] = ()
    more = False
    for group in groups:
        if group and group is not first:
            more = bool(first)
            if more:
                break
            first = group
    if not more:
        return first
    seen: dict[Taint, None] = {}
    for group in groups:
        for taint in group:
            seen[taint] = None
    return tuple(seen)[:MAX_TAINTS]


def taints_of(values: list[Value] | tuple[Value, ...]) -> tuple[Taint, ...]:
    """Return the union of the taints of several values, alternatives included."""
    groups: list[tuple[Taint, ...]] = []
    options: list[tuple[Taint, ...]] = []
    # Asked of every call: most values come from nowhere.
    for value in values:
        if value.taints:
            groups.append(value.taints)
        if value.alts:
            options += [a.taints for a in value.alts if a.taints]
    return merge_taints(*groups, *options) if groups or options else ()


def join(one: Value | None, other: Value | None) -> Value:
    """Return a value that may be either."""
    if one is None or other is None or one is other:
        return one or other or Value()
    if _same(one, other):
        return one
    options: list[Value] = []
    for value in (*(one.alts or (one,)), *(other.alts or (other,))):
        if _says_something(value):
            if not any(v is value or _same(v, value) for v in options):
                options.append(value)
    if not options:
        return Value()
    if len(options) == 1 and options[0].taints:
        return options[0]
    return Value(
        path=one.path if one.path == other.path else "",
        taints=merge_taints(one.taints, other.taints),
        hint=one.hint if one.hint == other.hint else "",
        alts=tuple(options[:MAX_ALTERNATIVES]),
        coded=one.coded or other.coded,
    )


def _says_something(value: Value) -> bool:
    if value.known or value.path or value.ref is not None or value.hint or value.taints:
        return True
    return value.table is not None or value.items is not None


def _same(one: Value, other: Value, depth: int = 3) -> bool:
    if one.taints != other.taints or one.path != other.path or one.ref is not other.ref:
        return False
    if one.known != other.known or one.hint != other.hint:
        return False
    if not one.known:
        same = one.items is other.items and one.table is other.table
        return same and _same_options(one.alts, other.alts, depth)
    a, b = one.const, other.const
    return a is b or (type(a) is type(b) and isinstance(a, (str, bytes, int)) and a == b)


def _same_options(some: tuple[Value, ...], others: tuple[Value, ...], depth: int) -> bool:
    """Compare alternatives a few levels down: they may be as many as the program likes."""
    if some is others:
        return True
    if len(some) != len(others) or depth == 0:
        return False
    pairs = zip(some, others, strict=True)
    return all(a is b or _same(a, b, depth - 1) for a, b in pairs)
