"""Instructions that build collections and text."""

from __future__ import annotations

import ast
from typing import Any

from antivenom.languages.python.bytecode_calls import Calls
from antivenom.languages.python.bytecode_stack import depth_of

_INNER_DEPTH = 20
_CONVERSIONS = (-1, ord("s"), ord("r"), ord("a"))


class Collections(Calls):
    """Reads collections and text."""

    def load(self, word: str) -> None:
        """Push a variable."""
        self.push(ast.Name(word, ast.Load()))

    # ------------------------------------------------------------------ collections

    def sequence(self, kind: type[ast.Tuple | ast.List], arg: int) -> None:
        """Push a tuple or list of what is on the stack."""
        self.push(kind(self.pops(arg), ast.Load()))

    def build_set(self, arg: int) -> None:
        """Push a set of what is on the stack."""
        found = self.pops(arg)
        empty = ast.Call(ast.Name("set", ast.Load()), [], [])
        self.push(ast.Set(found) if found else empty)

    def build_map(self, arg: int) -> None:
        """Push a dictionary of what is on the stack."""
        found = self.pops(2 * arg) if self.shared.minor else []
        self.push(ast.Dict(list(found[::2]), found[1::2][: len(found[::2])]))

    def build_keyed(self, arg: int) -> None:
        """Push a dictionary whose keys are one constant."""
        keys = self.pop()
        values = self.pops(arg)
        if isinstance(keys, ast.Tuple) and len(keys.elts) == len(values):
            self.push(ast.Dict(list(keys.elts), values))
        else:
            pairs = ast.Tuple(values, ast.Load())
            zipped = ast.Call(ast.Name("zip", ast.Load()), [keys, pairs], [])
            self.push(ast.Call(ast.Name("dict", ast.Load()), [zipped], []))

    def unpacked(self, kind: str, arg: int) -> None:
        """Push a collection of collections."""
        found = self.pops(arg)
        if kind == "dict":
            self.push(ast.Dict([None] * len(found), found))
            return
        stars: list[ast.expr] = [ast.Starred(x, ast.Load()) for x in found]
        made = {"list": ast.List, "tuple": ast.Tuple}.get(kind)
        self.push(made(stars, ast.Load()) if made else ast.Set(stars))

    def below(self, place: int) -> Any:  # noqa: ANN401
        """Return what will stand at a place once the top is popped."""
        return self.stack[-place - 1] if 0 < place < len(self.stack) else None

    def extend(self, arg: int) -> None:
        """Add the elements of the top to a collection below."""
        into = self.below(arg)
        if _is_empty_set(into):
            into = self.stack[-arg - 1] = ast.Set([])
        if not isinstance(into, (ast.List, ast.Set)):
            self.method_of(arg, "extend", [self.pop()])
            return
        value = self._shallow(into)
        plain = isinstance(value, (ast.Tuple, ast.List))
        into.elts += value.elts if plain else [ast.Starred(value, ast.Load())]  # type: ignore[attr-defined]

    def merge(self, arg: int) -> None:
        """Add a mapping to a dictionary below."""
        into = self.below(arg)
        if not isinstance(into, ast.Dict):
            self.method_of(arg, "update", [self.pop()])
            return
        into.keys.append(None)
        into.values.append(self._shallow(into))

    def _shallow(self, into: ast.expr) -> ast.expr:
        """Return the top for a collection, which grows in place: by name when it is deep."""
        value = self.pop()
        if depth_of(value) >= _INNER_DEPTH:
            value = self.keep(value)
        into._depth = max(depth_of(into), _INNER_DEPTH + 1)  # type: ignore[attr-defined]
        return value

    def add(self, arg: int, method: str) -> None:
        """Add one element to a collection below."""
        self.method_of(arg, method, [self.pop()])

    def map_add(self, arg: int) -> None:
        """Add one entry to a dictionary below."""
        key, value = self.pops(2)
        if self.shared.minor < 8:
            key, value = value, key
        base = self.solid(self.duplicable(arg))
        self.store(ast.Subscript(base, key, ast.Store()), value)

    def store_map(self, _: int) -> None:
        """Python 2: add one entry to the dictionary on the stack."""
        value, key = self.pops(2)
        top = self.stack[-1] if self.stack else None
        if isinstance(top, ast.Dict):
            top.keys.append(key)
            top.values.append(value)

    def method_of(self, place: int, method: str, args: list[ast.expr]) -> None:
        """Call a method of what stands below."""
        base = self.solid(self.duplicable(place))
        func = ast.Attribute(base, method, ast.Load())
        self.out.append(ast.Expr(ast.Call(func, args, [])))

    def unpack(self, arg: int) -> None:
        """Push the elements of a sequence."""
        before, after = arg & 0xFF, arg >> 8
        value = self.pop()
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == arg:
            self.stack += reversed(value.elts)
            return
        self._unpack(value, min(before + after, 200), -1)

    def unpack_rest(self, arg: int) -> None:
        """Push the elements of a sequence, one of them a list of the rest."""
        before, after = arg & 0xFF, arg >> 8 & 0xFF
        self._unpack(self.pop(), before + 1 + after, before)

    def _unpack(self, value: ast.expr, count: int, starred: int) -> None:
        names = [self.shared.fresh("u") for _ in range(count)]
        targets: list[ast.expr] = [ast.Name(n, ast.Store()) for n in names]
        if starred >= 0:
            targets[starred] = ast.Starred(targets[starred], ast.Store())
        target = ast.Tuple(targets, ast.Store())
        self.out.append(ast.Assign([target], value, lineno=1))
        for name in reversed(names):
            self.load(name)

    # ------------------------------------------------------------------ text

    def format_value(self, arg: int) -> None:
        """Push a formatted value, as a template of one part."""
        spec = self.pop() if arg & 4 else None
        self.formatted(_CONVERSIONS[arg & 3], spec)

    def formatted(self, conversion: int, spec: ast.expr | None) -> None:
        """Push a template of the value on the stack."""
        value = self.pop()
        if isinstance(value, ast.FormattedValue):
            conversion, value = value.conversion, value.value
        form = spec if spec is None or isinstance(spec, ast.JoinedStr) else ast.JoinedStr([spec])
        self.push(ast.JoinedStr([ast.FormattedValue(value, conversion, form)]))

    def convert(self, arg: int) -> None:
        """From 3.13 on: conversion alone, formatted by what follows."""
        self.push(ast.FormattedValue(self.pop(), _CONVERSIONS[arg & 3], None))

    def build_string(self, arg: int) -> None:
        """Push a template of the parts on the stack."""
        parts: list[ast.expr] = []
        for one in self.pops(arg):
            if isinstance(one, ast.JoinedStr):
                parts += one.values
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                parts.append(one)
            else:
                parts.append(ast.FormattedValue(one, -1, None))
        self.push(ast.JoinedStr(parts))

    def interpolation(self, arg: int) -> None:
        """A part of a t-string."""
        spec = self.pop() if arg & 1 else None
        self.pop()
        self.formatted(-1, spec)


def _is_empty_set(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, ast.Call) or value.args:
        return False
    return isinstance(value.func, ast.Name) and value.func.id == "set"
