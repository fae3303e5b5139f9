"""What each instruction does to the stack, by name; one table for all versions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from antivenom.languages.python.bytecode_calls import Calls
from antivenom.languages.python.bytecode_stack import NULL, BuildClass, FunctionMark, ImportMark
from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.rendered import identifier

_NUMBERED = "+ & // << @ * % | ** >> - / ^".split()
_SUBSCRIPT = 26
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
_WORDS = {
    "ADD": "+",
    "AND": "&",
    "FLOOR_DIVIDE": "//",
    "LSHIFT": "<<",
    "MATRIX_MULTIPLY": "@",
    "MULTIPLY": "*",
    "MODULO": "%",
    "OR": "|",
    "POWER": "**",
    "RSHIFT": ">>",
    "SUBTRACT": "-",
    "DIVIDE": "/",
    "TRUE_DIVIDE": "/",
    "XOR": "^",
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
_COMMON = ("AssertionError", "NotImplementedError", "tuple", "all", "any")
_SPECIAL = ("__enter__", "__exit__", "__aenter__", "__aexit__")
_CONVERSIONS = (-1, ord("s"), ord("r"), ord("a"))


class Operations(Calls):
    """Reads single instructions."""

    def one(self, name: str, arg: int) -> None:
        """Interpret one instruction that does not jump."""
        handler = OPERATIONS.get(name)
        if handler is not None:
            handler(self, arg)
        elif name.startswith(("BINARY_", "INPLACE_")):
            self.binary(_WORDS.get(name.partition("_")[2], "+"))
        elif name not in _NOTHING:
            self.shared.why = f"compiled code: an instruction that is not known {name}".strip()

    # ------------------------------------------------------------------ names

    def word(self, names: tuple[str, ...], place: int) -> str:
        """Return a name of the code object."""
        return identifier(names[place].replace(".", "_")) if place < len(names) else "_unknown"

    def load(self, word: str) -> None:
        """Push a variable."""
        self.push(ast.Name(word, ast.Load()))

    def bind(self, word: str) -> None:
        """Pop into a variable."""
        self.store(ast.Name(word, ast.Store()), self.raw())

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
        self.load(self.named(place))
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
            self.push(ast.Slice(*parts))
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
        self.push(ast.Subscript(base, key, ast.Load()))

    def store_subscript(self, _: int) -> None:
        """Store an element."""
        value, base, key = self.pops(3)
        self.store(ast.Subscript(base, key, ast.Store()), value)

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
        self.push(ast.Slice(*(None if _is_none(x) else x for x in parts)))

    # ------------------------------------------------------------------ collections

    def sequence(self, kind: type[ast.Tuple | ast.List], arg: int) -> None:
        """Push a tuple or list of what is on the stack."""
        self.push(kind(self.pops(arg), ast.Load()))

    def build_set(self, arg: int) -> None:
        """Push a set of what is on the stack."""
        found = self.pops(arg)
        empty = ast.Call(ast.Name("set", ast.Load()), [], [])
        self.push(ast.Set(found) if found else empty)

    def build_map(self, arg: int) -> None:
        """Push a dictionary of what is on the stack."""
        found = self.pops(2 * arg) if self.shared.minor else []
        self.push(ast.Dict(list(found[::2]), found[1::2][: len(found[::2])]))

    def build_keyed(self, arg: int) -> None:
        """Push a dictionary whose keys are one constant."""
        keys = self.pop()
        values = self.pops(arg)
        if isinstance(keys, ast.Tuple) and len(keys.elts) == len(values):
            self.push(ast.Dict(list(keys.elts), values))
        else:
            pairs = ast.Tuple(values, ast.Load())
            zipped = ast.Call(ast.Name("zip", ast.Load()), [keys, pairs], [])
            self.push(ast.Call(ast.Name("dict", ast.Load()), [zipped], []))

    def unpacked(self, kind: str, arg: int) -> None:
        """Push a collection of collections."""
        found = self.pops(arg)
        if kind == "dict":
            self.push(ast.Dict([None] * len(found), found))
            return
        stars: list[ast.expr] = [ast.Starred(x, ast.Load()) for x in found]
        made = {"list": ast.List, "tuple": ast.Tuple}.get(kind)
        self.push(made(stars, ast.Load()) if made else ast.Set(stars))

    def extend(self, arg: int) -> None:
        """Add the elements of the top to a collection below."""
        value = self.pop()
        into = self.stack[-arg] if 0 < arg <= len(self.stack) else None
        constant = isinstance(value, (ast.Tuple, ast.List))
        found = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
        if isinstance(into, (ast.List, ast.Set)):
            into.elts += found if constant else [ast.Starred(value, ast.Load())]
            self._deepen(into)
        elif isinstance(into, ast.Call) and not into.args and isinstance(into.func, ast.Name):
            elements = found if constant else [ast.Starred(value, ast.Load())]
            self.stack[-arg] = ast.Set(elements)
            self._deepen(self.stack[-arg])
        else:
            self.method_of(arg, "extend", [value])

    def merge(self, arg: int) -> None:
        """Add a mapping to a dictionary below."""
        value = self.pop()
        into = self.stack[-arg] if 0 < arg <= len(self.stack) else None
        if isinstance(into, ast.Dict):
            into.keys.append(None)
            into.values.append(value)
            self._deepen(into)
        else:
            self.method_of(arg, "update", [value])

    def _deepen(self, into: ast.expr) -> None:
        # Collections grow in place: what is in them is no deeper than what was pushed.
        place = next((n for n, x in enumerate(self.stack) if x is into), None)
        if place is not None and getattr(into, "_depth", 1) < 2:
            into._depth = 20  # type: ignore[attr-defined]

    def add(self, arg: int, method: str) -> None:
        """Add one element to a collection below."""
        self.method_of(arg, method, [self.pop()])

    def map_add(self, arg: int) -> None:
        """Add one entry to a dictionary below."""
        key, value = self.pops(2)
        if self.shared.minor < 8:
            key, value = value, key
        base = self.solid(self.duplicable(arg))
        self.store(ast.Subscript(base, key, ast.Store()), value)

    def store_map(self, _: int) -> None:
        """Python 2: add one entry to the dictionary on the stack."""
        value, key = self.pops(2)
        top = self.stack[-1] if self.stack else None
        if isinstance(top, ast.Dict):
            top.keys.append(key)
            top.values.append(value)

    def method_of(self, place: int, method: str, args: list[ast.expr]) -> None:
        """Call a method of what stands below."""
        base = self.solid(self.duplicable(place))
        func = ast.Attribute(base, method, ast.Load())
        self.out.append(ast.Expr(ast.Call(func, args, [])))

    def unpack(self, arg: int) -> None:
        """Push the elements of a sequence."""
        before, after = arg & 0xFF, arg >> 8
        value = self.pop()
        if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == arg:
            self.stack += reversed(value.elts)
            return
        self._unpack(value, min(before + after, 200), -1)

    def unpack_rest(self, arg: int) -> None:
        """Push the elements of a sequence, one of them a list of the rest."""
        before, after = arg & 0xFF, arg >> 8 & 0xFF
        self._unpack(self.pop(), before + 1 + after, before)

    def _unpack(self, value: ast.expr, count: int, starred: int) -> None:
        names = [self.shared.fresh("u") for _ in range(count)]
        targets: list[ast.expr] = [ast.Name(n, ast.Store()) for n in names]
        if starred >= 0:
            targets[starred] = ast.Starred(targets[starred], ast.Store())
        target = ast.Tuple(targets, ast.Store())
        self.out.append(ast.Assign([target], value, lineno=1))
        for name in reversed(names):
            self.load(name)

    # ------------------------------------------------------------------ text

    def format_value(self, arg: int) -> None:
        """Push a formatted value, as a template of one part."""
        spec = self.pop() if arg & 4 else None
        self.formatted(_CONVERSIONS[arg & 3], spec)

    def formatted(self, conversion: int, spec: ast.expr | None) -> None:
        """Push a template of the value on the stack."""
        value = self.pop()
        if isinstance(value, ast.FormattedValue):
            conversion, value = value.conversion, value.value
        form = spec if spec is None or isinstance(spec, ast.JoinedStr) else ast.JoinedStr([spec])
        self.push(ast.JoinedStr([ast.FormattedValue(value, conversion, form)]))

    def convert(self, arg: int) -> None:
        """From 3.13 on: conversion alone, formatted by what follows."""
        self.push(ast.FormattedValue(self.pop(), _CONVERSIONS[arg & 3], None))

    def build_string(self, arg: int) -> None:
        """Push a template of the parts on the stack."""
        parts: list[ast.expr] = []
        for one in self.pops(arg):
            if isinstance(one, ast.JoinedStr):
                parts += one.values
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                parts.append(one)
            else:
                parts.append(ast.FormattedValue(one, -1, None))
        self.push(ast.JoinedStr(parts))

    def interpolation(self, arg: int) -> None:
        """A part of a t-string."""
        spec = self.pop() if arg & 1 else None
        self.pop()
        self.formatted(-1, spec)

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


_NOTHING = frozenset(
    """
    NOP CACHE RESUME PRECALL MAKE_CELL COPY_FREE_VARS SETUP_ANNOTATIONS GEN_START NOT_TAKEN TO_BOOL
    GET_ITER GET_YIELD_FROM_ITER GET_AITER GET_AWAITABLE POP_BLOCK SETUP_LOOP END_SEND END_FOR
    POP_ITER EXTENDED_ARG LIST_TO_TUPLE ASYNC_GEN_WRAP INTERPRETER_EXIT EXIT_INIT_CHECK RESERVED
    END_FINALLY BEGIN_FINALLY BREAK_LOOP CONTINUE_LOOP JUMP_FORWARD JUMP_ABSOLUTE JUMP_BACKWARD
    JUMP_BACKWARD_NO_INTERRUPT SETUP_FINALLY SETUP_EXCEPT DELETE_NAME DELETE_GLOBAL DELETE_FAST
    DELETE_DEREF STOP_CODE CALL_FINALLY POP_FINALLY PRINT_NEWLINE ENTER_EXECUTOR RETURN_GENERATOR
    WITH_CLEANUP_FINISH PREP_RERAISE_STAR COPY_DICT_WITHOUT_KEYS CLEANUP_THROW GET_LEN STORE_ANNOTATION
    """.split()
)
"""Instructions without an effect on values and calls."""

OPERATIONS: dict[str, Callable[[Any, int], None]] = {
    "LOAD_CONST": Operations.load_const,
    "LOAD_SMALL_INT": lambda m, arg: m.push(ast.Constant(arg)),
    "LOAD_NAME": lambda m, arg: m.load(m.named(arg)),
    "LOAD_GLOBAL": Operations.load_global,
    "LOAD_FROM_DICT_OR_GLOBALS": lambda m, arg: (m.raw(), m.load(m.named(arg)))[0],
    "LOAD_FROM_DICT_OR_DEREF": lambda m, arg: (m.raw(), m.load(m.cell(arg)))[0],
    "LOAD_FAST": lambda m, arg: m.load(m.local(arg)),
    "LOAD_FAST_BORROW": lambda m, arg: m.load(m.local(arg)),
    "LOAD_FAST_CHECK": lambda m, arg: m.load(m.local(arg)),
    "LOAD_FAST_AND_CLEAR": lambda m, arg: m.load(m.local(arg)),
    "LOAD_FAST_LOAD_FAST": Operations.two_locals,
    "LOAD_FAST_BORROW_LOAD_FAST_BORROW": Operations.two_locals,
    "LOAD_DEREF": lambda m, arg: m.load(m.cell(arg)),
    "LOAD_CLASSDEREF": lambda m, arg: m.load(m.cell(arg)),
    "LOAD_CLOSURE": lambda m, arg: m.load(m.cell(arg)),
    "LOAD_ATTR": Operations.load_attr,
    "LOAD_METHOD": lambda m, arg: m.method(m.named(arg)),
    "LOAD_SUPER_ATTR": Operations.load_super,
    "LOAD_SPECIAL": Operations.special,
    "LOAD_BUILD_CLASS": lambda m, _: m.stack.append(BuildClass()),
    "LOAD_LOCALS": lambda m, _: m.push(ast.Call(ast.Name("locals", ast.Load()), [], [])),
    "LOAD_ASSERTION_ERROR": lambda m, _: m.load("AssertionError"),
    "LOAD_COMMON_CONSTANT": lambda m, arg: m.load(_COMMON[arg % len(_COMMON)]),
    "STORE_NAME": lambda m, arg: m.bind(m.named(arg)),
    "STORE_GLOBAL": Operations.bind_global,
    "STORE_FAST": lambda m, arg: m.bind(m.local(arg)),
    "STORE_DEREF": lambda m, arg: m.bind(m.cell(arg)),
    "STORE_FAST_LOAD_FAST": lambda m, arg: (m.bind(m.local(arg >> 4)), m.load(m.local(arg & 15)))[0],
    "STORE_FAST_STORE_FAST": lambda m, a: (m.bind(m.local(a >> 4)), m.bind(m.local(a & 15)))[0],
    "STORE_ATTR": Operations.store_attr,
    "STORE_SUBSCR": Operations.store_subscript,
    "STORE_SLICE": Operations.store_slice,
    "STORE_MAP": Operations.store_map,
    "DELETE_ATTR": lambda m, _: m.drop(0),
    "DELETE_SUBSCR": lambda m, _: m.unknown(2, 0),
    "BINARY_SUBSCR": Operations.subscript,
    "BINARY_SLICE": Operations.sliced,
    "BINARY_OP": Operations.binary_numbered,
    "UNARY_NOT": lambda m, _: m.unary(ast.Not()),
    "UNARY_NEGATIVE": lambda m, _: m.unary(ast.USub()),
    "UNARY_POSITIVE": lambda m, _: m.unary(ast.UAdd()),
    "UNARY_INVERT": lambda m, _: m.unary(ast.Invert()),
    "UNARY_CONVERT": Operations.repr_of,
    "COMPARE_OP": Operations.compare,
    "IS_OP": lambda m, arg: m.compared(ast.Is(), ast.IsNot(), arg),
    "CONTAINS_OP": lambda m, arg: m.compared(ast.In(), ast.NotIn(), arg),
    "BUILD_TUPLE": lambda m, arg: m.sequence(ast.Tuple, arg),
    "BUILD_LIST": lambda m, arg: m.sequence(ast.List, arg),
    "BUILD_SET": Operations.build_set,
    "BUILD_MAP": Operations.build_map,
    "BUILD_CONST_KEY_MAP": Operations.build_keyed,
    "BUILD_SLICE": Operations.build_slice,
    "BUILD_STRING": Operations.build_string,
    "BUILD_LIST_UNPACK": lambda m, arg: m.unpacked("list", arg),
    "BUILD_TUPLE_UNPACK": lambda m, arg: m.unpacked("tuple", arg),
    "BUILD_TUPLE_UNPACK_WITH_CALL": lambda m, arg: m.unpacked("tuple", arg),
    "BUILD_SET_UNPACK": lambda m, arg: m.unpacked("set", arg),
    "BUILD_MAP_UNPACK": lambda m, arg: m.unpacked("dict", arg),
    "BUILD_MAP_UNPACK_WITH_CALL": lambda m, arg: m.unpacked("dict", arg & 0xFF),
    "BUILD_INTERPOLATION": Operations.interpolation,
    "BUILD_TEMPLATE": lambda m, _: m.sequence(ast.Tuple, 2),
    "LIST_APPEND": lambda m, arg: m.add(arg, "append"),
    "SET_ADD": lambda m, arg: m.add(arg, "add"),
    "MAP_ADD": Operations.map_add,
    "LIST_EXTEND": Operations.extend,
    "SET_UPDATE": Operations.extend,
    "DICT_UPDATE": Operations.merge,
    "DICT_MERGE": Operations.merge,
    "UNPACK_SEQUENCE": Operations.unpack,
    "UNPACK_EX": Operations.unpack_rest,
    "FORMAT_VALUE": Operations.format_value,
    "FORMAT_SIMPLE": lambda m, _: m.formatted(-1, None),
    "FORMAT_WITH_SPEC": lambda m, _: m.formatted(-1, m.pop()),
    "CONVERT_VALUE": Operations.convert,
    "POP_TOP": Operations.drop,
    "DUP_TOP": lambda m, _: m.copy(1),
    "DUP_TOP_TWO": lambda m, _: m.copies(2),
    "DUP_TOPX": Operations.copies,
    "ROT_TWO": lambda m, _: m.rotate(2),
    "ROT_THREE": lambda m, _: m.rotate(3),
    "ROT_FOUR": lambda m, _: m.rotate(4),
    "ROT_N": Operations.rotate,
    "SWAP": Operations.swap,
    "COPY": Operations.copy,
    "PUSH_NULL": lambda m, _: m.stack.append(NULL),
    "CALL": Operations.called,
    "CALL_KW": Operations.called_named,
    "CALL_FUNCTION": Operations.called_plain,
    "CALL_FUNCTION_KW": Operations.called_with_names,
    "CALL_FUNCTION_VAR": lambda m, arg: m.call_old(arg, 1),
    "CALL_FUNCTION_VAR_KW": lambda m, arg: m.call_old(arg, 3),
    "CALL_FUNCTION_EX": Operations.call_unpacked,
    "CALL_METHOD": Operations.called,
    "CALL_INTRINSIC_1": Operations.intrinsic,
    "CALL_INTRINSIC_2": lambda m, _: m.unknown(1, 0),
    "KW_NAMES": Operations.keyword_names,
    "MAKE_FUNCTION": Operations.make_function,
    "MAKE_CLOSURE": Operations.make_closure,
    "SET_FUNCTION_ATTRIBUTE": Operations.set_attribute,
    "BUILD_CLASS": lambda m, _: m.build_class_old(),
    "IMPORT_NAME": lambda m, arg: m.import_name(m.code.names[arg] if arg < len(m.code.names) else ""),
    "IMPORT_FROM": lambda m, arg: m.import_from(m.named(arg)),
    "IMPORT_STAR": lambda m, _: m.import_star(),
    "RETURN_VALUE": Operations.returned,
    "RETURN_CONST": Operations.returned_const,
    "YIELD_VALUE": Operations.yielded,
    "YIELD_FROM": Operations.yielded_from,
    "GET_ANEXT": lambda m, _: m.copy(1),
    "RAISE_VARARGS": Operations.raised,
    "RERAISE": lambda m, _: m.unknown(1, 0),
    "PRINT_EXPR": Operations.drop,
    "PRINT_ITEM": lambda m, _: m.printed(False, False),
    "PRINT_ITEM_TO": lambda m, _: m.printed(True, False),
    "PRINT_NEWLINE_TO": lambda m, _: m.printed(True, True),
    "EXEC_STMT": Operations.executed,
    "BEFORE_WITH": Operations.entered,
    "BEFORE_ASYNC_WITH": Operations.entered,
    "SETUP_WITH": Operations.entered,
    "SETUP_ASYNC_WITH": Operations.entered,
    "WITH_EXCEPT_START": lambda m, _: m.load("_unknown"),
    "WITH_CLEANUP_START": lambda m, _: m.unknown(0, 2),
    "WITH_CLEANUP": lambda m, _: m.unknown(1, 0),
    "PUSH_EXC_INFO": lambda m, _: m.load("_error"),
    "CHECK_EXC_MATCH": lambda m, _: m.unknown(1, 1),
    "CHECK_EG_MATCH": lambda m, _: m.unknown(1, 1),
    "JUMP_IF_NOT_EXC_MATCH": lambda m, _: m.unknown(2, 0),
    "POP_EXCEPT": lambda m, _: m.unknown(1 if m.shared.minor >= 11 else 3, 0),
    "END_ASYNC_FOR": lambda m, _: m.unknown(2 if m.shared.minor >= 11 else 7, 0),
    "MATCH_CLASS": lambda m, _: m.unknown(3, 1),
    "MATCH_KEYS": lambda m, _: m.unknown(0, 1),
    "MATCH_MAPPING": lambda m, _: m.unknown(0, 1),
    "MATCH_SEQUENCE": lambda m, _: m.unknown(0, 1),
}
OPERATIONS |= {
    f"{prefix}SLICE+{kind}": (lambda m, _, kind=kind, store=store: m.old_slice(kind, store))
    for kind in range(4)
    for store, prefix in enumerate(("", "STORE_", "DELETE_"))
}
