"""Hostile text made harmless to look at, for every output.

A name, a source line or a README may hold terminal commands, text that reverses the direction of
what follows, or characters nobody can see. `visible` spells them out; what is left has one
character for one shape. The table is our own, so that every Python prints the same review.
"""

from __future__ import annotations

import re

_INVISIBLE = (
    "\x00-\x1f\x7f-\xa0\xad"  # controls, the no-break space, the soft hyphen
    "\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f"  # fillers and Mongolian selectors
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f"  # odd spaces, zero width, bidi, separators
    "\u2800\u3000\u3164\ud800-\uf8ff"  # blanks that have a shape, surrogates, private use
    "\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff"  # tags, selectors, private planes
)
_UNSAFE = re.compile(f"[{_INVISIBLE}]")
_UNSAFE_BUT_LINES = re.compile(f"(?![\n\t])[{_INVISIBLE}]")
_PILE = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3,}")
"""Marks piled on one letter paint over the lines above and below."""

_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_URL = re.compile(r"(?i)(?<![a-z0-9])(https?|wss?|ftp)://([^\s/\\'\"<>?#]{1,253})")


def visible(text: str, limit: int | None = None, *, lines: bool = False) -> str:
    """Return `text` with every invisible or commanding character as an escape.

    At most `limit` characters come back, the last an ellipsis if something was left out. With
    `lines`, line feeds and tabs stay. A backslash stays as it is, so that text which was made
    visible once does not change when it passes here again.
    """
    cut = limit is not None and len(text) > limit
    pattern = _UNSAFE_BUT_LINES if lines else _UNSAFE
    shown = _PILE.sub(_escape, pattern.sub(_escape, text[:limit] if cut else text))
    if limit is not None and (cut or len(shown) > limit):
        return _cut(shown, limit)
    return shown


def source(text: str, limit: int | None = None) -> str:
    """Return one source line made visible, with its indentation: tabs become four spaces."""
    return visible(text.rstrip("\r\n").replace("\t", "    "), limit)


def defang(text: str) -> str:
    """Return `text` with its URLs written so that no program takes them for a link."""
    return _URL.sub(_defang, text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters of text that is visible already."""
    return text if len(text) <= limit else _cut(text, limit)


def _cut(shown: str, limit: int) -> str:
    """Cut before an escape rather than inside it."""
    kept = shown[: max(limit - 1, 0)]
    start = kept.rfind("\\", max(len(kept) - 9, 0))
    if start >= 0 and re.fullmatch(r"\\(x.?|u.{0,3}|U.{0,7})?", kept[start:]):
        kept = kept[:start]
    return kept + "…"


def _escape(match: re.Match[str]) -> str:
    return "".join(_escape_one(char) for char in match.group())


def _escape_one(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _defang(match: re.Match[str]) -> str:
    scheme, host = match.groups()
    colon = "[:]"
    if scheme.lower().startswith("http"):
        scheme, colon = scheme.replace("t", "x").replace("T", "X"), ":"
    return f"{scheme}{colon}//{host.replace('.', '[.]')}"
