"""A text without the bodies that nobody is known to want, so that less of it is parsed.

Parsing is the dearest step of a review, and two thirds of what a library's functions hold name
nothing that matters. Their bodies are left out before ``ast`` reads the text, and are read by
themselves when somebody asks (`again.Text`). What ``ast`` makes of the rest is checked against what
was left out: where one of these functions is not found as it was cut, the text is parsed whole.

The cut rests on literals and comments being told apart exactly as the interpreter does; where that
is not certain, nothing is cut.
"""

from __future__ import annotations

import ast
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SHORTEST = 200
"""Characters of a body that is worth cutting out."""
_DEEPEST = 24
"""Indentation below which nothing is cut."""
_HEADER = 100
"""Lines in which a function's parameters end."""
_SEAM = "\x01"
"""Begins each line of the masked text that begins inside a literal."""

_LONG = r"{q}{q}{q}[^{q}\\]*+(?:(?:\\.|{q}(?!{q}{q}))[^{q}\\]*+)*+(?:{q}{q}{q}|\Z)"
_SHORT = r"{q}[^{q}\\\n]*+(?:\\.[^{q}\\\n]*+)*+{q}"
_LITERALS = "|".join(shape.replace("{q}", q) for shape in (_LONG, _SHORT) for q in "\"'")
_TOKENS = re.compile(rf"({_LITERALS}|[\"'])|\#[^\n]*+", re.DOTALL)
_ODD = ("\r", "\f", "\0", _SEAM)
"""Lines that end in another way than by a line feed, and what is not text."""
_TAB = re.compile(r"^ *\t", re.MULTILINE)
_PLACE = re.compile(r"def +[^\W\d]")
_ENDS = [re.compile(rf"\n {{0,{deep}}}(?=[^ \n\x01])") for deep in range(_DEEPEST + 1)]
_NESTING = sys.version_info >= (3, 12)
"""Whether a text that is filled in may hold quotation marks of its own kind."""


class _Uncertain(Exception):
    """The text cannot be cut."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A text with as many lines as the whole, and what it lacks."""

    text: str
    cut: Mapping[int, int]
    """First and last line of each function without its body."""

    def holds(self, tree: ast.Module) -> bool:
        """Return whether a tree has every function that was cut, exactly as it was cut."""
        found = 0
        waiting: list[ast.AST] = [tree]
        while waiting:
            for node in _inside(waiting.pop()):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    end = self.cut.get(node.lineno)
                    if end is not None:
                        if node.end_lineno != end or not _is_stub(node):
                            return False
                        found += 1
                else:
                    waiting.append(node)
        return found == len(self.cut)


def outlined(text: str, wanted: Sequence[int]) -> Outline | None:
    """Return a text without the bodies of functions that hold none of the wanted lines.

    Args:
        text: The source; lines end in a line feed alone, or nothing is cut.
        wanted: Line numbers, ascending.

    Returns None where nothing can be cut with certainty, or nothing is worth it.

    """
    if any(odd in text for odd in _ODD) or ("\t" in text and _TAB.search(text)):
        return None
    try:
        return _cut(text, _masked(text), wanted)
    except _Uncertain:
        return None


def _masked(text: str) -> str:
    """Return the text line by line without comments, and with nothing inside literals."""
    pieces = _TOKENS.split(text)
    for n in range(1, len(pieces), 2):
        literal = pieces[n]
        if not literal:
            pieces[n] = ""
            continue
        if len(literal) == 1 or (_NESTING and _may_nest(pieces[n - 1], literal)):
            raise _Uncertain
        if "\n" in literal:
            pieces[n] = '""' + ("\n" + _SEAM) * literal.count("\n")
        else:
            pieces[n] = '""'
    return "".join(pieces)


def _may_nest(before: str, literal: str) -> bool:
    """Whether a literal may go on after what looks like its end: in the middle of a replacement."""
    if set(before[-2:]).isdisjoint("fFtT"):
        return False
    doubled = "{{" in literal or "}}" in literal
    return doubled or literal.count("{") != literal.count("}")


def _cut(text: str, masked: str, wanted: Sequence[int]) -> Outline | None:
    lines = text.split("\n")
    kept: list[str] = []
    cut: dict[int, int] = {}
    done = 0
    for line, body, end, deep in _functions(masked):
        at = bisect_left(wanted, line)
        if at < len(wanted) and wanted[at] <= end:
            continue
        if sum(map(len, lines[body - 1 : end])) < SHORTEST:
            continue
        kept += lines[done : body - 1]
        kept += [""] * (end - body)
        kept.append(" " * (deep + 1) + "0")
        done = end
        cut[line] = end
    if not cut:
        return None
    kept += lines[done:]
    return Outline("\n".join(kept), cut)


def _functions(masked: str) -> Iterator[tuple[int, int, int, int]]:
    """Yield (line, first line of the body, last line, indentation) of the outermost functions."""
    at, line, past = 0, 1, 0
    for found in _PLACE.finditer(masked):
        start = masked.rfind("\n", 0, found.start()) + 1
        before = masked[start : found.start()]
        if start < past or before.strip(" ") not in {"", "async"}:
            continue
        deep = len(before) - len(before.lstrip(" "))
        opened = _opened(masked, start)
        if opened < 0 or deep > _DEEPEST:
            continue
        closing = _ENDS[deep].search(masked, opened)
        stop = closing.start() if closing else len(masked)
        if masked[max(0, stop - 1) : stop] == "\\":
            raise _Uncertain
        past = stop
        last = len(masked[opened:stop].rstrip(" \n")) + opened
        line += masked.count("\n", at, start)
        at = start
        body = line + masked.count("\n", start, opened) + 1
        end = line + masked.count("\n", start, last)
        if end >= body:
            yield line, body, end, deep


def _opened(masked: str, start: int) -> int:
    """Return where the line with the colon ends after which a body begins, or -1 if none does."""
    depth = 0
    for _ in range(_HEADER):
        stop = masked.find("\n", start)
        if stop < 0:
            return -1
        line = masked[start:stop]
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0:
            return stop if line.rstrip().endswith(":") else -1
        start = stop + 1
    raise _Uncertain


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements right inside a statement, and what holds statements."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        part = getattr(node, name, ())
        if isinstance(part, list):
            yield from part


def _is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Expr):
        return False
    value = node.body[0].value
    return isinstance(value, ast.Constant) and value.value == 0 and type(value.value) is int
