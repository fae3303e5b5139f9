"""Change how a program is written and not what it does, as an attacker would to get past a reader.

Sources are parsed and written again, never run. A source this Python cannot parse stays as it is.
"""

from __future__ import annotations

import ast
import base64
from collections.abc import Callable, Iterator, Mapping

Files = dict[str, bytes]
"""Path -> bytes of an archive's members."""

_JUNK = "_unused_total = sum(range(3))\nif _unused_total > 4:\n    _unused_total -= 1\n"
_ORDINARY = (
    "def area(width, height):\n    return width * height\n\n\nUNITS = {'m': 1, 'km': 1000}\n"
)
_SHORTEST = 4
"""Characters of a text worth hiding."""


def rewritten(files: Files, name: str) -> Files:
    """Return the members after a change of `CHANGES`."""
    return CHANGES[name](files)


def _renamed(files: Files) -> Files:
    kept = _shared(files)
    return _sources(files, lambda tree: _rename(tree, kept))


def _split(files: Files) -> Files:
    return _sources(files, _Texts(_halves).visit)


def _encoded(files: Files) -> Files:
    return _sources(files, _Texts(_base64).visit)


def _littered(files: Files) -> Files:
    return _sources(files, _litter)


def _reordered(files: Files) -> Files:
    return dict(reversed(files.items()))


def _accompanied(files: Files) -> Files:
    tops = {p.split("/")[0] for p in files if "/" in p and not p.endswith((".dist-info", ".txt"))}
    top = min((t for t in tops if not t.endswith("-info")), default="shapes")
    added = {f"{top}/shapes{n}.py": _ORDINARY.encode() for n in range(20)}
    return {**added, **files, f"{top}/LICENSE.txt": b"Permission is hereby granted\n"}


def _everything(files: Files) -> Files:
    for change in (_renamed, _littered, _split, _accompanied, _reordered):
        files = change(files)
    return files


CHANGES: Mapping[str, Callable[[Files], Files]] = {
    "written again": lambda files: _sources(files, lambda tree: tree),
    "identifiers renamed": _renamed,
    "texts encoded": _encoded,
    "texts split": _split,
    "junk added": _littered,
    "members reordered": _reordered,
    "ordinary files added": _accompanied,
    "all but encoding": _everything,
}


def _sources(files: Files, change: Callable[[ast.Module], ast.AST]) -> Files:
    return {p: _source(d, change) if p.endswith(".py") else d for p, d in files.items()}


def _source(data: bytes, change: Callable[[ast.Module], ast.AST]) -> bytes:
    try:
        tree = change(ast.parse(data))
        return ast.unparse(ast.fix_missing_locations(tree)).encode("utf-8") + b"\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return data


def _shared(files: Files) -> frozenset[str]:
    """Return names that other modules, keywords or attributes may mean: those stay."""
    found: set[str] = set()
    exported: set[str] = set()
    starred = False
    for tree in _trees(files):
        exported.update(
            node.id
            for statement in tree.body
            if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.update(part for n in node.names for part in (n.name, n.asname or ""))
                starred = starred or any(n.name == "*" for n in node.names)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(node.value.split()[:50])
            elif isinstance(node, ast.Global | ast.Nonlocal):
                found.update(node.names)
    # What `from demo.names import *` brings is meant by name, wherever it stands.
    return frozenset(found | exported) if starred else frozenset(found)


def _trees(files: Files) -> Iterator[ast.Module]:
    for path, data in files.items():
        if path.endswith(".py"):
            try:
                yield ast.parse(data)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue


def _rename(tree: ast.Module, kept: frozenset[str]) -> ast.Module:
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names = sorted(n for n in own - kept if not n.startswith("__"))
    table = {name: f"v{at}_" for at, name in enumerate(names)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = table.get(node.id, node.id)
        elif isinstance(node, ast.arg) and node.arg in table:
            node.arg = table[node.arg]
        elif isinstance(node, ast.ExceptHandler) and node.name in table:
            node.name = table[node.name]
    return tree


class _Texts(ast.NodeTransformer):
    """Replaces texts by expressions of the same value; docstrings and patterns stay."""

    def __init__(self, make: Callable[[str], ast.expr]) -> None:
        self._make = make

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str) and len(node.value) >= _SHORTEST:
            return self._make(node.value)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    def visit_Match(self, node: ast.Match) -> ast.AST:
        return node


def _halves(text: str) -> ast.expr:
    at = len(text) // 2
    return ast.BinOp(left=ast.Constant(text[:at]), op=ast.Add(), right=ast.Constant(text[at:]))


def _base64(text: str) -> ast.expr:
    encoded = base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()
    call = f"__import__('base64').b64decode({encoded!r}).decode()"
    return ast.parse(call, mode="eval").body


def _litter(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [*node.body[:1], *ast.parse(_JUNK).body, *node.body[1:]]
    start = 0
    while start < len(tree.body) and _stays_first(tree.body[start]):
        start += 1
    tree.body[start:start] = ast.parse(_JUNK).body
    return tree


def _stays_first(node: ast.stmt) -> bool:
    future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
    return future or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
