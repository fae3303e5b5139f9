"""Methods of constant texts, bytes and numbers, each with a bound on what it makes."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from typing import Any

from antivenom.analysis import decode, fold
from antivenom.analysis.dialects.javascript.operators import number, text, whole
from antivenom.analysis.value import UNKNOWN

ENCODINGS = {"base64": "base64", "base64url": "base64", "hex": "hex"}
_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
Pattern = tuple[str, str]
"""Source and flags of a regular expression."""


def of_text(value: str, name: str, args: list[Any]) -> Any:  # noqa: ANN401
    """Call a method of a text; `UNKNOWN` when we do not compute it."""
    method = _TEXT.get(name)
    try:
        made = method(value, *args) if method is not None else UNKNOWN
    except _ERRORS:
        return UNKNOWN
    return made if fold.fits(made) else UNKNOWN


def _place(value: Any, size: int, default: int) -> int:  # noqa: ANN401
    """Return an index as ``slice`` reads it."""
    if value is None:
        return default
    found = number(value)
    if found != found:
        return 0
    at = int(max(-1e9, min(1e9, found)))
    return max(0, size + at) if at < 0 else min(at, size)


def _at(value: str, index: Any = 0) -> Any:  # noqa: ANN401
    found = number(index) if index is not None else 0
    at = 0 if found != found else int(found)
    return value[at] if 0 <= at < len(value) else ""


def _code(value: str, index: Any = 0) -> Any:  # noqa: ANN401
    one = _at(value, index)
    return ord(one) if one else math.nan


def slice_of(value: Any, start: Any = None, end: Any = None) -> Any:  # noqa: ANN401
    """``slice`` of a text, bytes or list."""
    size = len(value)
    return value[_place(start, size, 0) : _place(end, size, size)]


def _substring(value: str, start: Any = 0, end: Any = None) -> str:  # noqa: ANN401
    size = len(value)
    a = max(0, _place(start, size, 0)) if number(start or 0) >= 0 else 0
    b = size if end is None else (_place(end, size, size) if number(end) >= 0 else 0)
    return value[min(a, b) : max(a, b)]


def _substr(value: str, start: Any = 0, count: Any = None) -> str:  # noqa: ANN401
    at = _place(start, len(value), 0)
    return value[at:] if count is None else value[at : at + max(0, int(number(count)))]


def _split(value: str, glue: Any = None, most: Any = None) -> Any:  # noqa: ANN401
    if glue is None:
        return [value]
    if isinstance(glue, tuple):
        pattern = _plain(glue)
        if pattern is None:
            return UNKNOWN
        found = re.split(pattern, value)
    else:
        found = list(value) if glue == "" else value.split(text(glue) or "")
    return found[: int(most)] if most is not None else found


def _replace(value: str, old: Any, new: Any, *, every: bool = False) -> Any:  # noqa: ANN401
    if not isinstance(new, str):
        return UNKNOWN
    if isinstance(old, tuple):
        pattern = _plain(old)
        if pattern is None or "$" in new:
            return UNKNOWN
        flags = re.IGNORECASE if "i" in old[1] else 0
        compiled = re.compile(pattern, flags)
        hits = compiled.subn("", value)[1]
        if hits * len(new) > fold.MAX_TEXT:
            return UNKNOWN
        return compiled.sub(lambda _: new, value, count=0 if "g" in old[1] else 1)
    return fold.method(value, "replace", [old, new] if every else [old, new, 1], {})[0]


_SIMPLE = re.compile(
    r"(?:[^\\^$.*+?()\[\]{}|]|\\[\\^$.*+?()\[\]{}|/nrtsdwSDWx-]|\[\^?(?:[^\\\]]|\\.){1,100}\])+[+]?"
)


def _plain(pattern: Pattern) -> str | None:
    """Return a pattern when it is so plain that it reads the same here, and fast."""
    source = pattern[0]
    if len(source) > 200 or not _SIMPLE.fullmatch(source):
        return None
    return source.replace("\\/", "/")


def _repeat(value: str, times: Any) -> Any:  # noqa: ANN401
    count = int(number(times))
    return value * count if 0 <= count * len(value) <= fold.MAX_TEXT else UNKNOWN


def _pad(value: str, size: Any, filler: Any = " ", *, front: bool) -> Any:  # noqa: ANN401
    missing = int(number(size)) - len(value)
    if missing <= 0 or not filler:
        return value
    if missing > 65536:
        return UNKNOWN
    made = (str(filler) * (missing // len(str(filler)) + 1))[:missing]
    return made + value if front else value + made


_TEXT: dict[str, Callable[..., Any]] = {
    "charAt": _at,
    "at": lambda v, i=0: slice_of(v, i)[:1] if number(i) < 0 else _at(v, i),
    "charCodeAt": _code,
    "codePointAt": _code,
    "concat": lambda v, *a: v + "".join(text(x) or "" for x in a),
    "includes": lambda v, x, *_: text(x) in v,
    "indexOf": lambda v, x, at=0: v.find(text(x) or "", max(0, int(number(at)))),
    "lastIndexOf": lambda v, x, *_: v.rfind(text(x) or ""),
    "startsWith": lambda v, x, at=0: v.startswith(text(x) or "", int(number(at))),
    "endsWith": lambda v, x, *_: v.endswith(text(x) or ""),
    "slice": slice_of,
    "substring": _substring,
    "substr": _substr,
    "split": _split,
    "replace": _replace,
    "replaceAll": lambda v, a, b: _replace(v, a, b, every=True),
    "repeat": _repeat,
    "padStart": lambda v, n, f=" ": _pad(v, n, f, front=True),
    "padEnd": lambda v, n, f=" ": _pad(v, n, f, front=False),
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "toLocaleLowerCase": str.lower,
    "toLocaleUpperCase": str.upper,
    "trim": str.strip,
    "trimStart": str.lstrip,
    "trimEnd": str.rstrip,
    "toString": lambda v, *_: v,
    "valueOf": lambda v: v,
    "normalize": lambda v, *_: v,
}


def of_bytes(value: bytes, name: str, args: list[Any]) -> tuple[Any, str]:
    """Call a method of a buffer; return the result and the decoder's name, "" if none."""
    try:
        if name in ("toString", "toLocaleString"):
            return encoded(value, text(args[0]) if args and args[0] is not None else "utf8"), ""
        if name in ("slice", "subarray"):
            return slice_of(value, *args[:2]), ""
        if name == "readUInt8" and args:
            return value[int(number(args[0]))], ""
        if name in ("toJSON", "values"):
            return list(value) if len(value) <= fold.MAX_ITEMS else UNKNOWN, ""
        if name == "reverse":
            return value[::-1], ""
    except _ERRORS:
        return UNKNOWN, ""
    return UNKNOWN, ""


def encoded(value: bytes, name: str | None) -> Any:  # noqa: ANN401
    """Return bytes as text in an encoding that Node knows."""
    plain = (name or "utf8").lower().replace("-", "")
    if plain == "hex":
        return value.hex()
    if plain in ("base64", "base64url"):
        return base64.b64encode(value).decode()
    if plain in ("latin1", "binary", "ascii"):
        return value.decode("latin-1")
    if plain in ("ucs2", "utf16le"):
        return value.decode("utf-16-le", "replace")
    return value.decode("utf-8", "replace")


def decoded(value: str, name: str | None) -> Any:  # noqa: ANN401
    """Return the bytes a text stands for in an encoding that Node knows."""
    plain = (name or "utf8").lower().replace("-", "")
    if plain == "hex":
        kept = re.match(r"(?:[0-9a-fA-F]{2})*", value)
        return bytes.fromhex(kept.group()) if kept else b""
    if plain in ("base64", "base64url"):
        return decode.b64(value.replace("-", "+").replace("_", "/").partition("=")[0])
    if plain in ("latin1", "binary", "ascii"):
        return value.encode("latin-1", "replace")
    if plain in ("ucs2", "utf16le"):
        return value.encode("utf-16-le", "surrogatepass")
    return value.encode("utf-8", "surrogatepass")


def of_number(value: float, name: str, args: list[Any]) -> Any:  # noqa: ANN401
    """Call a method of a number."""
    try:
        if name == "toString":
            return in_base(value, int(number(args[0])) if args else 10)
        if name == "toFixed":
            return f"{value:.{min(20, int(number(args[0])) if args else 0)}f}"
        if name == "valueOf":
            return value
    except _ERRORS:
        return UNKNOWN
    return UNKNOWN


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def in_base(value: float, base: int) -> Any:  # noqa: ANN401
    """Return a whole number in a base, as ``toString`` does."""
    if base == 10 or not isinstance(value, int) or not 2 <= base <= 36:
        return text(value) if base == 10 else UNKNOWN
    if value.bit_length() > 4096:
        return UNKNOWN
    digits, rest = "", abs(value)
    while rest:
        digits = _DIGITS[rest % base] + digits
        rest //= base
    return ("-" if value < 0 else "") + (digits or "0")


_LEADING = re.compile(r"\s{0,50}([+-]?)(0[xX])?([0-9a-zA-Z]{0,400})")


def parse_int(value: Any, base: Any = None) -> float | int:  # noqa: ANN401
    """``parseInt``: as many digits as there are."""
    found = _LEADING.match(text(value) or "")
    assert found is not None
    sign, prefix, digits = found.groups()
    radix = int(number(base)) if base else 16 if prefix else 10
    if not 2 <= radix <= 36:
        return math.nan
    if prefix and radix != 16:
        return 0
    end = 0
    while end < len(digits) and _DIGITS.find(digits[end].lower()) in range(radix):
        end += 1
    if not end:
        return math.nan
    made = int(digits[:end], radix)
    return -made if sign == "-" else made


_FLOAT = re.compile(r"\s{0,50}([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?)")


def parse_float(value: Any) -> float | int:  # noqa: ANN401
    """``parseFloat``."""
    found = _FLOAT.match(text(value) or "")
    return whole(float(found.group(1))) if found else math.nan
