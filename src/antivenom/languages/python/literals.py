"""Values of Python's literal tokens, of every version and also when they are malformed."""

from __future__ import annotations

import re
import unicodedata

_ESCAPE = re.compile(
    r"\\(\r?\n|[\\'\"abfnrtv]|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}"
    r"|N\{[^{}\n]{1,100}\})"
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_DIGITS = 4000
"""Decimal digits converted at once, below the interpreter's own limit."""
_MAX_DIGITS = 200_000


def string_value(prefix: str, body: str) -> str | bytes:
    """Return what a string literal means; a malformed escape stays as written."""
    kind = prefix.lower()
    binary = "b" in kind
    if "r" not in kind and "\\" in body:
        body = _ESCAPE.sub(_unescape_bytes if binary else _unescape, body)
    if not binary:
        return body
    return body.encode("latin-1") if _fits(body) else body.encode("utf-8", "replace")


def _fits(body: str) -> bool:
    return body.isascii() or max(body) <= "\xff"


def _unescape_bytes(found: re.Match[str]) -> str:
    return found.group() if found.group(1)[0] in "uUN" else _unescape(found)


def _unescape(found: re.Match[str]) -> str:
    code = found.group(1)
    kind = code[0]
    if kind in "\r\n":
        return ""
    if kind in "01234567":
        return chr(int(code, 8))
    if kind == "N":
        return _named(code[2:-1], found.group())
    if kind in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else found.group()
    return _PLAIN.get(code, code)


def _named(name: str, written: str) -> str:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return written


def number_value(text: str) -> int | float | complex | None:
    """Return what a number means: also ``0777``, ``10L`` and integers of any length."""
    digits = text.replace("_", "").lower().rstrip("l")
    try:
        if digits[:2] in {"0x", "0o", "0b"}:
            return int(digits, 0)
        if digits.isdigit():
            old_octal = len(digits) > 1 and digits[0] == "0" and not set(digits) & {"8", "9"}
            return int(digits, 8) if old_octal else _decimal(digits)
        return complex(digits) if digits.endswith("j") else float(digits)
    except ValueError:
        return None


def _decimal(digits: str) -> int | None:
    if len(digits) > _MAX_DIGITS:
        return None
    value = 0
    for start in range(0, len(digits), _DIGITS):
        part = digits[start : start + _DIGITS]
        value = value * 10 ** len(part) + int(part)
    return value
