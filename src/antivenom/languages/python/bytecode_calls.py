"""Instructions that call, make functions, classes and imports."""

from __future__ import annotations

import ast
from typing import Any

from antivenom.languages.python.bytecode_stack import (
    NULL,
    BuildClass,
    FunctionMark,
    ImportMark,
    Null,
    Stack,
)
from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.rendered import identifier

_INLINE = frozenset(["<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"])
_ENTERS = frozenset(["__enter__", "__aenter__"])


class Calls(Stack):
    """Reads calls."""

    keywords: tuple[str, ...] = ()
    """Names of keyword arguments that the next call takes."""

    # ------------------------------------------------------------------ calling

    def call(self, func: Any, args: list[ast.expr], named: list[ast.keyword]) -> None:  # noqa: ANN401
        """Push the result of a call."""
        if isinstance(func, BuildClass):
            self._class(args, named)
            return
        if isinstance(func, ast.Attribute) and func.attr in _ENTERS and not args:
            self.push(func.value)
            return
        if isinstance(func, ast.Name) and func.id == "_exit":
            self.push(ast.Constant(None))
            return
        inline = isinstance(func, FunctionMark) and func.code.name in _INLINE
        if isinstance(func, FunctionMark) and not (inline or self.shared.minor or args):
            self.push(func)  # Python 2 calls the body of a class before it builds one
            return
        if inline and len(args) == 1:
            inlined = self.expression(func, args[0])
            if inlined is not None:
                self.push(inlined)
                return
        self.push(ast.Call(self.solid(func), args, named))

    def call_top(self, count: int, names: tuple[str, ...] = ()) -> None:
        """Call with the topmost values as arguments; before them a callable and an empty slot."""
        raw = self._arguments(count)
        upper, lower = self.raw(), self.raw()
        func, receiver = (lower, upper) if not isinstance(lower, Null) else (upper, None)
        given = [] if receiver is None or isinstance(receiver, Null) else [receiver]
        if self._decorates(func, [*given, *raw], names):
            return
        args = [self.solid(x) for x in [*given, *raw]]
        self.call(func, *self._named(args, names))

    def call_one(self, count: int, names: tuple[str, ...] = ()) -> None:
        """Call with the topmost values as arguments; before them a callable."""
        raw = self._arguments(count)
        func = self.raw()
        if not self._decorates(func, raw, names):
            self.call(func, *self._named([self.solid(x) for x in raw], names))

    def _arguments(self, count: int) -> list[Any]:
        count = min(count, len(self.stack))
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        if any(isinstance(x, BuildClass) for x in found):
            return [self.solid(x) for x in found]
        return found

    def _decorates(self, func: Any, args: list[Any], names: tuple[str, ...]) -> bool:  # noqa: ANN401
        """A function handed to one call before it has a name is being decorated."""
        if len(args) != 1 or names or isinstance(func, (BuildClass, FunctionMark)):
            return False
        mark = args[0]
        if not isinstance(mark, FunctionMark) or mark.code.name in _INLINE:
            return False
        mark.decorators.insert(0, self.solid(func))
        self.push(mark)
        return True

    def _named(
        self, args: list[ast.expr], names: tuple[str, ...]
    ) -> tuple[list[ast.expr], list[ast.keyword]]:
        if not names or len(names) > len(args):
            return args, []
        plain, rest = args[: -len(names)], args[-len(names) :]
        pairs = zip(names, rest, strict=True)
        return plain, [ast.keyword(identifier(n), v) for n, v in pairs]

    def call_old(self, arg: int, extra: int = 0) -> None:
        """Python 2: counts of positional and keyword arguments; 1 for ``*``, 2 for ``**``."""
        double = self.pop() if extra & 2 else None
        single = self.pop() if extra & 1 else None
        pairs = self.pops(2 * (arg >> 8 & 0xFF))
        raw = self._arguments(arg & 0xFF)
        func = self.raw()
        if not arg >> 8 and not extra and self._decorates(func, raw, ()):
            return
        args = [self.solid(x) for x in raw]
        named = [
            ast.keyword(identifier(getattr(key, "value", "")), value)
            for key, value in zip(pairs[::2], pairs[1::2], strict=False)
        ]
        if single is not None:
            args.append(ast.Starred(single, ast.Load()))
        if double is not None:
            named.append(ast.keyword(None, double))
        self.call(func, args, named)

    def call_unpacked(self, flags: int) -> None:
        """``func(*args, **named)``."""
        minor = self.shared.minor
        named: list[ast.keyword] = []
        if flags & 1 or minor >= 14:
            double = self.raw()
            if not isinstance(double, Null):
                named = self._unpacked_names(self.solid(double))
        single = self.pop()
        func = self.raw()
        if minor >= 11:
            other = self.raw()
            func = other if isinstance(func, Null) else func
        args = single.elts if isinstance(single, (ast.Tuple, ast.List)) else None
        self.call(func, [ast.Starred(single, ast.Load())] if args is None else args, named)

    def _unpacked_names(self, value: ast.expr) -> list[ast.keyword]:
        if not isinstance(value, ast.Dict):
            return [ast.keyword(None, value)]
        named: list[ast.keyword] = []
        for key, one in zip(value.keys, value.values, strict=True):
            word = key.value if isinstance(key, ast.Constant) else None
            if key is not None and not isinstance(word, str):
                return [ast.keyword(None, value)]
            named.append(ast.keyword(None if word is None else identifier(word), one))
        return named

    def method(self, name: str) -> None:
        """Push a method of what is on the stack, with the slot for its receiver."""
        found = ast.Attribute(self.pop(), identifier(name), ast.Load())
        if self.shared.minor >= 13:
            self.push(found)
            self.stack.append(NULL)
        else:
            self.stack.append(NULL)
            self.push(found)

    # ------------------------------------------------------------------ functions and classes

    def _class(self, args: list[ast.expr], named: list[ast.keyword]) -> None:
        self.push(ast.Call(ast.Name("type", ast.Load()), args, named))

    def build_class(self, count: int, names: tuple[str, ...]) -> bool:
        """Turn ``__build_class__(function, name, *bases)`` into a class not yet bound."""
        if count < 2 or count > len(self.stack):
            return False
        mark = self.stack[-count]
        below = self.stack[-count - 2 : -count]
        if not isinstance(mark, FunctionMark):
            return False
        if not any(isinstance(x, BuildClass) for x in below):
            return False
        args = self.pops(count - 1)
        self.stack.pop()
        while self.stack and isinstance(self.stack[-1], (BuildClass, Null)):
            self.stack.pop()
        name, bases = args[0], args[1:]
        mark.bases, mark.keywords = self._named(bases, names)
        mark.klass = str(getattr(name, "value", "_"))
        self.push(mark)
        return True

    def build_class_old(self) -> None:
        """Python 2: a body that was called, its bases and its name."""
        body, bases, name = self.raw(), self.pop(), self.pop()
        if isinstance(body, FunctionMark):
            body.klass = str(getattr(name, "value", "_"))
            body.bases = bases.elts if isinstance(bases, ast.Tuple) else []
            self.push(body)
        else:
            self.push(ast.Call(ast.Name("type", ast.Load()), [name, bases, self.solid(body)], []))

    def make_function(self, flags: int) -> None:
        """Push a function of the code object on the stack."""
        minor = self.shared.minor
        if 3 <= minor <= 10:
            self.raw()  # the qualified name
        code = self.raw()
        if not isinstance(code, Code):
            self.push(ast.Name("_unknown", ast.Load()))
            return
        mark = FunctionMark(code)
        if minor == 0:
            mark.defaults = self.pops(flags)
        elif minor < 13:
            for bit in (8, 4, 2, 1):
                if flags & bit:
                    self.attribute(mark, bit, self.raw())
        self.stack.append(mark)

    def attribute(self, mark: FunctionMark, bit: int, value: Any) -> None:  # noqa: ANN401
        """Give a function its defaults; closures and annotations do not matter."""
        if bit == 1:
            solid = self.solid(value)
            mark.defaults = solid.elts if isinstance(solid, ast.Tuple) else []
        elif bit == 2 and isinstance(value, ast.Dict):
            for key, one in zip(value.keys, value.values, strict=True):
                if isinstance(key, ast.Constant):
                    mark.named[identifier(key.value)] = one

    # ------------------------------------------------------------------ imports

    def import_name(self, name: str) -> None:
        """Push a module."""
        names, level = self.raw(), self.raw()
        words: tuple[str, ...] | None = None
        if isinstance(names, ast.Tuple):
            words = tuple(str(getattr(e, "value", "")) for e in names.elts)
        count = getattr(level, "value", 0)
        depth = count if isinstance(count, int) and 0 < count < 20 else 0
        self.stack.append(ImportMark(name, depth, words))

    def import_from(self, name: str) -> None:
        """Push a name of the module on the stack, which stays."""
        top = self.stack[-1] if self.stack else None
        if not isinstance(top, ImportMark):
            base = self.duplicable(1)
            self.push(ast.Attribute(self.solid(base), identifier(name), ast.Load()))
            return
        top.bound = True
        made = ImportMark(top.module, top.level, top.names)
        if top.names is not None:
            made.name = name  # otherwise `import a.b as c`: the module itself
        self.stack.append(made)

    def import_star(self) -> None:
        """``from module import *``."""
        top = self.raw()
        if isinstance(top, ImportMark):
            top.bound = True
            words = ".".join(identifier(w) for w in top.module.split(".")) if top.module else None
            self.out.append(ast.ImportFrom(words, [ast.alias("*", None)], top.level))
