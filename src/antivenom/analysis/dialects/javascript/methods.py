"""Methods of what is known: texts, bytes, numbers, lists, mappings, functions, promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from antivenom.analysis import fold
from antivenom.analysis.dialects.javascript import known, names, operators, texts
from antivenom.analysis.flow.callbacks import is_callable
from antivenom.analysis.flow.calls import call_value
from antivenom.analysis.flow.expressions import shorten
from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Method, Partial
from antivenom.analysis.flow.operations import with_step
from antivenom.analysis.value import (
    HOLE,
    UNKNOWN,
    Value,
    join,
    merge_taints,
    taints_of,
    text_of,
)

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_TURNING = frozenset(["replace", "replaceAll", "reverse", "sort"])
_MOST = 100_000
_LOOSE = 64
"""Elements of a list that is no constant for which a function is called one by one."""
_LETTERS = 8


def method(m: Machine, func: Value, site: Site) -> Value | None:
    """Call a method of something known; None to go on as with any other call."""
    receiver = site.receiver
    assert receiver is not None
    name = func.path.rpartition(".")[2]
    if func.ref is not None:
        return None
    if name in ("then", "catch", "finally"):
        return _then(m, receiver, site)
    if isinstance(receiver.ref, (FunctionRef, Method, ClassRefValue, Partial)):
        return of_function(m, receiver, name, site)
    if receiver.path and not receiver.path.endswith("()") and name in ("call", "apply", "bind"):
        return of_function(m, receiver, name, site)
    if receiver.known and not receiver.path:
        return _of_constant(m, receiver, name, site)
    if receiver.items is not None:
        return _of_list(m, receiver, receiver.items, name, site)
    if name in _ITERATING and site.args and is_callable(site.args[0]):
        return _of_unknown(m, receiver, name, site)
    if name in ("toString", "valueOf", "trim", "toLowerCase", "slice", "split", "substring"):
        # Of an unknown text: what is known of it stays known.
        return Value(hint=receiver.hint, taints=receiver.taints, made=receiver.made)
    return None


def _of_unknown(m: Machine, receiver: Value, name: str, site: Site) -> Value:
    """A function called for each element of something unknown."""
    path = receiver.path if receiver.path.endswith("()") else ""
    one = Value(taints=receiver.taints, made=receiver.made, path=path)
    given = [Value(), one] if name.startswith("reduce") else [one]
    answer = call_value(m, site.args[0], given, {}, site.line, site.end_line)
    if name in ("filter", "sort"):
        return receiver
    taints = merge_taints(receiver.taints, answer.taints)
    if name in ("map", "flatMap"):
        return Value(items=[answer], taints=taints, made=receiver.made)
    return Value(taints=taints, made=receiver.made)


def _then(m: Machine, receiver: Value, site: Site) -> Value:
    """A promise hands its value to a function and becomes what that returns."""
    answers = [
        call_value(m, target, [receiver], {}, site.line, site.end_line)
        for target in site.args
        if is_callable(target)
    ]
    if not answers:
        return receiver
    result = answers[0]
    for other in answers[1:]:
        result = join(result, other)
    if result.taints or result.known or result.path or result.ref or result.table or result.items:
        return result
    return Value(taints=receiver.taints)


def of_function(m: Machine, function: Value, name: str, site: Site) -> Value | None:
    """``f.call(this, a)``, ``f.apply(this, [a])``, ``f.bind(this, a)``."""
    if name not in ("call", "apply", "bind"):
        return None
    this = site.args[0] if site.args else Value()
    args = list(site.args[1:])
    target = _rebound(function, this)
    if name == "bind":
        return Value(ref=Partial(target, args, {}))
    if name == "apply":
        args = spread(site.args[1]) if len(site.args) > 1 else []
    return call_value(m, target, args, {}, site.line, site.end_line)


def _rebound(function: Value, this: Value) -> Value:
    ref = function.ref
    if isinstance(ref, Method):
        ref = ref.function
    if isinstance(ref, FunctionRef) and ref.function.params[:1] == ("this",):
        return Value(ref=Method(ref, this))
    if function.path and ref is None:
        return Value(path=function.path, base=this, taints=function.taints)
    return function


MOST_SPREAD = 20_000
"""Elements: whole texts are given as arguments to be put together again."""


def spread(value: Value) -> list[Value]:
    """Return the elements of a list given as arguments."""
    if value.items is not None:
        return value.items
    const = value.const
    if isinstance(const, (list, str, bytes)):
        some = const[:MOST_SPREAD]
        return [Value(const=c, taints=value.taints, coded=value.coded) for c in some]
    return [Value(taints=value.taints)] if value.taints else []


# ---------------------------------------------------------------- constants


def _of_constant(m: Machine, receiver: Value, name: str, site: Site) -> Value | None:
    const = receiver.const
    if isinstance(const, list):
        return _of_constant_list(m, receiver, name, site)
    taints = merge_taints(receiver.taints, taints_of(site.args))
    if any(is_function(v) for v in site.args):
        return _with_function(m, receiver, name, site)
    args = [_argument(v) for v in site.args]
    if any(a is UNKNOWN for a in args):
        return Value(taints=taints, hint=_partly(receiver, name, site))
    decoder = ""
    if isinstance(const, str):
        made = texts.of_text(const, name, args)
    elif isinstance(const, (bytes, bytearray)):
        made, decoder = texts.of_bytes(bytes(const), name, args)
    elif isinstance(const, (int, float)) and not isinstance(const, bool):
        made = texts.of_number(const, name, args)
    elif isinstance(const, dict) and name == "hasOwnProperty" and args:
        made = operators.text(args[0]) in const
    elif isinstance(const, dict) and name in ("get", "has") and args:
        made = const.get(args[0]) if name == "get" else args[0] in const
    elif name == "toString":
        made = operators.text(const) or UNKNOWN
    else:
        return None
    m.step(fold.toll(name, [const, *args], made))
    coded = receiver.coded or next((v.coded for v in site.args if v.coded), ())
    if decoder:
        coded = (*coded, decoder)[:8]
    elif name in _TURNING and made is not UNKNOWN and coded:
        coded = with_step(coded, name)
    return Value(const=made, taints=taints, coded=coded)


def is_function(value: Value) -> bool:
    """Whether a value is a function of the program."""
    return isinstance(value.ref, (FunctionRef, Method, Partial, ClassRefValue))


def _argument(value: Value) -> Any:  # noqa: ANN401 - any constant
    if value.path == "RegExp()" and all(isinstance(v.const, str) for v in value.made[:2]):
        return tuple(v.const for v in value.made[:2]) if len(value.made) > 1 else UNKNOWN
    return value.const


def _partly(receiver: Value, name: str, site: Site) -> str:
    if name != "concat":
        return ""
    return shorten("".join(text_of(v) or HOLE for v in (receiver, *site.args)))


def _with_function(m: Machine, receiver: Value, name: str, site: Site) -> Value:
    """``text.replace(pattern, function)``: computed where the pattern is any one letter."""
    const = receiver.const
    pattern = _argument(site.args[0]) if site.args else UNKNOWN
    single = isinstance(pattern, tuple) and pattern[0] in _SINGLE and "g" in pattern[1]
    answers: list[Value] = []
    if isinstance(const, str) and single and len(const) <= _MOST and name == "replace":
        tested = _SINGLE[pattern[0]]
        for letter in const:
            if not tested(letter):
                answers.append(Value(const=letter))
                continue
            given = [Value(const=letter, coded=receiver.coded)]
            answers.append(call_value(m, site.args[1], given, {}, site.line, site.end_line))
        if all(isinstance(a.const, str) for a in answers):
            coded = with_step(receiver.coded, "letters")
            return Value(const="".join(a.const for a in answers), coded=coded)
    else:
        for target in site.args:
            if is_function(target):
                one = Value(taints=receiver.taints)
                answers.append(call_value(m, target, [one], {}, site.line, site.end_line))
    return Value(taints=merge_taints(receiver.taints, taints_of(answers)))


_SINGLE: dict[str, Callable[[str], bool]] = {
    ".": lambda c: c != "\n",
    "[a-zA-Z]": lambda c: c.isascii() and c.isalpha(),
    "[A-Za-z]": lambda c: c.isascii() and c.isalpha(),
    "[a-z]": lambda c: "a" <= c <= "z",
    "[\\s\\S]": lambda c: True,
    "[^]": lambda c: True,
}


# ---------------------------------------------------------------- lists


def _of_constant_list(m: Machine, receiver: Value, name: str, site: Site) -> Value | None:
    const: list[Any] = receiver.const
    if name in _ITERATING and site.args:
        elements = [
            Value(const=c, taints=receiver.taints, coded=receiver.coded) for c in const[:_MOST]
        ]
        return _iterate(m, receiver, elements, name, site, exact=len(const) <= _MOST)
    plain = all(v.known and not v.taints for v in site.args)
    taints = merge_taints(receiver.taints, taints_of(site.args))
    if name in _CHANGING and (not plain or m.forks):
        names.loosen(receiver)
        return _of_list(m, receiver, receiver.items or [], name, site)
    if not plain:
        if name == "concat":
            return Value(items=[Value(const=c) for c in const[:500]] + _parts(site), taints=taints)
        return Value(taints=taints)
    made = list_method(const, name, [v.const for v in site.args])
    m.step(len(const) >> 6)
    coded = receiver.coded or next((v.coded for v in site.args if v.coded), ())
    if name == "join" and made is not UNKNOWN:
        letters = len(const) >= _LETTERS and all(isinstance(c, str) and len(c) == 1 for c in const)
        hidden = coded and coded != ("assembled",)
        coded = coded if hidden else ("letters" if letters else "assembled",)
    elif name == "reverse" and coded:
        coded = with_step(coded, "reversed")
    if made is const:
        return receiver
    return Value(const=made, taints=taints, coded=coded)


def list_method(const: list[Any], name: str, args: list[Any]) -> Any:  # noqa: ANN401
    """Call a method of a constant list, which may change it."""
    how = _LIST.get(name)
    try:
        made = how(const, *args) if how is not None else UNKNOWN
    except (ValueError, TypeError, LookupError, ArithmeticError):
        return UNKNOWN
    return made if fold.fits(made) else UNKNOWN


def _join(const: list[Any], glue: Any = ",", *_: Any) -> Any:  # noqa: ANN401
    parts = ["" if c is None else operators.text(c) for c in const]
    if any(p is None for p in parts):
        return UNKNOWN
    if isinstance(glue, list):
        glue = glue[0] if glue else ""  # join`` is called with the pieces of a template
    return fold.method("," if glue is None else str(glue), "join", [parts], {})[0]


def _push(const: list[Any], *args: Any) -> Any:  # noqa: ANN401
    if len(const) + len(args) > fold.MAX_ITEMS or not fold.shallow(*args):
        return UNKNOWN
    const.extend(args)
    return len(const)


def _splice(const: list[Any], start: Any = 0, count: Any = None, *new: Any) -> Any:  # noqa: ANN401
    size = len(const)
    at = int(operators.number(start))
    at = max(0, size + at) if at < 0 else min(at, size)
    end = size if count is None else min(size, at + max(0, int(operators.number(count))))
    cut = const[at:end]
    const[at:end] = new
    return cut


def _reverse(const: list[Any]) -> list[Any]:
    const.reverse()
    return const


def _sorted(const: list[Any]) -> list[Any]:
    const.sort(key=lambda c: operators.text(c) or "")
    return const


def _unshift(const: list[Any], *args: Any) -> int:  # noqa: ANN401
    const[:0] = args
    return len(const)


def _flat(const: list[Any], *_: Any) -> list[Any]:  # noqa: ANN401
    return [x for c in const for x in (c if isinstance(c, list) else [c])]


def _filled(const: list[Any], value: Any = None, *_: Any) -> list[Any]:  # noqa: ANN401
    const[:] = [value] * len(const)
    return const


_CHANGING = frozenset(["push", "pop", "shift", "unshift", "splice", "reverse", "sort", "fill"])
_LIST: dict[str, Callable[..., Any]] = {
    "join": _join,
    "toString": _join,
    "push": _push,
    "pop": lambda c: c.pop() if c else None,
    "shift": lambda c: c.pop(0) if c else None,
    "unshift": _unshift,
    "splice": _splice,
    "reverse": _reverse,
    "sort": _sorted,
    "fill": _filled,
    "slice": texts.slice_of,
    "concat": lambda c, *a: c + [x for v in a for x in (v if isinstance(v, list) else [v])],
    "indexOf": lambda c, v, *_: c.index(v) if v in c else -1,
    "includes": lambda c, v, *_: v in c,
    "at": lambda c, i: c[int(i)] if -len(c) <= int(i) < len(c) else None,
    "flat": _flat,
    "keys": lambda c: list(range(len(c))),
    "values": lambda c: list(c),
    "entries": lambda c: [[n, x] for n, x in enumerate(c)],
}
_ITERATING = known.words(
    "map forEach filter reduce reduceRight some every find findIndex findLast flatMap sort"
)


def _parts(site: Site) -> list[Value]:
    out: list[Value] = []
    for value in site.args:
        out += value.items if value.items is not None else [value]
    return out


def _of_list(
    m: Machine, receiver: Value, items: list[Value], name: str, site: Site
) -> Value | None:
    """A method of a list that is no constant."""
    if name in _ITERATING and site.args:
        return _iterate(m, receiver, items, name, site, exact=len(items) <= _LOOSE)
    taints = merge_taints(receiver.taints, taints_of(items), taints_of(site.args))
    if name in ("push", "unshift") and len(items) < 2000:
        items.extend(site.args)
        receiver.taints = taints
        return Value(taints=taints)
    if name == "join":
        glue = text_of(site.args[0]) if site.args else ","
        shown = [text_of(v) or HOLE for v in items[:200]]
        if items and all(v.known for v in items) and len(items) <= 200:
            return Value(const=glue.join(shown), taints=taints, coded=("assembled",))
        return Value(hint=shorten(glue.join(shown)), taints=taints)
    if name == "concat":
        return Value(items=[*items, *_parts(site)][:2000], taints=taints)
    if name in ("slice", "reverse", "flat", "values") and not any(not v.known for v in site.args):
        start = operators.number(site.args[0].const) if site.args and name == "slice" else 0
        return Value(items=items[int(start) :] if start == start else items, taints=taints)
    if name in ("pop", "shift", "at"):
        return items[0 if name == "shift" else -1] if items else Value()
    return None


def _iterate(
    m: Machine, receiver: Value, elements: list[Value], name: str, site: Site, *, exact: bool
) -> Value:
    """Call a function for each element, or for their sum where there are too many."""
    function = site.args[0]
    if not is_callable(function):
        return Value(taints=receiver.taints)
    if not exact or m.coarse:
        elements = [_any(receiver, elements)]
    if name.startswith("reduce"):
        return _reduce(m, receiver, elements[::-1] if name.endswith("Right") else elements, site)
    if name == "sort":
        call_value(m, function, elements[:2], {}, site.line, site.end_line)
        return Value(items=elements[:500], taints=receiver.taints)
    out: list[Value] = []
    for number, one in enumerate(elements):
        if m.coarse and number > 2:
            exact = False
            break
        given = [one, Value(const=number), receiver]
        out.append(call_value(m, function, given, {}, site.line, site.end_line))
    return _answer(receiver, elements, out, name, exact=exact)


def _any(receiver: Value, elements: list[Value]) -> Value:
    result: Value | None = None
    for one in elements[:8]:
        result = join(result, one) if result is not None else one
    return result if result is not None else Value(taints=receiver.taints)


def _answer(
    receiver: Value, elements: list[Value], out: list[Value], name: str, *, exact: bool
) -> Value:
    taints = merge_taints(receiver.taints, taints_of(out[:200]))
    if name in ("map", "flatMap"):
        if name == "flatMap" and any(v.items is not None for v in out):
            out = [inner for v in out for inner in (v.items if v.items is not None else [v])]
        consts = [v.const for v in out]
        if exact and all(v.known for v in out) and fold.shallow(*consts):
            coded = next((v.coded for v in out[:1]), ())
            # Decoded pieces are constants all the same; those of several sources stay apart.
            alike = all(v.taints == out[0].taints for v in out)
            if alike:
                whole = _flat(consts) if name == "flatMap" else consts
                return Value(const=whole, taints=out[0].taints if out else (), coded=coded)
        return Value(items=out[:500], taints=taints) if exact else Value(taints=taints)
    if name == "filter":
        if exact and all(v.known for v in out) and all(e.known for e in elements):
            kept = [
                e.const for e, o in zip(elements, out, strict=False) if operators.truth(o.const)
            ]
            return Value(const=kept, taints=receiver.taints, coded=receiver.coded)
        return Value(items=elements[:500], taints=receiver.taints)
    if name in ("find", "findLast"):
        return _any(receiver, elements)
    return Value(const=None) if name == "forEach" else Value(taints=taints)


def _reduce(m: Machine, receiver: Value, elements: list[Value], site: Site) -> Value:
    rest = list(elements)
    if len(site.args) > 1:
        result = site.args[1]
    elif rest:
        result = rest.pop(0)
    else:
        return Value(taints=receiver.taints)
    for number, one in enumerate(rest):
        if m.coarse and number > 2:
            return Value(taints=merge_taints(result.taints, receiver.taints))
        given = [result, one, Value(const=number), receiver]
        result = call_value(m, site.args[0], given, {}, site.line, site.end_line)
    return result
