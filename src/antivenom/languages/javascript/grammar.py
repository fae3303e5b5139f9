"""The parsers, made once: tree-sitter's grammars for JavaScript, TypeScript and TSX."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


def parse_text(data: bytes, member: str, lang: str) -> tuple[Tree | None, str]:
    """Return the syntax tree in the grammar that reads the text best, None when none can, and the
    name of the grammar.

    Files lie about their dialect: types stand in ``.js``, JSX in both. What the first grammar
    cannot read, the widest one tries. Mending broken code may cost a parser the square of its
    length: one that works much longer than code of that length takes is stopped.
    """
    first = "typescript" if lang == "typescript" else "javascript"
    if first == "typescript" and member.endswith((".tsx", ".jsx")):
        first = "tsx"
    tree = parse_as(first, data)
    if tree is not None and not tree.root_node.has_error:
        return tree, first
    second = "typescript" if first == "tsx" else "tsx"
    other = parse_as(second, data)
    if tree is None or (other is not None and not other.root_node.has_error):
        return other, second
    return tree, first


_SLICE = 1 << 16
_PATIENCE = 0.08
"""Reports a byte; ordinary code makes a fifth of them, a report each hundred steps."""
_LEAST = 2000
_FAR = 0xFFFFFFFF


def parse_as(name: str, data: bytes) -> Tree | None:
    """Return the tree of a text in one grammar, None when that would take too long."""
    return _parse(name, len(data), lambda offset, _: data[offset : offset + _SLICE])


def parse_piece(
    name: str, data: bytes, place: tuple[int, int], row: int, around: tuple[bytes, bytes]
) -> Tree | None:
    """Return the tree of a part of a text with other text around it, every node in its place.

    Args:
        name: The grammar.
        data: The whole text.
        place: Where the part begins and ends in it.
        row: The line it begins on, from 0.
        around: What to read before and after it instead of what is there.

    """
    from tree_sitter import Point, Range

    (start, end), (before, after) = place, around
    first = start - len(before)
    if first < 0:
        return None

    def read(offset: int, _: object) -> bytes:
        if offset < start:
            return before[offset - first :]
        return data[offset : min(end, offset + _SLICE)] if offset < end else after[offset - end :]

    parser = _parser(name)
    last = Point(_FAR, 0)
    parser.included_ranges = [Range(Point(row, 0), last, first, end + len(after))]
    try:
        return _parse(name, end - first, read)
    finally:
        parser.included_ranges = []


def _parse(name: str, size: int, read: Callable[[int, object], bytes]) -> Tree | None:
    left = _LEAST + int(_PATIENCE * size)

    def enough(*_: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    parser = _parser(name)
    try:
        return parser.parse(read, progress_callback=enough)
    except ValueError:
        parser.reset()
        return None


@cache
def _parser(name: str) -> Parser:
    from tree_sitter import Language, Parser

    if name == "javascript":
        import tree_sitter_javascript

        return Parser(Language(tree_sitter_javascript.language()))
    import tree_sitter_typescript

    if name == "tsx":
        return Parser(Language(tree_sitter_typescript.language_tsx()))
    return Parser(Language(tree_sitter_typescript.language_typescript()))
