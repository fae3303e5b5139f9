"""The parsers, made once: tree-sitter's grammars for JavaScript, TypeScript and TSX."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Parser, Tree


def parse_text(data: bytes, member: str, lang: str) -> Tree | None:
    """Return the syntax tree in the dialect that reads the text best, None when none can.

    Files lie about their dialect: types stand in ``.js``, JSX in both. What the first grammar
    cannot read, the widest one tries. Mending broken code may cost a parser the square of its
    length: one that works much longer than code of that length takes is stopped.
    """
    first = "typescript" if lang == "typescript" else "javascript"
    if first == "typescript" and member.endswith((".tsx", ".jsx")):
        first = "tsx"
    tree = _parse(first, data)
    if tree is not None and not tree.root_node.has_error:
        return tree
    other = _parse("typescript" if first == "tsx" else "tsx", data)
    if tree is None or (other is not None and not other.root_node.has_error):
        return other
    return tree


_SLICE = 1 << 16
_PATIENCE = 0.08
"""Reports a byte; ordinary code makes a fifth of them, a report each hundred steps."""
_LEAST = 2000


def _parse(name: str, data: bytes) -> Tree | None:
    left = _LEAST + int(_PATIENCE * len(data))

    def enough(*_: object) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    def read(offset: int, _: object) -> bytes:
        return data[offset : offset + _SLICE]

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
