"""Statements of tree-sitter's concrete tree, as nodes of ``ast``, Python 2's among them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from antivenom.languages.python.concrete_expressions import Expressions

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_LEVEL = 45
"""Blocks inside blocks; what stands deeper is read as if it stood at the top level."""
_MAX_ELIFS = 40
_MAX_CHAIN = 200
_SKIPPED = frozenset(["comment", "line_continuation", "escape_sequence"])


class Statements(Expressions):
    """Reads the statements of one text."""

    def __init__(self, source: bytes, first_row: int = 0) -> None:
        super().__init__(source, first_row)
        self.level = 0
        self.overflow: list[Node] = []
        """Blocks too deep to stay where they are."""

    def module(self, nodes: Iterable[Node]) -> list[ast.stmt]:
        """Read statements of the top level."""
        body = self.block(nodes)
        while self.overflow:
            waiting, self.overflow = self.overflow, []
            body += self.block(waiting)
        return body

    def block(self, nodes: Iterable[Node]) -> list[ast.stmt]:
        """Read statements that stand beside each other."""
        out: list[ast.stmt] = []
        nodes = list(nodes)
        if self.level >= _MAX_LEVEL:
            self.overflow += nodes
            return out
        self.level += 1
        kept = self.deep, self.aside, self.depth
        for node in nodes:
            self.deep, self.aside, self.depth = [], [], 0
            self._one(node, out)
        self.deep, self.aside, self.depth = kept
        self.level -= 1
        return out

    def _one(self, node: Node, out: list[ast.stmt]) -> None:
        """Read one statement, then what was put off or put aside while reading it."""
        start = len(out)
        self.statement(node, out)
        while self.deep:
            name, deep = self.deep.pop()
            self.depth = 0
            target = self.at(deep, ast.Name(name, ast.Store()))
            out.insert(start, self.at(deep, ast.Assign([target], self.expr(deep))))
        while self.aside:
            waiting, self.aside = self.aside, []
            out += self.block(waiting)

    def statement(self, node: Node, out: list[ast.stmt]) -> None:
        """Read one statement, or whatever stands in its place."""
        handler = STATEMENTS.get(node.type)
        if handler is not None:
            handler(self, node, out)
        elif node.type == "ERROR":
            self.error(node, out)
        elif node.is_named and node.type not in _SKIPPED:
            out.append(self._effect(node, self.expr(node)))

    def error(self, node: Node, out: list[ast.stmt]) -> None:
        """Read a region that was not understood."""
        out += self.block(node.children)

    def _effect(self, node: Node, value: ast.expr) -> ast.stmt:
        return self.at(node, ast.Expr(value))

    def suite(self, node: Node | None) -> list[ast.stmt]:
        """Read the block of a compound statement."""
        if node is None:
            return []
        return self.block(node.children if node.type in {"block", "module"} else [node])

    # ------------------------------------------------------------------ simple statements

    def _group(self, node: Node, out: list[ast.stmt]) -> None:
        out += self.block(node.children)

    def _expression(self, node: Node, out: list[ast.stmt]) -> None:
        parts = self.parts(node)
        if len(parts) == 1 and parts[0].type == "assignment":
            self._assignment(parts[0], out)
        elif len(parts) == 1 and parts[0].type == "augmented_assignment":
            self._augmented(parts[0], out)
        elif parts:
            out.append(self._effect(node, self._several(node, parts)))

    def _assignment(self, node: Node, out: list[ast.stmt]) -> None:
        targets: list[ast.expr] = []
        first = node
        while True:
            self._set_aside(node)
            left = self.field(node, "left")
            if left is not None:
                targets.append(left)
            right = node.child_by_field_name("right")
            if right is None or right.type != "assignment" or len(targets) > _MAX_CHAIN:
                break
            node = right
        note = self.field(node, "type")
        value = self.expr(right) if right is not None else None
        if not targets:
            out += [self._effect(first, v) for v in (value, note) if v is not None]
        elif value is None:
            annotation = note or self.nothing(first)
            place: Any = targets[0]
            bare = ast.AnnAssign(place, annotation, None, 0)
            out.append(self.at(first, bare))
        else:
            out.append(self.at(first, ast.Assign(targets, value)))

    def _augmented(self, node: Node, out: list[ast.stmt]) -> None:
        target = self.field(node, "left") or self.nothing(node)
        value = self.field(node, "right") or self.nothing(node)
        kind = self.operation(self._operator(node).rstrip("="))
        made: Any = ast.AugAssign(target, kind, value)  # type: ignore[arg-type]
        out.append(self.at(node, made))

    def _print(self, node: Node, out: list[ast.stmt]) -> None:
        args: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for part in self.parts(node):
            if part.type == "chevron":
                target = self._several(part, self.parts(part))
                keywords.append(self.at(part, ast.keyword("file", target)))
            else:
                self.argument(part, args, keywords)
        out.append(self._called(node, "print", args, keywords))

    def _exec(self, node: Node, out: list[ast.stmt]) -> None:
        args = [self.expr(part) for part in self.parts(node)]
        if len(args) == 1 and isinstance(args[0], ast.Tuple):
            args = args[0].elts
        out.append(self._called(node, "exec", args, []))

    def _called(
        self, node: Node, name: str, args: list[ast.expr], keywords: list[ast.keyword]
    ) -> ast.stmt:
        func = self.at(node, ast.Name(name, ast.Load()))
        return self._effect(node, self.at(node, ast.Call(func, args, keywords)))

    def _return(self, node: Node, out: list[ast.stmt]) -> None:
        parts = self.parts(node)
        value = self._several(node, parts) if parts else None
        out.append(self.at(node, ast.Return(value)))

    def _raise(self, node: Node, out: list[ast.stmt]) -> None:
        cause = self.field(node, "cause")
        parts = [p for p in self.parts(node) if p != node.child_by_field_name("cause")]
        value = self._several(node, parts) if parts else None
        if isinstance(value, ast.Tuple) and parts[0].type == "expression_list" and value.elts:
            # Python 2: `raise Error, "message", traceback`.
            value = self.at(node, ast.Call(value.elts[0], value.elts[1:2], []))
        out.append(self.at(node, ast.Raise(value, cause)))

    def _assert(self, node: Node, out: list[ast.stmt]) -> None:
        parts = [self.expr(p) for p in self.parts(node)]
        if parts:
            message = parts[1] if len(parts) > 1 else None
            out.append(self.at(node, ast.Assert(parts[0], message)))

    def _delete(self, node: Node, out: list[ast.stmt]) -> None:
        parts = self.parts(node)
        if len(parts) == 1 and parts[0].type == "expression_list":
            parts = self.parts(parts[0])
        out.append(self.at(node, ast.Delete([self.expr(p) for p in parts])))

    def _scope(self, node: Node, out: list[ast.stmt]) -> None:
        names = [self.text(p) for p in self.parts(node)]
        kind = ast.Global if node.type == "global_statement" else ast.Nonlocal
        out.append(self.at(node, kind(names)))

    def _pass(self, node: Node, out: list[ast.stmt]) -> None:
        kinds = {"break_statement": ast.Break, "continue_statement": ast.Continue}
        out.append(self.at(node, kinds.get(node.type, ast.Pass)()))

    def _import(self, node: Node, out: list[ast.stmt]) -> None:
        names = [self.alias(n) for n in self.parts(node)]
        if names:
            out.append(self.at(node, ast.Import(names)))

    def alias(self, node: Node) -> ast.alias:
        """Read one name of an import."""
        name = node.child_by_field_name("name") or node
        alias = node.child_by_field_name("alias")
        path = "".join(self.text(name).split())
        return self.at(node, ast.alias(path, self.text(alias) if alias is not None else None))

    def _import_from(self, node: Node, out: list[ast.stmt]) -> None:
        source = node.child_by_field_name("module_name")
        written = "".join(self.text(source).split()) if source is not None else "__future__"
        path = written.lstrip(".")
        names = [self.alias(n) for n in self.parts(node) if n != source]
        for name in names:
            name.name = "*" if name.name.startswith("*") else name.name
        level = len(written) - len(path)
        out.append(self.at(node, ast.ImportFrom(path or None, names, level)))

    def _type_alias(self, node: Node, out: list[ast.stmt]) -> None:
        value = self.field(node, "right")
        if value is not None:
            out.append(self._effect(node, value))

    # ------------------------------------------------------------------ compound statements

    def _if(self, node: Node, out: list[ast.stmt]) -> None:
        alternatives = node.children_by_field_name("alternative")
        test = self.field(node, "condition") or self.nothing(node)
        self._set_aside(node)
        made = ast.If(test, self.suite(node.child_by_field_name("consequence")), [])
        out.append(self.at(node, made))
        last, count = made.orelse, 0
        for part in alternatives:
            if part.type != "elif_clause":
                last += self.suite(part.child_by_field_name("body"))
                continue
            test = self.field(part, "condition") or self.nothing(part)
            self._set_aside(part)
            inner = ast.If(test, self.suite(part.child_by_field_name("consequence")), [])
            last.append(self.at(part, inner))
            count += 1
            if count < _MAX_ELIFS:
                last = inner.orelse

    def _for(self, node: Node, out: list[ast.stmt]) -> None:
        target = self.field(node, "left") or self.nothing(node)
        source = self.field(node, "right") or self.nothing(node)
        self._set_aside(node)
        body = self.suite(node.child_by_field_name("body"))
        made = ast.For(target, source, body, self._otherwise(node))
        out.append(self.at(node, made))

    def _while(self, node: Node, out: list[ast.stmt]) -> None:
        test = self.field(node, "condition") or self.nothing(node)
        self._set_aside(node)
        body = self.suite(node.child_by_field_name("body"))
        out.append(self.at(node, ast.While(test, body, self._otherwise(node))))

    def _otherwise(self, node: Node) -> list[ast.stmt]:
        found = node.child_by_field_name("alternative")
        return self.suite(found.child_by_field_name("body")) if found is not None else []

    def _with(self, node: Node, out: list[ast.stmt]) -> None:
        items: list[ast.withitem] = []
        for clause in self.parts(node):
            if clause.type == "with_clause":
                for item in self.parts(clause):
                    items += self._with_items(item)
        body = self.suite(node.child_by_field_name("body"))
        out.append(self.at(node, ast.With(items, body)))

    def _with_items(self, item: Node) -> list[ast.withitem]:
        value = item.child_by_field_name("value") or item
        if value.type != "as_pattern":
            return [ast.withitem(self.expr(value), None)]
        alias = value.child_by_field_name("alias")
        target = self._several(alias, self.parts(alias)) if alias is not None else None
        return [ast.withitem(self.expr(value), target)]

    def _try(self, node: Node, out: list[ast.stmt]) -> None:
        handlers: list[ast.ExceptHandler] = []
        otherwise: list[ast.stmt] = []
        final: list[ast.stmt] = []
        body = self.suite(node.child_by_field_name("body"))
        for part in self.parts(node):
            if part.type.startswith("except"):
                handlers.append(self._handler(part))
            elif part.type == "else_clause":
                otherwise = self.suite(part.child_by_field_name("body"))
            elif part.type == "finally_clause":
                final = self._blocks(part)
        out.append(self.at(node, ast.Try(body, handlers, otherwise, final)))

    def _handler(self, node: Node) -> ast.ExceptHandler:
        values = [v for v in node.children_by_field_name("value") if v.is_named]
        kind = self.expr(values[0]) if values else None
        alias = next((v.child_by_field_name("alias") for v in values), None)
        if alias is None and len(values) == 2:
            alias = values[1]  # Python 2: `except Error, name`.
        name = self.text(alias) if alias is not None else None
        return self.at(node, ast.ExceptHandler(kind, name, self._blocks(node)))

    def _blocks(self, node: Node) -> list[ast.stmt]:
        body: list[ast.stmt] = []
        for part in self.parts(node):
            if part.type == "block":
                body += self.suite(part)
        return body

    def _function(self, node: Node, out: list[ast.stmt]) -> None:
        self._defined(node, node, [], out)

    def _decorated(self, node: Node, out: list[ast.stmt]) -> None:
        found = [part for part in self.parts(node) if part.type == "decorator"]
        decorators = [self._several(part, self.parts(part)) for part in found]
        inner = node.child_by_field_name("definition")
        if inner is None:
            out += [self._effect(node, d) for d in decorators]
        else:
            self._defined(node, inner, decorators, out)

    def _defined(
        self, outer: Node, node: Node, decorators: list[ast.expr], out: list[ast.stmt]
    ) -> None:
        named = node.child_by_field_name("name")
        name = self.text(named) if named is not None else "_"
        self._set_aside(node)
        made: ast.FunctionDef | ast.ClassDef
        if node.type == "class_definition":
            made = self._class(node, name, decorators)
        else:
            arguments, first = self.parameters(node.child_by_field_name("parameters"))
            body = first + self.suite(node.child_by_field_name("body"))
            made = ast.FunctionDef(name, arguments, body, decorators)
        self.at(node, made)
        if made.body:
            made.end_lineno = made.body[-1].end_lineno  # comments may follow the last statement
        out.append(made)

    def _class(self, node: Node, name: str, decorators: list[ast.expr]) -> ast.ClassDef:
        bases: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        parents = node.child_by_field_name("superclasses")
        for part in self.parts(parents) if parents is not None else ():
            self.argument(part, bases, keywords)
        body = self.suite(node.child_by_field_name("body"))
        return ast.ClassDef(name, bases, keywords, body, decorators)

    def _match(self, node: Node, out: list[ast.stmt]) -> None:
        subject = self.field(node, "subject") or self.nothing(node)
        cases: list[ast.match_case] = []
        body = node.child_by_field_name("body")
        for part in self.parts(body) if body is not None else ():
            inside = self.suite(part.child_by_field_name("consequence"))
            anything = self.at(part, ast.MatchAs(None, None))
            if part.type == "case_clause":
                cases.append(ast.match_case(anything, None, inside))
        out.append(self.at(node, ast.Match(subject, cases)))


STATEMENTS: dict[str, Callable[[Any, Node, list[ast.stmt]], None]] = {
    "module": Statements._group,
    "block": Statements._group,
    "expression_statement": Statements._expression,
    "assignment": Statements._assignment,
    "augmented_assignment": Statements._augmented,
    "print_statement": Statements._print,
    "exec_statement": Statements._exec,
    "return_statement": Statements._return,
    "raise_statement": Statements._raise,
    "assert_statement": Statements._assert,
    "delete_statement": Statements._delete,
    "global_statement": Statements._scope,
    "nonlocal_statement": Statements._scope,
    "pass_statement": Statements._pass,
    "break_statement": Statements._pass,
    "continue_statement": Statements._pass,
    "import_statement": Statements._import,
    "import_from_statement": Statements._import_from,
    "future_import_statement": Statements._import_from,
    "type_alias_statement": Statements._type_alias,
    "if_statement": Statements._if,
    "for_statement": Statements._for,
    "while_statement": Statements._while,
    "with_statement": Statements._with,
    "try_statement": Statements._try,
    "function_definition": Statements._function,
    "class_definition": Statements._function,
    "decorated_definition": Statements._decorated,
    "match_statement": Statements._match,
}
