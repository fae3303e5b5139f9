"""Characters and blanks that hide code from a reader: bidi controls, invisible runs, far right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antivenom.model.fact import Sighting

BLANKS = 80
"""A run of blanks this long moves what follows out of most windows."""
BLANK_LINES = 60
_MOST = 5

_BIDI = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_INVISIBLE = (
    rb"\xe2\x80[\x8b-\x8f]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf|\xe1\xa0\x8e|\xe3\x85\xa4|\xef\xbe\xa0"
    rb"|\xe1\x85[\x9f\xa0]"
)
_SELECTORS = rb"\xef\xb8[\x80-\x8f]|\xf3\xa0(?:\x81[\x80-\xbf]|[\x84-\x87][\x80-\xbf])"
_PRIVATE = rb"\xee[\x80-\xbf][\x80-\xbf]|\xef[\x80-\xa3][\x80-\xbf]|[\xf3\xf4][\xb0-\xbf\x80-\x8f][\x80-\xbf]{2}"
_RUNS = re.compile(
    rb"(?P<zero>(?:" + _INVISIBLE + rb"){4,4000})"
    rb"|(?P<selectors>(?:" + _SELECTORS + rb"){7,4000})"
    rb"|(?P<private>(?:" + _PRIVATE + rb"){24,4000})"
)
_IN_WORD = re.compile(rb"(?<=[A-Za-z_])(?:" + _INVISIBLE + rb")(?=[A-Za-z_0-9])")
_FLAG = b"\xf0\x9f\x8f\xb4"
_MARKS = re.compile(rb"\xe2[\x80\x81]|\xef[\x80-\xa3\xb8\xbb\xbe]|\xe1[\xa0\x85]|\xe3\x85|\xee|[\xf3\xf4]")
_LOOKS_RUN = re.compile(
    rb"[;&|]\s*\S|\b(?:exec|eval|import|__import__|getattr|compile|require|subprocess|os|lambda)\b"
    rb"|[A-Za-z_]\w{0,60}\s?\("
)


def observe(data: bytes, *, code: bool) -> Iterator[tuple[int, Sighting]]:
    """Yield (offset, sighting) of bidi controls and of invisible runs in text that is not ASCII."""
    if _MARKS.search(data) is None:
        return
    if code:
        for n, found in enumerate(_BIDI.finditer(data)):
            if n >= _MOST:
                break
            yield found.start(), _seen("text.bidi", found.group())
        for n, found in enumerate(_IN_WORD.finditer(data)):
            if n >= _MOST:
                break
            yield found.start(), _seen("text.zero-width", found.group(), "in=word", "low")
    for n, found in enumerate(_RUNS.finditer(data)):
        if n >= _MOST:
            break
        kind = found.lastgroup or ""
        if data[max(0, found.start() - 4) : found.start()] == _FLAG:
            continue
        length = len(found.group().decode("utf-8", "replace"))
        certainty = "high" if code and kind != "private" else "low"
        yield (
            found.start(),
            _seen("text.zero-width", found.group()[:24], f"run={length}", certainty, f"kind={kind}"),
        )


def _seen(
    fact: str, raw: bytes, arg: str = "", certainty: str = "high", more: str = ""
) -> Sighting:
    text = raw.decode("utf-8", "replace").encode("unicode_escape").decode()
    return Sighting(
        id=fact,
        kind="text",
        value=text[:120],
        args=tuple(a for a in (arg, more) if a),
        certainty="low" if certainty == "low" else "high",
    )


def pushed_right(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield code that stands after a long run of blanks on a line that begins with other code."""
    needle = b" " * BLANKS
    given = 0
    start = 0
    while given < _MOST:
        at = _first(data, start, needle)
        if at < 0:
            return
        end = at
        size = len(data)
        while data[end : end + 64] == b" " * 64:
            end += 64
        while end < size and data[end] in b" \t":
            end += 1
        start = end
        line_start = max(data.rfind(b"\n", max(0, at - 400), at) + 1, at - 400)
        before = data[max(0, line_start) : at].strip()
        line_end = data.find(b"\n", end, end + 400)
        after = data[end : line_end if line_end >= 0 else end + 400]
        if _hides(before, after, end - at):
            given += 1
            yield end, _hidden(after, f"blanks={end - at}")


def _first(data: bytes, start: int, needle: bytes) -> int:
    spaces = data.find(needle, start)
    tabs = data.find(b"\t" * 30, start, spaces if spaces >= 0 else len(data))
    return tabs if tabs >= 0 else spaces


def _hides(before: bytes, after: bytes, blanks: int) -> bool:
    """Aligned comments, tables and deep nesting are ordinary; a statement out there is not."""
    if not after.strip() or after[:1] in b"#\"'\\/*|+-\r" and not after.startswith(b"'''"):
        return False
    if before.startswith((b"#", b"//", b"*", b"|")) and b"\n" not in before:
        return False
    if not _LOOKS_RUN.search(after):
        return False
    if after.startswith(b";") or before.endswith(b";"):
        return True
    return bool(before) and blanks >= 100 or blanks >= 200


def below_blank_lines(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield code that stands under many empty lines, where nobody scrolls."""
    given = 0
    for needle in (b"\n" * BLANK_LINES, b"\r\n" * BLANK_LINES):
        start = 0
        while given < _MOST:
            at = data.find(needle, start)
            if at < 0:
                break
            end = at + len(needle)
            while data[end : end + 64].strip(b"\r\n") == b"" and data[end : end + 64]:
                end += 64
            end += len(data[end : end + 64]) - len(data[end : end + 64].lstrip(b"\r\n"))
            start = end
            after = data[end : end + 400]
            if after.strip() and _LOOKS_RUN.search(after) and not data[:at].strip() == b"":
                given += 1
                yield end, _hidden(after.split(b"\n", 1)[0], f"lines={data.count(chr(10).encode(), at, end)}")


def _hidden(after: bytes, arg: str) -> Sighting:
    return Sighting(
        id="text.hidden-code",
        kind="text",
        value=after.strip()[:120].decode("utf-8", "replace"),
        args=(arg,),
    )
