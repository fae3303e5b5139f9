"""Decoders over constants: what a sample would call, done by us, bounded and without running it.

Each entry of `DECODERS` is (name for people, function). Output is capped: a decompression bomb
gives the first `MAX_OUTPUT` bytes.
"""

from __future__ import annotations

import ast
import base64
import binascii
import bz2
import codecs
import html
import lzma
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote as _unquote

import msgspec

MAX_OUTPUT = 4 << 20
Bytes = bytes | bytearray


class DecodeError(Exception):
    """The bytes are not in this encoding."""


def _raw(data: Any) -> bytes:
    if isinstance(data, str):
        return data.encode("utf-8", "surrogateescape")
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    raise DecodeError


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def b64(data: Any, altchars: Any = None, *_: Any, **__: Any) -> bytes:
    """Decode base64 as leniently as Python does: foreign characters are dropped, padding mended."""
    raw = _raw(data)
    if altchars is not None:
        alt = _raw(altchars)
        raw = raw.translate(bytes.maketrans(alt, b"+/"))
    raw = _NOT_BASE64.sub(b"", raw)
    raw = raw[: len(raw) - (len(raw) % 4 == 1)]
    return _guard(binascii.a2b_base64, raw + b"=" * (-len(raw) % 4))


def _guard(function: Callable[..., Any], *args: Any, **named: Any) -> bytes:
    try:
        made = bytes(function(*args, **named))
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        raise DecodeError from error
    return made[:MAX_OUTPUT]


def _urlsafe(data: Any, *_: Any) -> bytes:
    return b64(data, b"-_")


def _b32(data: Any, *_: Any, **__: Any) -> bytes:
    return _guard(base64.b32decode, _raw(data), casefold=True)


def _b16(data: Any, *_: Any, **__: Any) -> bytes:
    return _guard(base64.b16decode, _raw(data), casefold=True)


def _b85(data: Any, *_: Any, **__: Any) -> bytes:
    return _guard(base64.b85decode, _raw(data))


def _a85(data: Any, *_: Any, **named: Any) -> bytes:
    return _guard(base64.a85decode, _raw(data), **named)


def _hex(data: Any, *_: Any) -> bytes:
    return _guard(binascii.unhexlify, re.sub(rb"\s", b"", _raw(data)))


def _zlib(data: Any, *args: Any, **named: Any) -> bytes:
    wbits = named.get("wbits", args[0] if args else zlib.MAX_WBITS)
    try:
        return zlib.decompressobj(wbits).decompress(_raw(data), MAX_OUTPUT)
    except (zlib.error, ValueError) as error:
        raise DecodeError from error


def _gzip(data: Any, *_: Any) -> bytes:
    return _zlib(data, 31)


def _bz2(data: Any, *_: Any) -> bytes:
    try:
        return bz2.BZ2Decompressor().decompress(_raw(data), MAX_OUTPUT)
    except (OSError, ValueError, EOFError) as error:
        raise DecodeError from error


def _lzma(data: Any, *_: Any, **__: Any) -> bytes:
    try:
        return lzma.LZMADecompressor(memlimit=64 << 20).decompress(_raw(data), MAX_OUTPUT)
    except (lzma.LZMAError, ValueError, EOFError) as error:
        raise DecodeError from error


def codec(data: Any, name: str) -> Any:
    """Decode by a codec's name, as ``codecs.decode`` and ``str.decode`` spell it."""
    plain = name.lower().replace("-", "").replace("_", "").removesuffix("codec")
    if plain in {"rot13", "rot"}:
        return codecs.encode(data if isinstance(data, str) else _raw(data).decode(), "rot13")
    found = {"hex": _hex, "base64": b64, "zlib": _zlib, "zip": _zlib, "bz2": _bz2}.get(plain)
    if found is not None:
        return found(data)
    if plain in {"utf8", "ascii", "latin1", "utf16", "unicodeescape", "rawunicodeescape"}:
        return _raw(data).decode(name.replace("-", "_") if "escape" in plain else name, "replace")
    raise DecodeError


def _codecs_decode(data: Any, name: str = "utf-8", *_: Any, **__: Any) -> Any:
    return codec(data, name)


def unquote(data: str, *_: Any) -> str:
    """Decode percent-encoding."""
    return _unquote(data)


def html_unescape(data: str) -> str:
    """Decode HTML character references."""
    return html.unescape(data)


def json_loads(data: Any, *_: Any, **__: Any) -> Any:
    """Read JSON as constants."""
    try:
        return msgspec.json.decode(_raw(data))
    except msgspec.DecodeError as error:
        raise DecodeError from error


def literal(text: str) -> Any:
    """Read a Python literal; bounded by the text's length."""
    if len(text) > 1 << 20:
        raise DecodeError
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError, TypeError) as error:
        raise DecodeError from error


def json_dumps(value: Any, **_: Any) -> str:
    """Write constants as JSON; how blanks stand does not matter to anybody who looks for words."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise DecodeError from error


def _uuid(text: Any) -> bytes:
    return bytes.fromhex(
        str(text).strip("{}").replace("urn:", "").replace("uuid:", "").replace("-", "")
    )


def _swapped(text: Any) -> bytes:
    raw = _uuid(text)
    return raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]


def _address(text: Any) -> bytes:
    import ipaddress

    return ipaddress.ip_address(text).packed


PARTS: Mapping[str, tuple[str, Callable[[Any], bytes]]] = {
    "uuid.UUID().bytes": ("uuid", _uuid),
    "uuid.UUID().bytes_le": ("uuid", _swapped),
    "ipaddress.ip_address().packed": ("address", _address),
    "ipaddress.IPv4Address().packed": ("address", _address),
    "ipaddress.IPv6Address().packed": ("address", _address),
}
"""Attributes of objects made from one text, by which loaders spell bytes as something harmless."""


def part(path: str, text: Any) -> tuple[Any, str] | None:
    """Return what an attribute of an object made from a constant holds, and the encoding's name."""
    known = PARTS.get(path)
    if known is None or not isinstance(text, str) or len(text) > 100:
        return None
    try:
        return known[1](text), known[0]
    except ValueError:
        return None


DECODERS: Mapping[str, tuple[str, Callable[..., Any]]] = {
    "base64.b64decode": ("base64", b64),
    "base64.standard_b64decode": ("base64", b64),
    "base64.decodebytes": ("base64", b64),
    "base64.decodestring": ("base64", b64),
    "base64.urlsafe_b64decode": ("base64", _urlsafe),
    "base64.b32decode": ("base32", _b32),
    "base64.b16decode": ("base16", _b16),
    "base64.b85decode": ("base85", _b85),
    "base64.a85decode": ("ascii85", _a85),
    "binascii.a2b_base64": ("base64", b64),
    "binascii.unhexlify": ("hex", _hex),
    "binascii.a2b_hex": ("hex", _hex),
    "builtins.bytes.fromhex": ("hex", _hex),
    "builtins.bytearray.fromhex": ("hex", _hex),
    "zlib.decompress": ("zlib", _zlib),
    "gzip.decompress": ("gzip", _gzip),
    "bz2.decompress": ("bz2", _bz2),
    "lzma.decompress": ("lzma", _lzma),
    "codecs.decode": ("codec", _codecs_decode),
    "codecs.encode": ("codec", _codecs_decode),
    "pybase64.b64decode": ("base64", b64),
    "socket.inet_aton": ("address", _address),
}


def fernet(key: Any, token: Any) -> bytes:
    """Decrypt a Fernet token with a key found beside it; the specification's version 0x80."""
    from cryptography.fernet import Fernet, InvalidToken

    try:
        return Fernet(_raw(key)).decrypt(_raw(token))[:MAX_OUTPUT]
    except (InvalidToken, ValueError, TypeError) as error:
        raise DecodeError from error


def block_cipher(name: str, key: Any, mode: str, nonce: Any, data: Any) -> bytes:
    """Decrypt AES in ECB, CBC, CTR, CFB or GCM (tag dropped) with constants found in the code."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    iv = _raw(nonce) if nonce is not None else b"\0" * 16
    kinds: Mapping[str, Callable[[], Any]] = {
        "ECB": modes.ECB,
        "CBC": lambda: modes.CBC(iv),
        "CTR": lambda: modes.CTR(iv.ljust(16, b"\0")),
        "CFB": lambda: modes.CFB8(iv),
        "GCM": lambda: modes.CTR(iv[:12] + b"\0\0\0\2"),
        "EAX": lambda: modes.CTR(iv.ljust(16, b"\0")),
    }
    if name != "AES" or mode not in kinds:
        raise DecodeError
    try:
        step = Cipher(algorithms.AES(_raw(key)), kinds[mode]()).decryptor()
        return (step.update(_raw(data)) + step.finalize())[:MAX_OUTPUT]
    except (ValueError, TypeError) as error:
        raise DecodeError from error
