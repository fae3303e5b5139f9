"""What unpickling would import and call, read from the opcodes alone."""

from __future__ import annotations

import ast
import pickletools
from collections.abc import Callable, Iterator
from typing import Any

from antivenom.languages.python.rendered import Constants, identifier, mention, module_of
from antivenom.model.program import Module

_MAX_OPCODES = 200_000
_MAX_DEPTH = 60
_MAX_ARGUMENTS = 20
_MARK = object()
_RENAMED = {"posix": "os", "nt": "os", "__builtin__": "builtins"}


def module_from_pickle(data: bytes, *, member: str, layer: int) -> Module | None:
    """Return a module equivalent to what unpickling would do."""
    machine = _Machine()
    why = machine.run(data)
    if not machine.body and not machine.texts:
        return None
    body = machine.finish()
    return module_of(body, why, member=member, name="", layer=layer)


def _opcodes(data: bytes) -> Iterator[tuple[str, Any]]:
    for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
        if count >= _MAX_OPCODES:
            raise ValueError("more opcodes than are read")
        yield opcode.name, argument


class _Machine:
    """A stack of expressions. Whatever is used more than once is assigned to a name first."""

    def __init__(self) -> None:
        self.body: list[ast.stmt] = []
        self.texts: list[Any] = []
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.imported: dict[tuple[str, str], str] = {}
        self.constants = Constants()
        self.names = 0
        self.tuples: dict[str, list[ast.expr]] = {}
        """Elements of tuples that have a name."""

    def run(self, data: bytes) -> str:
        """Interpret all opcodes; return why not all were."""
        try:
            for name, argument in _opcodes(data):
                self.one(name, argument)
        except Exception as error:
            return f"pickle: {error}"[:160]
        return ""

    def finish(self) -> list[ast.stmt]:
        """Return the statements, the value that is left and what was read besides."""
        for value in self.stack:
            if isinstance(value, ast.expr) and not isinstance(value, (ast.Name, ast.Constant)):
                self.keep(value)
        return self.body + mention(self.texts, "_texts")

    # ------------------------------------------------------------------ stack

    def push(self, value: ast.expr) -> None:
        """Push an expression; one that is very deep gets a name."""
        depth = 1 + max((self.depth(c) for c in ast.iter_child_nodes(value)), default=0)
        if depth > _MAX_DEPTH:
            value, depth = self.keep(value), 1
        value._depth = depth  # type: ignore[attr-defined]
        self.stack.append(value)

    def depth(self, node: ast.AST) -> int:
        """Return how deep an expression is."""
        found: int = getattr(node, "_depth", 1)
        return found

    def pop(self) -> ast.expr:
        """Pop an expression; an empty stack has only unknown values."""
        while self.stack:
            value = self.stack.pop()
            if isinstance(value, ast.expr):
                return value
        return ast.Name("_unknown", ast.Load())

    def since_mark(self) -> list[ast.expr]:
        """Pop everything above the topmost mark."""
        found: list[ast.expr] = []
        while self.stack:
            value = self.stack.pop()
            if value is _MARK:
                break
            found.append(value)
        return found[::-1]

    def keep(self, value: ast.expr) -> ast.Name:
        """Assign an expression to a new name and return the name."""
        self.names += 1
        name = f"_value{self.names}"
        self.body.append(ast.Assign([ast.Name(name, ast.Store())], value, lineno=1))
        return ast.Name(name, ast.Load())

    def shared(self, place: int) -> None:
        """Remember the top of the stack, by name unless it is one."""
        top = self.stack[-1] if self.stack else None
        if not isinstance(top, ast.expr):
            return
        if not _is_simple(top):
            kept = self.keep(top)
            if isinstance(top, ast.Tuple) and len(top.elts) <= _MAX_ARGUMENTS:
                self.tuples[kept.id] = top.elts
            top = self.stack[-1] = kept
        self.memo[place] = top

    # ------------------------------------------------------------------ opcodes

    def one(self, name: str, argument: Any) -> None:  # noqa: ANN401 - whatever the opcode holds
        """Interpret one opcode."""
        if isinstance(argument, (str, bytes)) and len(argument) > 2:
            self.texts.append(argument)
        handler = _HANDLERS.get(name)
        if handler is not None:
            handler(self, argument)
        elif name in _CONSTANTS:
            self.push(self.constants.expr(_CONSTANTS[name]))
        elif argument is not None and name not in _IGNORED:
            self.push(self.constants.expr(argument))

    def _mark(self, _: object) -> None:
        self.stack.append(_MARK)

    def _global(self, argument: Any) -> None:  # noqa: ANN401
        module, _, path = str(argument).partition(" ")
        self.push(self.imports(module, path))

    def _stack_global(self, _: object) -> None:
        path, module = self.pop(), self.pop()
        if isinstance(path, ast.Constant) and isinstance(module, ast.Constant):
            self.push(self.imports(str(module.value), str(path.value)))
        else:
            loaded = ast.Call(ast.Name("__import__", ast.Load()), [module], [])
            self.push(ast.Call(ast.Name("getattr", ast.Load()), [loaded, path], []))

    def imports(self, module: str, path: str) -> ast.expr:
        """Return the thing that a module and a dotted path name, importing it once."""
        parts = _RENAMED.get(module, module).split(".")[:20]
        whole = ".".join(identifier(p) for p in parts)
        if whole == "builtins":
            words = path.split(".")[:20]
        else:
            words = [*parts, *path.split(".")[:20]]
            if (whole, "") not in self.imported:
                self.imported[whole, ""] = whole
                self.body.append(ast.Import([ast.alias(whole, None)]))
        made: ast.expr = ast.Name(identifier(words[0]), ast.Load())
        for word in words[1:]:
            made = ast.Attribute(made, identifier(word), ast.Load())
        return made

    def _reduce(self, _: object) -> None:
        arguments, func = self.pop(), self.pop()
        self.called(func, self.unpacked(arguments))

    def called(self, func: ast.expr, args: list[ast.expr]) -> None:
        """Push the result of a call, which happens now."""
        self.push(self.keep(ast.Call(func, args, [])))

    def unpacked(self, arguments: ast.expr) -> list[ast.expr]:
        """Return the arguments that a tuple holds."""
        if isinstance(arguments, ast.Tuple):
            return arguments.elts
        elements = self.tuples.get(arguments.id) if isinstance(arguments, ast.Name) else None
        if elements is not None and all(_is_simple(e) for e in elements):
            return elements
        return [ast.Starred(arguments, ast.Load())]

    def _instance(self, argument: Any) -> None:  # noqa: ANN401
        module, _, path = str(argument).partition(" ")
        args = self.since_mark()
        self.called(self.imports(module, path), args)

    def _object(self, _: object) -> None:
        found = self.since_mark()
        self.called(found[0] if found else self.pop(), found[1:])

    def _new(self, _: object) -> None:
        arguments, kind = self.pop(), self.pop()
        self.called(kind, self.unpacked(arguments))

    def _new_named(self, _: object) -> None:
        named, arguments, kind = self.pop(), self.pop(), self.pop()
        call = ast.Call(kind, self.unpacked(arguments), [ast.keyword(None, named)])
        self.push(self.keep(call))

    def _build(self, _: object) -> None:
        state, thing = self.pop(), self.pop()
        func = ast.Attribute(thing, "__setstate__", ast.Load())
        if not isinstance(thing, (ast.Name, ast.Constant)):
            thing = self.keep(thing)
            func = ast.Attribute(thing, "__setstate__", ast.Load())
        self.body.append(ast.Expr(ast.Call(func, [state], [])))
        self.push(thing)

    def _tuple_of(self, count: int) -> None:
        found = [self.pop() for _ in range(count)]
        self.push(ast.Tuple(found[::-1], ast.Load()))

    def _tuple(self, _: object) -> None:
        self.push(ast.Tuple(self.since_mark(), ast.Load()))

    def _list(self, _: object) -> None:
        self.push(ast.List(self.since_mark(), ast.Load()))

    def _frozen(self, _: object) -> None:
        items = ast.Tuple(self.since_mark(), ast.Load())
        self.push(ast.Call(ast.Name("frozenset", ast.Load()), [items], []))

    def _dict(self, _: object) -> None:
        found = self.since_mark()
        self.push(ast.Dict(list(found[::2]), found[1::2][: len(found[::2])]))

    def _empty_dict(self, _: object) -> None:
        self.push(ast.Dict([], []))

    def _empty_set(self, _: object) -> None:
        self.push(ast.Call(ast.Name("set", ast.Load()), [], []))

    def _add(self, items: list[ast.expr], method: str) -> None:
        """Add items to the list or set on the stack."""
        top = self.stack[-1] if self.stack else None
        if isinstance(top, ast.List):
            top.elts += self.inside(top, items)
            return
        func = ast.Attribute(self.named_top(), method, ast.Load())
        self.body.append(ast.Expr(ast.Call(func, [ast.Tuple(items, ast.Load())], [])))

    def inside(self, top: ast.expr, items: list[ast.expr]) -> list[ast.expr]:
        """Return items for a collection; those that are very deep by name."""
        shallow = [self.keep(x) if self.depth(x) >= _MAX_DEPTH else x for x in items]
        deepest = max((self.depth(x) for x in shallow), default=0)
        top._depth = max(self.depth(top), deepest + 1)  # type: ignore[attr-defined]
        return shallow

    def named_top(self) -> ast.expr:
        """Return the top of the stack as a name."""
        top = self.pop()
        if not isinstance(top, ast.Name):
            top = self.keep(top)
        self.push(ast.Name(top.id, ast.Load()))
        return ast.Name(top.id, ast.Load())

    def _append(self, _: object) -> None:
        self._add([self.pop()], "extend")

    def _appends(self, _: object) -> None:
        self._add(self.since_mark(), "extend")

    def _items_added(self, _: object) -> None:
        self._add(self.since_mark(), "update")

    def _set_item(self, _: object) -> None:
        value, key = self.pop(), self.pop()
        self._set([key, value])

    def _set_items(self, _: object) -> None:
        self._set(self.since_mark())

    def _set(self, found: list[ast.expr]) -> None:
        top = self.stack[-1] if self.stack else None
        if isinstance(top, ast.Dict):
            found = self.inside(top, found)
        pairs = list(zip(found[::2], found[1::2], strict=False))
        if isinstance(top, ast.Dict):
            top.keys += [key for key, _ in pairs]
            top.values += [value for _, value in pairs]
            return
        base = self.named_top()
        for key, value in pairs:
            target = ast.Subscript(base, key, ast.Store())
            self.body.append(ast.Assign([target], value, lineno=1))

    def _put(self, argument: Any) -> None:  # noqa: ANN401
        self.shared(int(argument))

    def _memoize(self, _: object) -> None:
        self.shared(len(self.memo))

    def _get(self, argument: Any) -> None:  # noqa: ANN401
        self.push(self.memo.get(int(argument)) or ast.Name("_unknown", ast.Load()))

    def _dup(self, _: object) -> None:
        if self.stack and isinstance(self.stack[-1], ast.expr):
            self.shared(-1)
            self.push(self.stack[-1])

    def _pop_one(self, _: object) -> None:
        if self.stack:
            self.discard([self.stack.pop()])

    def _pop_mark(self, _: object) -> None:
        self.discard(self.since_mark())

    def discard(self, values: list[Any]) -> None:
        """Keep what is thrown away: it was made all the same."""
        for value in values:
            if isinstance(value, ast.expr) and not isinstance(value, (ast.Name, ast.Constant)):
                self.keep(value)

    def _persistent(self, _: object) -> None:
        value = self.pop()
        self.push(ast.Call(ast.Name("persistent_load", ast.Load()), [value], []))


def _is_simple(value: ast.expr) -> bool:
    """Return whether an expression may stand in several places: short and without effect."""
    while isinstance(value, ast.Attribute):
        value = value.value
    if isinstance(value, ast.Constant) and isinstance(value.value, (str, bytes)):
        return len(value.value) <= 200
    return isinstance(value, (ast.Name, ast.Constant))


_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_CONSTANTS |= {"EMPTY_TUPLE": ()}
_IGNORED = frozenset(["PROTO", "FRAME", "STOP", "READONLY_BUFFER"])
_HANDLERS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine._mark,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "REDUCE": _Machine._reduce,
    "INST": _Machine._instance,
    "OBJ": _Machine._object,
    "NEWOBJ": _Machine._new,
    "NEWOBJ_EX": _Machine._new_named,
    "BUILD": _Machine._build,
    "TUPLE": _Machine._tuple,
    "TUPLE1": lambda m, _: m._tuple_of(1),
    "TUPLE2": lambda m, _: m._tuple_of(2),
    "TUPLE3": lambda m, _: m._tuple_of(3),
    "EMPTY_LIST": lambda m, _: m.push(ast.List([], ast.Load())),
    "LIST": _Machine._list,
    "FROZENSET": _Machine._frozen,
    "DICT": _Machine._dict,
    "EMPTY_DICT": _Machine._empty_dict,
    "EMPTY_SET": _Machine._empty_set,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "ADDITEMS": _Machine._items_added,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "PUT": _Machine._put,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._memoize,
    "GET": _Machine._get,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "DUP": _Machine._dup,
    "POP": _Machine._pop_one,
    "POP_MARK": _Machine._pop_mark,
    "BINPERSID": _Machine._persistent,
}
