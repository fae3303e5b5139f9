"""Expressions of JavaScript and TypeScript in the Program form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from antivenom.languages.javascript import functions, patterns
from antivenom.languages.javascript.context import Scope, end_line, line, parts
from antivenom.languages.javascript.literals import number, unescape
from antivenom.model import program as p

if TYPE_CHECKING:
    from tree_sitter import Node

_BINARY = {
    "===": "is", "!==": "isnot", "==": "==", "!=": "!=", "&&": "and", "||": "or",
    "in": "in", "instanceof": "instanceof",
}  # fmt: skip
"""Operators spelled otherwise in the Program form; the others keep their spelling."""
_UNARY = {"!": "not", "-": "neg", "+": "pos", "~": "inv", "typeof": "typeof", "delete": "delete"}
_CONSTANTS = {"true": True, "false": False, "null": None, "undefined": None}


def lower(scope: Scope, node: Node) -> p.Expr:
    """Lower one expression; what is not understood keeps its parts."""
    handler = _EXPRESSIONS.get(node.type)
    return handler(scope, node) if handler is not None else _unknown(scope, node)


def field(scope: Scope, node: Node, name: str) -> p.Expr:
    """Lower the expression in a field; undefined when there is none."""
    found = node.child_by_field_name(name)
    return lower(scope, found) if found is not None else p.Const(line(node), None)


def _unknown(scope: Scope, node: Node) -> p.Expr:
    inner = parts(node)
    if len(inner) == 1:
        return lower(scope, inner[0])
    return p.Op(line(node), "unknown", tuple([lower(scope, n) for n in inner[:200]]))


def _identifier(scope: Scope, node: Node) -> p.Expr:
    name = unescape(scope.text.of(node))
    if name == "undefined":
        return p.Const(line(node), None)
    return p.Name(line(node), name)


def _constant(scope: Scope, node: Node) -> p.Expr:
    return p.Const(line(node), _CONSTANTS[node.type])


def _number(scope: Scope, node: Node) -> p.Expr:
    return p.Const(line(node), number(scope.text.of(node)))


def _string(scope: Scope, node: Node) -> p.Expr:
    return p.Const(line(node), unescape(scope.text.of(node)[1:-1]))


def _template(scope: Scope, node: Node) -> p.Expr:
    found: list[p.Expr] = []
    raw = ""
    for child in node.named_children:
        if child.type in ("string_fragment", "escape_sequence"):
            raw += scope.text.of(child)
            continue
        if raw:
            found.append(p.Const(line(child), unescape(raw)))
            raw = ""
        found += [lower(scope, n) for n in parts(child)[:1]]
    if raw or not found:
        found.append(p.Const(line(node), unescape(raw)))
    if len(found) == 1 and isinstance(found[0], p.Const):
        return found[0]
    return p.Template(line(node), tuple(found))


def _regex(scope: Scope, node: Node) -> p.Expr:
    pattern = node.child_by_field_name("pattern")
    flags = node.child_by_field_name("flags")
    texts = (scope.text.of(pattern) if pattern else "", scope.text.of(flags) if flags else "")
    args = tuple([p.Const(line(node), text) for text in texts])
    return p.Call(line(node), p.Global(line(node), "RegExp"), args, ())


def _array(scope: Scope, node: Node) -> p.Expr:
    return p.Op(line(node), "list", tuple([lower(scope, n) for n in parts(node)]))


def _object(scope: Scope, node: Node) -> p.Expr:
    pairs: list[p.Expr | None] = []
    for child in parts(node):
        kind = child.type
        if kind == "pair":
            key = child.child_by_field_name("key")
            value = child.child_by_field_name("value")
            if key is not None and value is not None:
                name = key_of(scope, key)
                pairs += [name, _named(scope, value, name)]
        elif kind == "shorthand_property_identifier":
            name = p.Const(line(child), scope.text.of(child))
            pairs += [name, _identifier(scope, child)]
        elif kind == "spread_element":
            pairs += [None, *(lower(scope, n) for n in parts(child)[:1])]
        elif kind == "method_definition":
            key = child.child_by_field_name("name")
            name = key_of(scope, key) if key is not None else p.Const(line(child), "")
            pairs += [name, functions.reference(scope, child, _text(name))]
    if len(pairs) % 2:
        pairs.append(p.Const(line(node), None))
    return p.Op(line(node), "dict", tuple(pairs))


def _named(scope: Scope, node: Node, key: p.Expr) -> p.Expr:
    """Lower a value that gives its name to a function without one."""
    if node.type in functions.KINDS:
        return functions.reference(scope, node, _text(key))
    return lower(scope, node)


def _text(key: p.Expr) -> str:
    return str(key.value)[:80] if isinstance(key, p.Const) else ""


def key_of(scope: Scope, node: Node) -> p.Expr:
    """Lower the key of a property: a name is a text, ``[x]`` an expression."""
    if node.type == "computed_property_name":
        return lower(scope, parts(node)[0]) if parts(node) else p.Const(line(node), "")
    if node.type == "string":
        return _string(scope, node)
    if node.type == "number":
        return _number(scope, node)
    return p.Const(line(node), unescape(scope.text.of(node)))


def _function(scope: Scope, node: Node) -> p.Expr:
    return functions.reference(scope, node, "")


def _class(scope: Scope, node: Node) -> p.Expr:
    from antivenom.languages.javascript import classes

    return classes.reference(scope, node)


def _call(scope: Scope, node: Node) -> p.Expr:
    func_node = node.child_by_field_name("function")
    given = node.child_by_field_name("arguments")
    if func_node is None:
        return _unknown(scope, node)
    if func_node.type == "import":
        func: p.Expr = p.Global(line(func_node), "import")
    else:
        func = lower(scope, func_node)
    where = func.line if isinstance(func, p.Attr) else line(func_node)
    if given is not None and given.type == "template_string":
        return p.Call(where, func, _tagged(scope, given), (), end_line(node))
    args = tuple([lower(scope, n) for n in parts(given)]) if given is not None else ()
    return p.Call(where, func, args, (), end_line(node))


def _tagged(scope: Scope, node: Node) -> tuple[p.Expr, ...]:
    made = _template(scope, node)
    found = made.parts if isinstance(made, p.Template) else (made,)
    texts = tuple(e for e in found if isinstance(e, p.Const))
    return (p.Op(line(node), "list", texts), *(e for e in found if not isinstance(e, p.Const)))


def _new(scope: Scope, node: Node) -> p.Expr:
    made = field(scope, node, "constructor")
    given = node.child_by_field_name("arguments")
    args = tuple([lower(scope, n) for n in parts(given)]) if given is not None else ()
    return p.Op(line(node), "new", (made, *args))


def _member(scope: Scope, node: Node) -> p.Expr:
    base = field(scope, node, "object")
    found = node.child_by_field_name("property")
    if found is None:
        return base
    return p.Attr(line(found), base, unescape(scope.text.of(found)))


def _subscript(scope: Scope, node: Node) -> p.Expr:
    return p.Index(line(node), field(scope, node, "object"), field(scope, node, "index"))


def _assignment(scope: Scope, node: Node) -> p.Expr:
    target, value = assigned(scope, node)
    return p.Op(line(node), "walrus", (target, value))


def assigned(scope: Scope, node: Node) -> tuple[p.Expr, p.Expr]:
    """Lower ``target = value`` to its two sides."""
    left = node.child_by_field_name("left")
    right = node.child_by_field_name("right")
    target = patterns.target(scope, left) if left is not None else p.Name(line(node), "")
    if right is None:
        return target, p.Const(line(node), None)
    if right.type in functions.KINDS and left is not None:
        return target, functions.reference(scope, right, scope.text.of(left)[-60:])
    return target, lower(scope, right)


def augmented(scope: Scope, node: Node) -> tuple[p.Expr, str, p.Expr]:
    """Lower ``target += value`` to target, operator, value."""
    operator = node.child_by_field_name("operator")
    op = scope.text.of(operator).removesuffix("=") if operator is not None else "+"
    target, value = assigned(scope, node)
    return target, _BINARY.get(op, op), value


def _augmented(scope: Scope, node: Node) -> p.Expr:
    target, op, value = augmented(scope, node)
    where = line(node)
    return p.Op(where, "walrus", (target, p.Op(where, op, (target, value))))


def _update(scope: Scope, node: Node) -> p.Expr:
    operator = node.child_by_field_name("operator")
    argument = node.child_by_field_name("argument")
    if operator is None or argument is None:
        return _unknown(scope, node)
    where = line(node)
    target = patterns.target(scope, argument)
    op = "+" if scope.text.of(operator) == "++" else "-"
    new = p.Op(where, op, (target, p.Const(where, 1)))
    if operator.start_byte < argument.start_byte:
        return p.Op(where, "walrus", (target, new))
    return p.Op(where, "postfix", (target, new))


def _unary(scope: Scope, node: Node) -> p.Expr:
    operator = node.child_by_field_name("operator")
    op = scope.text.of(operator) if operator is not None else ""
    value = field(scope, node, "argument")
    if op == "void":
        done = isinstance(value, p.Const)
        nothing = p.Const(line(node), None)
        return nothing if done else p.Op(line(node), "sequence", (value, nothing))
    if op == "-" and isinstance(value, p.Const) and type(value.value) in (int, float):
        return p.Const(line(node), -value.value)  # type: ignore[operator]
    return p.Op(line(node), _UNARY.get(op, op), (value,))


def _binary(scope: Scope, node: Node) -> p.Expr:
    """A long concatenation is a left-deep tree: it is walked without recursion."""
    operator = node.child_by_field_name("operator")
    spelled = scope.text.of(operator) if operator is not None else "+"
    op = _BINARY.get(spelled, spelled)
    if op not in _CHAINED:
        return p.Op(line(node), op, (field(scope, node, "left"), field(scope, node, "right")))
    chain: list[Node] = []
    left: Node = node
    while left.type == "binary_expression":
        found = left.child_by_field_name("operator")
        right = left.child_by_field_name("right")
        inner = left.child_by_field_name("left")
        if found is None or right is None or inner is None or scope.text.of(found) != spelled:
            break
        chain.append(right)
        left = inner
    args = [lower(scope, left)]
    args += [lower(scope, right) for right in reversed(chain)]
    return p.Op(line(node), op, tuple(args))


_CHAINED = frozenset(["+", "and", "or", "??", "-", "*", "^", "|", "&"])


def _ternary(scope: Scope, node: Node) -> p.Expr:
    names = ("condition", "consequence", "alternative")
    return p.Op(line(node), "cond", tuple([field(scope, node, name) for name in names]))


def sequence(node: Node) -> list[Node]:
    """Return the parts of ``a, b, c``, however it is nested."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.type == "sequence_expression":
            waiting += reversed(parts(one))
        else:
            found.append(one)
    return found


def _sequence(scope: Scope, node: Node) -> p.Expr:
    return p.Op(line(node), "sequence", tuple([lower(scope, n) for n in sequence(node)]))


def _inner(scope: Scope, node: Node) -> p.Expr:
    """Lower what stands in brackets, or before a type."""
    inner = parts(node)
    return lower(scope, inner[0]) if inner else p.Const(line(node), None)


def _wrapped(scope: Scope, node: Node) -> p.Expr:
    op = {"await_expression": "await", "yield_expression": "yield"}.get(node.type, "star")
    return p.Op(line(node), op, tuple([lower(scope, n) for n in parts(node)[:1]]))


def _this(scope: Scope, node: Node) -> p.Expr:
    return p.Name(line(node), node.type)


def _last(scope: Scope, node: Node) -> p.Expr:
    """``<T>value``: the type stands first."""
    inner = parts(node)
    return lower(scope, inner[-1]) if inner else p.Const(line(node), None)


def _meta(scope: Scope, node: Node) -> p.Expr:
    return p.Global(line(node), scope.text.of(node).replace(" ", ""))


_EXPRESSIONS: dict[str, Callable[[Scope, Node], p.Expr]] = {
    "identifier": _identifier,
    "shorthand_property_identifier": _identifier,
    "property_identifier": _identifier,
    "true": _constant,
    "false": _constant,
    "null": _constant,
    "undefined": _constant,
    "number": _number,
    "string": _string,
    "template_string": _template,
    "regex": _regex,
    "array": _array,
    "object": _object,
    "function_expression": _function,
    "generator_function": _function,
    "arrow_function": _function,
    "class": _class,
    "call_expression": _call,
    "new_expression": _new,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "assignment_expression": _assignment,
    "augmented_assignment_expression": _augmented,
    "update_expression": _update,
    "unary_expression": _unary,
    "binary_expression": _binary,
    "ternary_expression": _ternary,
    "sequence_expression": _sequence,
    "parenthesized_expression": _inner,
    "await_expression": _wrapped,
    "yield_expression": _wrapped,
    "spread_element": _wrapped,
    "this": _this,
    "super": _this,
    "meta_property": _meta,
    "as_expression": _inner,
    "satisfies_expression": _inner,
    "non_null_expression": _inner,
    "instantiation_expression": _inner,
    "type_assertion": _last,
}
KINDS = frozenset(_EXPRESSIONS)
"""Node types that are expressions."""
