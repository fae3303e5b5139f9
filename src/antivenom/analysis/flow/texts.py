"""Texts of which only a part is known: what methods make of them, and what their words announce."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from antivenom.analysis import fold
from antivenom.analysis.flow.operations import shorten
from antivenom.analysis.given import given_class
from antivenom.analysis.value import HOLE, UNKNOWN, Value, merge_taints, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

SAME = frozenset(["strip", "lstrip", "rstrip", "encode", "decode", "expandtabs", "casefold"])
"""Methods that leave of a text what matters."""
SPLITTING = frozenset(["rsplit", "rpartition"])
METHODS = SAME | SPLITTING | {"replace", "lower", "upper", "removesuffix", "removeprefix"}
OWN = "text."
"""Begins the path of a method of a text or mapping that is no constant."""
_VIEWS = frozenset(["items", "keys", "values", "iteritems", "itervalues"])
_MOST = 200
_LABEL = re.compile(
    r"(?:^|[\s`*_\"'{,(|>-])([A-Za-z][A-Za-z_ -]{1,30}?)[`*_\"']{0,3}\s{0,3}[:=][\s`*_|\"']{0,12}$"
)
_SHOWN = 60


def knows(value: Value, name: str) -> bool:
    """Return whether something can be said of what a method makes of a value."""
    return bool(value.hint and name in METHODS) or (value.table is not None and name in _VIEWS)


def method(name: str, receiver: Value, args: list[Value]) -> Value | None:
    """Return what a method makes of a text that is partly known; None when that is nothing."""
    if name in _VIEWS:
        return _view(name, receiver)
    text = text_of(receiver)
    taints = merge_taints(receiver.taints, taints_of(args))
    if name == "replace" and len(args) >= 2 and text:
        old = text_of(args[0])
        new = text_of(args[1]) or ("" if args[1].known else HOLE)
        text = text.replace(old, new) if old and HOLE not in old else text
    elif name in {"lower", "upper"} and not args:
        text = text.lower() if name == "lower" else text.upper()
    elif name in {"removesuffix", "removeprefix"} and args and text_of(args[0]):
        text = getattr(text, name)(text_of(args[0]))
    elif name in SPLITTING and all(a.known for a in args):
        return Value(items=[Value(hint=part, taints=taints) for part in _split(name, text, args)])
    elif name not in SAME:
        return None
    return Value(hint=shorten(text), taints=taints, made=receiver.made)


def _split(name: str, text: str, args: list[Value]) -> list[str]:
    """Split from the end, which is the part that is known."""
    made, _ = fold.method(text, name, [a.const for a in args], {})
    return [part for part in made if isinstance(part, str)] if made is not UNKNOWN else []


def _view(name: str, receiver: Value) -> Value | None:
    """Return the keys, values or pairs of a mapping that is no constant."""
    if receiver.table is None:
        return None
    pairs = list(receiver.table.items())[:_MOST]
    if name in {"values", "itervalues"}:
        return Value(items=[v for _, v in pairs], taints=receiver.taints)
    keys = [Value(const=k) for k, _ in pairs]
    if name == "keys":
        return Value(items=keys, taints=receiver.taints)
    items = [
        Value(items=[key, v], taints=v.taints) for key, (_, v) in zip(keys, pairs, strict=True)
    ]
    return Value(items=items, taints=receiver.taints)


def labelled(m: Machine, parts: list[Value], line: int) -> None:
    """``f"Password: {x}"``: the words before a value of which nothing is known say what it is."""
    for before, value in pairwise(parts):
        if value.known or value.taints or value.path or value.ref is not None or value.hint:
            continue
        if not isinstance(before.const, str):
            continue
        found = _LABEL.search(before.const[-_SHOWN:])
        kind = _announced(found.group(1)) if found else ""
        if found and kind:
            taint = m.effects.taint(
                m, "secrets.given", line, value=found.group(1).strip(), path_class=kind
            )
            value.taints = (taint,)


def _announced(label: str) -> str:
    plain = re.sub(r"[\s-]+", "_", label.strip().lower())
    if plain in {"pass", "pw", "mot_de_passe", "senha", "contrase\u00f1a", "passwort"}:
        return "login"
    return given_class(plain)
