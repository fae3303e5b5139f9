"""A syntax tree of what can be understood of a text that ``ast`` refuses.

Python 2, syntax newer than the running interpreter, and broken files. Harmless repairs come
first; then tree-sitter's tree, which exists for any text, becomes the same nodes that ``ast``
makes. Lines around an error are read again, piece by piece, so that one open bracket hides
nothing but its own statement.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

    from antivenom.languages.python.salvage import Salvage

_PIECE = 1 << 20
"""Bytes given to the parser at once."""
_MAX_TRIES = 4
"""Times that the lines around an error are cut smaller."""
_INVISIBLE = str.maketrans(
    {"\0": None, "\ufeff": None, "\u200b": None, "\x1a": None, "\xa0": " ", "\u3000": " "}
)
_CONTINUES = re.compile(r"[)\]}]|(?:else|elif|except|finally)\b")
_HEADER = re.compile(
    r"(?:async|class|def|for|if|match|try|while|with|case|elif|else|except|finally)\b"
)
_JOINED_LINES = re.compile(r"(?:\\\n[ \t]*){50,}")


def parse_tolerant(text: str, error: Exception) -> tuple[ast.Module, str]:
    """Return the statements that could be read, and why it is not all of them."""
    why = f"syntax: {error}"[:160]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    repaired = _repaired(text, error)
    if repaired is not None:
        return repaired, ""
    text = text.translate(_INVISIBLE).replace("\f", " ")
    reader = _Reader()
    body: list[ast.stmt] = []
    try:
        for first_row, piece in _pieces(text):
            body += reader.read(piece, first_row, 0)
    except (RecursionError, MemoryError):
        return ast.Module(body, []), why
    return ast.Module(body, []), why if reader.lost else ""


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _repaired(text: str, error: Exception) -> ast.Module | None:
    """Try again without what an editor or an encoder left in the file."""
    clean = text.translate(_INVISIBLE)
    if clean != text and (tree := _parse(clean)) is not None:
        return tree
    if isinstance(error, TabError):
        return _parse(clean.expandtabs(8)) or _parse(clean.expandtabs(4))
    return None


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a long text at lines that begin a statement of the top level."""
    text = _JOINED_LINES.sub(lambda found: "\n" * found.group().count("\n"), text)
    row, start = 0, 0
    while start < len(text):
        end = start + _PIECE
        if end < len(text):
            end = _boundary(text, start, end)
        piece = text[start:end]
        yield row, piece
        row += piece.count("\n")
        start = end


def _boundary(text: str, start: int, end: int) -> int:
    found = re.compile(r"\n(?=[A-Za-z_@])").search(text, end, end + _PIECE)
    if found is not None:
        return found.end()
    line = text.rfind("\n", start, end)
    return line + 1 if line > start else end


class _Reader:
    """Reads pieces of one text, counting what was not understood."""

    def __init__(self) -> None:
        self.lost = 0

    def read(self, text: str, first_row: int, tries: int) -> list[ast.stmt]:
        """Return the statements of a piece that ``ast`` may or may not understand."""
        if tries and (tree := _parse(text)) is not None:
            ast.increment_lineno(tree, first_row)
            return tree.body
        source = text.encode("utf-8", "replace")
        root = _parser().parse(source).root_node
        self.lost += root.has_error
        return self._salvage(source, first_row, tries).module(root.children)

    def _salvage(self, source: bytes, first_row: int, tries: int) -> Salvage:
        from antivenom.languages.python.salvage import Salvage

        def again(node: Node) -> list[ast.stmt] | None:
            if tries >= _MAX_TRIES or node.start_point[0] == node.end_point[0]:
                return None
            start = source.rfind(b"\n", 0, node.start_byte) + 1
            region = source[start : node.end_byte].decode("utf-8", "replace")
            cut = list(_cut(region))
            if len(cut) == 1:
                return None
            row = first_row + node.start_point[0]
            return [s for offset, part in cut for s in self.read(part, row + offset, tries + 1)]

        return Salvage(source, first_row, again)


def _cut(region: str) -> Iterator[tuple[int, str]]:
    """Cut lines where one begins as far left as any does; yield (line offset, dedented text)."""
    lines = region.split("\n")
    left = min((_indent(x) for x in lines if x.strip()), default=0)
    start = 0
    for number, line in enumerate(lines):
        begins = line.strip() and _indent(line) == left and not _CONTINUES.match(line.lstrip())
        if begins and number > start:
            yield start, _dedented(lines[start:number])
            start = number
    if start == 0 and len(lines) > 1 and _HEADER.match(lines[0].lstrip()):
        # The head of a compound statement is broken: its block is not.
        yield 0, lines[0].strip()
        start = 1
    yield start, _dedented(lines[start:])


def _dedented(lines: list[str]) -> str:
    left = min((_indent(x) for x in lines if x.strip()), default=0)
    return "\n".join(" " * (_indent(x) - left) + x.lstrip() for x in lines)


def _indent(line: str) -> int:
    """Return how far right a line begins, a tab reaching to the next multiple of eight."""
    return len(line[: len(line) - len(line.lstrip())].expandtabs(8))


@cache
def _parser() -> Parser:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))
