"""Code objects as statements: which values meet which calls, in order.

Not what the author wrote: loops that are not ``for`` loops are read once, and what handles
exceptions stands behind what may raise them. Names, constants, calls and the order of effects are
those of the bytecode.
"""

from __future__ import annotations

import ast
from typing import Any

from antivenom.languages.python.bytecode_blocks import Blocks, generated
from antivenom.languages.python.bytecode_stack import FunctionMark, Shared
from antivenom.languages.python.disassemble import version_of
from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.opcodes import VERSIONS
from antivenom.languages.python.rendered import identifier, mention

_MAX_REST = 200_000


def decompile(codes: list[Code], version: str, texts: list[Any]) -> tuple[list[ast.stmt], str]:
    """Return statements equivalent to code objects, and why not all of them."""
    certain = True
    if version not in VERSIONS:
        version, certain = version_of(codes)
    if not certain:
        return mention(texts, "_texts"), "compiled code of an unknown version: constants only"
    shared = Shared(version)
    body: list[ast.stmt] = []
    try:
        for code in codes:
            body += Decompiler(shared).top(code)
        body += _rest(codes, shared)
    except RecursionError:
        shared.why = "compiled code: nested too deeply"
        body += mention(texts, "_texts")
    if shared.constants.left < 0 and not shared.why:
        shared.why = "compiled code: more constants than are read"
    return shared.pool + body, shared.why


def _rest(codes: list[Code], shared: Shared) -> list[ast.stmt]:
    """Return functions that nothing makes, and constants and names that nothing uses."""
    out: list[ast.stmt] = []
    texts: list[Any] = []
    seen: set[int] = set()
    waiting: list[Any] = list(codes)
    for _ in range(_MAX_REST):
        if not waiting:
            break
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting += one
        elif isinstance(one, (str, bytes)) and (type(one), one) not in shared.used:
            texts.append(one)
        elif isinstance(one, Code) and id(one) not in seen:
            seen.add(id(one))
            waiting += one.consts
            if id(one) not in shared.made and one not in codes:
                out.append(Decompiler(shared).function(FunctionMark(one), one.name))
    return out + mention(texts[::-1], "_unused")


class Decompiler(Blocks):
    """Reads one code object."""

    def top(self, code: Code) -> list[ast.stmt]:
        """Return the statements of a module."""
        self.shared.made[id(code)] = identifier(code.name)
        body = self.body(code)
        last = body[-1] if body else None
        if isinstance(last, ast.Return):
            body = body[:-1]
            if last.value is not None:
                body.append(ast.Expr(last.value))
        return body

    def function(self, mark: FunctionMark, name: str) -> ast.stmt:
        """Return the definition of a function."""
        code = mark.code
        name = identifier(name.rpartition(".")[2] or "_")
        self.shared.made[id(code)] = name
        inner = Decompiler(self.shared, self.level + 1)
        body = inner.body(code) if inner.level < 40 else []
        kind: Any = ast.AsyncFunctionDef if code.flags & 0x280 else ast.FunctionDef
        made: ast.stmt = kind(name, _parameters(mark), body or [ast.Pass()], mark.decorators)
        return made

    def klass(self, mark: FunctionMark, name: str) -> ast.stmt:
        """Return the definition of a class."""
        self.shared.made[id(mark.code)] = identifier(name)
        inner = Decompiler(self.shared, self.level + 1)
        body = inner.body(mark.code) if inner.level < 40 else []
        kept = [s for s in body if not _is_machinery(s)]
        return ast.ClassDef(
            identifier(name), mark.bases, mark.keywords, kept or [ast.Pass()], mark.decorators
        )

    def expression(self, mark: FunctionMark, source: ast.expr | None = None) -> ast.expr | None:
        """Return a lambda, or a comprehension over `source`; None when it is no expression."""
        if self.level > 40:
            return None
        body = Decompiler(self.shared, self.level + 1).body(mark.code)
        first = body[0] if body else None
        made: ast.expr | None = None
        if source is None:
            if len(body) == 1 and isinstance(first, ast.Return) and first.value is not None:
                made = ast.Lambda(_parameters(mark), first.value)
        elif isinstance(first, ast.Assign) and len(body) == 2:
            made = _over(first.value, source)
        elif isinstance(first, ast.For):
            made = _over(generated(first), source)
        if made is not None:
            self.shared.made[id(mark.code)] = identifier(mark.code.name.strip("<>"))
        return made


def _over(made: ast.expr | None, source: ast.expr) -> ast.expr | None:
    """Put what a comprehension is called with in the place of its parameter."""
    if not isinstance(made, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return None
    first = made.generators[0]
    if not isinstance(first.iter, ast.Name) or first.iter.id != "_0":
        return None
    first.iter = source
    return made


def _is_machinery(stmt: ast.stmt) -> bool:
    """Statements of a class body that the compiler puts there."""
    if isinstance(stmt, ast.Return):
        return True
    if isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Name):
        machinery = {"__module__", "__qualname__", "__classcell__", "__firstlineno__"}
        return stmt.targets[0].id in machinery | {"__static_attributes__"}
    return False


def _parameters(mark: FunctionMark) -> ast.arguments:
    code = mark.code
    names = [ast.arg(identifier(n.replace(".", "_"))) for n in code.varnames]
    plain, rest = names[: code.argcount], names[code.argcount :]
    keywords, rest = rest[: code.kwonly], rest[code.kwonly :]
    vararg = rest.pop(0) if code.flags & 0x04 and rest else None
    kwarg = rest.pop(0) if code.flags & 0x08 and rest else None
    defaults = mark.defaults[-len(plain) :] if plain else []
    named = [mark.named.get(k.arg) for k in keywords]
    return ast.arguments([], plain, vararg, keywords, named, kwarg, defaults)
