"""Functions over constants, by path, with bounds on what they make."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from antivenom.analysis import decode, fold
from antivenom.analysis.dialects.javascript.operators import number, text, whole
from antivenom.analysis.dialects.javascript.texts import decoded, parse_float, parse_int
from antivenom.analysis.value import UNKNOWN
from antivenom.languages.javascript.literals import joined

_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
_UNSAFE = "-_.!~*'()"


def call(path: str, args: list[Any], named: dict[str, Any]) -> tuple[Any, str]:
    """Call a known function on constants; return the result and the decoder's name, "" if none."""
    decoder = _DECODERS.get(path)
    try:
        if decoder is not None:
            made = decoder[1](*args)
            return (made if fold.fits(made) else UNKNOWN), decoder[0]
        function = _PURE.get(path)
        if function is None or any(not fold.fits(a) for a in args):
            return UNKNOWN, ""
        made = function(*args)
    except (*_ERRORS, decode.DecodeError, RecursionError):
        return UNKNOWN, ""
    return (made if fold.fits(made) else UNKNOWN), ""


def _from_codes(*codes: Any) -> Any:  # noqa: ANN401
    if len(codes) > fold.MAX_ITEMS:
        return UNKNOWN
    return joined("".join(chr(int(number(c)) & 0xFFFF) for c in codes))


def _from_points(*codes: Any) -> Any:  # noqa: ANN401
    return "".join(chr(int(number(c))) for c in codes[: fold.MAX_ITEMS])


def _atob(value: Any, *_: Any) -> str:  # noqa: ANN401
    return decode.b64(text(value) or "").decode("latin-1")


def _btoa(value: Any, *_: Any) -> str:  # noqa: ANN401
    return base64.b64encode((text(value) or "").encode("latin-1")).decode()


_ESCAPE = re.compile(r"%u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})")


def _unescape(value: Any, *_: Any) -> str:  # noqa: ANN401
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)), text(value) or "")


def _uri(value: Any, *_: Any) -> str:  # noqa: ANN401
    return unquote(text(value) or "")


def buffer(value: Any, encoding: Any = None, *_: Any) -> Any:  # noqa: ANN401
    """``Buffer.from`` of a text, of numbers or of bytes."""
    if isinstance(value, str):
        return decoded(value, text(encoding) if encoding is not None else None)
    if isinstance(value, list):
        return bytes(int(number(v)) & 255 for v in value)
    return bytes(value) if isinstance(value, (bytes, bytearray)) else UNKNOWN


def _concat(values: Any, *_: Any) -> Any:  # noqa: ANN401
    if fold.bulk(values) > fold.MAX_TEXT or not all(isinstance(v, bytes) for v in values):
        return UNKNOWN
    return b"".join(values)


def _join(*parts: Any) -> str:  # noqa: ANN401
    return re.sub(r"/{2,}", "/", "/".join(text(x) or "" for x in parts if x != ""))


def _rounded(how: Callable[[float], float]) -> Callable[..., Any]:
    def rounded(value: Any = math.nan, *_: Any) -> Any:  # noqa: ANN401
        found = number(value)
        return whole(how(found)) if abs(found) < 2**60 else found

    return rounded


def _list(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, (str, list, bytes)) and len(value) <= fold.MAX_ITEMS:
        return list(value)
    if isinstance(value, dict) and isinstance(value.get("length"), int):
        size = value["length"]
        return [value.get(str(n)) for n in range(size)] if 0 <= size <= 65536 else UNKNOWN
    return UNKNOWN


def _array(*args: Any) -> Any:  # noqa: ANN401
    if len(args) == 1 and isinstance(args[0], int):
        return [None] * args[0] if 0 <= args[0] <= 65536 else UNKNOWN
    return list(args)


def _filled(size: Any, filler: Any = 0, *_: Any) -> Any:  # noqa: ANN401
    count = int(number(size))
    if not 0 <= count <= fold.MAX_TEXT or not isinstance(filler, int):
        return UNKNOWN
    return bytes([filler & 255]) * count


def _zipped(bits: int) -> Callable[..., bytes]:
    return lambda data, *_: decode.DECODERS["zlib.decompress"][1](data, bits)


def _stringified(value: Any, *_: Any) -> Any:  # noqa: ANN401
    import msgspec

    if fold.bulk(value) > fold.MAX_TEXT or not fold.shallow(value):
        return UNKNOWN
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError):
        return UNKNOWN


_DECODERS: dict[str, tuple[str, Callable[..., Any]]] = {
    "atob": ("base64", _atob),
    "unescape": ("escape", _unescape),
    "zlib.inflateSync": ("zlib", _zipped(15)),
    "zlib.unzipSync": ("zlib", _zipped(47)),
    "zlib.gunzipSync": ("gzip", _zipped(31)),
    "zlib.inflateRawSync": ("zlib", _zipped(-15)),
    "js-base64.decode": ("base64", _atob),
}
_PURE: dict[str, Callable[..., Any]] = {
    "String": lambda v="", *_: UNKNOWN if (t := text(v)) is None else t,
    "Number": lambda v=0, *_: number(v),
    "Boolean": lambda v=None, *_: bool(v) or isinstance(v, (list, dict)),
    "BigInt": lambda v, *_: int(number(v)),
    "String.fromCharCode": _from_codes,
    "String.fromCodePoint": _from_points,
    "String.raw": lambda parts, *_: "".join(parts),
    "parseInt": parse_int,
    "Number.parseInt": parse_int,
    "parseFloat": parse_float,
    "Number.parseFloat": parse_float,
    "isNaN": lambda v=None: number(v) != number(v),
    "btoa": _btoa,
    "escape": lambda v: quote(text(v) or "", safe="@*_+-./"),
    "decodeURIComponent": _uri,
    "decodeURI": _uri,
    "encodeURIComponent": lambda v: quote(text(v) or "", safe=_UNSAFE),
    "encodeURI": lambda v: quote(text(v) or "", safe=_UNSAFE + ";/?:@&=+$,#"),
    "JSON.parse": lambda v, *_: decode.json_loads(v),
    "JSON.stringify": _stringified,
    "Buffer.from": buffer,
    "Buffer": buffer,
    "Buffer.concat": _concat,
    "Buffer.alloc": _filled,
    "Uint8Array": buffer,
    "Uint8Array.from": buffer,
    "Array": _array,
    "Array.of": lambda *a: list(a),
    "Array.from": _list,
    "Array.isArray": lambda v: isinstance(v, list),
    "Object.keys": lambda v: list(v) if isinstance(v, dict) else [str(n) for n in range(len(v))],
    "Object.values": lambda v: list(v.values()),
    "Object.entries": lambda v: [[k, x] for k, x in v.items()],
    "Object.fromEntries": dict,
    "Object.freeze": lambda v: v,
    "Math.floor": _rounded(math.floor),
    "Math.ceil": _rounded(math.ceil),
    "Math.round": _rounded(lambda x: math.floor(x + 0.5)),
    "Math.trunc": _rounded(math.trunc),
    "Math.abs": lambda v: abs(number(v)),
    "Math.min": lambda *a: min(map(number, a)),
    "Math.max": lambda *a: max(map(number, a)),
    "Math.pow": lambda a, b: fold.binary("**", number(a), number(b)),
    "path.join": _join,
    "path.resolve": _join,
    "path.normalize": lambda v: v,
    "path.basename": lambda v, *_: v.rpartition("/")[2],
    "path.dirname": lambda v: v.rpartition("/")[0],
    "TextDecoder().decode": lambda v, *_: bytes(v).decode("utf-8", "replace"),
    "TextEncoder().encode": lambda v, *_: v.encode("utf-8", "surrogatepass"),
}
