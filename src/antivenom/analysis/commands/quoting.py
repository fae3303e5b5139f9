"""Takes PowerShell's string tricks out of a text: backticks, joins, formats, replacements."""

from __future__ import annotations

import re
from collections.abc import Callable

MOST_PASSES = 6
_S = r"(?:'([^'\n]{0,2000})'|\"([^\"\n$]{0,2000})\")"
_LIST = r"((?>\s{0,5}(?:'[^'\n]{0,2000}'|\"[^\"\n]{0,2000}\")\s{0,5}+,?){1,400}+)"
"""Atomic: a list that does not end as it should is given up at once."""
_ITEM = re.compile(r"'([^'\n]{0,2000})'|\"([^\"\n]{0,2000})\"")

_BACKTICK = re.compile(r"`(?=[A-Za-z0-9\-.:/\\])(?![0abfnrtv](?:[^A-Za-z]|$))")
_PLUS = re.compile(_S + r"\s{0,5}\+\s{0,5}" + _S)
_CHAR = re.compile(r"\[char\]\s{0,3}\(?\s{0,3}(0x[0-9a-f]{1,4}|\d{1,5})\s{0,3}\)?", re.IGNORECASE)
_CHARS = re.compile(
    r"(?:-join\s{0,5})?\(?\[char\[\]\]\s{0,5}@?\(((?>\s{0,5}(?:0x[0-9a-f]{1,4}|\d{1,5})\s{0,5}+,?){2,4000}+)\)\)?"
    r"(?:\s{0,5}-join\s{0,5}(?:''|\"\"))?",
    re.IGNORECASE,
)
_JOIN_AFTER = re.compile(r"@?\(" + _LIST + r"\)\s{0,5}-join\s{0,5}" + _S, re.IGNORECASE)
_JOIN_BEFORE = re.compile(r"-join\s{0,5}@?\(" + _LIST + r"\)", re.IGNORECASE)
_FORMAT = re.compile(_S + r"\s{0,5}-f\s{0,5}\(?" + _LIST + r"\)?", re.IGNORECASE)
_REPLACE = re.compile(
    _S
    + r"\)?(?:\s{0,5}-c?i?replace\s{0,5}|\.replace\()\s{0,3}"
    + _S
    + r"\s{0,5},\s{0,5}"
    + _S
    + r"\)?",
    re.IGNORECASE,
)
_REVERSED = re.compile(_S + r"\[-1\.\.-?\d{1,6}\]\s{0,5}-join\s{0,5}(?:''|\"\")", re.IGNORECASE)
_PARENS = re.compile(r"\(\s{0,5}('[^'\n]{0,2000}')\s{0,5}\)")
_CALLED = re.compile(
    r"(?:&|\.(?=\s?'))\s{0,5}\(?\s{0,5}'([A-Za-z][\w\-]{1,60})'"
    r"(?!\s{0,5}(?:\+|-[a-zA-Z]|\.\w))\s{0,5}\)?"
)
_MEMBER = re.compile(r"\.\s{0,3}'([A-Za-z]\w{1,60})'\s{0,3}(?=\()")
_ASSIGN = re.compile(r"\$([A-Za-z_]\w{0,40})\s{0,5}=\s{0,5}'([^'\n]{1,2000})'")
_USE = re.compile(r"\$\{?([A-Za-z_]\w{0,40})\}?(?!\s{0,5}=[^=])(?![\w:\[])")
_SLOT = re.compile(r"\{(\d{1,3})\}")
_MOST_GROWTH = 4


def undo(text: str) -> str:
    """Return the text with what can be put together put together; code stays where it was."""
    limit = _MOST_GROWTH * len(text) + 4096
    text = _BACKTICK.sub("", text.replace("`\n", " "))
    for _ in range(MOST_PASSES):
        before = text
        for pattern, put in _STEPS:
            if _is_present(pattern, text):
                text = pattern.sub(put, text)
        text = _variables(text)
        if text == before or len(text) > limit:
            return before if len(text) > limit else text
    return text


def _is_present(pattern: re.Pattern[str], text: str) -> bool:
    """Skip a pattern whose sign is not in the text: most texts play no tricks."""
    return _SIGNS[pattern] in text.lower() if pattern in _SIGNS else True


def _quote(text: str) -> str:
    return "'" + text.replace("'", "").replace("\n", " ") + "'"


def _either(found: re.Match[str], first: int) -> str:
    return found.group(first) if found.group(first) is not None else found.group(first + 1) or ""


def _items(text: str) -> list[str]:
    return [single or double for single, double in _ITEM.findall(text)]


def _plus(found: re.Match[str]) -> str:
    return _quote(_either(found, 1) + _either(found, 3))


def _char(found: re.Match[str]) -> str:
    code = (
        int(found.group(1), 0) if found.group(1).lower().startswith("0x") else int(found.group(1))
    )
    return _quote(chr(code & 0xFFFF)) if code & 0xFFFF >= 32 else "' '"


def _chars(found: re.Match[str]) -> str:
    numbers = re.findall(r"0x[0-9a-fA-F]{1,4}|\d{1,5}", found.group(1))
    return _quote(
        "".join(chr((int(n, 16) if n[:2] in ("0x", "0X") else int(n)) & 0xFFFF) for n in numbers)
    )


def _join_after(found: re.Match[str]) -> str:
    return _quote(_either(found, 2).join(_items(found.group(1))))


def _join_before(found: re.Match[str]) -> str:
    return _quote("".join(_items(found.group(1))))


def _format(found: re.Match[str]) -> str:
    items = _items(found.group(3))

    def slot(place: re.Match[str]) -> str:
        number = int(place.group(1))
        return items[number] if number < len(items) else ""

    return _quote(_SLOT.sub(slot, _either(found, 1))[:4000])


def _replace(found: re.Match[str]) -> str:
    old = _either(found, 3)
    return _quote(
        _either(found, 1).replace(old, _either(found, 5))[:4000] if old else _either(found, 1)
    )


def _reversed(found: re.Match[str]) -> str:
    return _quote(_either(found, 1)[::-1])


def _called(found: re.Match[str]) -> str:
    return f" {found.group(1)} "


def _member(found: re.Match[str]) -> str:
    return f".{found.group(1)}"


def _parens(found: re.Match[str]) -> str:
    return f" {found.group(1)} "


_STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_CHARS, _chars),
    (_CHAR, _char),
    (_PLUS, _plus),
    (_JOIN_AFTER, _join_after),
    (_JOIN_BEFORE, _join_before),
    (_FORMAT, _format),
    (_REPLACE, _replace),
    (_REVERSED, _reversed),
    (_CALLED, _called),
    (_MEMBER, _member),
)
_SIGNS = {
    _CHARS: "[char[]]",
    _CHAR: "[char]",
    _PLUS: "+",
    _JOIN_AFTER: "-join",
    _JOIN_BEFORE: "-join",
    _FORMAT: "-f",
    _REPLACE: "replace",
    _REVERSED: "-1..",
}


def _variables(text: str) -> str:
    """Put constants in the places of variables that were given them once."""
    known: dict[str, str] = {}
    for name, value in _ASSIGN.findall(text)[:200]:
        known.setdefault(name.lower(), value)
    if not known:
        return text
    return _USE.sub(
        lambda f: _quote(known[f.group(1).lower()]) if f.group(1).lower() in known else f.group(),
        text,
    )
