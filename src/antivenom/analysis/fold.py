"""Evaluate what is constant: operators, built-in functions, methods, decoders.

Only allow-listed pure functions, each with a bound on its output, so that a sample can make us
compute neither long nor large. A result of `UNKNOWN` means "not computed", never an error.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from antivenom.analysis import decode, iterables
from antivenom.analysis.constants import CODECS
from antivenom.analysis.value import UNKNOWN

MAX_TEXT = 4 << 20
MAX_ITEMS = 400_000
MAX_BITS = 1 << 16

_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "/": operator.truediv,
    "//": operator.floordiv,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    ">>": operator.rshift,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.eq,
    "isnot": operator.ne,
    "in": lambda a, b: a in b,
    "notin": lambda a, b: a not in b,
}
_UNARY: Mapping[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "inv": operator.invert,
    "not": operator.not_,
}
_COMPARING = frozenset(["==", "!=", "<", "<=", ">", ">=", "is", "isnot", "in", "notin"])
_SIZED = (str, bytes, bytearray, list, tuple, set, frozenset, dict)
_CONTAINERS = (list, tuple, set, frozenset, dict)
_DEPTH = 16
_MOST_SETTLED = 1000
_AT_ONCE = frozenset(["builtins.len", "builtins.iter", "builtins.bool"])
_SLOW = frozenset(["base64.a85decode", "base64.b85decode", "base64.b32decode", "html.unescape"])
_NUMBERS = (int, float, bool)


def fits(value: object) -> bool:
    """Return whether a result is small enough to keep."""
    if isinstance(value, (str, bytes, bytearray)):
        return len(value) <= MAX_TEXT
    if isinstance(value, (list, tuple, set, frozenset, dict, range)):
        return len(value) <= MAX_ITEMS
    if isinstance(value, int):
        return value.bit_length() <= MAX_BITS
    return True


def bulk(*values: object, cap: int = MAX_TEXT) -> int:
    """Return about how many characters values hold, what is inside containers included.

    Counts what is held twice twice, as whoever prints or compares it does; stops above `cap`.
    """
    total = 0
    waiting: list[object] = list(values)
    while waiting and total <= cap:
        value = waiting.pop()
        total += 2
        if isinstance(value, (str, bytes, bytearray)):
            total += len(value)
        elif isinstance(value, (list, tuple, set, frozenset, dict, range)):
            total += len(value)
            if total <= cap and not isinstance(value, range):
                waiting += value
                waiting += value.values() if isinstance(value, dict) else ()
    return total


def toll(path: str, given: Iterable[object], result: object) -> int:
    """Return the steps that a function over constants costs: about one for a microsecond."""
    if path in _AT_ONCE:
        return 0
    size = sum(len(v) for v in (*given, result) if isinstance(v, _SIZED))
    return size >> (3 if path in _LISTING or path in _SLOW else 10)


def shallow(*values: object) -> bool:
    """Return whether values may be put into a constant container, compared, or hashed.

    Not when containers nest deeply or hold the same again and again: whoever walks those walks
    long.
    """
    level: list[Any] = [v for v in values if isinstance(v, _CONTAINERS)]
    total = 0
    for _ in range(_DEPTH):
        if not level:
            return True
        total += sum(map(len, level))
        if total > MAX_ITEMS:
            return False
        inside = [held.values() if isinstance(held, dict) else held for held in level]
        level = [x for held in inside for x in held if isinstance(x, _CONTAINERS)]
    return False


def settled(value: Any) -> Any:
    """Return a set as a list in an order of its own: that of a set is another one every time."""
    if not isinstance(value, (set, frozenset)):
        return value
    if len(value) > _MOST_SETTLED:
        raise ValueError("too many to put in order each time")
    return sorted(value, key=lambda held: (type(held).__name__, repr(held)))


def binary(op: str, left: Any, right: Any) -> Any:
    """Apply a binary operator to two constants."""
    try:
        if op == "*":
            return _times(left, right)
        if op == "**":
            return _power(left, right)
        if op == "<<":
            return left << right if right < 4096 and fits(left) else UNKNOWN
        if op == "%":
            return _percent(left, settled(right))
        if op == "+" and not _sum_fits(left, right):
            return UNKNOWN
        if op in _COMPARING and not shallow(left, right):
            return UNKNOWN
        result = _OPERATORS[op](left, right)
    except _ERRORS:
        return UNKNOWN
    except KeyError:
        return UNKNOWN
    return result if fits(result) else UNKNOWN


def unary(op: str, value: Any) -> Any:
    """Apply a unary operator to a constant."""
    try:
        return _UNARY[op](value)
    except _ERRORS:
        return UNKNOWN


def _sum_fits(left: Any, right: Any) -> bool:
    if isinstance(left, _NUMBERS) or isinstance(right, _NUMBERS):
        return True
    return len(left) + len(right) <= MAX_TEXT


def _times(left: Any, right: Any) -> Any:
    if isinstance(left, _NUMBERS) and isinstance(right, _NUMBERS):
        return left * right if fits(left) and fits(right) else UNKNOWN
    many, times = (right, left) if isinstance(left, int) else (left, right)
    if not isinstance(times, int) or len(many) * max(times, 0) > MAX_ITEMS:
        return UNKNOWN
    return many * times


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        if exponent < 0 or base.bit_length() * max(exponent, 1) > MAX_BITS:
            return UNKNOWN
    elif isinstance(exponent, (int, float)) and abs(exponent) > 1000:
        return UNKNOWN
    return base**exponent


def _percent(left: Any, right: Any) -> Any:
    if isinstance(left, (str, bytes)):
        if len(left) > 65536 or _wide(left if isinstance(left, str) else left.decode("latin-1")):
            return UNKNOWN
        return left % right if bulk(right) <= MAX_TEXT else UNKNOWN
    return left % right


def _wide(pattern: str) -> bool:
    """A width such as ``%999999999d`` or ``{:>999999999}`` would allocate without end."""
    digits = 0
    for char in pattern:
        digits = digits + 1 if char.isdigit() else 0
        if digits > 5:
            return True
    return "*" in pattern


def index(base: Any, key: Any) -> Any:
    """Return ``base[key]`` of constants; `key` may be a slice."""
    if isinstance(key, tuple) and not shallow(key):
        return UNKNOWN
    try:
        return base[key]
    except _ERRORS:
        return UNKNOWN


# ---------------------------------------------------------------- built-in functions


def _range(*args: int) -> Any:
    made = range(*args)
    return made if len(made) <= MAX_ITEMS else UNKNOWN


def _int(*args: Any) -> Any:
    return int(*args) if not isinstance(args[0], str) or len(args[0]) < 4000 else UNKNOWN


def _bytes(*args: Any) -> Any:
    if args and isinstance(args[0], int):
        return bytes(args[0]) if args[0] < MAX_TEXT else UNKNOWN
    return bytes(*args)


def _pow(*args: Any) -> Any:
    if len(args) == 3 and all(isinstance(a, int) and a.bit_length() < 4096 for a in args):
        return pow(*args)
    return _power(*args) if len(args) == 2 else UNKNOWN


def _str(*args: Any, **named: Any) -> Any:
    if bulk(*args) > MAX_TEXT:
        return UNKNOWN
    return str(*args, **named) if not isinstance(args[0] if args else "", int) else str(args[0])


def _round(value: Any, digits: int = 0) -> Any:
    return round(value, *([digits] if digits else [])) if abs(digits) < 400 else UNKNOWN


def _join(glue: Any, parts: Any) -> Any:
    size = sum(map(len, parts)) + len(glue) * len(parts)
    return glue.join(parts) if size <= MAX_TEXT else UNKNOWN


def _said(how: Callable[[Any], str]) -> Callable[[Any], Any]:
    """``repr`` of a list of long texts is longer than any of them."""
    return lambda value: how(value) if bulk(value) <= MAX_TEXT else UNKNOWN


def _sum(*args: Any) -> Any:
    return sum(*args) if all(isinstance(x, _NUMBERS) for x in args[0]) else UNKNOWN


PURE: dict[str, Callable[..., Any]] = {
    "builtins.abs": abs,
    "builtins.all": all,
    "builtins.any": any,
    "builtins.ascii": _said(ascii),
    "builtins.bin": bin,
    "builtins.bool": bool,
    "builtins.bytearray": _bytes,
    "builtins.bytes": _bytes,
    "builtins.bytes.fromhex": bytes.fromhex,
    "builtins.bytearray.fromhex": bytes.fromhex,
    "builtins.chr": chr,
    "builtins.dict": dict,
    "builtins.divmod": divmod,
    "builtins.enumerate": lambda *a: list(enumerate(*a)),
    "builtins.float": float,
    "builtins.format": lambda v, s="": UNKNOWN if _wide(s) or bulk(v) > MAX_TEXT else format(v, s),
    "builtins.frozenset": frozenset,
    "builtins.hex": hex,
    "builtins.int": _int,
    "builtins.int.from_bytes": int.from_bytes,
    "builtins.iter": lambda x: x,
    "builtins.len": len,
    "builtins.list": list,
    "builtins.long": _int,
    "builtins.max": max,
    "builtins.min": min,
    "builtins.oct": oct,
    "builtins.ord": ord,
    "builtins.pow": _pow,
    "builtins.range": _range,
    "builtins.repr": _said(repr),
    "builtins.reversed": lambda x: list(reversed(x)),
    "builtins.round": _round,
    "builtins.set": set,
    "builtins.sorted": sorted,
    "builtins.str": _str,
    "builtins.str.join": _join,
    "builtins.str.maketrans": str.maketrans,
    "builtins.bytes.maketrans": bytes.maketrans,
    "string.maketrans": str.maketrans,
    "builtins.sum": _sum,
    "builtins.tuple": tuple,
    "builtins.unichr": chr,
    "builtins.unicode": _str,
    "builtins.xrange": _range,
    "builtins.zip": lambda *a: list(zip(*a, strict=False)),
    **iterables.PURE,
    "urllib.parse.unquote": decode.unquote,
    "urllib.unquote": decode.unquote,
    "html.unescape": decode.html_unescape,
    "json.dumps": decode.json_dumps,
    "json.loads": decode.json_loads,
    "ast.literal_eval": decode.literal,
}
"""Path -> function over constants. Decoders stand in `decode.DECODERS`."""

_LISTING = iterables.LISTING | frozenset(
    f"builtins.{name}"
    for name in (
        *("dict", "enumerate", "frozenset", "list", "reversed"),
        *("set", "sorted", "sum", "tuple", "zip"),
    )
)
"""What makes an object of every character of a text."""


def call(path: str, args: list[Any], named: dict[str, Any]) -> tuple[Any, str]:
    """Call a known function on constants; return the result and the decoder's name, "" if none."""
    decoder = decode.DECODERS.get(path)
    try:
        args = args if path in _AT_ONCE else [settled(a) for a in args]
        if decoder is not None:
            result = decoder[1](*args, **named)
            return (result if fits(result) else UNKNOWN), decoder[0]
        function = PURE.get(path)
        if function is None or any(not fits(a) for a in args):
            return UNKNOWN, ""
        if path in _LISTING and any(hasattr(a, "__len__") and len(a) > MAX_ITEMS for a in args):
            return UNKNOWN, ""
        result = function(*args, **named)
    except _ERRORS:
        return UNKNOWN, ""
    except decode.DecodeError:
        return UNKNOWN, ""
    return (result if fits(result) else UNKNOWN), ""


# ---------------------------------------------------------------- methods of constants

_TEXT_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "encode",
        "decode",
        "endswith",
        "find",
        "format",
        "hex",
        "index",
        "isalnum",
        "isalpha",
        "isdigit",
        "islower",
        "isnumeric",
        "isspace",
        "isupper",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "translate",
        "upper",
        "isascii",
        "isidentifier",
        "isprintable",
        "isdecimal",
        "isalnum",
        "format_map",
        "expandtabs",
    ]
)
_MAPPING_METHODS = frozenset(["get", "items", "keys", "values", "copy"])
_LIST_METHODS = frozenset(["index", "count", "copy"])
_INT_METHODS = frozenset(["to_bytes", "bit_length"])
MUTATING = frozenset(
    ["append", "extend", "insert", "reverse", "sort", "pop", "update", "add", "clear", "remove"]
)


def method(receiver: Any, name: str, args: list[Any], named: dict[str, Any]) -> tuple[Any, str]:
    """Call a method of a constant; return the result and the decoder's name, "" if none."""
    try:
        result, decoder = _method(receiver, name, [settled(a) for a in args], named)
    except _ERRORS:
        return UNKNOWN, ""
    except decode.DecodeError:
        return UNKNOWN, ""
    return (result if fits(result) else UNKNOWN), decoder


def _method(receiver: Any, name: str, args: list[Any], named: dict[str, Any]) -> tuple[Any, str]:
    if isinstance(receiver, (str, bytes, bytearray)):
        if name in {"encode", "decode"}:
            return _transcode(receiver, name, args, named)
        if name in {"tobytes", "tostring"} and not isinstance(receiver, str):
            return bytes(receiver), ""  # of an array or a view
        if name == "fromhex":
            return bytes.fromhex(*args), "hex"
        if not _bounded(receiver, name, args, named):
            return UNKNOWN, ""
        if name == "join":
            return _join(receiver, *args), ""
        if name in {"expandtabs"} or name not in _TEXT_METHODS | {"zfill", "ljust", "rjust"}:
            return UNKNOWN, ""
        if name in {"zfill", "ljust", "rjust"} and args[0] > 65536:
            return UNKNOWN, ""
        return getattr(receiver, name)(*args, **named), ""
    if isinstance(receiver, dict) and name in _MAPPING_METHODS:
        found = getattr(receiver, name)(*args)
        return (list(found) if name in {"items", "keys", "values"} else found), ""
    if isinstance(receiver, (list, tuple)) and name in _LIST_METHODS:
        return getattr(receiver, name)(*args), ""
    if isinstance(receiver, int) and name in _INT_METHODS:
        if name == "to_bytes" and (args[0] if args else named.get("length", 1)) > MAX_TEXT:
            return UNKNOWN, ""
        return getattr(receiver, name)(*args, **named), ""
    return UNKNOWN, ""


def _bounded(receiver: Any, name: str, args: list[Any], named: dict[str, Any]) -> bool:
    """Return whether the result of a method of a text cannot be much longer than what we keep."""
    size = len(receiver)
    if name in {"format", "format_map"}:
        if not isinstance(receiver, str) or ".__" in receiver or ":{" in receiver:
            return False
        many = 1 + receiver.count("{")
        return not _wide(receiver) and many * bulk(*args, *named.values()) <= 4 * MAX_TEXT
    if name == "replace" and len(args) > 1:
        return bool(size + receiver.count(args[0]) * len(args[1]) <= MAX_TEXT)
    if name == "translate" and args and isinstance(args[0], dict):
        longest = max((len(v) for v in args[0].values() if isinstance(v, str)), default=1)
        return size * longest <= MAX_TEXT
    if name in {"split", "rsplit", "splitlines"}:
        sep = args[0] if args and name != "splitlines" else None
        return bool((receiver.count(sep) if sep else size // 2) <= MAX_ITEMS)
    return True


def _transcode(receiver: Any, name: str, args: list[Any], named: dict[str, Any]) -> tuple[Any, str]:
    codec = args[0] if args else named.get("encoding", "utf-8")
    plain = str(codec).lower().replace("_", "-")
    if plain in CODECS or plain.replace("-", "_") in CODECS:
        errors = args[1] if len(args) > 1 else named.get("errors", "strict")
        return getattr(receiver, name)(codec, errors), ""
    return decode.codec(receiver, plain), plain


def mutate(receiver: Any, name: str, args: list[Any]) -> Any:
    """Change a constant list, set, dict or bytearray in place; return what the method returns."""
    try:
        if not shallow(*args) or any(a is receiver for a in args):
            return UNKNOWN
        if isinstance(receiver, set) and name == "pop":
            first = settled(receiver)[0]
            receiver.remove(first)
            return first
        if isinstance(receiver, (list, set, dict, bytearray)) and len(receiver) < MAX_ITEMS:
            return getattr(receiver, name)(*args)
    except _ERRORS:
        return UNKNOWN
    return UNKNOWN
