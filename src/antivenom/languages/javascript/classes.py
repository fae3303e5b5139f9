"""Classes: methods by name, fields set by the constructor, static parts run with the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.languages.javascript import expressions, functions
from antivenom.languages.javascript.context import Scope, end_line, line, parts
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

_FIELDS = frozenset(["field_definition", "public_field_definition"])


def reference(scope: Scope, node: Node) -> p.ClassRef:
    """Register a class and return it as a value."""
    named = node.child_by_field_name("name")
    name = scope.text.of(named) if named is not None else f"<class:{line(node)}>"
    made = p.Class(
        name=scope.qualified(name),
        bases=_bases(scope, node),
        line=line(node),
        end_line=end_line(node),
    )
    index = len(scope.text.module.classes)
    scope.text.module.classes.append(made)
    inner = Scope(scope.text, made.name)
    body = node.child_by_field_name("body")
    made.body = tuple(_body(inner, body, made, index)) if body is not None else ()
    return p.ClassRef(line(node), index)


def _bases(scope: Scope, node: Node) -> tuple[p.Expr, ...]:
    found: list[p.Expr] = []
    for child in node.children:
        if child.type != "class_heritage":
            continue
        for part in parts(child):
            if part.type == "extends_clause":
                value = part.child_by_field_name("value")
                found += [expressions.lower(scope, value)] if value is not None else []
            elif part.type != "implements_clause":
                found.append(expressions.lower(scope, part))
    return tuple(found)


def _body(scope: Scope, node: Node, made: p.Class, index: int) -> list[p.Stmt]:
    out: list[p.Stmt] = []
    fields: list[p.Stmt] = []
    for child in parts(node):
        if child.type == "method_definition":
            _method(scope, child, made, index, out)
        elif child.type in _FIELDS:
            _field(scope, child, out, fields)
        elif child.type == "class_static_block":
            from antivenom.languages.javascript import statements

            body = child.child_by_field_name("body") or child
            out += statements.block(scope, body)
    if fields:
        _prepend(scope, node, made, index, fields, out)
    return out


def _method(scope: Scope, node: Node, made: p.Class, index: int, out: list[p.Stmt]) -> None:
    key = node.child_by_field_name("name")
    if key is None:
        return
    name_expr = expressions.key_of(scope, key)
    name = str(name_expr.value) if isinstance(name_expr, p.Const) else ""
    number = functions.add(scope, node, name or f"<method:{line(node)}>", index)
    name = "__init__" if name == "constructor" else name
    made.methods[name] = number
    words = {child.type for child in node.children}
    wrappers: tuple[p.Expr, ...] = ()
    if "get" in words:
        wrappers = (p.Global(line(node), "builtins.property"),)
    elif "static" in words:
        wrappers = (p.Global(line(node), "builtins.staticmethod"),)
    out.append(p.Define(line(node), name, p.FuncRef(line(node), number), wrappers))


def _field(scope: Scope, node: Node, out: list[p.Stmt], fields: list[p.Stmt]) -> None:
    key = node.child_by_field_name("property") or node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    if key is None or value is None:
        return
    name = expressions.key_of(scope, key)
    hint = str(name.value) if isinstance(name, p.Const) else ""
    if value.type in functions.KINDS:
        made: p.Expr = functions.reference(scope, value, hint)
    else:
        made = expressions.lower(scope, value)
    if any(child.type == "static" for child in node.children):
        out.append(p.Assign(line(node), (p.Name(line(node), hint),), made))
    else:
        target = p.Index(line(node), p.Name(line(node), "this"), name)
        fields.append(p.Assign(line(node), (target,), made))


def _prepend(
    scope: Scope, node: Node, made: p.Class, index: int, fields: list[p.Stmt], out: list[p.Stmt]
) -> None:
    """Let the constructor set the fields first; a class without one gets one."""
    all_functions = scope.text.module.functions
    number = made.methods.get("__init__")
    if number is not None:
        function = all_functions[number]
        before = function.lower
        function.lower = lambda: (*fields, *before())
        return
    number = made.methods["__init__"] = len(all_functions)
    if made.bases:
        given = p.Op(made.line, "star", (p.Name(made.line, "given"),))
        parent = p.Call(made.line, p.Name(made.line, "super"), (given,), ())
        fields = [p.Do(made.line, parent), *fields]
    all_functions.append(
        p.Function(
            name=f"{made.name}.constructor", params=("this", "*given"), line=made.line,
            end_line=made.end_line, lower=lambda: tuple(fields), owner=index,
            start=node.start_byte, end=node.end_byte,
        )
    )  # fmt: skip
    out.append(p.Define(made.line, "__init__", p.FuncRef(made.line, number)))
