"""Which paths hold secrets, and which make code come back: the places thieves know.

`secretpaths.toml` lists them as path patterns. A text is split at its slashes and matched part by
part, so ``cookies.py`` is not ``Cookies`` and prose is not a path. Pieces whose value could not
be computed stand as U+FFFD in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import compiled

UNKNOWN_PIECE = "\ufffd"
_SOURCE = Path(__file__).with_suffix(".toml")
_LONGEST = 1024
_PARTS = 48
_EXTENSION_ID = re.compile(r"[a-p]{32}")
_METADATA = re.compile(
    r"(?:169\.254\.169\.254|169\.254\.170\.2|100\.100\.100\.200|168\.63\.129\.16"
    r"|metadata\.google\.internal|\[?fd00:ec2::254\]?|192\.0\.0\.192)(?=[:/]|$)"
)
Place = tuple[str, str]
"""A behavior and the class of path."""


class Entry(Struct, kw_only=True, forbid_unknown_fields=True):
    """One ``[[read]]`` or ``[[write]]`` as written.

    In ``paths`` parts are separated by ``/`` and compared without case: ``*`` is any one part,
    ``x*`` and ``*x`` its start or end, ``?`` a part that could not be computed. A leading ``/``
    ties to the start, a trailing ``$`` to the end; otherwise what follows does not matter.
    """

    behavior: str
    path_class: str = msgspec.field(name="class")
    paths: list[str]
    whole: bool = False
    """Refuse a last part glued to an unknown piece (``<unknown>.env``)."""
    case: bool = False
    """The last part counts only as it is written here."""
    literal: bool = False
    """Stars are stars: the path is a glob that somebody searches with."""
    ordinary: bool = False
    """Honest code is full of these: none of them makes a source worth parsing."""
    telling: list[str] = []
    """Short words among the parts that do."""


class _Written(Struct, kw_only=True, forbid_unknown_fields=True):
    everyday: list[str]
    read: list[Entry]
    write: list[Entry]


class Pattern(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One path of an entry, taken apart."""

    parts: tuple[str, ...]
    behavior: str
    path_class: str
    anchor: int
    """The part it is looked up by."""
    rooted: bool = False
    last: bool = False
    whole: str = ""
    case: str = ""
    literal: bool = False

    def fits(self, parts: list[str], at: int, lowered: str, text: str) -> bool:
        """Return whether the pattern holds with its anchor at ``parts[at]``."""
        start = at - self.anchor
        end = start + len(self.parts)
        if start < 0 or end > len(parts) or (self.rooted and start != 1 and start != 0):
            return False
        if self.rooted and start == 1 and parts[0] not in ("", "file:", "file://"):
            return False
        if self.last and end != len(parts):
            return False
        if not all(map(_part_fits, self.parts, parts[start:end])):
            return False
        if self.whole and UNKNOWN_PIECE + self.whole in lowered:
            return False
        return self.case in text


class Compiled(Struct, kw_only=True):
    """Both tables as they are kept."""

    read: tuple[Pattern, ...]
    write: tuple[Pattern, ...]
    needles: tuple[str, ...]


class _Index:
    """Patterns by the part, extension or prefix that gives them away."""

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.exact: dict[str, list[Pattern]] = {}
        self.ends: dict[str, list[Pattern]] = {}
        self.starts: dict[str, list[Pattern]] = {}
        for pattern in patterns:
            part = pattern.parts[pattern.anchor]
            if pattern.literal:
                self.exact.setdefault(part, []).append(pattern)
            elif part.startswith("*"):
                self.ends.setdefault(part.rpartition(".")[2], []).append(pattern)
            elif part.endswith("*"):
                self.starts.setdefault(part[:4], []).append(pattern)
            else:
                self.exact.setdefault(part, []).append(pattern)

    def candidates(self, parts: list[str]) -> Iterator[tuple[int, Pattern]]:
        """Yield patterns that may hold, with the place of their anchor."""
        exact = self.exact
        for at, part in enumerate(parts):
            if part in exact:
                for pattern in exact[part]:
                    yield at, pattern
        last = len(parts) - 1
        name = parts[last]
        for pattern in self.ends.get(name.rpartition(".")[2], ()):
            yield last, pattern
        for pattern in self.starts.get(name[:4], ()):
            yield last, pattern

    def find(self, text: str) -> Place | None:
        """Return the most telling place: what reaches furthest, then has most parts."""
        lowered = text[:_LONGEST].lower().replace("\\", "/")
        parts = _split(lowered)
        if self.exact.keys().isdisjoint(parts) and not self._by_name(parts[-1]):
            return None
        best: Pattern | None = None
        rank = (0, 0)
        for at, pattern in self.candidates(parts):
            size = len(pattern.parts)
            here = (at - pattern.anchor + size, size)
            if here > rank and pattern.fits(parts, at, lowered, text):
                best, rank = pattern, here
        return (best.behavior, best.path_class) if best and best.behavior else None

    def _by_name(self, name: str) -> bool:
        return name.rpartition(".")[2] in self.ends or name[:4] in self.starts


def _split(lowered: str) -> list[str]:
    if UNKNOWN_PIECE in lowered:
        lowered = lowered.replace(UNKNOWN_PIECE, f"/{UNKNOWN_PIECE}/")
    while "//" in lowered:
        lowered = lowered.replace("//", "/")
    parts = lowered.rstrip("/").split("/")
    if "?" in parts[-1] and parts[0].startswith("file:"):
        parts[-1] = parts[-1].partition("?")[0]
    return parts if len(parts) <= _PARTS else parts[: _PARTS // 2] + parts[-_PARTS // 2 :]


def _part_fits(pattern: str, part: str) -> bool:
    if pattern == "*" or pattern == part:
        return True
    if pattern.startswith("*"):
        return part.endswith(pattern[1:])
    return pattern.endswith("*") and part.startswith(pattern[:-1])


def classify(text: str) -> Place | None:
    """Return which secret a path that is read leads to, as (behavior, path class)."""
    if "://" in text and not text.startswith("file:"):
        return ("secrets.cloud", "metadata") if _is_metadata(text) else None
    place = _tables()[0].find(text)
    if place is None and len(text) >= 32:
        if any(_EXTENSION_ID.fullmatch(part) for part in _split(text[:_LONGEST])):
            return "secrets.browser", "extension"
        if text.startswith(("169.", "100.100.", "168.63.")) and _METADATA.match(text):
            return "secrets.cloud", "metadata"
    elif place is None and text[:4] in _METADATA_STARTS and _METADATA.match(text):
        return "secrets.cloud", "metadata"
    return place


_METADATA_STARTS = frozenset({"169.", "100.", "168.", "meta", "[fd0", "fd00", "192."})


def _is_metadata(url: str) -> bool:
    host = url.partition("://")[2][:64].lower()
    return _METADATA.match(host.rpartition("@")[2]) is not None


def classify_write(text: str) -> Place | None:
    """Return what writing to a path achieves (persistence, tampering), or None."""
    if "://" in text and not text.startswith("file:"):
        return None
    return _tables()[1].find(text)


def needles() -> tuple[str, ...]:
    """Return telling words of which most sources that spell a known path hold one.

    As written in the table: identifiers compare by case. Everyday words are left out.
    """
    return _patterns().needles


@cache
def _tables() -> tuple[_Index, _Index]:
    patterns = _patterns()
    return _Index(patterns.read), _Index(patterns.write)


@cache
def _patterns() -> Compiled:
    return compiled.load("secretpaths", [_SOURCE, Path(__file__)], _compile, Compiled)


def _compile() -> Compiled:
    import tomllib

    written = msgspec.convert(tomllib.loads(_SOURCE.read_text("utf-8")), _Written)
    words = {w for entry in (*written.read, *written.write) for w in _telling(entry)}
    return Compiled(
        read=tuple(_pattern(e, path) for e in written.read for path in e.paths),
        write=tuple(_pattern(e, path) for e in written.write for path in e.paths),
        needles=tuple(sorted((words | _HOSTS) - set(written.everyday))),
    )


_HOSTS = {"169.254.169.254", "169.254.170.2", "metadata.google.internal", "Local State"}


def _telling(entry: Entry) -> Iterator[str]:
    """Yield the parts by which an entry is looked up, where a reader would stop at them."""
    if entry.ordinary or not entry.behavior:
        return
    for path in entry.paths:
        pattern = _pattern(entry, path)
        word = path.removesuffix("$").removeprefix("/").split("/")[pattern.anchor].strip("*")
        odd = not word.isalpha() and word.lower() not in _GENERIC
        if len(word) >= (5 if odd else 11) or word in entry.telling:
            yield word


def _pattern(entry: Entry, path: str) -> Pattern:
    body = path.removesuffix("$").removeprefix("/")
    parts = tuple(UNKNOWN_PIECE if p == "?" else p for p in body.lower().split("/"))
    weights = [_weight(part) for part in parts]
    return Pattern(
        parts=parts,
        behavior=entry.behavior,
        path_class=entry.path_class,
        anchor=weights.index(max(weights)),
        rooted=path.startswith("/"),
        last=path.endswith("$"),
        whole=parts[-1] if entry.whole else "",
        case=body.rpartition("/")[2] if entry.case else "",
        literal=entry.literal,
    )


_GENERIC = frozenset(
    [
        "appdata",
        "roaming",
        "%appdata%",
        "%localappdata%",
        "default",
        "config",
        "data",
        "state",
        "storage",
        "library",
        "network",
        "microsoft",
        "system",
        "wallets",
        "profiles",
        "options",
        "lib",
        "etc",
        "proc",
        "sys",
        "index.js",
        "package.json",
        ".config",
        "application support",
        "user data",
        "local storage",
        "profile *",
        "system32",
    ]
)
"""Parts that say little: a pattern is looked up by another one where it can."""


def _weight(part: str) -> int:
    if part in ("*", UNKNOWN_PIECE):
        return 0
    if "*" in part:
        return 1
    return 3 if part in _GENERIC else len(part) + 1
