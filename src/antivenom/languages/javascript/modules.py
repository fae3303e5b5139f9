"""``import`` and ``export`` as what they do: look-ups in what loading gives, and stores.

``import x, {a as b} from "m"`` becomes assignments from ``import("m")``; ``export`` stores into
``exports``, as compilers to CommonJS do. So both kinds of module meet in one form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.languages.javascript import expressions
from antivenom.languages.javascript.context import Scope, line, parts
from antivenom.languages.javascript.literals import unescape
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

Out = list[p.Stmt]
EXPORTS = "exports"


def imported(scope: Scope, node: Node, out: Out) -> None:
    """Lower an import."""
    source = node.child_by_field_name("source")
    clause = next((n for n in node.named_children if n.type == "import_clause"), None)
    if source is None:
        _required(scope, node, out)
        return
    loaded = _loaded(scope, source)
    if clause is None:
        out.append(p.Do(line(node), loaded))
        return
    for child in parts(clause):
        if child.type == "identifier":
            _bind(scope, child, p.Attr(line(node), loaded, "default"), out)
        elif child.type == "namespace_import":
            for name in parts(child)[:1]:
                _bind(scope, name, loaded, out)
        elif child.type == "named_imports":
            for one in parts(child):
                _selected(scope, one, loaded, out)


def _required(scope: Scope, node: Node, out: Out) -> None:
    """``import fs = require("fs")``."""
    clause = next((n for n in node.named_children if n.type == "import_require_clause"), None)
    inner = parts(clause) if clause is not None else []
    source = clause.child_by_field_name("source") if clause is not None else None
    if source is not None and inner:
        _bind(scope, inner[0], _loaded(scope, source), out)


def _selected(scope: Scope, node: Node, loaded: p.Expr, out: Out) -> None:
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias") or name
    if name is not None and alias is not None:
        found = p.Attr(line(node), loaded, _plain(scope, name))
        _bind(scope, alias, found, out)


def _bind(scope: Scope, name: Node, value: p.Expr, out: Out) -> None:
    text = scope.text.of(name)
    scope.declared.add(text)
    out.append(p.Assign(line(name), (p.Name(line(name), text),), value))


def _loaded(scope: Scope, source: Node) -> p.Expr:
    path = p.Const(line(source), unescape(scope.text.of(source)[1:-1]))
    return p.Call(line(source), p.Global(line(source), "import"), (path,), ())


def _plain(scope: Scope, name: Node) -> str:
    text = scope.text.of(name)
    return unescape(text[1:-1]) if name.type == "string" else text


def exported(scope: Scope, node: Node, out: Out) -> None:
    """Lower an export."""
    from antivenom.languages.javascript import statements

    declaration = node.child_by_field_name("declaration")
    value = node.child_by_field_name("value")
    source = node.child_by_field_name("source")
    loaded = _loaded(scope, source) if source is not None else None
    default = any(child.type == "default" for child in node.children)
    if declaration is not None:
        before = len(out)
        statements.lower(scope, declaration, out)
        for name in _declared(out[before:]):
            _store(node, "default" if default else name, p.Name(line(node), name), out)
    elif value is not None:
        made = expressions.lower(scope, value)
        _store(node, "default", made, out)
    else:
        _clauses(scope, node, loaded, out)


def _clauses(scope: Scope, node: Node, loaded: p.Expr | None, out: Out) -> None:
    everything = any(child.type == "*" for child in node.children)
    if everything and loaded is not None:
        target = p.Global(line(node), "Object.assign")
        names = (p.Name(line(node), EXPORTS), loaded)
        out.append(p.Do(line(node), p.Call(line(node), target, names, ())))
    for child in parts(node):
        if child.type == "namespace_export" and loaded is not None:
            for name in parts(child)[:1]:
                _store(node, _plain(scope, name), loaded, out)
        elif child.type == "export_clause":
            for one in parts(child):
                _reexport(scope, one, loaded, out)
        elif child.type == "identifier":  # ``export = value``
            target_module = p.Attr(line(node), p.Name(line(node), "module"), EXPORTS)
            found = expressions.lower(scope, child)
            out.append(p.Assign(line(node), (target_module,), found))


def _reexport(scope: Scope, node: Node, loaded: p.Expr | None, out: Out) -> None:
    name = node.child_by_field_name("name")
    alias = node.child_by_field_name("alias") or name
    if name is None or alias is None:
        return
    text = _plain(scope, name)
    found = p.Attr(line(node), loaded, text) if loaded else p.Name(line(node), text)
    _store(node, _plain(scope, alias), found, out)


def _store(node: Node, name: str, value: p.Expr, out: Out) -> None:
    target = p.Attr(line(node), p.Name(line(node), EXPORTS), name)
    out.append(p.Assign(line(node), (target,), value))


def _declared(statements: Out) -> list[str]:
    names: list[str] = []
    for stmt in statements:
        if isinstance(stmt, p.Define):
            names.append(stmt.name)
        elif isinstance(stmt, p.Assign):
            names += [t.id for t in stmt.targets if isinstance(t, p.Name)]
    return names
