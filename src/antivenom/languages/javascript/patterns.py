"""What stands on the left: names, properties, and patterns that take values apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.languages.javascript.context import Scope, line, parts
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = frozenset(["identifier", "shorthand_property_identifier_pattern", "undefined"])


def target(scope: Scope, node: Node, *, declares: bool = False) -> p.Expr:
    """Lower one target of an assignment.

    A pattern for objects becomes the operation ``unpack`` over (key, target) pairs, one for arrays
    a ``list``; a default is the operation ``default`` over target and value.
    """
    from antivenom.languages.javascript import expressions

    kind = node.type
    if kind in _NAMES:
        name = scope.text.of(node)
        (scope.declared if declares else scope.assigned).add(name)
        return p.Name(line(node), name)
    if kind == "object_pattern" or kind == "object":
        return p.Op(line(node), "unpack", tuple(_entries(scope, node, declares)))
    if kind in ("array_pattern", "array"):
        return p.Op(line(node), "list", tuple(_elements(scope, node, declares)))
    if kind in ("assignment_pattern", "object_assignment_pattern", "assignment_expression"):
        return _default(scope, node, declares)
    if kind in ("rest_pattern", "spread_element"):
        inner = [target(scope, n, declares=declares) for n in parts(node)[:1]]
        return p.Op(line(node), "star", tuple(inner))
    if kind in ("parenthesized_expression", "non_null_expression", "as_expression"):
        inner_node = parts(node)[:1]
        return target(scope, inner_node[0]) if inner_node else p.Name(line(node), "")
    return expressions.lower(scope, node)


def _default(scope: Scope, node: Node, declares: bool) -> p.Expr:
    from antivenom.languages.javascript import expressions

    left = node.child_by_field_name("left")
    if left is None:
        return p.Name(line(node), "")
    made = target(scope, left, declares=declares)
    return p.Op(line(node), "default", (made, expressions.field(scope, node, "right")))


def _elements(scope: Scope, node: Node, declares: bool) -> list[p.Expr | None]:
    """Lower ``[a, , b]``: holes count."""
    found: list[p.Expr | None] = []
    pending = False
    for child in node.children:
        if child.type == ",":
            if not pending:
                found.append(None)
            pending = False
        elif child.is_named and child.type != "comment":
            found.append(target(scope, child, declares=declares))
            pending = True
    return found


def _entries(scope: Scope, node: Node, declares: bool) -> list[p.Expr]:
    """Lower ``{a, b: c, d = 1, ...rest}`` to key and target by turns; the rest has the key None."""
    from antivenom.languages.javascript import expressions

    found: list[p.Expr] = []
    for child in parts(node):
        if child.type in ("pair_pattern", "pair"):
            key = child.child_by_field_name("key")
            value = child.child_by_field_name("value")
            if key is not None and value is not None:
                found += [expressions.key_of(scope, key), target(scope, value, declares=declares)]
            continue
        made = target(scope, child, declares=declares)
        if isinstance(made, p.Op) and made.op == "star":
            found += [p.Const(line(child), None), *(a for a in made.args[:1] if a is not None)]
            continue
        named = made.args[0] if isinstance(made, p.Op) and made.args else made
        if isinstance(named, p.Name):
            found += [p.Const(line(child), named.id), made]
    return found
