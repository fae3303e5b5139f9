"""Expressions of tree-sitter's concrete tree, as nodes of ``ast``.

The concrete tree exists for any text. What it could not understand stands in it as ``ERROR``; such
a node inside an expression is put aside, and its readable parts become statements of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from antivenom.languages.python.literals import number_value, string_value

if TYPE_CHECKING:
    from tree_sitter import Node

_T = TypeVar("_T", bound=ast.AST)

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


class Expressions:
    """Reads expressions of one text; the statements are read by the subclass."""

    def __init__(self, source: bytes, first_row: int = 0) -> None:
        self.source = source
        self.row = first_row + 1
        self.depth = 0
        self.deep: list[tuple[str, Node]] = []
        """Expressions too deep in the statement being read, by the name that stands for them."""
        self.aside: list[Node] = []
        """What was not understood inside the statement being read."""
        self._names = 0

    # ------------------------------------------------------------------ helpers

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

    # ------------------------------------------------------------------ expressions

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
        value = {"true": True, "false": False, "ellipsis": ...}.get(node.type)
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
            return
        elif named.type == "dictionary_splat_pattern":
            made.kwarg = self.at(named, ast.arg(self.text(named).lstrip("* ")))
        elif named.type == "list_splat_pattern":
            made.vararg = self.at(named, ast.arg(self.text(named).lstrip("* ")))
        elif named.type == "tuple_pattern":
            name = f".{len(made.args)}"
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

    # ------------------------------------------------------------------ strings

    def _string(self, node: Node) -> ast.expr:
        children = node.children
        start = self.text(children[0]) if children else ""
        if start == "`":
            return self._backticks(node)
        prefix = start.rstrip("'\"").lower()
        if any(c.type == "interpolation" for c in children):
            return self.at(node, ast.JoinedStr(self._template(children, prefix)))
        body = self._body(node)
        if "f" in prefix or "t" in prefix:
            body = body.replace("{{", "{").replace("}}", "}")
        return self.at(node, ast.Constant(string_value(prefix, body)))

    def _body(self, node: Node) -> str:
        """The text between the quotes, to the end when the closing ones are missing."""
        first, last = node.children[0], node.children[-1]
        closed = last.type == "string_end" and len(node.children) > 1
        end = last.start_byte if closed else node.end_byte
        return self.source[first.end_byte : end].decode("utf-8", "replace")

    def _backticks(self, node: Node) -> ast.expr:
        inner = self._body(node)
        try:
            value: ast.expr = ast.parse(inner.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            value = ast.Constant(inner)
        for part in ast.walk(value):
            if hasattr(part, "lineno") or isinstance(part, ast.Constant):
                self.at(node, part)
        func = self.at(node, ast.Name("repr", ast.Load()))
        return self.at(node, ast.Call(func, [value], []))

    def _template(self, children: list[Node], prefix: str) -> list[ast.expr]:
        found: list[ast.expr] = []
        plain = prefix.replace("f", "").replace("t", "")
        for child in children:
            if child.type == "interpolation":
                found.append(self._interpolation(child))
            elif child.type == "string_content":
                body = self.text(child).replace("{{", "{").replace("}}", "}")
                found.append(self.at(child, ast.Constant(string_value(plain, body))))
            elif child.type == "ERROR":
                self.aside.append(child)
        return found

    def _interpolation(self, node: Node) -> ast.expr:
        value = self.field(node, "expression") or self.nothing(node)
        conversion = node.child_by_field_name("type_conversion")
        letter = ord(self.text(conversion)[-1]) if conversion is not None else -1
        spec = next((c for c in node.children if c.type == "format_specifier"), None)
        made = self._specifier(spec) if spec is not None else None
        return self.at(node, ast.FormattedValue(value, letter, made))

    def _specifier(self, node: Node) -> ast.expr:
        found: list[ast.expr] = []
        cursor = node.start_byte + 1
        for child in [*node.named_children, None]:
            end = child.start_byte if child is not None else node.end_byte
            if end > cursor:
                text = self.source[cursor:end].decode("utf-8", "replace")
                found.append(self.at(node, ast.Constant(text)))
            if child is not None:
                inner = self.field(child, "expression") or self._several(child, self.parts(child))
                found.append(self.at(child, ast.FormattedValue(inner, -1, None)))
                cursor = child.end_byte
        return self.at(node, ast.JoinedStr(found))

    def _strings(self, node: Node) -> ast.expr:
        """Strings side by side are one."""
        found = [self.expr(n) for n in self.parts(node)]
        values = [n.value for n in found if isinstance(n, ast.Constant)]
        if len(values) == len(found):
            if all(isinstance(v, bytes) for v in values):
                return self.at(node, ast.Constant(b"".join(v for v in values if type(v) is bytes)))
            texts = [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]
            return self.at(node, ast.Constant("".join(texts)))
        parts: list[ast.expr] = []
        for one in found:
            parts += one.values if isinstance(one, ast.JoinedStr) else [one]
        return self.at(node, ast.JoinedStr(_joined(parts)))


def _joined(parts: list[ast.expr]) -> list[ast.expr]:
    """Make one constant of constants side by side."""
    out: list[ast.expr] = []
    for part in parts:
        before = out[-1] if out else None
        if isinstance(part, ast.Constant) and isinstance(before, ast.Constant):
            if part.value:
                before.value = f"{before.value}{part.value}"  # type: ignore[assignment]
        else:
            out.append(part)
    return out


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
    "string": Expressions._string,
    "concatenated_string": Expressions._strings,
}
