"""Decodes what a pipe holds, as the small programs do that sit in it."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import zlib

MOST_DECODED = 1 << 20
_BLANK = re.compile(rb"[\s\x00]+")
_NOT_HEX = re.compile(rb"[^0-9A-Fa-f]")


def unbase64(data: bytes) -> bytes | None:
    """Return the decoded bytes, or None when it is no base64."""
    raw = _BLANK.sub(b"", data).strip(b"'\"").replace(b"-", b"+").replace(b"_", b"/")
    raw = raw.rstrip(b"=")
    if len(raw) < 4 or len(raw) % 4 == 1:
        return None
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def unhex(data: bytes) -> bytes | None:
    """Return the bytes of a run of hexadecimal digits."""
    raw = _NOT_HEX.sub(b"", data)
    return bytes.fromhex(raw[: len(raw) // 2 * 2].decode()) if len(raw) >= 4 else None


def gunzip(data: bytes) -> bytes | None:
    """Return the decompressed bytes, up to a limit."""
    try:
        return zlib.decompressobj(47).decompress(data, MOST_DECODED)
    except zlib.error:
        return None


def rot13(data: bytes) -> bytes:
    """Return letters moved by half the alphabet."""
    return codecs.encode(data.decode("latin-1"), "rot13").encode("latin-1")


def decode(name: str, arguments: list[str], data: bytes | None) -> tuple[str, bytes | None] | None:
    """Return (codec, bytes if they can be known) when a program decodes its input, else None."""
    text = " ".join(arguments[:12])
    codec = _codec(name, text)
    if codec is None:
        return None
    if data is None:
        return codec, None
    steps = {"base64": unbase64, "hex": unhex, "gzip": gunzip, "rot13": rot13}
    if codec == "reverse":
        return codec, data.rstrip(b"\n")[::-1]
    step = steps.get(codec)
    return codec, step(data) if step else None


def _codec(name: str, text: str) -> str | None:
    flags = f" {text} "
    if name in {"base64", "gbase64", "base32"}:
        found = re.search(r" (?:-[a-z]{0,3}[dD][a-z]{0,3}|--decode)\b", flags)
        return name.removeprefix("g") if found else None
    if name == "openssl":
        if " -d " not in flags:
            return None
        return (
            "base64" if re.search(r" (?:base64|enc -base64|enc -a|base64 -A) ", flags) else "cipher"
        )
    if name == "xxd":
        return "hex" if re.search(r" -[a-z]{0,3}r", flags) else None
    if name in {"gunzip", "zcat", "gzip", "pigz"}:
        return (
            "gzip" if name != "gzip" or re.search(r" -[a-z]{0,3}d| --decompress", flags) else None
        )
    if name == "rev":
        return "reverse"
    if name == "tr" and re.search(r"a-zA-Z.{1,8}n-za-mN-ZA-M|A-Za-z.{1,8}N-ZA-Mn-za-m", flags):
        return "rot13"
    return None
