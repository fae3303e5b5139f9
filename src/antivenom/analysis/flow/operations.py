"""Binary operators over abstract values: constants fold, texts keep what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from antivenom.analysis import fold
from antivenom.analysis.value import HOLE, UNKNOWN, Value, merge_taints, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

MAX_HINT = 4000


Binary = Callable[[str, Any, Any], Any]


def operate(op: str, left: Value, right: Value, binary: Binary | None = None) -> Value:
    """Apply a binary operator; `binary` does it for two constants."""
    taints = merge_taints(left.taints, right.taints)
    coded = left.coded or right.coded
    if left.known and right.known:
        const = (binary or fold.binary)(op, left.const, right.const)
        if const is not UNKNOWN:
            if op in "+%" and isinstance(const, (str, bytes)):
                coded = with_step(coded, "assembled")
            elif op == "^":
                coded = with_step(coded, "xor")
            return Value(const=const, taints=taints, coded=coded)
    if op == "+" and (left.items is not None or right.items is not None):
        return Value(items=_list(left) + _list(right), taints=taints)
    if op in {"+", "%", "/"}:
        # "/" joins paths of pathlib; "%" fills a pattern.
        hint = _filled(left, right) if op == "%" else _joined(op, left, right)
        path = left.path if op == "/" else ""
        return Value(taints=taints, hint=hint, path=path, coded=coded)
    if op == "^":
        return Value(taints=taints, coded=with_step(coded, "xor"))
    return Value(taints=taints)


def _list(value: Value) -> list[Value]:
    if value.items is not None:
        return value.items
    if value.known and isinstance(value.const, (list, tuple)):
        return [Value(const=x) for x in value.const[:1000]]
    return [Value(taints=value.taints)] if value.taints else []


_MERELY = ("assembled",)


def concatenate(args: list[Value]) -> Value:
    """A long ``a + b + c``: joined at once, since pairwise it would be quadratic."""
    consts = [a.const for a in args]
    taints = taints_of(args)
    if fold.bulk(*consts) > fold.MAX_TEXT:
        return Value(taints=taints)
    # What one part went through says more than that there are several.
    coded = next((a.coded for a in args if a.coded and a.coded != _MERELY), args[0].coded)
    if all(isinstance(c, str) for c in consts):
        text = "".join(consts)
        return Value(const=text, taints=taints, coded=with_step(coded, "assembled"))
    if all(isinstance(c, bytes) for c in consts):
        return Value(const=b"".join(consts), taints=taints, coded=with_step(coded, "assembled"))
    result = args[0]
    for other in args[1:]:
        result = operate("+", result, other)
    return result


def _joined(op: str, left: Value, right: Value) -> str:
    a, b = text_of(left), text_of(right)
    if not a and not b:
        return ""
    glue = "/" if op == "/" else ""
    return shorten((a or HOLE) + glue + (b or HOLE))


def shorten(text: str) -> str:
    """Bound a partly known text and fold neighbouring holes."""
    while HOLE + HOLE in text:
        text = text.replace(HOLE + HOLE, HOLE)
    return text if len(text) <= MAX_HINT else text[:MAX_HINT]


def _filled(pattern: Value, values: Value) -> str:
    """``"%s/x" % v`` with what is known of the values."""
    text = text_of(pattern)
    if not text or len(text) > MAX_HINT:
        return ""
    parts = values.items or (
        [Value(const=c) for c in values.const] if isinstance(values.const, tuple) else [values]
    )
    pieces = text.split("%")
    out = pieces[0]
    for n, piece in enumerate(pieces[1:]):
        rest = piece[1:] if piece[:1] in "sdrixf" else piece.partition(")")[2][1:] or piece[1:]
        out += (text_of(parts[n]) if n < len(parts) else "") or HOLE
        out += rest
    return shorten(out)


def slice_of_part(hint: str, start: object, stop: object) -> str:
    """Return the known part of a slice of a partly known text, "" when that cannot be said."""
    ends = hint and not hint.endswith(HOLE)
    if start is None and isinstance(stop, int) and stop < 0 and ends:
        return hint[:stop]
    if stop is None and isinstance(start, int) and start < 0 and ends:
        return hint[start:] if HOLE not in hint[start:] else ""
    return hint


def with_step(coded: tuple[str, ...], step: str) -> tuple[str, ...]:
    """Return the decodings with one more, told once."""
    return coded if step in coded else (*coded, step)[:8]


def truth(m: Machine, const: object) -> bool:
    """Return whether a constant counts as true."""
    own = m.frame.dialect.truth
    try:
        return own(const) if own is not None else bool(const)
    except (TypeError, ValueError):
        return True
