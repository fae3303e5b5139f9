"""Colour for the terminal: a few styles of the terminal's own palette, or nothing at all.

Sixteen-colour codes follow the reader's theme, so the report is legible on light and dark; and
nothing heavy is loaded for one line of text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from antivenom.model.review import Verdict

_CODES: Mapping[str, str] = {
    "malicious": "1;37;41",
    "suspicious": "1;30;43",
    "inconclusive": "1;30;46",
    "clean": "32",
    "critical": "1;31",
    "high": "31",
    "medium": "33",
    "low": "36",
    "strong": "1",
    "quiet": "2",
    "evidence": "1",
}


class Paint:
    """Wraps text in a style. The text must be visible already: codes in it would be obeyed."""

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        """Return `text` in `style`."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._color and text else text

    def verdict(self, verdict: Verdict) -> str:
        """Return the verdict's word as a label."""
        word = verdict.value if verdict is Verdict.CLEAN else verdict.value.upper()
        framed = f" {word} " if self._color and verdict is not Verdict.CLEAN else word
        return self(verdict.value, framed)


def cells(text: str) -> int:
    """Return how many columns a terminal needs for visible text."""
    return len(text) + sum(1 for char in text if not char.isascii() and _is_wide(char))


def pad(text: str, width: int) -> str:
    """Return `text` filled with blanks to `width` columns."""
    return text + " " * max(width - cells(text), 0)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
