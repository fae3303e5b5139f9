"""Functions of every kind: declared, anonymous, arrows, methods. Bodies are lowered when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.languages.javascript import patterns
from antivenom.languages.javascript.again import Body
from antivenom.languages.javascript.context import Scope, end_line, line, parts
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

KINDS = frozenset(["function_expression", "generator_function", "arrow_function"])
_LONGEST_NAME = 120


def reference(scope: Scope, node: Node, hint: str) -> p.FuncRef:
    """Register a function and return it as a value; `hint` names one that has no name."""
    return p.FuncRef(line(node), add(scope, node, hint))


def add(scope: Scope, node: Node, hint: str, owner: int | None = None) -> int:
    """Register a function; return its index in the module.

    Every function but an arrow has the first parameter ``this``.
    """
    named = node.child_by_field_name("name")
    spelled = scope.text.of(named) if named is not None and not hint else hint
    name = scope.qualified(spelled[:_LONGEST_NAME] or f"<anonymous:{line(node)}>")
    inner = Scope(scope.text, name[-_LONGEST_NAME:])
    arrow = node.type == "arrow_function"
    params, defaults, prologue = _parameters(inner, node)
    if named is not None and node.type in KINDS:
        inner.declared.add(scope.text.of(named))
    index = len(scope.text.module.functions)

    own = index if named is not None else -1

    def lower(again: Node) -> tuple[p.Stmt, ...]:
        return _body(inner, again, prologue, own)

    scope.text.module.functions.append(
        p.Function(
            name=inner.name,
            params=params if arrow else ("this", *params),
            line=line(node),
            end_line=end_line(node),
            lower=Body(scope.text, node, lower),
            defaults=defaults,
            owner=owner,
            start=node.start_byte,
            end=node.end_byte,
        )
    )
    return index


def _body(scope: Scope, node: Node, prologue: list[p.Stmt], own: int) -> tuple[p.Stmt, ...]:
    from antivenom.languages.javascript import expressions, statements

    body = node.child_by_field_name("body")
    if body is None:
        return ()
    if body.type != "statement_block":
        made: tuple[p.Stmt, ...] = (p.Return(line(body), expressions.lower(scope, body)),)
    else:
        made = statements.block(scope, body)
    outer = scope.outer()
    head: list[p.Stmt] = [p.Scope(line(node), "outer", outer)] if outer else []
    if own >= 0 and node.type in KINDS:
        name = node.child_by_field_name("name")
        if name is not None:
            # The name of a function expression is known inside it alone.
            target = p.Name(line(node), scope.text.of(name))
            head.append(p.Assign(line(node), (target,), p.FuncRef(line(node), own)))
    return (*head, *prologue, *made)


def _parameters(
    scope: Scope, node: Node
) -> tuple[tuple[str, ...], tuple[tuple[str, p.Expr], ...], list[p.Stmt]]:
    """Return names, literal defaults, and statements that take patterns apart."""
    single = node.child_by_field_name("parameter")
    listed = node.child_by_field_name("parameters")
    nodes = [single] if single is not None else parts(listed) if listed is not None else []
    names: list[str] = []
    defaults: list[tuple[str, p.Expr]] = []
    prologue: list[p.Stmt] = []
    for number, child in enumerate(nodes):
        made = _parameter(scope, child)
        if isinstance(made, p.Name) and made.id == "this":
            continue  # TypeScript declares its type like a parameter
        if isinstance(made, p.Op) and made.op == "default" and isinstance(made.args[0], p.Name):
            name, value = made.args[0].id, made.args[1]
            names.append(name)
            if isinstance(value, p.Const):
                defaults.append((name, value))
            else:
                either = p.Op(made.line, "??", (p.Name(made.line, name), value))
                prologue.append(p.Assign(made.line, (p.Name(made.line, name),), either))
        elif isinstance(made, p.Name):
            names.append(made.id)
        elif isinstance(made, p.Op) and made.op == "star" and isinstance(made.args[0], p.Name):
            names.append(f"*{made.args[0].id}")
        else:
            names.append(f"%{number}")
            prologue.append(p.Assign(made.line, (made,), p.Name(made.line, f"%{number}")))
    scope.declared.update(names)
    return tuple(names), tuple(defaults), prologue


def _parameter(scope: Scope, node: Node) -> p.Expr:
    """Lower one parameter; TypeScript wraps the pattern and its default."""
    if node.type in ("required_parameter", "optional_parameter"):
        from antivenom.languages.javascript import expressions

        pattern = node.child_by_field_name("pattern")
        if pattern is None:
            return p.Name(line(node), "")
        made = patterns.target(scope, pattern, declares=True)
        if pattern.type == "this":
            return p.Name(line(node), "this")
        if node.child_by_field_name("value") is None:
            return made
        return p.Op(line(node), "default", (made, expressions.field(scope, node, "value")))
    return patterns.target(scope, node, declares=True)
