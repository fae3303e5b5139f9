"""Characters and blanks that hide code from a reader: bidi controls, invisible runs, far right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from antivenom.model.fact import Sighting

BLANKS = 80
"""A run of blanks this long moves what follows out of most windows."""
BLANK_LINES = 60
_MOST = 5
_TAB = 8

_FLAG = b"\xf0\x9f\x8f\xb4"
"""Before tag characters it makes the flag of a region, an emoji like others."""
_LONG_LINE = 2000
_LEAST = {"zero-width": 4, "selectors": 7, "private": 24}
"""So many of them in a row are no typography: they carry data."""
_UNARY = 64

_LOOKS_RUN = re.compile(
    rb"[;&|]\s*\S|\b(?:exec|eval|import|__import__|getattr|compile|require|subprocess|os|lambda)\b"
    rb"|[A-Za-z_]\w{0,60}\s?\("
)


@cache
def _automaton() -> tuple[Any, list[tuple[str, int]]]:
    """Return the automaton over UTF-8 forms, and for each the group and the bytes a character."""
    from ahocorasick_rs import BytesAhoCorasick

    needles = [(_utf8(c), "bidi", 3) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
    invisible = (*range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF, 0x180E, 0x3164, 0xFFA0)
    needles += [(_utf8(c), "zero-width", 3) for c in (*invisible, 0x115F, 0x1160)]
    needles += [(_utf8(c), "selectors", 3) for c in range(0xFE00, 0xFE10)]
    needles += [(b"\xf3\xa0" + bytes([b]), "selectors", 4) for b in (0x81, *range(0x84, 0x88))]
    needles += [(b"\xee", "private", 3)]
    needles += [(b"\xef" + bytes([b]), "private", 3) for b in range(0x80, 0xA4)]
    needles += [(b"\xf3" + bytes([b]), "private", 4) for b in range(0xB0, 0xC0)]
    needles += [(b"\xf4" + bytes([b]), "private", 4) for b in range(0x80, 0x90)]
    return BytesAhoCorasick([n for n, _, _ in needles]), [(g, size) for _, g, size in needles]


def _utf8(code: int) -> bytes:
    return chr(code).encode()


def observe(data: bytes, *, code: bool) -> Iterator[tuple[int, Sighting]]:
    """Yield (offset, sighting) of bidi controls and of invisible runs in text that is not ASCII."""
    given: Counter[str] = Counter()
    for group, start, end, count in _groups(data):
        fact, certainty = _meaning(data, group, start, end, count, code=code)
        if fact and given[group] < _MOST:
            given[group] += 1
            shown = data[start : min(end, start + 24)].decode("utf-8", "replace")
            yield (
                start,
                Sighting(
                    id=fact,
                    kind="text",
                    value=shown.encode("unicode_escape").decode()[:120],
                    args=(f"run={count}", f"kind={group}"),
                    certainty="high" if certainty else "low",
                ),
            )


def _groups(data: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Yield (group, start, end, characters) of neighbouring characters of one group."""
    automaton, meanings = _automaton()
    group, start, end, count = "", 0, 0, 0
    for needle, at, _ in automaton.find_matches_as_indexes(data):
        found, size = meanings[needle]
        if found == group and at == end:
            end, count = at + size, count + 1
            continue
        if group:
            yield group, start, end, count
        group, start, end, count = found, at, at + size, 1
    if group:
        yield group, start, end, count


def _meaning(
    data: bytes, group: str, start: int, end: int, count: int, *, code: bool
) -> tuple[str, bool]:
    """Return the fact a group of characters is, or "", and whether that is certain."""
    if group == "bidi":
        return ("text.bidi" if code and _misleads(data, start, end) else ""), True
    if count >= _LEAST[group]:
        if data[max(0, start - 4) : start] == _FLAG:
            return "", False
        return "text.zero-width", code and group != "private" and _varies(data, start, end, count)
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    if code and group == "zero-width" and _is_word(before) and _is_word(after):
        return "text.zero-width", False
    return "", False


def _varies(data: bytes, start: int, end: int, count: int) -> bool:
    """Whether a run can hold data: one character again and again holds its length and no more."""
    return count >= _UNARY or len(set(data[start:end].decode("utf-8", "replace"))) > 1


def _misleads(data: bytes, start: int, end: int) -> bool:
    """Whether a person who reads the line sees it in another order than it runs.

    A table of characters has each between quotes of its own at the end of a line; lines of packed
    programs are read by nobody.
    """
    first = data.rfind(b"\n", max(0, start - _LONG_LINE), start)
    last = data.find(b"\n", end, end + _LONG_LINE)
    begins = first + 1 if first >= 0 else max(0, start - _LONG_LINE)
    ends = last if last >= 0 else min(len(data), end + _LONG_LINE)
    if ends - begins >= _LONG_LINE:
        return False
    quote = data[start - 1 : start] if start else b""
    if quote not in (b'"', b"'") or data[end : end + 1] != quote:
        return True
    return bool(data[end + 1 : ends].strip(b" \t\r,;)]}"))


def _is_word(byte: bytes) -> bool:
    return byte.isalnum() or byte == b"_"


def pushed_right(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield code that stands after a long run of blanks on a line that begins with other code."""
    for needle in (b" " * BLANKS, b"\t" * (BLANKS // _TAB)):
        given = 0
        at = data.find(needle)
        while at >= 0 and given < _MOST:
            end = _end_of_blanks(data, at + len(needle))
            width = end - at + (_TAB - 1) * data.count(b"\t", at, end)
            if _hides(_before(data, at), _after(data, end), width):
                given += 1
                yield end, _hidden(_after(data, end), f"blanks={width}")
            at = data.find(needle, end)


def _end_of_blanks(data: bytes, at: int) -> int:
    while data[at : at + 64] == b" " * 64:
        at += 64
    while data[at : at + 1] in (b" ", b"\t"):
        at += 1
    return at


def _before(data: bytes, at: int) -> bytes:
    start = data.rfind(b"\n", max(0, at - 400), at) + 1
    return data[start or max(0, at - 400) : at].strip()


def _after(data: bytes, at: int) -> bytes:
    end = data.find(b"\n", at, at + 400)
    return data[at : end if end >= 0 else at + 400]


def _hides(before: bytes, after: bytes, blanks: int) -> bool:
    """Aligned comments, tables and deep nesting are ordinary; a statement out there is not."""
    if not after.strip() or (after[:1] in b"#\"'\\/*|+-\r" and not after.startswith(b"'''")):
        return False
    if before.startswith((b"#", b"//", b"*", b"|")) and b"\n" not in before:
        return False
    if not _LOOKS_RUN.search(after):
        return False
    if after.startswith(b";") or before.endswith(b";"):
        return True
    return (bool(before) and blanks >= 100) or blanks >= 200


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
            if after.strip() and _LOOKS_RUN.search(after) and data[:at].strip() != b"":
                given += 1
                yield (
                    end,
                    _hidden(
                        after.split(b"\n", 1)[0], f"lines={data.count(chr(10).encode(), at, end)}"
                    ),
                )


def _hidden(after: bytes, arg: str) -> Sighting:
    return Sighting(
        id="text.hidden-code",
        kind="text",
        value=after.strip()[:120].decode("utf-8", "replace"),
        args=(arg,),
    )
