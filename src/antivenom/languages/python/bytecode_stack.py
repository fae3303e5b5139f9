"""The stack of a symbolic interpreter: expressions instead of values."""

from __future__ import annotations

import ast
from typing import Any

from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.rendered import Constants, identifier

MAX_INSTRUCTIONS = 300_000
_MAX_DEPTH = 40
_MAX_STACK = 2_000
_LONG = 120
"""Characters of a constant that is written out where it stands every time."""


class Null:
    """The empty slot beside a callable."""


class FunctionMark:
    """A function or class that was made and not yet bound to a name."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.defaults: list[ast.expr] = []
        self.named: dict[str, ast.expr] = {}
        self.decorators: list[ast.expr] = []
        self.bases: list[ast.expr] = []
        self.keywords: list[ast.keyword] = []
        self.klass = ""
        """The name of the class whose body this is."""


class ImportMark:
    """An imported module, or a name from it, not yet bound."""

    def __init__(self, module: str, level: int, names: tuple[str, ...] | None) -> None:
        self.module = module
        self.level = level
        self.names = names
        self.name = ""
        self.bound = False


class BuildClass:
    """``__build_class__`` on the stack."""


NULL = Null()


class Shared:
    """What all code objects of one module share."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.minor = 0 if version == "2.7" else int(version.partition(".")[2])
        """Of Python 3; 0 is Python 2.7."""
        self.left = MAX_INSTRUCTIONS
        self.why = ""
        self.constants = Constants()
        self.pool: list[ast.stmt] = []
        """Assignments of long constants, each once."""
        self.pooled: dict[tuple[type, Any], str] = {}
        self.used: set[tuple[type, Any]] = set()
        self.made: dict[int, str] = {}
        """id() of code objects that have become a function, by name."""
        self.names = 0

    def fresh(self, kind: str) -> str:
        """Return a name that nothing else has."""
        self.names += 1
        return f"_{kind}{self.names}"

    def constant(self, value: Any) -> ast.expr:  # noqa: ANN401 - data of any kind
        """Return an expression for a constant; a long one stands in one place only."""
        if not isinstance(value, (str, bytes)):
            for one in value if isinstance(value, tuple) else ():
                if isinstance(one, (str, bytes)):
                    self.used.add((type(one), one))
            return self._short(value) if isinstance(value, tuple) else self.constants.expr(value)
        key = (type(value), value)
        self.used.add(key)
        if len(value) <= _LONG:
            return self.constants.expr(value)
        return ast.Name(self._pool(key, value), ast.Load())

    def _short(self, value: tuple[Any, ...]) -> ast.expr:
        if sum(len(x) for x in value if isinstance(x, (str, bytes, tuple))) + len(value) <= _LONG:
            return self.constants.expr(value)
        # By identity: to hash a tuple that holds another twice, and so on, takes forever.
        return ast.Name(self._pool((tuple, id(value)), value), ast.Load())

    def _pool(self, key: tuple[type, Any], value: Any) -> str:  # noqa: ANN401
        if key not in self.pooled:
            self.pooled[key] = name = self.fresh("const")
            target = ast.Name(name, ast.Store())
            self.pool.append(ast.Assign([target], self.constants.expr(value), lineno=1))
        return self.pooled[key]


class Stack:
    """The stack and the statements of the block being read."""

    def __init__(self, shared: Shared, level: int = 0) -> None:
        self.shared = shared
        self.level = level
        self.stack: list[Any] = []
        self.out: list[ast.stmt] = []
        self.declared: set[str] = set()
        """Names of the module that this function assigns."""
        self.code: Code

    # ------------------------------------------------------------------ stack

    def push(self, value: Any) -> None:  # noqa: ANN401 - expressions and marks
        """Push an expression or a mark; a very deep expression gets a name."""
        if isinstance(value, ast.expr):
            depth = 1 + max((depth_of(c) for c in ast.iter_child_nodes(value)), default=0)
            if depth > _MAX_DEPTH:
                value, depth = self.keep(value), 1
            value._depth = depth
        if len(self.stack) < _MAX_STACK:
            self.stack.append(value)

    def raw(self) -> Any:  # noqa: ANN401
        """Pop whatever is there; an empty stack has only unknown values."""
        return self.stack.pop() if self.stack else ast.Name("_unknown", ast.Load())

    def pop(self) -> ast.expr:
        """Pop an expression; a mark becomes one."""
        return self.solid(self.raw())

    def pops(self, count: int) -> list[ast.expr]:
        """Pop several expressions, deepest first."""
        count = min(count, _MAX_STACK)
        missing = count - len(self.stack)
        if missing > 0:
            unknown = [ast.Name("_unknown", ast.Load()) for _ in range(min(missing, 8))]
            found, self.stack = self.stack, []
            return [*unknown, *(self.solid(x) for x in found)]
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return [self.solid(x) for x in found]

    def solid(self, value: Any) -> ast.expr:  # noqa: ANN401
        """Return a mark as an expression."""
        if isinstance(value, ast.expr):
            return value
        if isinstance(value, FunctionMark):
            short = self.expression(value) if value.code.name == "<lambda>" else None
            if short is not None:
                return short
            name = self.shared.fresh(identifier(value.code.name.strip("<>")))
            return self.define(value, name)
        if isinstance(value, ImportMark):
            return self.imported(value)
        return ast.Constant(None)

    def define(self, mark: FunctionMark, name: str) -> ast.expr:
        """Define a function or class under a name, and return the name."""
        before = self.shared.made.get(id(mark.code))
        if before is not None:
            return ast.Name(before, ast.Load())
        made = self.klass(mark, name) if mark.klass else self.function(mark, name)
        self.out.append(made)
        return ast.Name(self.shared.made[id(mark.code)], ast.Load())

    def function(self, mark: FunctionMark, name: str) -> ast.stmt:
        """Return the definition of a function."""
        raise NotImplementedError

    def klass(self, mark: FunctionMark, name: str) -> ast.stmt:
        """Return the definition of a class."""
        raise NotImplementedError

    def expression(self, mark: FunctionMark, source: ast.expr | None = None) -> ast.expr | None:
        """Return a lambda, or a comprehension over `source`; None when it is no expression."""
        raise NotImplementedError

    def imported(self, mark: ImportMark) -> ast.expr:
        """Import where a value is needed at once."""
        name = self.shared.fresh("module")
        self.bind_import(mark, name)
        return ast.Name(name, ast.Load())

    def bind_import(self, mark: ImportMark, name: str) -> None:
        """Write the import that binds a name."""
        mark.bound = True
        words = mark.module.split(".")
        module = ".".join(identifier(w) for w in words) if mark.module else ""
        if mark.name:
            alias = ast.alias(identifier(mark.name), None if mark.name == name else name)
            self.out.append(ast.ImportFrom(module or None, [alias], mark.level))
        elif mark.level or not module:
            self.out.append(ast.ImportFrom(module or None, [ast.alias("*", None)], mark.level))
        else:
            alias = ast.alias(module, None if words[0] == name else name)
            self.out.append(ast.Import([alias]))

    # ------------------------------------------------------------------ statements

    def keep(self, value: ast.expr) -> ast.expr:
        """Assign an expression to a new name, and return the name."""
        name = self.shared.fresh("v")
        self.out.append(ast.Assign([ast.Name(name, ast.Store())], value, lineno=1))
        return ast.Name(name, ast.Load())

    def effect(self, value: Any) -> None:  # noqa: ANN401
        """Evaluate what is thrown away, if that does anything."""
        if isinstance(value, ImportMark):
            if not value.bound:
                self.bind_import(value, value.module.partition(".")[0])
        elif isinstance(value, FunctionMark):
            self.solid(value)
        elif isinstance(value, ast.expr) and not is_idle(value):
            self.out.append(ast.Expr(value))

    def duplicable(self, place: int) -> Any:  # noqa: ANN401
        """Return what stands `place` from the top, in a form that may stand twice."""
        if place > len(self.stack) or place < 1:
            return ast.Name("_unknown", ast.Load())
        value = self.stack[-place]
        if isinstance(value, ast.expr) and not is_simple(value):
            value = self.stack[-place] = self.keep(value)
        return value

    def store(self, target: ast.expr, value: Any) -> None:  # noqa: ANN401
        """Bind a target to what was popped."""
        name = target.id if isinstance(target, ast.Name) else ""
        if isinstance(value, FunctionMark) and name and value.code.name != "<lambda>":
            before = self.shared.made.get(id(value.code))
            made = self.define(value, name)
            if before is None and isinstance(made, ast.Name) and made.id == name:
                return
            value = made
        if isinstance(value, ImportMark) and name:
            self.bind_import(value, name)
            return
        self.out.append(ast.Assign([target], self.solid(value), lineno=1))


def depth_of(node: ast.AST) -> int:
    """Return how deep an expression is, as it was noted when it was pushed."""
    found: int = getattr(node, "_depth", 1)
    return found


def is_simple(value: ast.expr) -> bool:
    """Return whether an expression is short and without effect."""
    return isinstance(value, (ast.Name, ast.Constant))


def is_idle(value: ast.expr) -> bool:
    """Return whether evaluating an expression plainly does nothing."""
    if hasattr(value, "_slice"):
        return True
    if isinstance(value, (ast.Tuple, ast.Compare, ast.Attribute, ast.UnaryOp)):
        return all(is_simple(x) for x in ast.iter_child_nodes(value) if isinstance(x, ast.expr))
    return is_simple(value)
