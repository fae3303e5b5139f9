"""What each instruction does to the stack, by name; one table for all versions."""

from __future__ import annotations

import ast

from antivenom.languages.python.bytecode_collections import Collections
from antivenom.languages.python.bytecode_stack import (
    NULL,
    FunctionMark,
    ImportMark,
)
from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.rendered import identifier

_NUMBERED = ["+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^"]
_SUBSCRIPT = 26
_TRUTH = {"True": True, "False": False, "None": None}
_OPERATORS: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "&": ast.BitAnd,
    "//": ast.FloorDiv,
    "<<": ast.LShift,
    "@": ast.MatMult,
    "*": ast.Mult,
    "%": ast.Mod,
    "|": ast.BitOr,
    "**": ast.Pow,
    ">>": ast.RShift,
    "-": ast.Sub,
    "/": ast.Div,
    "^": ast.BitXor,
}
_COMPARISONS: tuple[type[ast.cmpop], ...] = (
    ast.Lt,
    ast.LtE,
    ast.Eq,
    ast.NotEq,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.Is,
    ast.IsNot,
)
_SPECIAL = ("__enter__", "__exit__", "__aenter__", "__aexit__")


class Operations(Collections):
    """Reads single instructions."""

    # ------------------------------------------------------------------ names

    def word(self, names: tuple[str, ...], place: int) -> str:
        """Return a name of the code object."""
        return identifier(names[place].replace(".", "_")) if place < len(names) else "_unknown"

    def bind(self, word: str) -> None:
        """Pop into a variable."""
        self.store(ast.Name(word, ast.Store()), self.raw())

    def load_name(self, arg: int) -> None:
        """Push a variable of the module; in Python 2 the truth values are such."""
        written = self.code.names[arg] if arg < len(self.code.names) else ""
        if written in _TRUTH:
            self.push(ast.Constant(_TRUTH[written]))
        else:
            self.load(self.named(arg))

    def bind_global(self, arg: int) -> None:
        """Pop into a variable of the module."""
        word = self.named(arg)
        if self.level:
            self.declared.add(word)
        self.bind(word)

    def named(self, arg: int) -> str:
        """Return a global or attribute name."""
        return self.word(self.code.names, arg)

    def local(self, arg: int) -> str:
        """Return the name of a local variable."""
        return self.word(self.code.varnames, arg)

    def cell(self, arg: int) -> str:
        """Return the name of a cell or free variable."""
        return self.word(self.code.cells, arg)

    def load_global(self, arg: int) -> None:
        """Push a global, from 3.11 on with an empty slot for a call."""
        minor = self.shared.minor
        place, empty = (arg >> 1, arg & 1) if minor >= 11 else (arg, 0)
        if empty and minor < 13:
            self.stack.append(NULL)
        self.load_name(place)
        if empty and minor >= 13:
            self.stack.append(NULL)

    def load_attr(self, arg: int) -> None:
        """Push an attribute, from 3.12 on perhaps as a method."""
        if self.shared.minor >= 12:
            if arg & 1:
                self.method(self.named(arg >> 1))
                return
            arg >>= 1
        top = self.stack[-1] if self.stack else None
        if isinstance(top, ImportMark) and top.names is None and "." in top.module:
            return  # `import a.b as c` before 3.7
        self.push(ast.Attribute(self.pop(), self.named(arg), ast.Load()))

    def load_super(self, arg: int) -> None:
        """Push an attribute of ``super()``."""
        self.pops(3)
        self.push(ast.Call(ast.Name("super", ast.Load()), [], []))
        if arg & 1:
            self.method(self.named(arg >> 2))
        else:
            self.push(ast.Attribute(self.pop(), self.named(arg >> 2), ast.Load()))

    def load_const(self, arg: int) -> None:
        """Push a constant."""
        value = self.code.consts[arg] if arg < len(self.code.consts) else None
        if isinstance(value, Code):
            self.stack.append(value)
        elif isinstance(value, tuple) and value[:1] == ("slice",) and len(value) == 4:
            parts = [None if x is None else self.shared.constant(x) for x in value[1:]]
            self.push(_slice(parts))
        else:
            self.push(self.shared.constant(value))

    def two_locals(self, arg: int) -> None:
        """Push two variables."""
        self.load(self.local(arg >> 4))
        self.load(self.local(arg & 15))

    # ------------------------------------------------------------------ operations

    def binary(self, symbol: str) -> None:
        """Push the result of an operator."""
        left, right = self.pops(2)
        self.push(ast.BinOp(left, _OPERATORS[symbol](), right))

    def binary_numbered(self, arg: int) -> None:
        """From 3.11 on the operator is a number."""
        if arg == _SUBSCRIPT:
            self.subscript(0)
        else:
            self.binary(_NUMBERED[arg % len(_NUMBERED)])

    def unary(self, kind: ast.unaryop) -> None:
        """Push the result of an operator."""
        self.push(ast.UnaryOp(kind, self.pop()))

    def compare(self, arg: int) -> None:
        """Push a comparison."""
        minor = self.shared.minor
        place = arg >> 5 if minor >= 13 else arg >> 4 if minor == 12 else arg
        left, right = self.pops(2)
        kind = _COMPARISONS[place] if place < len(_COMPARISONS) else ast.Eq
        self.push(ast.Compare(left, [kind()], [right]))

    def compared(self, yes: ast.cmpop, no: ast.cmpop, arg: int) -> None:
        """Push a comparison whose argument negates it."""
        left, right = self.pops(2)
        self.push(ast.Compare(left, [no if arg else yes], [right]))

    def subscript(self, _: int) -> None:
        """Push an element."""
        base, key = self.pops(2)
        self.push(ast.Subscript(base, _key(key), ast.Load()))

    def store_subscript(self, _: int) -> None:
        """Store an element."""
        value, base, key = self.pops(3)
        self.store(ast.Subscript(base, _key(key), ast.Store()), value)

    def store_attr(self, arg: int) -> None:
        """Store an attribute."""
        base = self.pop()
        self.store(ast.Attribute(base, self.named(arg), ast.Store()), self.raw())

    def sliced(self, _: int) -> None:
        """Push a slice of a sequence."""
        self.build_slice(2)
        self.subscript(0)

    def store_slice(self, _: int) -> None:
        """Store into a slice of a sequence."""
        self.build_slice(2)
        self.store_subscript(0)

    def old_slice(self, kind: int, store: int) -> None:
        """Python 2: slices by bits for start (1) and stop (2)."""
        stop = self.pop() if kind & 2 else None
        start = self.pop() if kind & 1 else None
        base = self.pop()
        place = ast.Slice(start, stop, None)
        if store == 1:
            self.store(ast.Subscript(base, place, ast.Store()), self.raw())
        elif store == 0:
            self.push(ast.Subscript(base, place, ast.Load()))

    def build_slice(self, arg: int) -> None:
        """Push a slice object."""
        parts = self.pops(3 if arg == 3 else 2)
        self.push(_slice([None if _is_none(x) else x for x in parts]))

    # ------------------------------------------------------------------ stack

    def rotate(self, count: int) -> None:
        """Move the top below others."""
        if count <= len(self.stack):
            top = self.stack.pop()
            self.stack.insert(len(self.stack) - count + 1, top)

    def swap(self, arg: int) -> None:
        """Exchange the top with another."""
        if 0 < arg <= len(self.stack):
            self.stack[-1], self.stack[-arg] = self.stack[-arg], self.stack[-1]

    def copy(self, arg: int) -> None:
        """Push what stands below once more."""
        self.stack.append(self.duplicable(arg))

    def copies(self, count: int) -> None:
        """Push the topmost values once more, in order."""
        for _ in range(min(count, 5)):
            self.copy(count)

    def drop(self, _: int) -> None:
        """Throw the top away."""
        if self.stack:
            self.effect(self.stack.pop())

    def unknown(self, pops: int, pushes: int) -> None:
        """Exchange values for unknown ones."""
        for value in self.pops(pops):
            self.effect(value)
        for _ in range(pushes):
            self.load("_unknown")

    # ------------------------------------------------------------------ the rest

    def printed(self, to: bool, line: bool) -> None:
        """Python 2: one value printed."""
        named: list[ast.keyword] = []
        args: list[ast.expr] = []
        if to:
            stream = self.pop()
            named = [ast.keyword("file", stream)]
        if not line:
            args = [self.pop()]
        if args:
            self.out.append(ast.Expr(ast.Call(ast.Name("print", ast.Load()), args, named)))

    def executed(self, _: int) -> None:
        """Python 2: ``exec code in globals, locals``."""
        code, space, local = self.pops(3)
        call = ast.Call(ast.Name("exec", ast.Load()), [code, space, local], [])
        self.out.append(ast.Expr(call))

    def repr_of(self, _: int) -> None:
        """Python 2: backticks."""
        self.push(ast.Call(ast.Name("repr", ast.Load()), [self.pop()], []))

    def yielded(self, _: int) -> None:
        """``yield``."""
        self.push(ast.Yield(self.pop()))

    def yielded_from(self, _: int) -> None:
        """``yield from`` or ``await``: above the iterator stands what is sent."""
        self.pop()
        self.push(ast.Await(self.pop()))

    def entered(self, _: int) -> None:
        """``with``: what ends it, and what it gives."""
        value = self.solid(self.duplicable(1))
        self.raw()
        self.load("_exit")
        self.push(value)

    def special(self, arg: int) -> None:
        """From 3.14 on: the methods of ``with``."""
        name = _SPECIAL[arg] if arg < len(_SPECIAL) else "__enter__"
        if "exit" in name:
            self.raw()
            self.load("_exit")
            self.stack.append(NULL)
        else:
            self.method(name)

    def returned(self, _: int) -> None:
        """``return``."""
        value = self.pop()
        if self.level or not _is_none(value):
            self.out.append(ast.Return(value))

    def returned_const(self, arg: int) -> None:
        """``return`` a constant."""
        self.load_const(arg)
        self.returned(0)

    def raised(self, arg: int) -> None:
        """``raise``."""
        found = self.pops(min(arg, 3))
        value = found[0] if found else None
        cause = found[1] if len(found) == 2 and self.shared.minor else None
        self.out.append(ast.Raise(value, cause))

    def set_attribute(self, arg: int) -> None:
        """From 3.13 on: defaults are given to a function after it is made."""
        mark, value = self.raw(), self.raw()
        if isinstance(mark, FunctionMark):
            self.attribute(mark, arg, value)
        self.stack.append(mark)

    def make_closure(self, arg: int) -> None:
        """Python 2: a function with free variables."""
        code, _ = self.raw(), self.raw()
        self.stack.append(code)
        self.make_function(arg)

    def keyword_names(self, arg: int) -> None:
        """3.11 and 3.12: the names of keyword arguments of the next call."""
        value = self.code.consts[arg] if arg < len(self.code.consts) else ()
        self.keywords = tuple(str(x) for x in value) if isinstance(value, tuple) else ()

    def called(self, arg: int) -> None:
        """A call, from 3.11 on."""
        names, self.keywords = self.keywords, ()
        if not self.build_class(arg, names):
            self.call_top(arg, names)

    def called_named(self, arg: int) -> None:
        """A call with keyword arguments, whose names are on the stack."""
        names = self.pop()
        words: tuple[str, ...] = ()
        if isinstance(names, ast.Tuple):
            words = tuple(str(getattr(e, "value", "")) for e in names.elts)
        if not self.build_class(arg, words):
            (self.call_top if self.shared.minor >= 13 else self.call_one)(arg, words)

    def called_plain(self, arg: int) -> None:
        """A call up to 3.10."""
        if self.shared.minor == 0:
            self.call_old(arg)
        elif not self.build_class(arg, ()):
            self.call_one(arg)

    def called_with_names(self, arg: int) -> None:
        """``CALL_FUNCTION_KW`` means something else in Python 2."""
        if self.shared.minor == 0:
            self.call_old(arg, 2)
        else:
            self.called_named(arg)

    def intrinsic(self, arg: int) -> None:
        """From 3.12 on: rarer operations by number."""
        if arg == 2:
            self.import_star()
            self.load("_unknown")


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _slice(parts: list[ast.expr | None]) -> ast.expr:
    """Return a call of ``slice``, which may stand anywhere, that knows itself as a slice."""
    args = [ast.Constant(None) if part is None else part for part in parts]
    made = ast.Call(ast.Name("slice", ast.Load()), args, [])
    made._slice = ast.Slice(*parts)  # type: ignore[attr-defined]
    return made


def _key(key: ast.expr) -> ast.expr:
    """Return what stands between brackets: slices are written with colons there."""
    if isinstance(key, ast.Tuple):
        return ast.Tuple([getattr(e, "_slice", e) for e in key.elts], ast.Load())
    written: ast.expr = getattr(key, "_slice", key)
    return written
