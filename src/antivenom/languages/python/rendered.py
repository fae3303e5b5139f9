"""A syntax tree that was put together from data, written out as text and lowered as any other.

Lines of such a module are lines of this text: people see what the bytes would do.
"""

from __future__ import annotations

import ast
import keyword
import re
from typing import Any

from antivenom.model.program import Module

MAX_TEXT = 2 << 20
_MAX_ITEMS = 20_000
_MAX_BITS = 12_000


def render(body: list[ast.stmt]) -> tuple[str, str]:
    """Return statements as text, and why some are missing."""
    parts: list[str] = []
    total, why = 0, ""
    for stmt in body:
        try:
            text = ast.unparse(ast.fix_missing_locations(stmt))
        except (ValueError, TypeError, AttributeError, RecursionError, KeyError):
            why = "a statement that could not be written out"
            continue
        total += len(text)
        if total > MAX_TEXT:
            return "\n".join(parts), "more code than is kept"
        parts.append(text)
    return "\n".join(parts), why


def module_of(body: list[ast.stmt], why: str, *, member: str, name: str, layer: int) -> Module:
    """Return statements as a module of its own text."""
    from antivenom.languages.python import parse

    text, lost = render(body)
    module = parse(text, member=member, name=name, layer=layer)
    module.partial = why or lost or module.partial
    return module


def identifier(name: object) -> str:
    """Return a name that can stand in a text; bytes may hold anything as a name."""
    word = name if isinstance(name, str) else "_"
    if word.isidentifier() and not keyword.iskeyword(word):
        return word
    clean = re.sub(r"\W", "_", word)[:80]
    return f"_{clean}" if not clean.isidentifier() or keyword.iskeyword(clean) else clean


def mention(texts: list[Any], name: str) -> list[ast.stmt]:
    """Return an assignment that holds texts, each once, so that nothing read is lost."""
    kept: dict[str | bytes, None] = {}
    total = 0
    for text in texts:
        if isinstance(text, (str, bytes)) and text and text not in kept:
            total += len(text)
            if total > MAX_TEXT // 4 or len(kept) >= _MAX_ITEMS:
                break
            kept[text] = None
    if not kept:
        return []
    values: list[ast.expr] = [ast.Constant(x) for x in kept]
    target = ast.Name(name, ast.Store())
    return [ast.Assign([target], ast.Tuple(values, ast.Load()), lineno=1)]


class Constants:
    """Turns data into expressions, within a budget of items."""

    def __init__(self) -> None:
        self.left = _MAX_ITEMS * 10

    def expr(self, value: Any, depth: int = 0) -> ast.expr:  # noqa: ANN401 - data of any kind
        """Return an expression whose value is `value`."""
        self.left -= 1
        if self.left < 0 or depth > 40:
            return ast.Name("_unread", ast.Load())
        if isinstance(value, int) and value.bit_length() > _MAX_BITS:
            # The interpreter refuses to write such a number in decimal.
            func = ast.Name("int", ast.Load())
            return ast.Call(func, [ast.Constant(hex(value)), ast.Constant(16)], [])
        if isinstance(value, tuple):
            return ast.Tuple([self.expr(x, depth + 1) for x in value[: self.left]], ast.Load())
        if isinstance(value, list):
            return ast.List([self.expr(x, depth + 1) for x in value[: self.left]], ast.Load())
        if value is None or isinstance(value, (str, bytes, int, float, complex, type(...))):
            return ast.Constant(value)
        return ast.Name("_unread", ast.Load())
