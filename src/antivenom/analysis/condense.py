"""A huge text made small enough to parse, with what runs in it still there.

Padding is the cheapest way past a reader with a limit: ten megabytes of text around, before or
inside a program of ten lines. Long words lose their middle, and when that is not enough only the
beginning, the end and the surroundings of telling names remain. Line numbers stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from antivenom.analysis import needles

Telling = Callable[[bytes], Iterator[int]]
"""Finds the names that say what a text does."""
MOST = 1 << 20
"""Bytes of what is left."""
_WORD = re.compile(rb"""(?<![^\s'"()#])[^\s'"()#]{49152,}""")
"""Begins only where a word begins: words a little shorter must not be walked from every letter."""
_KEPT = 16384
"""Bytes kept at either end of a long word."""
_GROUP = 48
"""A cut of a multiple of this many bytes leaves base64, base32, hex and escapes in step."""
_GAP = re.compile(rb"(?<=\S)[ \t]{1024,}")
_REMARK = re.compile(rb"(?m)^[ \t]*#[^\n]*$")
_EDGE = MOST // 4
_AROUND = 16384
"""Bytes kept at either side of a telling name."""

__all__ = ["MOST", "condense"]


def condense(data: bytes, telling: Telling = needles.telling_places) -> bytes:
    """Return a text of at most about `MOST` bytes that does what the long one does, as far as
    that can be had."""
    data = _WORD.sub(_without_middle, data)
    if len(data) > MOST:
        data = _GAP.sub(b" ", data)
    if len(data) > MOST:
        data = _REMARK.sub(b"#", data)
    return data if len(data) <= MOST else b"".join(_windows(data, telling))


def _without_middle(found: re.Match[bytes]) -> bytes:
    word = found.group()
    cut = (len(word) - 2 * _KEPT) // _GROUP * _GROUP
    return word[:_KEPT] + word[_KEPT + cut :]


def _windows(data: bytes, telling: Telling) -> Iterator[bytes]:
    """Yield the parts worth reading, in order, and line ends for what lies between them."""
    at, blank = 0, MOST // 4
    for start, end in _merged(data, telling):
        gap = min(data.count(b"\n", at, start), blank)
        blank -= gap
        yield b"\n" * gap
        yield data[start:end]
        at = end


def _merged(data: bytes, telling: Telling) -> Iterator[tuple[int, int]]:
    """Yield the places to keep, whole lines where lines are short, without overlap."""
    spans = [(0, _EDGE), (len(data) - _EDGE, len(data))]
    room = MOST - 2 * _EDGE
    covered = _EDGE
    for place in telling(data):
        if place < covered:
            continue
        if room <= 0 or place >= len(data) - _EDGE:
            break
        spans.append((place - _AROUND, place + _AROUND))
        covered = place + _AROUND
        room -= 2 * _AROUND
    last = 0
    for start, end in sorted(spans):
        start, end = max(_line_start(data, max(start, 0)), last), _line_end(data, end)
        if start < end:
            yield start, end
            last = end


def _line_start(data: bytes, at: int) -> int:
    found = data.rfind(b"\n", max(0, at - _AROUND), at)
    return found + 1 if found >= 0 else at


def _line_end(data: bytes, at: int) -> int:
    found = data.find(b"\n", at, at + _AROUND)
    return found + 1 if found >= 0 else min(at, len(data))
