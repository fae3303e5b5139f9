"""Syntax trees of functions made from their lines, for the first time or again.

A syntax tree takes forty times the memory of its text, and most functions of a large library are
never asked for. The trees of those are not made at all (`outline`), or let go of once the module's
top level is lowered; when somebody asks after all, the lines of that one function are parsed.
"""

from __future__ import annotations

import ast
import re
import warnings
from array import array
from collections.abc import Callable

from antivenom.model.program import Function, Module, Stmt

_BREAK = re.compile(r"\r\n|\r|\n")
SMALL = 4_000
"""Characters of a module whose tree is kept as it is."""

_FEW_LINES = 5_000

Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Text:
    """A text that ``ast`` read, but for the bodies it was not shown, and where its lines start."""

    def __init__(self, text: str, module: Module) -> None:
        self._text = text
        self._module = module
        self._starts: array[int] | None = None
        self._all: dict[tuple[int, str], Definition] | None = None

    def definition(self, line: int, end: int, name: str) -> Definition | None:
        """Return the function that stands in these lines, None when it cannot be had."""
        if self._all is None:
            found = self._piece(line, end)
            if found is not None and found.name == name and found.lineno == line:
                return found
            # Lines that mean nothing without what is around them: the whole once more, for good.
            self._all = self._every()
        return self._all.get((line, name))

    def _piece(self, line: int, end: int) -> Definition | None:
        text = self._lines(line, end)
        above = "if 1:\n" if text[:1] in {" ", "\t", "\f"} else ""
        # Empty lines in front are the cheapest way to right line numbers, while they are few.
        blank = "\n" * (line - 1 - bool(above)) if line < _FEW_LINES else ""
        tree = parsed(blank + above + text)
        body = tree.body if tree is not None else []
        if above and body and isinstance(body[0], ast.If):
            body = body[0].body
        if not body or not isinstance(body[0], Definition):
            return None
        if line >= _FEW_LINES:
            ast.increment_lineno(body[0], line - 1 - bool(above))
        return body[0]

    def _lines(self, line: int, end: int) -> str:
        if self._starts is None:
            self._starts = array("L", [0, *(m.end() for m in _BREAK.finditer(self._text))])
        stop = self._starts[end] if end < len(self._starts) else len(self._text)
        return self._text[self._starts[line - 1] : stop]

    def _every(self) -> dict[tuple[int, str], Definition]:
        tree = parsed(self._text) or self._tolerated()
        return {(n.lineno, n.name): n for n in ast.walk(tree) if isinstance(n, Definition)}

    def _tolerated(self) -> ast.Module:
        """Read what only a body shows to be written for another interpreter, or broken."""
        from antivenom.languages.python.tolerant import parse_tolerant

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self._text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            tree, why = parse_tolerant(self._text, error)
        self._module.partial = self._module.partial or why
        return tree


class Body:
    """Lowers the body of one function when it is called; may let go of the tree before."""

    __slots__ = ("_end", "_line", "_lower", "_name", "_node", "_text")

    def __init__(
        self, node: Definition, text: Text, lower: Callable[[Definition], tuple[Stmt, ...]]
    ) -> None:
        self._node: Definition | None = node
        self._text = text
        self._lower = lower
        self._line, self._end = node.lineno, node.end_lineno or node.lineno
        self._name = node.name

    def __call__(self) -> tuple[Stmt, ...]:
        """Return the statements."""
        node = self._node or self._text.definition(self._line, self._end, self._name)
        self._node = None
        return self._lower(node) if node is not None else ()

    def forget(self) -> None:
        """Let go of the tree."""
        self._node = None


def release(module: Module, wanted: Callable[[Function], bool]) -> None:
    """Let go of the trees of the functions nobody is known to want."""
    for function in module.functions:
        if isinstance(function.lower, Body) and not wanted(function):
            function.lower.forget()


def parsed(text: str) -> ast.Module | None:
    """Return the tree that ``ast`` makes of a text, None where it makes none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
