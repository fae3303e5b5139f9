"""Evaluate calls: of the artifact's own functions, of known names, of methods of constants."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Any

from antivenom.analysis import fold
from antivenom.analysis.flow import (
    callbacks,
    handovers,
    protocols,
    strangers,
    texts,
    written,
)
from antivenom.analysis.flow.expressions import attribute, by_path, evaluate
from antivenom.analysis.flow.machine import Machine, plain_key
from antivenom.analysis.flow.objects import (
    ClassRefValue,
    FunctionRef,
    Getter,
    Instance,
    Method,
    Partial,
)
from antivenom.analysis.flow.site import Site
from antivenom.analysis.value import (
    HOLE,
    UNKNOWN,
    Taint,
    Value,
    join,
    merge_taints,
    taints_of,
    text_of,
)
from antivenom.model import program as p

Pure = Callable[[str, list[Any], dict[str, Any]], tuple[Any, str]]


def call(m: Machine, expr: p.Call) -> Value:
    """Return what a call expression returns."""
    func = evaluate(m, expr.func, quiet=True)
    args: list[Value] = []
    for arg in expr.args:
        value = evaluate(m, arg)
        if type(arg) is p.Op and arg.op == "star":
            args += _spread(value)
        else:
            args.append(value)
    named: dict[str, Value] = {}
    for name, arg in expr.named:
        value = evaluate(m, arg)
        if name == "**":
            named.update(_spread_named(value))
        else:
            named[name] = value
    frame = m.frames[-1]
    frame.unread = expr is frame.dropped
    return call_value(m, func, args, named, expr.line, expr.end_line)


_MOST_SPREAD = 20_000
"""Elements of a list given as arguments: texts are put together from their codes."""


def _spread(value: Value) -> list[Value]:
    if value.items is not None:
        return value.items
    const = value.const
    if isinstance(const, (list, tuple, str, bytes)):
        some = const[:_MOST_SPREAD]
        return [Value(const=c, taints=value.taints, coded=value.coded) for c in some]
    return [Value(taints=value.taints)]


def _spread_named(value: Value) -> dict[str, Value]:
    if value.table is not None:
        return {str(k): v for k, v in value.table.items()}
    if value.known and isinstance(value.const, dict):
        return {str(k): Value(const=v) for k, v in value.const.items()}
    return {"**": Value(taints=value.taints)} if value.taints else {}


def call_value(
    m: Machine,
    func: Value,
    args: list[Value],
    named: dict[str, Value],
    line: int,
    end_line: int,
) -> Value:
    """Call a value."""
    m.step()
    if func.ref is not None:
        done = _call_object(m, func, args, named, line, end_line)
        if done is not None:
            return done
    if func.alts and not func.path:
        return _call_alternatives(m, func, args, named, line, end_line)
    receiver = func.base
    site = Site(line, end_line, args, named, receiver)
    method = m.frames[-1].dialect.method
    if method is not None and receiver is not None:
        done = method(m, func, site)
        if done is not None:
            return done
    elif receiver is not None and receiver.known and not receiver.path:
        folded = _method_of_constant(m, func, receiver, args, named)
        if folded is not None:
            return folded
    if receiver is not None and func.path.startswith(texts.OWN):
        done = texts.method(func.path.removeprefix(texts.OWN), receiver, args)
        return done or _unknown(m, Value(base=receiver), site)
    if func.path:
        return _call_path(m, func.path, site)
    return _unknown(m, func, site)


def _call_path(m: Machine, path: str, site: Site) -> Value:
    if path.startswith("builtins."):
        protocols.built_in(m, path, site.args)
    elif path in handovers.IMPORTERS:
        handovers.imports(m, path, site)
    frame = m.frames[-1]
    dialect = frame.dialect
    special = (_specials() if dialect.specials is None else dialect.specials).get(path)
    if special is not None:
        done = special(m, site)
        if done is not None:
            return done
    folded = _fold(path, site, dialect.pure or fold.call)
    if folded is not None and folded.known:
        m.step(fold.toll(path, [v.const for v in site.args], folded.const))
    row = frame.table.pick(path, site.lookup)
    if row is None:
        last = path.rpartition(".")[2]
        # A protector's runtime carries a number in its module's name: only the hook is known.
        method = last if site.receiver is not None or last.startswith("__") else ""
        generic = frame.table.pick(f"*.{method}", site.lookup) if method else None
        row = generic
    # Where callbacks are how a program goes on, they run after what the call itself does.
    after = dialect.values and row is not None
    answers = [] if after else callbacks.run(m, row, path, site)
    if row is None:
        if folded is not None:
            return folded
        return _unknown(m, Value(path=path, base=site.receiver), site)
    result = m.effects.call(m, row, path, site)
    if after:
        answers = callbacks.run(m, row, path, site)
    if answers and row.carries is True:
        result.taints = merge_taints(result.taints, taints_of(answers))
    if folded is not None:
        result.const = folded.const
        result.coded = folded.coded
        result.hint = folded.hint or result.hint
        result.path = ""
    return result


@cache
def _specials() -> Mapping[str, Callable[[Machine, Site], Value | None]]:
    from antivenom.analysis.flow.specials import SPECIALS

    return SPECIALS


def _fold(path: str, site: Site, pure: Pure) -> Value | None:
    """Evaluate a pure function on constants; hint at texts that are partly known."""
    if path == "builtins.str.join" and site.receiver is None and len(site.args) == 2:
        return _join(site.args[0], site.args[1])
    values = [*site.args, *site.named.values()]
    if site.receiver is not None and site.receiver.known and path.startswith("builtins."):
        return None
    for value in values:
        if value.const is UNKNOWN:
            return _partly(path, site)
    const, decoder = pure(
        path, [v.const for v in site.args], {k: v.const for k, v in site.named.items()}
    )
    if const is UNKNOWN:
        return _partly(path, site)
    coded = next((v.coded for v in values if v.coded), ())
    taints = taints_of(values)
    if decoder:
        coded = (*coded, decoder)[:8]
    elif path in {"builtins.chr", "builtins.bytes", "builtins.bytearray"} and values:
        coded = coded if coded and coded != ("assembled",) else ("charcodes",)
    return Value(const=const, coded=coded, taints=taints)


def _partly(path: str, site: Site) -> Value | None:
    if path in {"os.path.join", "posixpath.join", "ntpath.join"}:
        from antivenom.analysis.flow.expressions import shorten

        parts = [text_of(v) or HOLE for v in site.args]
        taints = taints_of(site.args)
        hint = shorten("/".join(parts))
        return Value(hint=hint, taints=taints) if hint.strip("/" + HOLE) else Value(taints=taints)
    if path in _TRANSPARENT and site.args:
        first = site.args[0]
        return Value(hint=text_of(first), taints=first.taints, alts=first.alts, made=first.made)
    return None


_TRANSPARENT = frozenset(
    [
        "os.path.expanduser",
        "os.path.expandvars",
        "os.path.abspath",
        "os.path.realpath",
        "os.path.normpath",
        "builtins.str",
        "os.fspath",
        "shlex.quote",
        "builtins.repr",
    ]
)


_TURNING = frozenset(["replace", "translate", "swapcase", "to_bytes"])
"""Methods that turn a constant into another text without being a known encoding."""


def _method_of_constant(
    m: Machine, func: Value, receiver: Value, args: list[Value], named: dict[str, Value]
) -> Value | None:
    name = func.path.rpartition(".")[2]
    if name in fold.MUTATING and isinstance(receiver.const, (list, set, dict, bytearray)):
        return _mutate(m, receiver, name, args)
    values = [*args, *named.values()]
    taints = merge_taints(receiver.taints, taints_of(values))
    if name == "join" and len(args) == 1:
        return _join(receiver, args[0])
    if name == "format" and isinstance(receiver.const, str) and any(not v.known for v in values):
        return _format(receiver, args, named, taints)
    if any(not v.known for v in values):
        partly = texts.method(name, receiver, args) if isinstance(receiver.const, str) else None
        return partly or Value(taints=taints)
    const, decoder = fold.method(
        receiver.const, name, [v.const for v in args], {k: v.const for k, v in named.items()}
    )
    m.step(fold.toll(name, [receiver.const, *(v.const for v in values)], const))
    coded = receiver.coded or next((v.coded for v in values if v.coded), ())
    if decoder:
        coded = (*coded, decoder)[:8]
    elif name in _TURNING and const is not UNKNOWN:
        coded = coded if name in coded else (*coded, name)[:8]
    return Value(const=const, taints=taints, coded=coded)


def _mutate(m: Machine, receiver: Value, name: str, args: list[Value]) -> Value:
    plain = all(v.known and not v.taints for v in args)
    if plain and not m.forks:
        return Value(const=fold.mutate(receiver.const, name, [v.const for v in args]))
    receiver.taints = merge_taints(receiver.taints, taints_of(args))
    if isinstance(receiver.const, list) and name in {"append", "extend", "insert"}:
        receiver.items = [Value(const=c) for c in receiver.const[:500]]
        if name == "extend":
            receiver.items += _spread(args[0]) if args else []
        else:
            receiver.items += args[-1:]
        receiver.const = UNKNOWN
    elif isinstance(receiver.const, dict) and name == "update" and args:
        table = {k: Value(const=c) for k, c in receiver.const.items()}
        table.update(args[0].table or {})
        receiver.table = table
        receiver.const = UNKNOWN
    elif isinstance(receiver.const, (list, set, bytearray)):
        receiver.const = UNKNOWN
    return Value(taints=receiver.taints)


def _join(glue: Value, source: Value) -> Value:
    """``"".join(parts)`` of constants, or of parts partly known."""
    from antivenom.analysis.flow.expressions import shorten

    taints = merge_taints(glue.taints, source.taints)
    if glue.known and source.known:
        const, _ = fold.method(glue.const, "join", [source.const], {})
        if const is not UNKNOWN:
            coded = source.coded
            if not coded or coded == ("assembled",):
                coded = ("letters" if _lettered(glue, source) else "assembled",)
            return Value(const=const, taints=taints, coded=coded)
    if source.items:
        texts = [text_of(v) or HOLE for v in source.items[:200]]
        if all(v.known for v in source.items) and len(source.items) <= 200:
            return Value(const=text_of(glue).join(texts), taints=taints, coded=("assembled",))
        return Value(hint=shorten(text_of(glue).join(texts)), taints=taints)
    return Value(taints=taints)


def _lettered(glue: Value, source: Value) -> bool:
    """Whether a text is put together letter by letter, as home-made ciphers do."""
    parts = source.const
    return not glue.const and len(parts) >= _LETTERS and all(len(part) == 1 for part in parts)


_LETTERS = 8


def _format(
    receiver: Value, args: list[Value], named: dict[str, Value], taints: tuple[Taint, ...]
) -> Value:
    from antivenom.analysis.flow.expressions import shorten

    out: list[str] = []
    position = 0
    for n, piece in enumerate(str(receiver.const)[:4000].split("{")):
        if n == 0:
            out.append(piece)
            continue
        name, closed, rest = piece.partition("}")
        key = name.partition(":")[0].partition("!")[0]
        value: Value | None = named.get(key)
        if key.isdigit() and int(key) < len(args):
            value = args[int(key)]
        elif not key and position < len(args):
            value = args[position]
            position += 1
        out.append((text_of(value) if value is not None else "") or HOLE)
        out.append(rest if closed else "")
    return Value(hint=shorten("".join(out)), taints=taints)


# ---------------------------------------------------------------- the artifact's own


def _call_object(
    m: Machine, func: Value, args: list[Value], named: dict[str, Value], line: int, end_line: int
) -> Value | None:
    ref = func.ref
    if isinstance(ref, FunctionRef):
        return m.invoke(ref, args, named)
    if isinstance(ref, Method):
        return m.invoke(ref.function, args, named, ref.receiver)
    if isinstance(ref, ClassRefValue):
        return construct(m, ref, args, named)
    if isinstance(ref, Instance):
        method = ref.cls.method("__call__")
        return m.invoke(method, args, named, func) if method is not None else Value()
    if isinstance(ref, Partial):
        return call_value(m, ref.target, [*ref.args, *args], {**ref.named, **named}, line, end_line)
    if isinstance(ref, Getter) and args:
        found = attribute(m, args[0], ref.name)
        if not ref.call:
            return found
        return call_value(m, found, ref.args, {}, line, end_line)
    return None


_LIFE = ("__post_init__", "__enter__", "__del__", "__exit__")


def construct(m: Machine, cls: ClassRefValue, args: list[Value], named: dict[str, Value]) -> Value:
    """Make an object: its constructor runs, and so will its clean-up code."""
    made = m.new_instance(cls)
    if cls.instance is None:
        cls.instance = made
    key = _construction(m, cls, args, named)
    known = m.constructed.get(key) if key is not None else None
    if known is not None:
        made.ref.attrs = {name: _copy(value) for name, value in known.items()}
    else:
        _initialise(m, cls, args, named, made)
        if key is not None:
            m.constructed[key] = {name: _copy(value) for name, value in made.ref.attrs.items()}
    made.taints = taints_of([*args, *named.values()]) if cls.method("__init__") is None else ()
    external = cls.external()
    if external and m.frame.table.rows(external[0]):
        site = Site(cls.definition.line, cls.definition.line, args, named, None)
        callbacks.run(m, m.frame.table.row(external[0]), external[0], site)
    return made


def _initialise(
    m: Machine, cls: ClassRefValue, args: list[Value], named: dict[str, Value], made: Value
) -> None:
    for name in ("__new__", "__init__"):
        method = cls.method(name)
        if method is not None:
            m.invoke(method, args, named, made)
    for name in _LIFE:
        method = cls.method(name)
        if method is not None:
            m.invoke(method, [], {}, made)


def _construction(
    m: Machine, cls: ClassRefValue, args: list[Value], named: dict[str, Value]
) -> tuple[object, ...] | None:
    """Return what tells one construction from another, None where that is not known."""
    keys = [plain_key(value) for value in args]
    keys += [plain_key(value) for value in named.values()]
    if None in keys:
        return None
    return (id(cls), m.activation, bool(m.forks), *named, len(args), *keys)


def _copy(value: Value) -> Value:
    """Return the same value for another object, which may change its own."""
    made = copy(value)
    if isinstance(made.const, (list, dict, set, bytearray)):
        made.const = copy(made.const)
    made.items = list(made.items) if made.items is not None else None
    made.table = dict(made.table) if made.table is not None else None
    return made


def _call_alternatives(
    m: Machine, func: Value, args: list[Value], named: dict[str, Value], line: int, end_line: int
) -> Value:
    result: Value | None = None
    m.forks += 1
    try:
        for option in func.alts:
            got = call_value(m, option, args, named, line, end_line)
            result = join(result, got) if result is not None else got
    finally:
        m.forks -= 1
    return result or Value()


def _unknown(m: Machine, func: Value, site: Site) -> Value:
    """A call of something we know nothing of: its result carries what it was given."""
    values: list[Value] = [*site.args, *site.named.values()]
    if site.receiver is not None:
        values.append(site.receiver)
    taints = merge_taints(taints_of(values), func.taints)
    if _SIGNS.match(func.path.rpartition(".")[2]):
        # A signature proves that somebody holds the key; it does not carry the key away.
        taints = tuple(t for t in taints if t.via[0] != "secrets.given")
    if site.receiver is not None and site.args and site.receiver.const is UNKNOWN:
        _absorb(func, site)
    _starts(m, func, site)
    met = strangers.meet(m, func, site)
    if met is not None:
        return met
    own = m.frames[-1].dialect.unknown
    if own is not None:
        taints = merge_taints(taints, own(m, func, site))
    taints = merge_taints(
        taints, written.opened_by_stranger(m, site.args), strangers.unreadable(m, site)
    )
    made: tuple[Any, ...] = tuple(site.args[:2])
    return Value(path=f"{func.path}()" if func.path else "", taints=taints, made=made)


_SIGNS = re.compile(r"_{0,2}(?:sign|hmac|derive_?(?:pub|address)|to_?(?:pub|address)|verify)", re.I)
_ABSORBING = frozenset(
    ["append", "extend", "add", "update", "insert", "put", "setdefault", "write"]
)


def _absorb(func: Value, site: Site) -> None:
    """``parts.append(secret)``: the container now holds it."""
    name = func.path.rpartition(".")[2]
    receiver = site.receiver
    assert receiver is not None
    if receiver.items is not None and name == "append" and len(receiver.items) < 500:
        receiver.items.append(site.args[-1])
    if name in _ABSORBING or not name:
        receiver.taints = merge_taints(receiver.taints, taints_of(site.args))


def _starts(m: Machine, func: Value, site: Site) -> None:
    """``thread.start()`` of a class of the artifact runs its ``run``."""
    receiver = site.receiver
    if receiver is None or not isinstance(receiver.ref, Instance):
        return
    if func.path.rpartition(".")[2] in {"start", "run", "submit", "main_loop"}:
        method = receiver.ref.cls.method("run")
        if method is not None:
            m.invoke(method, [], {}, receiver)


__all__ = ["by_path", "call", "call_value", "construct"]
