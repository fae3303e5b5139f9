"""String literals of tree-sitter's concrete tree: plain, templates, backticks, side by side."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from antivenom.languages.python.concrete_node import Nodes
from antivenom.languages.python.literals import string_value

if TYPE_CHECKING:
    from tree_sitter import Node


class Strings(Nodes):
    """Reads string literals."""

    def string(self, node: Node) -> ast.expr:
        """Read one literal."""
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

    def strings(self, node: Node) -> ast.expr:
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
            before.value = str(before.value) + str(part.value)
        else:
            out.append(part)
    return out
