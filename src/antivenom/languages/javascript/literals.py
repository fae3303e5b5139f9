"""Literals of JavaScript: texts with escapes, numbers in all bases."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,8})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-3]?[0-7]{1,2})"
    r"|(\r\n|[\s\S]))"
)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v",
          "\n": "", "\r": "", "\r\n": "", "\u2028": "", "\u2029": ""}  # fmt: skip
_LARGEST = 0x10FFFF
_LONGEST_NUMBER = 4000


def unescape(text: str) -> str:
    """Return what stands between quotes as the text it denotes."""
    if "\\" not in text:
        return text
    made = _ESCAPE.sub(_one, text)
    return joined(made)


def joined(text: str) -> str:
    """Put surrogate halves written one by one together."""
    if not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _one(found: re.Match[str]) -> str:
    braces, four, two, octal, other = found.groups()
    code = braces or four or two
    if code:
        number = int(code, 16)
        return chr(number) if number <= _LARGEST else "\ufffd"
    if octal:
        return chr(int(octal, 8))
    return _PLAIN.get(other, other)


def number(text: str) -> int | float | None:
    """Return the value of a number as written, None for what is none."""
    plain = text.replace("_", "").removesuffix("n").lower()
    if len(plain) > _LONGEST_NUMBER:
        return None
    try:
        if plain[:2] in ("0x", "0o", "0b"):
            return int(plain, 0)
        if plain.isdigit():
            old = len(plain) > 1 and plain[0] == "0" and not set(plain) & {"8", "9"}
            return int(plain, 8 if old else 10)
        return whole(float(plain))
    except (ValueError, OverflowError):
        return None


def whole(value: float) -> int | float:
    """Return a number as an integer where it is one: JavaScript prints ``1.0`` as ``1``."""
    return int(value) if value == value and abs(value) < 2**53 and value == int(value) else value
