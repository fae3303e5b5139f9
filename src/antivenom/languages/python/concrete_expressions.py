"""Expressions of tree-sitter's concrete tree, as nodes of ``ast``.

The concrete tree exists for any text. What it could not understand stands in it as ``ERROR``; such
a node inside an expression is put aside, and its readable parts become statements of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from antivenom.languages.python.concrete_strings import Strings
from antivenom.languages.python.literals import number_value

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 100
"""Expressions inside expressions; deeper ones become assignments that stand before."""
_MAX_SWITCHES = 60

_BINARY: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "**": ast.Pow,
    "&": ast.BitAnd,
    "|": ast.BitOr,
    "^": ast.BitXor,
    "<<": ast.LShift,
    ">>": ast.RShift,
    "@": ast.MatMult,
}
_UNARY: dict[str, type[ast.unaryop]] = {"-": ast.USub, "+": ast.UAdd, "~": ast.Invert}
_COMPARE: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<>": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "is": ast.Is,
    "is not": ast.IsNot,
    "in": ast.In,
    "not in": ast.NotIn,
}
_COMPREHENSIONS: dict[str, Any] = {
    "list_comprehension": ast.ListComp,
    "set_comprehension": ast.SetComp,
    "generator_expression": ast.GeneratorExp,
}


class Expressions(Strings):
    """Reads expressions of one text; the statements are read by the subclass."""

    def expr(self, node: Node) -> ast.expr:
        """Read one expression."""
        while node.type in {"parenthesized_expression", "type", "expression"}:
            inner = self.parts(node)
            if len(inner) != 1:
                return self._several(node, inner)
            node = inner[0]
        if self.depth >= MAX_DEPTH:
            return self._put_off(node)
        self.depth += 1
        try:
            handler = _HANDLERS.get(node.type)
            if handler is not None:
                return handler(self, node)
            return self._several(node, self.parts(node))
        finally:
            self.depth -= 1

    def _name(self, node: Node) -> ast.expr:
        return self.at(node, ast.Name(self.text(node), ast.Load()))

    def _dotted(self, node: Node) -> ast.expr:
        names = self.text(node).split(".")
        made: ast.expr = self.at(node, ast.Name(names[0].strip(), ast.Load()))
        for name in names[1:50]:
            made = self.at(node, ast.Attribute(made, name.strip(), ast.Load()))
        return made

    def _number(self, node: Node) -> ast.expr:
        return self.at(node, ast.Constant(number_value(self.text(node))))

    def _word(self, node: Node) -> ast.expr:
        value: Any = {"true": True, "false": False, "ellipsis": ...}.get(node.type)
        return self.at(node, ast.Constant(value))

    def _attribute(self, node: Node) -> ast.expr:
        base = self.field(node, "object") or self.nothing(node)
        name = node.child_by_field_name("attribute")
        return self.at(node, ast.Attribute(base, self.text(name) if name else "", ast.Load()))

    def _subscript(self, node: Node) -> ast.expr:
        base = self.field(node, "value") or self.nothing(node)
        self._set_aside(node)
        keys = [self.expr(k) for k in node.children_by_field_name("subscript")]
        key = keys[0] if len(keys) == 1 else self.at(node, ast.Tuple(keys, ast.Load()))
        return self.at(node, ast.Subscript(base, key, ast.Load()))

    def _set_aside(self, node: Node) -> None:
        if node.has_error:
            self.aside += [c for c in node.children if c.type == "ERROR"]

    def _slice(self, node: Node) -> ast.expr:
        found: list[ast.expr | None] = [None, None, None]
        place = 0
        for child in node.children:
            if child.type == ":":
                place = min(place + 1, 2)
            elif child.is_named and child.type not in {"ERROR", "comment"}:
                found[place] = self.expr(child)
        return self.at(node, ast.Slice(*found))

    def _call(self, node: Node) -> ast.expr:
        func = self.field(node, "function") or self.nothing(node)
        self._set_aside(node)
        arguments = node.child_by_field_name("arguments")
        return self.call(node, func, arguments)

    def call(self, node: Node, func: ast.expr, arguments: Node | None) -> ast.expr:
        """Return a call of `func` with what stands in an argument list."""
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        if arguments is not None and arguments.type != "argument_list":
            args = [self.expr(arguments)]
        elif arguments is not None:
            for part in self.parts(arguments):
                self.argument(part, args, keywords)
        return self.at(node, ast.Call(func, args, keywords))

    def argument(self, node: Node, args: list[ast.expr], keywords: list[ast.keyword]) -> None:
        """Add one argument to those of a call."""
        if node.type == "keyword_argument":
            name = node.child_by_field_name("name")
            value = self.field(node, "value") or self.nothing(node)
            word = self.text(name) if name else ""
            keywords.append(self.at(node, ast.keyword(word, value)))
        elif node.type == "dictionary_splat":
            keywords.append(self.at(node, ast.keyword(None, self._several(node, self.parts(node)))))
        else:
            args.append(self.expr(node))

    def _binary(self, node: Node) -> ast.expr:
        # A long concatenation leans left: walk down its spine, then build it up again.
        spine: list[Node] = []
        left: Node | None = node
        switches, before = 0, ""
        while left is not None and left.type == "binary_operator" and switches < _MAX_SWITCHES:
            operator = self._operator(left)
            switches += operator != before
            before = operator
            spine.append(left)
            left = left.child_by_field_name("left")
        made = self.nothing(node)
        if left is not None:
            over = left.type == "binary_operator"
            made = self._put_off(left) if over else self.expr(left)
        for part in reversed(spine):
            self._set_aside(part)
            right = self.field(part, "right") or self.nothing(part)
            made = self.at(part, ast.BinOp(made, self.operation(self._operator(part)), right))
        return made

    def _operator(self, node: Node) -> str:
        found = node.child_by_field_name("operator")
        return found.type if found is not None else ""

    def operation(self, symbol: str) -> ast.operator:
        """Return the operator a symbol stands for."""
        return _BINARY.get(symbol, ast.Add)()

    def _unary(self, node: Node) -> ast.expr:
        kind = _UNARY.get(self._operator(node), ast.UAdd)
        operand = self.field(node, "argument") or self.nothing(node)
        return self.at(node, ast.UnaryOp(kind(), operand))

    def _not(self, node: Node) -> ast.expr:
        operand = self.field(node, "argument") or self.nothing(node)
        return self.at(node, ast.UnaryOp(ast.Not(), operand))

    def _boolean(self, node: Node) -> ast.expr:
        word = self._operator(node)
        values: list[ast.expr] = []
        left: Node | None = node
        while left is not None and left.type == "boolean_operator" and self._operator(left) == word:
            self._set_aside(left)
            values.append(self.field(left, "right") or self.nothing(left))
            left = left.child_by_field_name("left")
        if left is not None:
            values.append(self.expr(left))
        kind = ast.And if word == "and" else ast.Or
        return self.at(node, ast.BoolOp(kind(), values[::-1]))

    def _comparison(self, node: Node) -> ast.expr:
        words = [self._relation(n) for n in node.children_by_field_name("operators")]
        words = [w for w in words if w in _COMPARE]
        operands = [self.expr(n) for n in self.parts(node) if n.type not in _COMPARE]
        if len(operands) < 2 or len(words) != len(operands) - 1:
            return self.at(node, ast.Tuple(operands, ast.Load()))
        kinds = [_COMPARE[w]() for w in words]
        return self.at(node, ast.Compare(operands[0], kinds, operands[1:]))

    def _relation(self, node: Node) -> str:
        return " ".join(self.text(node).split())

    def _conditional(self, node: Node) -> ast.expr:
        found = [self.expr(n) for n in self.parts(node)]
        if len(found) != 3:
            return self.at(node, ast.Tuple(found, ast.Load()))
        body, test, other = found
        return self.at(node, ast.IfExp(test, body, other))

    def _walrus(self, node: Node) -> ast.expr:
        target = self.field(node, "name")
        value = self.field(node, "value") or self.nothing(node)
        if not isinstance(target, ast.Name):
            return value
        return self.at(node, ast.NamedExpr(target, value))

    def _tuple(self, node: Node) -> ast.expr:
        elements = [self.expr(n) for n in self.parts(node)]
        return self.at(node, ast.Tuple(elements, ast.Load()))

    def _list(self, node: Node) -> ast.expr:
        elements = [self.expr(n) for n in self.parts(node)]
        return self.at(node, ast.List(elements, ast.Load()))

    def _set(self, node: Node) -> ast.expr:
        return self.at(node, ast.Set([self.expr(n) for n in self.parts(node)]))

    def _dict(self, node: Node) -> ast.expr:
        keys: list[ast.expr | None] = []
        values: list[ast.expr] = []
        for part in self.parts(node):
            key, value = None, part
            if part.type == "pair":
                self._set_aside(part)
                key = self.field(part, "key")
                value = part.child_by_field_name("value") or part
            elif part.type == "dictionary_splat":
                inner = self.parts(part)
                value = inner[0] if inner else part
            keys.append(key)
            values.append(self.expr(value) if value is not part else self.nothing(part))
        return self.at(node, ast.Dict(keys, values))

    def _comprehension(self, node: Node) -> ast.expr:
        loops = self._loops(node)
        body = node.child_by_field_name("body")
        if not loops or body is None:
            return self._several(node, self.parts(node))
        if body.type == "pair":
            key = self.field(body, "key") or self.nothing(body)
            value = self.field(body, "value") or self.nothing(body)
            return self.at(node, ast.DictComp(key, value, loops))
        kind = _COMPREHENSIONS.get(node.type, ast.ListComp)
        made: ast.expr = kind(self.expr(body), loops)
        return self.at(node, made)

    def _loops(self, node: Node) -> list[ast.comprehension]:
        loops: list[ast.comprehension] = []
        for part in self.parts(node):
            if part.type == "for_in_clause":
                target = self.field(part, "left") or self.nothing(part)
                sources = [self.expr(n) for n in part.children_by_field_name("right") if n.is_named]
                source = sources[0] if len(sources) == 1 else ast.Tuple(sources, ast.Load())
                loops.append(ast.comprehension(target, self.at(part, source), [], 0))
            elif part.type == "if_clause" and loops:
                loops[-1].ifs += [self.expr(n) for n in self.parts(part)]
        return loops

    def _star(self, node: Node) -> ast.expr:
        return self.at(node, ast.Starred(self._several(node, self.parts(node)), ast.Load()))

    def _await(self, node: Node) -> ast.expr:
        return self.at(node, ast.Await(self._several(node, self.parts(node))))

    def _yield(self, node: Node) -> ast.expr:
        parts = self.parts(node)
        value = self._several(node, parts) if parts else None
        return self.at(node, ast.Yield(value))

    def _as_pattern(self, node: Node) -> ast.expr:
        parts = self.parts(node)
        return self.expr(parts[0]) if parts else self.nothing(node)

    def _lambda(self, node: Node) -> ast.expr:
        arguments, _ = self.parameters(node.child_by_field_name("parameters"))
        self._set_aside(node)
        body = self.field(node, "body") or self.nothing(node)
        return self.at(node, ast.Lambda(arguments, body))

    # ------------------------------------------------------------------ parameters

    def parameters(self, node: Node | None) -> tuple[ast.arguments, list[ast.stmt]]:
        """Return the parameters, and the assignments that unpack those of Python 2 in brackets."""
        made = ast.arguments([], [], None, [], [], None, [])
        unpacking: list[ast.stmt] = []
        defaults: list[ast.expr | None] = []
        for part in self.parts(node) if node is not None else ():
            self._parameter(part, made, defaults, unpacking)
        if made.vararg is not None and not made.vararg.arg:
            made.vararg = None
        first = next((n for n, d in enumerate(defaults) if d is not None), len(defaults))
        made.defaults = [d or ast.Constant(None, lineno=0, col_offset=0) for d in defaults[first:]]
        return made, unpacking

    def _parameter(
        self,
        part: Node,
        made: ast.arguments,
        defaults: list[ast.expr | None],
        unpacking: list[ast.stmt],
    ) -> None:
        named = part.child_by_field_name("name")
        value = self.field(part, "value")
        if named is None and part.type == "typed_parameter":
            inner = self.parts(part)
            named = inner[0] if inner else None
        named = named or part
        if part.type == "keyword_separator":
            made.vararg = made.vararg or self.at(part, ast.arg(""))
        elif part.type == "positional_separator":
            made.posonlyargs, made.args = made.args, []
        elif named.type == "dictionary_splat_pattern":
            made.kwarg = self.at(named, ast.arg(self.text(named).lstrip("* ")))
        elif named.type == "list_splat_pattern":
            made.vararg = self.at(named, ast.arg(self.text(named).lstrip("* ")))
        elif named.type == "tuple_pattern":
            name = f".{len(defaults)}"
            made.args.append(self.at(named, ast.arg(name)))
            defaults.append(value)
            source = self.at(named, ast.Name(name, ast.Load()))
            unpacking.append(self.at(named, ast.Assign([self.expr(named)], source)))
        elif made.vararg is not None:
            made.kwonlyargs.append(self.at(named, ast.arg(self.text(named))))
            made.kw_defaults.append(value)
        else:
            made.args.append(self.at(named, ast.arg(self.text(named))))
            defaults.append(value)


_HANDLERS: dict[str, Callable[[Any, Node], ast.expr]] = {
    "identifier": Expressions._name,
    "keyword_identifier": Expressions._name,
    "dotted_name": Expressions._dotted,
    "integer": Expressions._number,
    "float": Expressions._number,
    "true": Expressions._word,
    "false": Expressions._word,
    "none": Expressions._word,
    "ellipsis": Expressions._word,
    "attribute": Expressions._attribute,
    "subscript": Expressions._subscript,
    "slice": Expressions._slice,
    "call": Expressions._call,
    "binary_operator": Expressions._binary,
    "unary_operator": Expressions._unary,
    "not_operator": Expressions._not,
    "boolean_operator": Expressions._boolean,
    "comparison_operator": Expressions._comparison,
    "conditional_expression": Expressions._conditional,
    "named_expression": Expressions._walrus,
    "tuple": Expressions._tuple,
    "tuple_pattern": Expressions._tuple,
    "expression_list": Expressions._tuple,
    "pattern_list": Expressions._tuple,
    "list": Expressions._list,
    "list_pattern": Expressions._list,
    "set": Expressions._set,
    "dictionary": Expressions._dict,
    "list_comprehension": Expressions._comprehension,
    "set_comprehension": Expressions._comprehension,
    "dictionary_comprehension": Expressions._comprehension,
    "generator_expression": Expressions._comprehension,
    "list_splat": Expressions._star,
    "list_splat_pattern": Expressions._star,
    "dictionary_splat": Expressions._star,
    "await": Expressions._await,
    "yield": Expressions._yield,
    "as_pattern": Expressions._as_pattern,
    "lambda": Expressions._lambda,
    "string": Expressions.string,
    "concatenated_string": Expressions.strings,
}
