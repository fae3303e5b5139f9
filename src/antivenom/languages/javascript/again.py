"""Syntax trees of functions made again from their place in the text.

A tree takes twenty times the memory of its text, and any node keeps all of it. Those of a few
megabytes of text are kept at a time, over all modules; when somebody asks for the body of a
function whose tree is gone, the text of that one function is parsed again where it stands.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from antivenom.languages.javascript.grammar import parse_as, parse_piece
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

    from antivenom.languages.javascript.context import Text

MOST = 4 << 20
"""Bytes of text whose trees are kept."""
_EXPRESSION = (b"(", b")")
_AROUND = {
    "arrow_function": _EXPRESSION,
    "function_expression": _EXPRESSION,
    "generator_function": _EXPRESSION,
    "method_definition": (b"(class{", b"})"),
}
"""What must stand around a function for its text to mean on its own what it means in its place."""


class Kept:
    """The texts whose trees are kept; the oldest go first. What is read never depends on it."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._texts: deque[tuple[weakref.ref[Text], int]] = deque()
        self._bytes = 0

    def add(self, text: Text, size: int) -> None:
        """Note that a tree over so many bytes was made, and let go of others beyond the limit."""
        self._texts.append((weakref.ref(text), size))
        self._bytes += size
        while self._bytes > self.most and len(self._texts) > 1:
            old, freed = self._texts.popleft()
            self._bytes -= freed
            held = old()
            if held is not None and held is not text:
                held.nodes.clear()


KEPT = Kept()


class Body:
    """Lowers the body of one function when it is called."""

    __slots__ = ("_kind", "_line", "_lower", "_place", "_text")

    def __init__(self, text: Text, node: Node, lower: Callable[[Node], tuple[p.Stmt, ...]]) -> None:
        self._text = text
        self._kind = node.type
        self._place = (node.start_byte, node.end_byte)
        self._line = node.start_point[0]
        self._lower = lower
        text.nodes[self._place] = node

    def __call__(self) -> tuple[p.Stmt, ...]:
        """Return the statements."""
        node = self._text.nodes.pop(self._place, None)
        if node is None or node.type != self._kind:
            node = self._again()
        return self._lower(node) if node is not None else ()

    def _again(self) -> Node | None:
        text = self._text
        if not text.broken:
            start, end = self._place
            around = _AROUND.get(self._kind, (b"", b""))
            tree = parse_piece(text.grammar, text.data, (start, end), self._line, around)
            if tree is not None and not tree.root_node.has_error:
                found = self._in(tree.root_node)
                if found is not None:
                    KEPT.add(text, end - start)
                    return found
            text.broken = True
        # What errors mean depends on all that stands around them: the whole once more, for good.
        if text.tree is None:
            text.tree = parse_as(text.grammar, text.data)
        return self._in(text.tree.root_node) if text.tree is not None else None

    def _in(self, root: Node) -> Node | None:
        start, end = self._place
        node = root.descendant_for_byte_range(start, max(start, end - 1))
        while node is not None and node.start_byte >= start and node.end_byte <= end:
            if node.type == self._kind and (node.start_byte, node.end_byte) == self._place:
                return node
            node = node.parent
        return None
