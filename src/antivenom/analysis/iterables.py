"""Pure functions of the standard library's smaller modules, with a bound on what they make."""

from __future__ import annotations

import itertools
import operator
import struct
from collections.abc import Callable, Iterable
from typing import Any

MAX_MADE = 65_536
"""Elements of what would go on for ever: ciphers walk a key round and round."""
_MAX_PACKED = 4 << 20
_UNPACKED_AT_MOST = 400_000


def _first(made: Iterable[Any]) -> list[Any]:
    return list(itertools.islice(made, MAX_MADE))


def _cycle(given: Any) -> list[Any]:
    return _first(itertools.cycle(given)) if len(given) else []


def _repeat(value: Any, times: int = MAX_MADE) -> list[Any]:
    return [value] * min(times, MAX_MADE)


def _chained(parts: Any) -> list[Any]:
    return _first(itertools.chain.from_iterable(parts))


def _islice(given: Any, *ends: int | None) -> list[Any]:
    return _first(itertools.islice(given, *ends))


def _pack(form: Any, *values: Any) -> bytes:
    if _calcsize(form) > _MAX_PACKED:
        raise ValueError("too long")
    try:
        return struct.pack(form, *values)
    except struct.error as error:
        raise ValueError(str(error)) from None


def _unpack(form: Any, data: Any) -> tuple[Any, ...]:
    if len(data) > _UNPACKED_AT_MOST:
        raise ValueError("too long")
    try:
        return struct.unpack(form, bytes(data))
    except struct.error as error:
        raise ValueError(str(error)) from None


def _unpack_all(form: Any, data: Any) -> list[tuple[Any, ...]]:
    if len(data) > _UNPACKED_AT_MOST:
        raise ValueError("too long")
    try:
        return list(struct.iter_unpack(form, bytes(data)))
    except struct.error as error:
        raise ValueError(str(error)) from None


def _calcsize(form: Any) -> int:
    try:
        return struct.calcsize(form)
    except struct.error as error:
        raise ValueError(str(error)) from None


def _array(code: str, given: Any = ()) -> bytes:
    """An array is taken for its bytes: who decodes with one asks for nothing else."""
    if isinstance(given, (bytes, bytearray)):
        return bytes(given)
    if code in {"b", "B"}:
        return bytes(x & 255 for x in given)
    return _pack(f"<{len(given)}{'I' if code == 'L' else code}", *given)


def _view(given: Any) -> bytes:
    return bytes(given) if isinstance(given, (bytes, bytearray)) else b""


PURE: dict[str, Callable[..., Any]] = {
    "array.array": _array,
    "builtins.memoryview": _view,
    "itertools.chain": lambda *parts: _chained(parts),
    "itertools.chain.from_iterable": _chained,
    "itertools.cycle": _cycle,
    "itertools.islice": _islice,
    "itertools.repeat": _repeat,
    "itertools.zip_longest": lambda *a, **k: _first(itertools.zip_longest(*a, **k)),
    "math.ceil": lambda x: -int(-x // 1),
    "math.floor": lambda x: int(x // 1),
    "operator.add": operator.add,
    "operator.sub": operator.sub,
    "operator.xor": operator.xor,
    "os.path.abspath": lambda p: p,
    "os.path.basename": lambda p: p.rpartition("/")[2],
    "os.path.expandvars": lambda p: p,
    "os.path.normpath": lambda p: p,
    "struct.calcsize": _calcsize,
    "struct.iter_unpack": _unpack_all,
    "struct.pack": _pack,
    "struct.unpack": _unpack,
}
"""Path -> function over constants; part of `fold.PURE`."""

LISTING = frozenset(
    [
        *("itertools.chain", "itertools.chain.from_iterable", "itertools.cycle"),
        *("itertools.islice", "itertools.zip_longest"),
        *("array.array", "struct.iter_unpack", "struct.unpack"),
    ]
)
"""What makes an object of every element given."""

__all__ = ["LISTING", "MAX_MADE", "PURE"]
