"""Bytecode as a list of instructions, and which interpreter's bytecode it is."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.opcodes import caches, table

_BY_LAYOUT = {
    "2.7": ("2.7",),
    "3.0": ("3.7", "3.6"),
    "3.8": ("3.8", "3.9", "3.10"),
    "3.11": ("3.11", "3.12", "3.13", "3.14"),
}
_RELATIVE = frozenset(
    """
    JUMP_FORWARD FOR_ITER SETUP_LOOP SETUP_EXCEPT SETUP_FINALLY SETUP_WITH SETUP_ASYNC_WITH SEND
    CALL_FINALLY
    """.split()  # noqa: SIM905 - a table is read more easily
)
_ABSOLUTE = frozenset(
    """
    JUMP_ABSOLUTE CONTINUE_LOOP JUMP_IF_NOT_EXC_MATCH JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP
    POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE
    """.split()  # noqa: SIM905 - a table is read more easily
)
_HAVE_ARGUMENT = 90
"""In Python 2 an instruction from this number on is three bytes long."""
_SAMPLED = 2000
_CERTAIN = 0.9


class Instruction(Struct, gc=False):
    """One instruction; ``target`` is the offset it may jump to, -1 for none."""

    offset: int
    name: str
    arg: int
    target: int


def disassemble(code: bytes, version: str) -> list[Instruction]:
    """Return the instructions of a version's bytecode; unknown numbers have an empty name."""
    return _old(code) if version == "2.7" else _wordcode(code, version)


def _old(code: bytes) -> list[Instruction]:
    names = table("2.7")
    found: list[Instruction] = []
    at, extended = 0, 0
    while at < len(code):
        start, number = at, code[at]
        name = names.get(number, "")
        at += 1
        arg = 0
        if number >= _HAVE_ARGUMENT:
            arg = extended | int.from_bytes(code[at : at + 2], "little")
            at += 2
        extended = arg << 16 & 0xFFFFFFFF if name == "EXTENDED_ARG" else 0
        target = -1
        if name in _RELATIVE:
            target = at + arg
        elif name in _ABSOLUTE:
            target = arg
        found.append(Instruction(start, name, arg, target))
    return found


def _wordcode(code: bytes, version: str) -> list[Instruction]:
    names, spaces = table(version), caches(version)
    found: list[Instruction] = []
    at, extended, start = 0, 0, -1
    while at + 1 < len(code):
        name = names.get(code[at], "")
        arg = (extended << 8 | code[at + 1]) & 0xFFFFFFFF
        start = at if start < 0 else start
        at += 2
        if name == "EXTENDED_ARG":
            extended = arg
            continue
        at += 2 * spaces.get(name, 0)
        found.append(Instruction(start, name, arg, _target(name, arg, at, version)))
        extended, start = 0, -1
    return found


def _target(name: str, arg: int, after: int, version: str) -> int:
    minor = int(version.partition(".")[2])
    unit = 2 if minor >= 10 else 1
    if "BACKWARD" in name:
        return after - unit * arg
    jumps = name in _ABSOLUTE or name.startswith("POP_JUMP")
    if name in _RELATIVE or (jumps and minor >= 11):
        return after + unit * arg
    return unit * arg if jumps else -1


def version_of(codes: list[Code]) -> tuple[str, bool]:
    """Return the version whose bytecode this most looks like, and whether it is convincing."""
    candidates = _BY_LAYOUT[codes[0].layout]
    sample = _sample(codes)
    scores = [_score(sample, version) for version in candidates]
    best = max(range(len(scores)), key=lambda n: (scores[n], -n))
    return candidates[best], scores[best] >= _CERTAIN


def _sample(codes: list[Code]) -> list[Code]:
    found: list[Code] = []
    waiting: list[Any] = list(codes)
    while waiting and len(found) < 50:
        one = waiting.pop(0)
        found.append(one)
        waiting += [x for x in one.consts[:200] if isinstance(x, Code)]
    return found


def _score(codes: list[Code], version: str) -> float:
    good = total = 0
    for code in codes:
        instructions = disassemble(code.code[:_SAMPLED], version)
        whole = len(code.code) <= _SAMPLED
        starts = {i.offset for i in instructions}
        for number, one in enumerate(instructions):
            total += 1
            good += _plausible(one, code, version, starts if whole else None)
            if number == 0 and code.layout == "3.11":
                opening = {"RESUME", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR"}
                good += 5 * (one.name in opening)
                total += 5
    return good / total if total else 0.0


def _plausible(one: Instruction, code: Code, version: str, starts: set[int] | None) -> bool:
    name, arg = one.name, one.arg
    if not name or name in {"CACHE", "RESERVED"}:
        return False
    if one.target >= 0 and starts is not None and one.target not in starts:
        return False
    if one.target < -1:
        return False
    if name in {"LOAD_CONST", "RETURN_CONST", "KW_NAMES"}:
        return arg < len(code.consts)
    if name in {"LOAD_FAST", "STORE_FAST"}:
        return arg < len(code.varnames)
    if name in {"LOAD_NAME", "STORE_NAME", "IMPORT_NAME", "IMPORT_FROM", "STORE_ATTR"}:
        return arg < len(code.names)
    if name == "LOAD_GLOBAL":
        return arg >> (version in {"3.11", "3.12", "3.13", "3.14"}) < len(code.names)
    return not (name == "COMPARE_OP" and version in {"3.9", "3.10", "3.11"} and arg > 5)
