"""Changes that leave what a program does alone."""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Callable, Mapping

from tests.properties.specimens import Specimen

Rewrite = Callable[[str], str]


def everywhere(specimen: Specimen, rewrite: Rewrite) -> Specimen:
    """Apply a rewriting to every module but one that declares the package."""
    return specimen.with_files({
        path: rewrite(text) if path.endswith(".py") else text
        for path, text in specimen.files.items()
    })  # fmt: skip


def between(lines: str) -> Rewrite:
    """Put lines in front of, between and behind the statements of the top level."""

    def rewrite(text: str) -> str:
        tree = ast.parse(text)
        rows = text.split("\n")
        for node in reversed(tree.body):
            at = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            rows[at - 1 : at - 1] = lines.split("\n")
        return "\n".join([*rows, lines, ""])

    return rewrite


class _Rename(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.name = self.names.get(node.name, node.name)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        for name in node.names:
            name.name = self.names.get(name.name, name.name)
        return node


def own_names(specimen: Specimen) -> list[str]:
    """Return the names a package gives to its own things."""
    found: set[str] = set()
    imported: set[str] = set()
    for text in specimen.files.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Import):
                imported |= {n.name.partition(".")[0] for n in node.names}
    kept = imported | set(dir(builtins)) | {"run", "self", "setup", "install"}
    return sorted(found - kept)


def renamed(names: Mapping[str, str]) -> Rewrite:
    """Give things other names, the same everywhere."""
    return lambda text: ast.unparse(_Rename(names).visit(ast.parse(text)))


class _Split(ast.NodeTransformer):
    def __init__(self, at: int) -> None:
        self.at = at

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str) or len(node.value) < 3:
            return node
        at = 1 + self.at % (len(node.value) - 2)
        left, right = ast.Constant(node.value[:at]), ast.Constant(node.value[at:])
        return ast.BinOp(left=left, op=ast.Add(), right=right)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return node


def split(at: int) -> Rewrite:
    """Write every text as a sum of two."""

    def rewrite(text: str) -> str:
        return ast.unparse(ast.fix_missing_locations(_Split(at).visit(ast.parse(text))))

    return rewrite


def in_function(name: str) -> Rewrite:
    """Put the top level into a function that is called at once; definitions stay outside."""

    def rewrite(text: str) -> str:
        outside, inside = _parted(text)
        body = textwrap.indent(inside or "pass", "    ")
        return f"{outside}\ndef {name}():\n{body}\n\n{name}()\n"

    return rewrite


def in_class(name: str) -> Rewrite:
    """Put the top level into a method of an object that is made and called at once."""

    def rewrite(text: str) -> str:
        outside, inside = _parted(text)
        body = textwrap.indent(inside or "pass", "        ")
        return f"{outside}\nclass {name}:\n    def go(self):\n{body}\n\n{name}().go()\n"

    return rewrite


def in_try(text: str) -> str:
    """Put the top level between try and except."""
    return f"try:\n{textwrap.indent(text, '    ')}\nexcept Exception:\n    pass\n"


def in_branch(text: str) -> str:
    """Run the top level under a condition nobody can know."""
    return f"import sys\nif len(sys.argv) < 99:\n{textwrap.indent(text, '    ')}\n"


def _parted(text: str) -> tuple[str, str]:
    outside: list[str] = []
    inside: list[str] = []
    kept = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    for node in ast.parse(text).body:
        (outside if isinstance(node, kept) else inside).append(ast.unparse(node))
    return "\n".join(outside), "\n".join(inside)
