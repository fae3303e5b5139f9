"""What can still be read where the parser gave up: its tokens, put together from left to right."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from antivenom.languages.python.concrete_statements import STATEMENTS, Statements
from antivenom.languages.python.literals import string_value

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_OPEN = 30
_OPENERS = frozenset("([{")
_CLOSERS = frozenset(")]}")
_CLAUSES = frozenset(
    [
        "ERROR",
        "block",
        "else_clause",
        "elif_clause",
        "except_clause",
        "finally_clause",
        "case_clause",
        "with_clause",
        "with_item",
        "decorator",
        "parameters",
        "lambda_parameters",
        "for_in_clause",
        "if_clause",
        "pair",
        "chevron",
    ]
)
_ARGUMENTS = frozenset(["argument_list", "generator_expression"])


class Salvage(Statements):
    """Reads statements; where there is an error asks for another attempt, then takes the tokens."""

    def __init__(
        self, source: bytes, first_row: int, again: Callable[[Node], list[ast.stmt] | None]
    ) -> None:
        super().__init__(source, first_row)
        self.again = again

    def statement(self, node: Node, out: list[ast.stmt]) -> None:
        """Read one statement; an error may have drawn the next lines into it."""
        if node.has_error and node.type == "expression_statement":
            made = self.again(node)
            if made is not None:
                out += made
                return
        super().statement(node, out)

    def error(self, node: Node, out: list[ast.stmt]) -> None:
        """Read a region that was not understood."""
        made = self.again(node)
        out += self._tokens(node) if made is None else made

    def _tokens(self, node: Node) -> list[ast.stmt]:
        """Put the tokens of a region together; an explicit stack, since errors nest."""
        line = _Line(self)
        waiting = list(reversed(node.children))
        while waiting:
            token = waiting.pop()
            if token.type in STATEMENTS:
                line.finish()
                self._one(token, line.out)
            elif token.type in _CLAUSES:
                waiting += reversed(token.children)
            else:
                line.add(token)
        line.finish()
        return line.out


class _Line:
    """One statement in the making: targets, a value, and the calls that are still open."""

    def __init__(self, reader: Salvage) -> None:
        self.reader = reader
        self.out: list[ast.stmt] = []
        self.value: ast.expr | None = None
        self.node: Node | None = None
        self.targets: list[ast.expr] = []
        self.open: list[tuple[Node, ast.expr | None, list[ast.expr], list[ast.keyword]]] = []
        self.dotted = False
        self.keyword = ""
        """The name before ``=`` inside an open call."""
        self.skip = 0
        """Bytes before this place were taken as a string that nothing closes."""
        self.words: list[Node] = []
        """``import`` or ``from`` and what follows."""

    def add(self, token: Node) -> None:
        """Take one token or expression."""
        if token.start_byte < self.skip:
            return
        if self.words:
            if token.start_point[0] == self.words[0].start_point[0] or token.type in ",(":
                self.words.append(token)
                return
            self.finish()
        kind = token.type
        if kind in {"import", "from"} and self.value is None:
            self.words.append(token)
        elif kind in _OPENERS:
            self._opened(token)
        elif kind in _CLOSERS:
            self._closed()
        elif kind == "=":
            self._equals()
        elif kind == "string_start":
            self._unclosed(token)
        elif kind == ".":
            self.dotted = True
        elif token.is_named and kind not in {"comment", "line_continuation"}:
            self._operand(token)
        elif kind == ",":
            self._argument()
        elif kind in {":", ";"}:
            self.finish()

    def _opened(self, token: Node) -> None:
        if len(self.open) < _MAX_OPEN:
            self.open.append((token, self.value if token.type == "(" else None, [], []))
            self.value = None

    def _equals(self) -> None:
        if self.open and isinstance(self.value, ast.Name):
            self.keyword = self.value.id
        elif self.value is not None and not self.open:
            self.targets.append(self.value)
        self.value = None

    def _unclosed(self, token: Node) -> None:
        """A quote that nothing closes: the rest of its line is the text."""
        reader = self.reader
        end = reader.source.find(b"\n", token.end_byte)
        self.skip = end if end >= 0 else len(reader.source)
        text = reader.source[token.end_byte : self.skip].decode("utf-8", "replace")
        self._argument()
        prefix = reader.text(token).rstrip("'\"")
        self.value = reader.at(token, ast.Constant(string_value(prefix, text)))
        self.node = token

    def _argument(self) -> None:
        """A value is complete: it is an argument of what is open, or a statement."""
        if self.value is None:
            return
        if self.open and self.keyword and self.node is not None:
            named = ast.keyword(self.keyword, self.value)
            self.open[-1][3].append(self.reader.at(self.node, named))
            self.keyword = ""
        elif self.open:
            self.open[-1][2].append(self.value)
        elif not self.targets:
            self._emit(self.value)
        else:
            return
        self.value = None

    def _closed(self) -> None:
        if not self.open:
            return
        self._argument()
        token, func, args, keywords = self.open.pop()
        kind = ast.List if token.type == "[" else ast.Tuple
        made: ast.expr = kind(args, ast.Load())
        if func is not None:
            made = ast.Call(func, args, keywords)
        elif len(args) == 1 and token.type == "(":
            self.value = args[0]
            return
        self.value, self.node = self.reader.at(token, made), token

    def _operand(self, token: Node) -> None:
        reader = self.reader
        before = self.value
        if token.type == "keyword_argument" and self.open:
            self._argument()
            reader.argument(token, self.open[-1][2], self.open[-1][3])
        elif before is not None and token.type in _ARGUMENTS:
            self.value = reader.call(token, before, token)
        elif before is not None and self.dotted and token.type == "identifier":
            self.value = reader.at(token, ast.Attribute(before, reader.text(token), ast.Load()))
        else:
            if before is not None:
                self._separate(token)
            self.value = reader.expr(token)
            self.node = token
        self.dotted = False

    def _separate(self, token: Node) -> None:
        """Two values side by side: a new line starts a statement, unless a bracket is open."""
        self._argument()
        if self.value is not None:
            self.finish()

    def finish(self) -> None:
        """End the statement: close what is open, assign or evaluate."""
        if self.words:
            self._import()
        while self.open:
            self._closed()
        value, targets = self.value, self.targets
        self.value, self.targets, self.dotted = None, [], False
        if value is not None and targets and self.node is not None:
            self.out.append(self.reader.at(self.node, ast.Assign(targets, value)))
        else:
            for one in [*targets, *([value] if value is not None else [])]:
                self._emit(one)

    def _emit(self, value: ast.expr) -> None:
        if self.node is not None and not isinstance(value, (ast.Name, ast.Constant)):
            self.out.append(self.reader.at(self.node, ast.Expr(value)))

    def _import(self) -> None:
        """``import a, b`` or ``from a import b, c`` with something wrong on the same line."""
        words, self.words = self.words, []
        named = [w for w in words if w.type in {"dotted_name", "identifier", "aliased_import"}]
        aliases = [self.reader.alias(w) for w in named]
        if not aliases:
            return
        made: ast.stmt = ast.Import(aliases)
        if words[0].type == "from" and len(aliases) > 1:
            made = ast.ImportFrom(aliases[0].name, aliases[1:], 0)
        self.out.append(self.reader.at(words[0], made))
