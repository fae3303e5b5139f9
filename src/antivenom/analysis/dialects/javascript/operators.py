"""Operators over constants as JavaScript means them: texts win, integers have 32 bits."""

from __future__ import annotations

import math
from typing import Any

from antivenom.analysis import fold
from antivenom.analysis.value import UNKNOWN

_BITS = 0xFFFFFFFF
_Number = (int, float)


def text(value: Any) -> str | None:  # noqa: ANN401 - any constant
    """Return a constant as JavaScript writes it, None for what it writes by code."""
    if isinstance(value, str):
        return value
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 4096 else None
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list):
        if not fold.shallow(value) or fold.bulk(value) > fold.MAX_TEXT:
            return None
        parts = ["" if v is None else text(v) for v in value]
        return None if any(p is None for p in parts) else ",".join(p or "" for p in parts)
    return "[object Object]" if isinstance(value, dict) else None


def _decimal(value: float) -> str:
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value == int(value) and abs(value) < 1e21 else repr(value)


def number(value: Any) -> float | int:  # noqa: ANN401
    """Return a constant as a number, NaN when it is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, _Number):
        return value
    if value is None:
        return math.nan
    if isinstance(value, list):
        value = text(value) or ""
    if isinstance(value, str):
        return _parsed(value.strip())
    return math.nan


def _parsed(plain: str) -> float | int:
    if not plain:
        return 0
    try:
        if plain[:2].lower() in ("0x", "0o", "0b") and len(plain) < 4000:
            return int(plain, 0)
        return whole(float(plain)) if len(plain) < 400 and plain[-1:] not in "fny" else math.nan
    except ValueError:
        return math.nan


def whole(value: float) -> float | int:
    """Return a number as an integer where it is one."""
    if isinstance(value, int) or value != value or math.isinf(value):
        return value
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def _int32(value: Any) -> int:  # noqa: ANN401
    found = number(value)
    if found != found or math.isinf(found):
        return 0
    low = int(found) & _BITS
    return low - (1 << 32) if low >= 1 << 31 else low


def truth(value: object) -> bool:
    """Whether a constant counts as true: empty lists and mappings do."""
    if isinstance(value, float) and value != value:
        return False
    return isinstance(value, (list, dict, tuple)) or bool(value)


def binary(op: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    """Apply a binary operator to two constants."""
    try:
        return _binary(op, left, right)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return UNKNOWN


def _binary(op: str, left: Any, right: Any) -> Any:  # noqa: ANN401
    if op == "+":
        return _plus(left, right)
    if op in _ARITHMETIC:
        return _arithmetic(op, number(left), number(right))
    if op in _BITWISE:
        return _bitwise(op, left, right)
    if op in ("==", "is", "!=", "isnot"):
        same = _same(left, right, strict=op in ("is", "isnot"))
        return same if op in ("==", "is") else not same
    if op in ("<", "<=", ">", ">="):
        if not (isinstance(left, str) and isinstance(right, str)):
            left, right = number(left), number(right)
        return fold.binary(op, left, right)
    if op == "in":
        if isinstance(right, dict):
            return text(left) in right
        return isinstance(right, list) and 0 <= number(left) < len(right)
    return UNKNOWN


_ARITHMETIC = frozenset(["-", "*", "/", "%", "**"])
_BITWISE = frozenset(["&", "|", "^", "<<", ">>", ">>>"])


def _plus(left: Any, right: Any) -> Any:  # noqa: ANN401
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return whole(left + right)
    a, b = text(left), text(right)
    if a is None or b is None or len(a) + len(b) > fold.MAX_TEXT:
        return UNKNOWN
    if not (
        isinstance(left, (str, list, dict, bytes)) or isinstance(right, (str, list, dict, bytes))
    ):
        return whole(number(left) + number(right))
    return a + b


def _arithmetic(op: str, a: float, b: float) -> Any:  # noqa: ANN401
    if op == "/":
        if b == 0:
            return math.nan if a == 0 or a != a else math.copysign(math.inf, a)
        return whole(a / b)
    if op == "%":
        return math.nan if b == 0 or math.isinf(a) else whole(math.fmod(a, b))
    if op == "**":
        return whole(fold.binary("**", a, b))
    found = a - b if op == "-" else a * b
    return whole(found) if fold.fits(found) else UNKNOWN


def _bitwise(op: str, left: Any, right: Any) -> int:  # noqa: ANN401
    a, b = _int32(left), _int32(right)
    if op == ">>>":
        return (a & _BITS) >> (b & 31)
    if op == "<<":
        return _int32((a << (b & 31)) & _BITS)
    if op == ">>":
        return a >> (b & 31)
    return a & b if op == "&" else a | b if op == "|" else a ^ b


def _same(left: Any, right: Any, *, strict: bool) -> bool:  # noqa: ANN401
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return left is right
    if isinstance(left, str) == isinstance(right, str) or strict:
        kinds = isinstance(left, (int, float)) == isinstance(right, (int, float))
        return bool(kinds and left == right)
    return bool(number(left) == number(right))


def unary(op: str, value: Any) -> Any:  # noqa: ANN401
    """Apply a unary operator to a constant."""
    if op == "not":
        return not truth(value)
    if op == "inv":
        return ~_int32(value)
    if op in ("neg", "pos"):
        found = number(value)
        return whole(-found if op == "neg" else found)
    if op == "typeof":
        return kind(value)
    return UNKNOWN


def kind(value: object) -> str:
    """Return what ``typeof`` says of a constant."""
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "undefined" if value is None else "object"
