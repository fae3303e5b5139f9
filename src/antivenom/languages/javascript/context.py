"""Where lowering is: one text, and inside it one function at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node, Tree


class Text:
    """One source text that is being lowered."""

    __slots__ = ("__weakref__", "broken", "data", "grammar", "module", "nodes", "tree")

    def __init__(
        self, data: bytes, module: p.Module, grammar: str = "", broken: bool = False
    ) -> None:
        self.data = data
        self.module = module
        self.grammar = grammar
        """Which grammar read it."""
        self.broken = broken
        """Whether functions mean nothing without what stands around them."""
        self.nodes: dict[tuple[int, int], Node] = {}
        """Functions nobody asked for yet, by their place; any of them keeps a whole tree."""
        self.tree: Tree | None = None

    def of(self, node: Node) -> str:
        """Return a node's text."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


class Scope:
    """One function being lowered: which names are its own, and which it takes from outside."""

    __slots__ = ("assigned", "declared", "name", "text")

    def __init__(self, text: Text, name: str) -> None:
        self.text = text
        self.name = name
        """Qualified, "" at the top level."""
        self.declared: set[str] = set()
        self.assigned: set[str] = set()

    def qualified(self, name: str) -> str:
        """Return the name of a function defined here."""
        return f"{self.name}.{name}" if self.name else name

    def outer(self) -> tuple[str, ...]:
        """Return the names that are assigned here and belong to somebody outside."""
        return tuple(sorted(self.assigned - self.declared)) if self.name else ()


def line(node: Node) -> int:
    """Return the 1-based line a node starts on."""
    return node.start_point[0] + 1


def end_line(node: Node) -> int:
    """Return the 1-based line a node ends on."""
    return node.end_point[0] + 1


def parts(node: Node) -> list[Node]:
    """Return the named children without comments."""
    return [n for n in node.named_children if n.type not in _ASIDE]


_ASIDE = frozenset(["comment", "html_comment", "hash_bang_line", "decorator"])
