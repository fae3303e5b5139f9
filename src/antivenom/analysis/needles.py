"""Which texts and lines hold an identifier that any behavior needs: one pass of an automaton."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import accumulate

from antivenom.analysis import api
from antivenom.analysis.secretwords import path_words, secret_words

_PRIMITIVES = [
    "__builtins__",
    "__getattribute__",
    "__subclasses__",
    "__import__",
    "builtins",
    "exec",
    "eval",
    "execfile",
    "__loader__",
    "FunctionType",
    "CodeType",
    "cmdclass",
    "Fernet",
    "marshal",
    "getattr(__",
    "getattr(os",
    "getattr(sys",
    "getattr(builtins",
    "getattr(importlib",
    "getattr(subprocess",
    "sys.modules[",
]
"""Ways to reach any function without naming it: a text with one of these is lowered."""

_SOFT = ["getattr", "__dict__", "vars", "globals", "locals", "compile", "setattr"]
"""Primitives that ordinary libraries use everywhere: they make a text hot only beside the import
of something worth reaching, and never a function."""

_CAPABLE = re.compile(
    rb"^[ \t]*(?:import|from)[ \t]+(?:[\w., \t]{0,200}\b)?"
    rb"(?:os|sys|subprocess|builtins|importlib|socket|shutil|ctypes|runpy|pty)\b",
    re.MULTILINE,
)


def line_starts(data: bytes) -> list[int]:
    """Return where the lines of a text begin."""
    if b"\r" in data:
        return [0, *(m.end() for m in re.finditer(rb"\r\n|\r|\n", data))]
    return [0, *accumulate(len(line) + 1 for line in data.split(b"\n"))]


def needle_lines(data: bytes, starts: list[int]) -> tuple[list[int], list[int]]:
    """Return the lines with a strong needle, and those with any."""
    automaton, names, strong_count = needles()
    strong: set[int] = set()
    weak: set[int] = set()
    for number, start, end in automaton.find_matches_as_indexes(data):  # type: ignore[attr-defined]
        if number < strong_count:
            if _is_use(data, names[number], start, end):
                strong.add(bisect_right(starts, start))
        elif is_word(data, start, end):
            weak.add(bisect_right(starts, start))
    return sorted(strong), sorted(weak | strong)


def lines_of(names: set[str], data: bytes, starts: list[int]) -> list[int]:
    """Return the lines that hold one of some names as a word."""
    from ahocorasick_rs import BytesAhoCorasick

    automaton = BytesAhoCorasick([n.encode() for n in sorted(names)])
    hits = automaton.find_matches_as_indexes(data)
    return sorted({bisect_right(starts, s) for _, s, e in hits if is_word(data, s, e)})


_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def is_word(data: bytes, start: int, end: int) -> bool:
    """Return whether a needle stands on its own, not inside a longer word."""
    if start and data[start - 1] in _WORD and (data[start] in _WORD or data[start] == _DOT):
        return False
    return not (end < len(data) and data[end] in _WORD and data[end - 1] in _WORD)


_DOT = ord(".")
_USED = (b".", b"(", b"[")


def _is_use(data: bytes, name: str, start: int, end: int) -> bool:
    """Return whether a strong needle stands where it means something, not in mere prose."""
    if not is_word(data, start, end):
        return False
    if name in _ALWAYS or not name.isidentifier():
        return True
    left = data[start - 1 : start]
    if left in _IN_PATH and name in path_words():
        return True
    after = data[end : end + 4].lstrip(b" \t")[:1]
    if after in _USED and (name not in _EVERYDAY or left == b"." or data[end : end + 1] == b"("):
        return True
    if start > 1 and data[start - 1] == _DOT and data[start - 2] in _WORD:
        return True  # ``map(os.system, ...)``: named now, called by somebody else
    before = data[max(0, start - 60) : start].rpartition(b"\n")[2]
    return b"import " in before or before.lstrip().startswith(b"from")


_EVERYDAY = frozenset(["system"])
"""Functions whose name is a word of prose and a common variable: ``system.order`` and "a linear
system (of equations)" are no calls of it."""

_ALWAYS = frozenset([*_PRIMITIVES, *_SOFT, "environ", "environb"])


@cache
def needles() -> tuple[object, list[str], int]:
    """Return the automaton, its words, and how many of the first words are strong."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

    table = api.table("python")
    strong = sorted({*table.strong, *_PRIMITIVES, *secret_words()})
    weak = sorted(set(table.weak) - set(strong))
    words = [*strong, *weak]
    automaton = BytesAhoCorasick(
        [w.encode() for w in words],
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.ContiguousNFA,
    )
    return automaton, words, len(strong)


_IN_PATH = (b"/", b"\\", b'"', b"'")


_PLUS = re.compile(rb"""\+ ?['"]""")
_SEAM = re.compile(rb"""'(?<=[\w/.~-]') ?\+ ?'(?=[\w/.~-])|"(?<=[\w/.~-]") ?\+ ?"(?=[\w/.~-])""")


def seamless(data: bytes) -> bytes:
    """Put together what is written as a sum of texts on one line: ``".aws/cred" + "entials"``."""
    return _SEAM.sub(b"", data) if _PLUS.search(data) else data


def seams(data: bytes) -> list[tuple[int, int]]:
    """Return where `seamless` takes something out."""
    return [found.span() for found in _SEAM.finditer(data)] if _PLUS.search(data) else []


def is_hot(data: bytes) -> bool:
    """Return whether a text holds an identifier that some behavior needs."""
    automaton, names, strong_count = needles()
    data = seamless(data)
    if not data.isascii() and _odd_identifier(data):
        return True
    for number, start, end in automaton.find_matches_as_indexes(data):  # type: ignore[attr-defined]
        if number < strong_count and _is_use(data, names[number], start, end):
            return True
    soft = any(_word_in(data, word) for word in _SOFT_BYTES)
    return soft and _CAPABLE.search(data) is not None


def telling_places(data: bytes) -> Iterator[int]:
    """Yield where a text holds an identifier that some behavior needs, in order."""
    automaton, names, strong_count = needles()
    for number, start, end in automaton.find_matches_as_indexes(data):  # type: ignore[attr-defined]
        if number < strong_count and _is_use(data, names[number], start, end):
            yield start


_SOFT_BYTES = tuple(word.encode() for word in _SOFT)


def _word_in(data: bytes, word: bytes) -> bool:
    at = data.find(word)
    while at >= 0:
        if is_word(data, at, at + len(word)) and not (at and data[at - 1] == _DOT):
            return True
        at = data.find(word, at + 1)
    return False


_FOREIGN = re.compile(r"[^\x00-\x7f\W]+")
_LONGEST_WORD = 200


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_"


def _odd_identifier(data: bytes) -> bool:
    """An identifier in letters that fold to ASCII hides from every search by name."""
    import unicodedata

    text = data.decode("utf-8", "replace")
    for found in _FOREIGN.finditer(text):
        start, end = found.span()
        while start and end - start < _LONGEST_WORD and _is_letter(text[start - 1]):
            start -= 1
        while end < len(text) and end - start < _LONGEST_WORD and _is_letter(text[end]):
            end += 1
        if text[end : end + 4].lstrip(" \t")[:1] not in {"(", ".", "="}:
            continue
        word = text[start:end]
        folded = unicodedata.normalize("NFKC", word)
        if folded != word and folded.isascii() and folded.isidentifier():
            return True
    return False
