"""What reading tree-sitter's concrete tree needs everywhere: text, place, parts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from tree_sitter import Node

_T = TypeVar("_T", bound=ast.AST)


class Nodes:
    """One text and where its nodes stand; expressions are read by the subclass."""

    def __init__(self, source: bytes, first_row: int = 0) -> None:
        self.source = source
        self.row = first_row + 1
        self.depth = 0
        self.deep: list[tuple[str, Node]] = []
        """Expressions too deep in the statement being read, by the name that stands for them."""
        self.aside: list[Node] = []
        """What was not understood inside the statement being read."""
        self._names = 0

    def text(self, node: Node) -> str:
        """Return a node's text."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def at(self, node: Node, made: _T) -> _T:
        """Give a syntax node the place of a concrete node."""
        start, end = node.start_point, node.end_point
        placed: Any = made
        placed.lineno = start[0] + self.row
        placed.col_offset = start[1]
        placed.end_lineno = end[0] + self.row
        placed.end_col_offset = end[1]
        return made

    def parts(self, node: Node) -> list[Node]:
        """Return the named children, comments and errors apart."""
        found: list[Node] = []
        for child in node.named_children:
            if child.type == "ERROR":
                self.aside.append(child)
            elif child.type not in {"comment", "line_continuation"}:
                found.append(child)
        return found

    def field(self, node: Node, name: str) -> ast.expr | None:
        """Return the expression in a field, None when there is none."""
        found = node.child_by_field_name(name)
        return self.expr(found) if found is not None else None

    def nothing(self, node: Node) -> ast.expr:
        """Return the constant that stands for what is missing."""
        return self.at(node, ast.Constant(None))

    def expr(self, node: Node) -> ast.expr:
        """Read one expression."""
        raise NotImplementedError

    def _several(self, node: Node, inner: list[Node]) -> ast.expr:
        """A node of a kind not known here: its parts count."""
        if not inner:
            return self.nothing(node)
        if len(inner) == 1:
            return self.expr(inner[0])
        return self.at(node, ast.Tuple([self.expr(n) for n in inner], ast.Load()))

    def _put_off(self, node: Node) -> ast.expr:
        self._names += 1
        name = f"__deep_{node.start_byte}_{self._names}"
        self.deep.append((name, node))
        return self.at(node, ast.Name(name, ast.Load()))
