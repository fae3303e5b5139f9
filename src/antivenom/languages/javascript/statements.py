"""Statements of JavaScript and TypeScript in the Program form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from antivenom.languages.javascript import expressions, functions, modules, patterns
from antivenom.languages.javascript.context import Scope, line, parts
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

_HOISTED = frozenset(["function_declaration", "generator_function_declaration"])
_LONG_CHAIN = 60
_DEEP = "a statement is too deep"
Out = list[p.Stmt]


def block(scope: Scope, node: Node) -> tuple[p.Stmt, ...]:
    """Lower the statements in a node; declared functions are known before everything else."""
    return _all(scope, parts(node))


def _all(scope: Scope, nodes: list[Node]) -> tuple[p.Stmt, ...]:
    out: Out = []
    late: list[Node] = []
    for node in nodes:
        if _declares(node):
            lower(scope, node, out)
        else:
            late.append(node)
    for node in late:
        lower(scope, node, out)
    return tuple(out)


def _declares(node: Node) -> bool:
    if node.type == "export_statement":
        inner = node.child_by_field_name("declaration")
        return inner is not None and inner.type in _HOISTED
    return node.type in _HOISTED


def lower(scope: Scope, node: Node, out: Out) -> None:
    """Lower one statement; what is no statement we know keeps its expressions."""
    handler = _STATEMENTS.get(node.type, _other)
    try:
        handler(scope, node, out)
    except RecursionError:
        # One expression too deep for anybody: what stands beside it is still read.
        module = scope.text.module
        module.partial = module.partial or f"line {line(node)}: {_DEEP}"


def _arm(scope: Scope, node: Node | None) -> tuple[p.Stmt, ...]:
    """Lower what stands after a condition: a block or one statement."""
    if node is None:
        return ()
    if node.type == "statement_block":
        return block(scope, node)
    if node.type == "else_clause":
        return _all(scope, parts(node))
    return _all(scope, [node])


# --------------------------------------------------------------------------- expressions


def _expression(scope: Scope, node: Node, out: Out) -> None:
    for inner in parts(node):
        if inner.type in _STATEMENTS:  # TypeScript's namespaces
            lower(scope, inner, out)
            continue
        for one in expressions.sequence(inner):
            _effect(scope, one, out)


def _effect(scope: Scope, node: Node, out: Out) -> None:
    """Lower an expression evaluated for its effect: conditions in it are branches."""
    kind = node.type
    where = line(node)
    if kind == "parenthesized_expression" and parts(node):
        for one in expressions.sequence(parts(node)[0]):
            _effect(scope, one, out)
    elif kind == "assignment_expression":
        target, value = expressions.assigned(scope, node)
        out.append(p.Assign(where, (target,), value))
    elif kind == "augmented_assignment_expression":
        target, op, value = expressions.augmented(scope, node)
        out.append(p.Assign(where, (target,), value, op))
    elif kind == "ternary_expression":
        _choice(scope, node, out)
    elif kind == "binary_expression" and _operator(scope, node) in ("&&", "||"):
        _short(scope, node, out)
    elif kind != "string":
        out.append(p.Do(where, expressions.lower(scope, node)))


def _operator(scope: Scope, node: Node) -> str:
    found = node.child_by_field_name("operator")
    return scope.text.of(found) if found is not None else ""


def _choice(scope: Scope, node: Node, out: Out) -> None:
    test = expressions.field(scope, node, "condition")
    arms = []
    for name in ("consequence", "alternative"):
        arm: Out = []
        inner = node.child_by_field_name(name)
        if inner is not None:
            for one in expressions.sequence(inner):
                _effect(scope, one, arm)
        arms.append(tuple(arm))
    out.append(p.Branch(line(node), "if", test, tuple(arms)))


def _short(scope: Scope, node: Node, out: Out) -> None:
    """``a && b()`` is a branch."""
    test = expressions.field(scope, node, "left")
    arm: Out = []
    right = node.child_by_field_name("right")
    if right is not None:
        _effect(scope, right, arm)
    arms = (tuple(arm), ()) if _operator(scope, node) == "&&" else ((), tuple(arm))
    out.append(p.Branch(line(node), "if", test, arms))


# --------------------------------------------------------------------------- declarations


def _variables(scope: Scope, node: Node, out: Out) -> None:
    for child in parts(node):
        if child.type != "variable_declarator":
            continue
        name = child.child_by_field_name("name")
        value = child.child_by_field_name("value")
        if name is None:
            continue
        target = patterns.target(scope, name, declares=True)
        if value is None:
            if node.type != "variable_declaration":
                out.append(p.Assign(line(child), (target,), p.Const(line(child), None)))
            continue
        if value.type in functions.KINDS:
            made: p.Expr = functions.reference(scope, value, scope.text.of(name)[:80])
        else:
            made = expressions.lower(scope, value)
        out.append(p.Assign(line(child), (target,), made))


def _function(scope: Scope, node: Node, out: Out) -> None:
    named = node.child_by_field_name("name")
    name = scope.text.of(named) if named is not None else "default"
    scope.declared.add(name)
    index = functions.add(scope, node, name)
    out.append(p.Define(line(node), name, p.FuncRef(line(node), index)))


def _class(scope: Scope, node: Node, out: Out) -> None:
    from antivenom.languages.javascript import classes

    named = node.child_by_field_name("name")
    name = scope.text.of(named) if named is not None else "default"
    scope.declared.add(name)
    out.append(p.Define(line(node), name, classes.reference(scope, node)))


def _enum(scope: Scope, node: Node, out: Out) -> None:
    """A TypeScript enumeration is an object."""
    named = node.child_by_field_name("name")
    body = node.child_by_field_name("body")
    if named is None or body is None:
        return
    pairs: list[p.Expr | None] = []
    for number, child in enumerate(parts(body)):
        value = child.child_by_field_name("value")
        key = child.child_by_field_name("name") or child
        made = (
            expressions.lower(scope, value) if value is not None else p.Const(line(child), number)
        )
        pairs += [expressions.key_of(scope, key), made]
    name = scope.text.of(named)
    scope.declared.add(name)
    target = p.Name(line(node), name)
    out.append(p.Assign(line(node), (target,), p.Op(line(node), "dict", tuple(pairs))))


def _nothing(scope: Scope, node: Node, out: Out) -> None:
    """Types and declarations of what lies elsewhere."""


# --------------------------------------------------------------------------- control


def _if(scope: Scope, node: Node, out: Out) -> None:
    chain = _elses(node)
    if len(chain) > _LONG_CHAIN:
        out.extend(p.Do(line(n), expressions.field(scope, n, "condition")) for n in chain)
        arms = [_arm(scope, n.child_by_field_name("consequence")) for n in chain]
        arms.append(_arm(scope, chain[-1].child_by_field_name("alternative")))
        out.append(p.Branch(line(node), "match", None, tuple(arms)))
        return
    test = expressions.field(scope, node, "condition")
    then = _arm(scope, node.child_by_field_name("consequence"))
    other = _arm(scope, node.child_by_field_name("alternative"))
    out.append(p.Branch(line(node), "if", test, (then, other)))


def _elses(node: Node) -> list[Node]:
    chain = [node]
    while True:
        other = chain[-1].child_by_field_name("alternative")
        inner = parts(other)[:1] if other is not None else []
        if not inner or inner[0].type != "if_statement":
            return chain
        chain.append(inner[0])


def _for(scope: Scope, node: Node, out: Out) -> None:
    first = node.child_by_field_name("initializer")
    if first is not None and first.type not in ("empty_statement", ";"):
        if first.type in _STATEMENTS:
            lower(scope, first, out)
        else:
            for one in expressions.sequence(first):
                _effect(scope, one, out)
    step: Out = []
    increment = node.child_by_field_name("increment")
    if increment is not None:
        for one in expressions.sequence(increment):
            _effect(scope, one, step)
    body = _arm(scope, node.child_by_field_name("body"))
    test = _condition(scope, node.child_by_field_name("condition"))
    out.append(p.Loop(line(node), "while", None, test, body, tuple(step)))


def _condition(scope: Scope, node: Node | None) -> p.Expr:
    if node is None or node.type in ("empty_statement", ";"):
        return p.Const(0, True)
    if node.type == "expression_statement":
        inner = parts(node)
        return expressions.lower(scope, inner[0]) if inner else p.Const(line(node), True)
    return expressions.lower(scope, node)


def _for_in(scope: Scope, node: Node, out: Out) -> None:
    left = node.child_by_field_name("left")
    if left is None:
        return
    declares = node.child_by_field_name("kind") is not None
    target = patterns.target(scope, left, declares=declares)
    source = expressions.field(scope, node, "right")
    operator = node.child_by_field_name("operator")
    if operator is not None and scope.text.of(operator) == "in":
        keys = p.Global(line(node), "Object.keys")
        source = p.Call(line(node), keys, (source,), ())
    body = _arm(scope, node.child_by_field_name("body"))
    out.append(p.Loop(line(node), "for", target, source, body))


def _while(scope: Scope, node: Node, out: Out) -> None:
    test = expressions.field(scope, node, "condition")
    body = _arm(scope, node.child_by_field_name("body"))
    out.append(p.Loop(line(node), "while", None, test, body))


def _do(scope: Scope, node: Node, out: Out) -> None:
    body = _arm(scope, node.child_by_field_name("body"))
    test = expressions.field(scope, node, "condition")
    out.extend(s for s in body if not isinstance(s, p.Jump))
    out.append(p.Loop(line(node), "while", None, test, body))


def _try(scope: Scope, node: Node, out: Out) -> None:
    arms = [_arm(scope, node.child_by_field_name("body"))]
    handler = node.child_by_field_name("handler")
    if handler is not None:
        parameter = handler.child_by_field_name("parameter")
        if parameter is not None:
            patterns.target(scope, parameter, declares=True)
        arms.append(_arm(scope, handler.child_by_field_name("body")))
    final = node.child_by_field_name("finalizer")
    inner = final.child_by_field_name("body") if final is not None else None
    arms.append(_arm(scope, inner))
    out.append(p.Branch(line(node), "try", None, tuple(arms)))


def _switch(scope: Scope, node: Node, out: Out) -> None:
    test = expressions.field(scope, node, "value")
    body = node.child_by_field_name("body")
    arms: list[tuple[p.Stmt, ...]] = []
    cases: list[p.Expr] = []
    for case in parts(body) if body is not None else []:
        inner = case.children_by_field_name("body")
        value = case.child_by_field_name("value")
        cases.append(expressions.lower(scope, value) if value is not None else p.Const(0, None))
        arms.append(_all(scope, [n for n in inner if n.is_named and n.type != "comment"]))
    picked = p.Op(line(node), "switch", (test, *cases))
    out.append(p.Branch(line(node), "switch", picked, tuple(arms)))


def _return(scope: Scope, node: Node, out: Out) -> None:
    inner = parts(node)
    if not inner:
        out.append(p.Return(line(node), None))
        return
    *before, last = expressions.sequence(inner[0])
    for one in before:
        _effect(scope, one, out)
    out.append(p.Return(line(node), expressions.lower(scope, last)))


def _throw(scope: Scope, node: Node, out: Out) -> None:
    inner = parts(node)
    value = expressions.lower(scope, inner[0]) if inner else None
    out.append(p.Jump(line(node), "raise", value))


def _jump(scope: Scope, node: Node, out: Out) -> None:
    out.append(p.Jump(line(node), node.type.partition("_")[0]))


def _block(scope: Scope, node: Node, out: Out) -> None:
    out += block(scope, node)


def _labelled(scope: Scope, node: Node, out: Out) -> None:
    body = node.child_by_field_name("body")
    if body is not None:
        lower(scope, body, out)


def _with(scope: Scope, node: Node, out: Out) -> None:
    out.append(p.Do(line(node), expressions.field(scope, node, "object")))
    out += _arm(scope, node.child_by_field_name("body"))


def _namespace(scope: Scope, node: Node, out: Out) -> None:
    body = node.child_by_field_name("body")
    if body is not None:
        out += block(scope, body)


def _other(scope: Scope, node: Node, out: Out) -> None:
    """Broken code, or a kind of statement not known here: its parts count."""
    if node.type in expressions.KINDS:
        for one in expressions.sequence(node):
            _effect(scope, one, out)
        return
    for inner in parts(node)[:2000]:
        lower(scope, inner, out)


_STATEMENTS: dict[str, Callable[[Scope, Node, Out], None]] = {
    "expression_statement": _expression,
    "variable_declaration": _variables,
    "lexical_declaration": _variables,
    "function_declaration": _function,
    "generator_function_declaration": _function,
    "class_declaration": _class,
    "abstract_class_declaration": _class,
    "enum_declaration": _enum,
    "interface_declaration": _nothing,
    "type_alias_declaration": _nothing,
    "ambient_declaration": _nothing,
    "function_signature": _nothing,
    "comment": _nothing,
    "if_statement": _if,
    "for_statement": _for,
    "for_in_statement": _for_in,
    "while_statement": _while,
    "do_statement": _do,
    "try_statement": _try,
    "switch_statement": _switch,
    "return_statement": _return,
    "throw_statement": _throw,
    "break_statement": _jump,
    "continue_statement": _jump,
    "statement_block": _block,
    "labeled_statement": _labelled,
    "with_statement": _with,
    "internal_module": _namespace,
    "module": _namespace,
    "import_statement": modules.imported,
    "export_statement": modules.exported,
}
