"""Code without what a copy may change: comments, layout, and for likeness literals.

One pass of a regular expression cuts a text into code, literals and comments; it is linear on any
input, since every repetition in it is possessive and an unclosed literal ends with its line or
with the text. Lines keep their numbers, so that functions are slices.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cached_property

_LONG = r"{q}{q}{q}[^{q}\\]*+(?:(?:\\.|{q}(?!{q}{q}))[^{q}\\]*+)*+(?:{q}{q}{q}|\Z)"
_SHORT = r"{q}[^{q}\\\n]*+(?:\\.[^{q}\\\n]*+)*+{q}?"
_OPEN = r"{q}[^{q}\\]*+(?:\\.[^{q}\\]*+)*+{q}?"


def _lexer(*literals: str, comment: str = "") -> re.Pattern[str]:
    return re.compile(f"({'|'.join(literals)}){'|' if comment else ''}{comment}", re.DOTALL)


def _quoted(shape: str, *quotes: str) -> list[str]:
    return [shape.replace("{q}", quote) for quote in quotes]


_HASH = r"\#[^\n]*+"
_SLASHES = r"//[^\n]*+|/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)"
_PYTHON = _lexer(*_quoted(_LONG, '"', "'"), *_quoted(_SHORT, '"', "'"), comment=_HASH)
_BRACES = _lexer(*_quoted(_SHORT, '"', "'"), *_quoted(_OPEN, "`"), comment=_SLASHES)
_SHELL = _lexer(*_quoted(_OPEN, '"', "'"), comment=_HASH)
_PLAIN = _lexer(*_quoted(_SHORT, '"'))
_LEXERS = {
    "python": _PYTHON,
    "pth": _PYTHON,
    "notebook": _PYTHON,
    "javascript": _BRACES,
    "typescript": _BRACES,
    "java": _BRACES,
    "rust": _BRACES,
    "go": _BRACES,
    "c": _BRACES,
    "shell": _SHELL,
    "powershell": _SHELL,
    "ruby": _SHELL,
}
"""Other languages are cut at double quotes alone."""

_LAYOUT = b" \t\r\f\v"
_ENDS = bytes.maketrans(b";", b"\n")
_WORDS = bytes(c for c in range(256) if c > 127 or c == ord("_") or chr(c).isalnum())
_WIDE = 160
"""Bytes of a normalised line above which its parts count as lines."""
_MIX = 0x9E3779B1


@dataclass(kw_only=True)
class Normal:
    """One text, normalised."""

    lines: list[str]
    """Without comments; a literal over several lines stands as its hash on the first."""
    pieces: list[str]
    """Code and literals in turn."""

    @cached_property
    def masked(self) -> bytes:
        """The text without comments and layout; every literal is one quotation mark."""
        pieces = self.pieces
        pieces[1::2] = ['"' + "\n" * x.count("\n") if x else "" for x in pieces[1::2]]
        return "".join(pieces).encode("utf-8", "replace").translate(_ENDS, _LAYOUT)

    def hash(self, first: int, last: int) -> str:
        """Return the hash of the lines `first` to `last` (1-based), indented from the first."""
        return digest(self._dedented(self.lines[first - 1 : last]))

    def outside(self, ranges: list[tuple[int, int]]) -> str:
        """Return the hash of all lines outside of ascending ranges, "" when none is left."""
        kept: list[str] = []
        at = 0
        for first, last in ranges:
            kept += self.lines[at : first - 1]
            at = max(at, last)
        kept = [line for line in map(str.rstrip, kept + self.lines[at:]) if line]
        return digest(kept) if kept else ""

    @staticmethod
    def _dedented(lines: list[str]) -> list[str]:
        kept = [line for line in map(str.rstrip, lines) if line]
        margin = len(kept[0]) - len(kept[0].lstrip()) if kept else 0
        lead = kept[0][:margin] if kept else ""
        return [line[margin:] if line.startswith(lead) else line for line in kept]

    @cached_property
    def units(self) -> list[bytes]:
        """Normalised lines; the parts of very wide ones."""
        lines = [line for line in self.masked.split(b"\n") if line]
        if all(len(line) <= _WIDE for line in lines):
            return lines
        parts: list[bytes] = []
        for line in lines:
            parts += [line] if len(line) <= _WIDE else line.replace(b",", b",\n").split(b"\n")
        return parts

    def hashes(self) -> set[int]:
        """Return the 32-bit hashes of all pairs of neighbouring units."""
        values = list(map(zlib.crc32, self.units))
        return {a * _MIX + b & 0xFFFFFFFF for a, b in zip([0, *values], values, strict=False)}

    def skeleton(self) -> str:
        """Return the hash of what is left without names: punctuation, line by line."""
        lines = b"\n".join(self.units).translate(None, _WORDS)
        return digest([lines.decode("ascii")])


def digest(lines: list[str]) -> str:
    """Return 15 bytes of BLAKE2b as 20 characters."""
    text = "\n".join(lines).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hashlib.blake2b(text, digest_size=15).digest()).decode("ascii")


def normalise(text: str, lang: str) -> Normal:
    """Normalise a text; never fails, whatever the text."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    pieces = _LEXERS.get(lang, _PLAIN).split(text)
    pieces[1::2] = [_exact(x) if x else "" for x in pieces[1::2]]
    return Normal(lines="".join(pieces).split("\n"), pieces=pieces)


def _exact(literal: str) -> str:
    if "\n" not in literal:
        return literal
    return f'"{digest([literal])}"' + "\n" * literal.count("\n")
