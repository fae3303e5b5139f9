"""Jumps as structure: branches, loops and conditional values out of forward jumps."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from antivenom.languages.python.bytecode_ops import Operations
from antivenom.languages.python.bytecode_stack import is_simple
from antivenom.languages.python.bytecode_table import NOTHING, OPERATIONS, WORDS
from antivenom.languages.python.disassemble import Instruction, disassemble
from antivenom.languages.python.marshal_reader import Code

_MAX_NESTING = 25
_GOES_ON = frozenset(["JUMP_FORWARD", "JUMP_ABSOLUTE"])
_MAX_CONDITION = 80
_STATEMENTS = ("STORE_", "POP_TOP", "MAKE_", "RETURN", "RAISE", "IMPORT", "UNPACK", "YIELD", "COPY")
_BETWEEN = frozenset(["NOT_TAKEN"])
_ENDS = (ast.Return, ast.Raise)


class Blocks(Operations):
    """Reads the instructions of one code object."""

    def body(self, code: Code) -> list[ast.stmt]:
        """Return the statements of a code object."""
        self.code = code
        self.instructions = disassemble(code.code, self.shared.version)
        self.offsets = [i.offset for i in self.instructions]
        self.nesting = 0
        self.loops = 0
        self.handlers = self._handlers(code)
        self._range(0, len(self.instructions))
        for value in self.stack:
            self.effect(value)
        body = comprehended(self.out)
        declared: list[ast.stmt] = [ast.Global(sorted(self.declared))] if self.declared else []
        return declared + body

    def one(self, name: str, arg: int) -> None:
        """Interpret one instruction that does not jump."""
        handler = OPERATIONS.get(name)
        if handler is not None:
            handler(self, arg)
        elif name.startswith(("BINARY_", "INPLACE_")):
            self.binary(WORDS.get(name.partition("_")[2], "+"))
        elif name not in NOTHING:
            self.shared.why = f"compiled code: an instruction that is not known {name}".strip()

    def _index(self, offset: int) -> int:
        return bisect_left(self.offsets, offset)

    def _handlers(self, code: Code) -> dict[int, int]:
        """Return where handlers of exceptions start, with the depth of the stack there."""
        found: dict[int, int] = {}
        for entry in _exception_table(code.exceptions):
            found.setdefault(self._index(entry[0]), entry[1])
        return found

    def _range(self, start: int, stop: int) -> None:
        """Read the instructions of a range."""
        at = start
        while at < stop:
            self.shared.left -= 1
            if self.shared.left < 0:
                self.shared.why = "compiled code: more instructions than are read"
                return
            one = self.instructions[at]
            self._enter_handler(at)
            at = self._step(one, at, stop)
            if self.out and isinstance(self.out[-1], _ENDS) and at < stop:
                # What follows is reached by a jump: it must not look dead.
                last = self.out.pop()
                self.out.append(ast.If(ast.Name("_flow", ast.Load()), [last], []))

    def _enter_handler(self, at: int) -> None:
        depth = self.handlers.get(at)
        if depth is not None:
            del self.stack[depth:]
            count = 1 if self.shared.minor >= 11 else 6
            for _ in range(count):
                self.load("_error")

    def _step(self, one: Instruction, at: int, stop: int) -> int:
        """Read one instruction; return which comes next."""
        name = one.name
        if one.target < 0 or name in _GOES_ON or "BACKWARD" in name:
            if "_IF_" in name:
                self.effect(self.pop())
            else:
                self.one(name, one.arg)
            return at + 1
        target = self._index(one.target)
        if name == "FOR_ITER":
            return self._loop(at, min(target, stop))
        if name == "SEND":
            self.pop()
            self.push(ast.Await(self.pop()))
            return target if at < target <= stop else at + 1
        if name.startswith("SETUP_"):
            self.one(name, one.arg)
            if name != "SETUP_LOOP":
                self.handlers.setdefault(target, max(0, len(self.stack) - (name[6:10] == "WITH")))
            return at + 1
        if "_OR_POP" in name:
            return self._short_circuit(one, at, target, stop)
        if "_IF_" in name:
            return self._branch(one, at, target, stop)
        self.one(name, one.arg)
        return at + 1

    # ------------------------------------------------------------------ structure

    def _test(self, name: str) -> ast.expr:
        """Return the condition under which a conditional jump does not jump."""
        if name == "JUMP_IF_NOT_EXC_MATCH":
            self.unknown(2, 0)
            return ast.Name("_matches", ast.Load())
        value = self.pop()
        if name.endswith("_NONE"):
            kind = ast.Is() if "NOT_NONE" in name else ast.IsNot()
            return ast.Compare(value, [kind], [ast.Constant(None)])
        return ast.UnaryOp(ast.Not(), value) if name.endswith("TRUE") else value

    def _branch(self, one: Instruction, at: int, target: int, stop: int) -> int:
        test = self._test(one.name)
        if target > at:
            test, at, target = self._chain(test, at, stop)
        if self.nesting >= _MAX_NESTING or (target <= at and not self.loops):
            self.effect(test)
            return at + 1
        if target <= at:
            target = stop  # on with the next round of a loop
        elif self.loops and target == at + 2 and self._goes_back(at + 1):
            test = _negated(test)
            at, target = at + 1, stop
        target = min(target, stop)
        end, after = self._otherwise(at, target, stop)
        before = list(self.stack)
        body, left = self._inside(at + 1, end, before)
        other, right = self._inside(target, after, before) if after > target else ([], before)
        self._join(test, body, other, left, right)
        return after

    def _chain(self, test: ast.expr, at: int, stop: int) -> _Link:
        """Read ``a and b or c``: conditions that jump one after the other are one condition."""
        first = self.instructions[at]
        links = [(test, at, self._index(first.target))]
        best = links[0]
        while len(links) < _MAX_NESTING:
            following = self._next_test(links[-1][1] + 1, stop)
            if following is None:
                break
            links.append(following)
            while len(links) > 1 and (joined := _linked(links[-2], links[-1])) is not None:
                links[-2:] = [joined]
            if len(links) == 1:
                best = links[0]
        return best

    def _next_test(self, start: int, stop: int) -> _Link | None:
        """Return the condition that comes next, when nothing else does."""
        for at in range(start, min(start + _MAX_CONDITION, stop)):
            one = self.instructions[at]
            if one.name.startswith("POP_JUMP") and one.target > one.offset:
                made, stack = self._inside(start, at, self.stack)
                if made or len(stack) != len(self.stack) + 1 or at == start:
                    return None
                self.stack.append(stack[-1])
                return self._test(one.name), at, self._index(one.target)
            if one.target >= 0 or one.name.startswith(_STATEMENTS):
                return None
        return None

    def _otherwise(self, at: int, target: int, stop: int) -> tuple[int, int]:
        """Return where the first arm of a branch ends, and where the second does."""
        end = target - 1
        last = self.instructions[end]
        if last.name == "POP_TOP":
            # `a and b or c` from 3.12 on: COPY, TO_BOOL, POP_JUMP_IF_TRUE, NOT_TAKEN, POP_TOP.
            while end > at + 1 and self.instructions[end - 1].name in _BETWEEN:
                end -= 1
            last = self.instructions[end - 1]
            while end > at + 1 and self.instructions[end].name != "COPY":
                end -= 1
        leaves = last.name in _GOES_ON or "_OR_POP" in last.name or "POP_JUMP_IF" in last.name
        if leaves and at < end < target and "BACKWARD" not in last.name:
            beyond = self._index(last.target)
            if target < beyond <= stop:
                return end, beyond
        return target, target

    def _goes_back(self, at: int) -> bool:
        one = self.instructions[at]
        return "JUMP" in one.name and 0 <= one.target <= one.offset

    def _inside(self, start: int, stop: int, stack: list[Any]) -> tuple[list[ast.stmt], list[Any]]:
        """Read a range on a copy of the stack; return its statements and its stack."""
        kept = self.out, self.stack
        self.out, self.stack = [], list(stack)
        self.shared.left -= len(stack) // 20
        self.nesting += 1
        self._range(start, stop)
        self.nesting -= 1
        made, left = self.out, self.stack
        self.out, self.stack = kept
        return made, left

    def _join(
        self,
        test: ast.expr,
        body: list[ast.stmt],
        other: list[ast.stmt],
        left: list[Any],
        right: list[Any],
    ) -> None:
        """Go on after a branch: values that differ become one conditional value."""
        ended = bool(body) and isinstance(body[-1], _ENDS)
        same = ended or (len(left) == len(right) and all(map(_same, left, right)))
        if not same and not is_simple(test) and not _is_main(test) and (body or other):
            test = self.keep(test)
        if body or other:
            self.out.append(ast.If(test, body or [ast.Pass()], other))
        elif same:
            self.effect(test)
        self.stack = right if ended or len(right) >= len(left) else left
        if same or not left or not right or len(left) != len(right):
            return
        self.stack = list(right[:-1])
        self.push(ast.IfExp(test, self.solid(left[-1]), self.solid(right[-1])))

    def _short_circuit(self, one: Instruction, at: int, target: int, stop: int) -> int:
        first = self.pop()
        if target <= at or self.nesting >= _MAX_NESTING:
            self.effect(first)
            return at + 1
        target = min(target, stop)
        made, stack = self._inside(at + 1, target, self.stack)
        kind = ast.And() if "FALSE" in one.name else ast.Or()
        second = self.solid(stack.pop()) if len(stack) > len(self.stack) else ast.Constant(None)
        self.out += made
        self.push(ast.BoolOp(kind, [first, second]))
        return target

    def _loop(self, at: int, stop: int) -> int:
        for place in range(1, min(len(self.stack), 8) + 1):
            if isinstance(self.stack[-place], (ast.List, ast.Dict, ast.Set)) or _is_empty_set(
                self.stack[-place]
            ):
                self.duplicable(place)
        source = self.pop()
        if stop <= at or self.nesting >= _MAX_NESTING:
            self.effect(source)
            self.load("_unknown")
            return at + 1
        name = self.shared.fresh("item")
        stack = [*self.stack, ast.Name("_iterator", ast.Load()), ast.Name(name, ast.Load())]
        self.loops += 1
        body, _ = self._inside(at + 1, stop, stack)
        self.loops -= 1
        target: ast.expr = ast.Name(name, ast.Store())
        first = body[0] if body else None
        if isinstance(first, ast.Assign) and _is_name(first.value, name):
            target, body = first.targets[0], body[1:]
        self.out.append(ast.For(target, source, body or [ast.Pass()], [], lineno=1))
        return self._after_loop(stop)

    def _after_loop(self, at: int) -> int:
        """Step over what ends a loop: its iterator was popped already."""
        names = [i.name for i in self.instructions[at : at + 2]]
        if names[:1] == ["END_FOR"]:
            return at + 2 if names[1:] in (["POP_TOP"], ["POP_ITER"]) else at + 1
        return at


_Link = tuple[ast.expr, int, int]
"""When the jump is not taken, where it stands, where it leads."""


def _linked(first: _Link, second: _Link) -> _Link | None:
    """Join two conditions that jump one after the other; both say when to go on."""
    (test, _, target), (other, place, beyond) = first, second
    if target == beyond:
        return ast.BoolOp(ast.And(), [test, other]), place, beyond
    if target == place + 1:
        # To go on, the first has to fail or the second to hold.
        return ast.BoolOp(ast.Or(), [_negated(test), other]), place, beyond
    return None


def _negated(test: ast.expr) -> ast.expr:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return test.operand
    return ast.UnaryOp(ast.Not(), test)


def _is_main(test: ast.expr) -> bool:
    """``__name__ == "__main__"`` stays where it stands: it says when what follows runs."""
    return isinstance(test, ast.Compare) and _is_name(test.left, "__name__")


def _same(left: Any, right: Any) -> bool:  # noqa: ANN401
    if left is right:
        return True
    return isinstance(left, ast.Name) and _is_name(right, left.id)


def _is_name(value: Any, name: str) -> bool:  # noqa: ANN401
    return isinstance(value, ast.Name) and value.id == name


def _is_empty_set(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, ast.Call) and _is_name(value.func, "set") and not value.args


def _exception_table(data: bytes) -> list[tuple[int, int]]:
    """Return (offset of the handler, depth of the stack) of each entry, from 3.11 on."""
    numbers: list[int] = []
    value = 0
    for byte in data[:200_000]:
        value = (value << 6 | byte & 0x3F) & 0xFFFFFFFF
        if not byte & 0x40:
            numbers.append(value)
            value = 0
    found = zip(numbers[2::4], numbers[3::4], strict=False)
    return [(2 * target, (depth >> 1) + (depth & 1)) for target, depth in found]


# ---------------------------------------------------------------------- comprehensions

_ADDS = {"append": ast.ListComp, "add": ast.SetComp}


def comprehended(body: list[ast.stmt]) -> list[ast.stmt]:
    """Turn loops that only fill a new collection back into comprehensions."""
    out: list[ast.stmt] = []
    for stmt in body:
        before = out[-1] if out else None
        if isinstance(stmt, ast.For) and isinstance(before, ast.Assign):
            made = _comprehension(before, stmt)
            if made is not None:
                before.value = made
                continue
        for part in ("body", "orelse"):
            inner = getattr(stmt, part, None)
            if isinstance(inner, list) and isinstance(stmt, (ast.If, ast.For)):
                setattr(stmt, part, comprehended(inner))
        out.append(stmt)
    return out


def _comprehension(start: ast.Assign, loop: ast.For) -> ast.expr | None:
    name = start.targets[0]
    empty = isinstance(start.value, (ast.List, ast.Dict)) or _is_empty_set(start.value)
    if not isinstance(name, ast.Name) or not empty or not name.id.startswith("_v"):
        return None
    if isinstance(start.value, ast.List) and start.value.elts:
        return None
    if isinstance(start.value, ast.Dict) and start.value.keys:
        return None
    return _nested(loop, lambda inner, loops: _element(inner, name.id, loops))


def generated(loop: ast.For) -> ast.expr | None:
    """Return the generator expression that a loop of nothing but ``yield`` is."""

    def element(inner: ast.stmt, loops: list[ast.comprehension]) -> ast.expr | None:
        value = inner.value if isinstance(inner, ast.Expr) else None
        if not isinstance(value, ast.Yield) or value.value is None:
            return None
        return ast.GeneratorExp(value.value, loops)

    return _nested(loop, element)


def _nested(
    loop: ast.For, element: Callable[[ast.stmt, list[ast.comprehension]], ast.expr | None]
) -> ast.expr | None:
    """Walk down loops and conditions that hold one statement each."""
    loops: list[ast.comprehension] = []
    inner: ast.stmt = loop
    while True:
        if isinstance(inner, ast.For):
            loops.append(ast.comprehension(inner.target, inner.iter, [], 0))
        elif isinstance(inner, ast.If) and not inner.orelse:
            loops[-1].ifs.append(inner.test)
        else:
            return element(inner, loops)
        if len(inner.body) != 1 or len(loops) > 10:
            return None
        inner = inner.body[0]


def _element(stmt: ast.stmt, name: str, loops: list[ast.comprehension]) -> ast.expr | None:
    if isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Subscript):
        target = stmt.targets[0]
        if _is_name(target.value, name):
            return ast.DictComp(target.slice, stmt.value, loops)
        return None
    call = stmt.value if isinstance(stmt, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    kind: Any = _ADDS.get(call.func.attr)
    if kind is None or not _is_name(call.func.value, name) or len(call.args) != 1:
        return None
    made: ast.expr = kind(call.args[0], loops)
    return made
