"""The artifact's code as importable modules, and which of it deserves evaluation.

One pass of an Aho-Corasick automaton over a text finds the identifiers that any behavior needs.
A text without them is read but not lowered; of a lowered module only functions that contain one,
or that call such a function, are evaluated on their own ("hot"); others ("cold") only pass values.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from antivenom import languages
from antivenom.analysis import api, dialects
from antivenom.analysis.needles import line_starts, lines_of, needle_lines, seamless
from antivenom.model.label import Label

if TYPE_CHECKING:
    from antivenom.model.program import Function, Module

MAX_BUNDLED = 1 << 20
_SEARCHED = 4000

_MOST_PLACED = 200
"""Names that are sought one by one; of more, all words of a function are compared at once."""

_LOOKS = 16
"""How often a text is searched again because more imports became known."""

FAR = 1 << 20
"""A distance that no chain of calls has."""

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_LETTERS = re.compile(rb"[\w.$]{1,60}")
_TELLING_WORDS = 200
"""Places of a function that are looked at to tell it from others."""
_BETWEEN = {n: " " for n in range(128) if not (chr(n).isalnum() or chr(n) == "_")}
"""Makes blanks of what stands between words: the fastest way to tell them apart."""


@dataclass(slots=True, kw_only=True, eq=False)
class Source:
    """One member that holds code."""

    member: str
    lang: str
    data: bytes = field(repr=False)
    label: Label
    package: bool = False
    layer: int = 0
    hot: bool = False
    module: Module | None = field(default=None, repr=False)
    hot_functions: set[int] = field(default_factory=set, repr=False)
    """id() of functions worth evaluating on their own."""
    hot_lines: list[int] = field(default_factory=list, repr=False)
    """Lines that make a function around them hot: functions inside functions are met late. Where
    functions know their place in the text (`Function.start`), places in it instead of lines."""
    warm_lines: list[int] = field(default_factory=list, repr=False)
    """Lines that only speak where somebody else calls the function with something telling."""
    dormant: bool = False
    """Whether it runs only once something starts it: a language its registry does not load."""
    runs_text: bool | None = None
    """Whether the text holds a way to run text; None until somebody asks."""
    hot_names: dict[str, int] = field(default_factory=dict, repr=False)
    """Imported names that stand for hot code of other modules, and how far away that is: 0 holds
    what matters itself, 1 calls something that does."""
    hot_modules: dict[str, Source] = field(default_factory=dict, repr=False)
    """Imported names that stand for whole modules of which something is hot."""
    _offers: tuple[int, int, frozenset[str]] = field(default=(0, 0, frozenset()), repr=False)
    _calling: dict[int, tuple[int, int, int]] = field(default_factory=dict, repr=False)
    _lines: list[str] = field(default_factory=list, repr=False)
    _starts: list[int] = field(default_factory=list, repr=False)
    _placed: dict[str, list[int]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The dotted import name, "" when nothing can import it."""
        return self.label.module

    def is_hot_function(self, function: Function) -> bool:
        """Return whether a function is worth evaluating on its own."""
        return id(function) in self.hot_functions or _touches(self.hot_lines, function)

    def is_warm_function(self, function: Function) -> bool:
        """Return whether a function is worth evaluating when it is called."""
        return _touches(self.warm_lines, function)

    def telling_words(self, function: Function) -> tuple[str, ...]:
        """Return what makes a function worth evaluating, each word once, sorted; () where its
        place in the text is not known."""
        if function.start < 0 or self.module is None:
            return ()
        mark = 3 * self.data.startswith(b"\xef\xbb\xbf")
        first = bisect_left(self.hot_lines, function.start)
        last = min(bisect_left(self.hot_lines, function.end), first + _TELLING_WORDS)
        found = (_LETTERS.match(self.data, at + mark) for at in self.hot_lines[first:last])
        return tuple(sorted({m.group().decode() for m in found if m}))

    def distance(self, function: Function) -> int:
        """Return how many calls a function is away from hot code: 0 is hot, `FAR` is not near."""
        if self.is_hot_function(function):
            return 0
        if not (self.hot_names or self.hot_modules) or self.module is None:
            return FAR
        state = len(self.hot_names) + len(self.hot_modules)
        seen, looks, away = self._calling.get(id(function), (0, 0, FAR))
        if seen != state and looks < _LOOKS:
            away = self._away(function)
            self._calling[id(function)] = (state, looks + 1, away)
        return away

    def _away(self, function: Function) -> int:
        away = min((self.hot_names[n] for n in self._used(self.hot_names, function)), default=FAR)
        for name in self._used(self.hot_modules, function) if away else ():
            if not self._words(function).isdisjoint(self.hot_modules[name].offers()):
                away = 0
                break
        return min(away + 1, FAR)

    def _used(self, names: Mapping[str, object], function: Function) -> Iterable[str]:
        """Return which of some names stand in the text of a function."""
        if function.start >= 0 or len(names) > _MOST_PLACED:
            return names.keys() & self._words(function)
        return [name for name in names if _touches(self._lines_with(name), function)]

    def _lines_with(self, name: str) -> list[int]:
        """Return the lines that hold a word: sought once, asked for each function."""
        found = self._placed.get(name)
        if found is None:
            text = self.module.text if self.module is not None else ""
            if not self._starts:
                self._starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
            found = [bisect_right(self._starts, at) for at in _places(name, text)]
            self._placed[name] = found
        return found

    def _words(self, function: Function) -> set[str]:
        if function.start >= 0 and self.module is not None:
            # In bundles nearly everything lies in some function: only short ones are searched.
            short = function.end - function.start <= _SEARCHED
            text = self.module.text[function.start : function.end] if short else ""
            return set(_IDENTIFIER.findall(text))
        if not self._lines and self.module is not None:
            self._lines = self.module.text.split("\n")
        text = "\n".join(self._lines[function.line - 1 : function.end_line])
        return set(text.translate(_BETWEEN).split())

    def offers(self) -> frozenset[str]:
        """Return the names of a module under which others find what matters in it."""
        seen, looks, names = self._offers
        if not looks or (seen != len(self.hot_names) and looks < _LOOKS):
            found = set(self.hot_names)
            for function in self.module.functions[1:] if self.module is not None else ():
                hot = self.is_hot_function(function)
                if hot or self._used(self.hot_names, function):
                    found.update(function.name.split("."))
            names = frozenset(found)
            self._offers = (len(self.hot_names), looks + 1, names)
        return names

    def near(self, function: Function) -> bool:
        """Return whether a function is hot or uses an imported name that stands for hot code."""
        return self.distance(function) < FAR

    def learn(self, name: str, away: int) -> None:
        """Remember that an imported name stands for code so far away from what matters."""
        if away < self.hot_names.get(name, FAR):
            self.hot_names[name] = away


def _places(name: str, text: str) -> Iterator[int]:
    """Yield where a word stands in a text, as `_BETWEEN` and `str.split` tell words apart."""
    if name.translate(_BETWEEN).split() != [name]:
        return
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if (at == 0 or _parts(text[at - 1])) and (end == len(text) or _parts(text[end])):
            yield at
        at = text.find(name, end)


def _parts(char: str) -> bool:
    return ord(char) in _BETWEEN or char.isspace()


class Package:
    """All code members of one artifact."""

    def __init__(
        self,
        sources: list[Source],
        files: Mapping[str, str] | None = None,
        read: Callable[[str], bytes | None] | None = None,
    ) -> None:
        self.sources = sources
        self.files = files or {}
        """Base name -> member, of every member whose base name is its own alone."""
        self._read = read
        self.by_member = {s.member: s for s in sources}
        self.by_name: dict[str, Source] = {}
        for source in sources:
            if source.name and source.lang in languages.LOWERED:
                self.by_name.setdefault(source.name, source)
        self.by_place: dict[str, Source] = {}
        for source in sources:
            stem = source.member.removesuffix(".py").removesuffix("/__init__")
            self.by_place.setdefault(stem, source)

    def find(self, path: str, importer: Source) -> Source | None:
        """Return the member that an import of `path` from `importer` loads, or None."""
        if not path:
            return None
        if path.startswith("."):
            return self._beside(path.lstrip("."), importer, len(path) - len(path.lstrip(".")))
        found = self.by_name.get(path)
        if found is not None and (found is not importer or importer.package):
            return found
        root = path.partition(".")[0]
        if "." in importer.name or (importer.package and root in api.table("python").modules):
            return None
        return self._beside(path, importer, 1)

    def _beside(self, path: str, importer: Source, up: int) -> Source | None:
        folder = importer.member
        for _ in range(up):
            folder = folder.rpartition("/")[0]
        place = f"{folder}/{path.replace('.', '/')}" if folder else path.replace(".", "/")
        found = self.by_place.get(place.rstrip("/"))
        return found if found is not importer else None

    def read(self, member: str) -> bytes | None:
        """Return a member's bytes again, None when they cannot be had."""
        return self._read(member) if self._read is not None else None

    def bundled(self, text: str) -> bytes | None:
        """Return the bytes of the artifact's own file that a path in the code names."""
        name = text.replace("\\", "/").rpartition("/")[2]
        member = self.files.get(name) if len(name) >= 3 else None
        if member is None or self._read is None:
            return None
        data = self._read(member)
        return data if data is not None and len(data) <= MAX_BUNDLED else None


def lower(source: Source, *, thrifty: bool = False) -> Module:
    """Return the lowered module of a source, with its hot functions marked.

    With `thrifty`, syntax trees of the others are let go of, to be made again when asked for.
    """
    if source.module is None:
        wanted = dialects.of(source.lang).wanted
        source.module = languages.parse(
            source.lang,
            source.data,
            member=source.member,
            name=source.name,
            package=source.package,
            layer=source.layer,
            wanted=partial(wanted, source) if wanted is not None else None,
        )
        source.module.functions[0].body  # noqa: B018 - registers the functions of the module
        dialects.of(source.lang).mark(source, source.module)
        if thrifty:
            languages.release(source.module, source.is_hot_function)
    elif not source.hot_functions:
        # Made without a text, from bytecode: there is nothing to search for what matters.
        source.hot_functions = {id(f) for f in source.module.functions[1:]}
    return source.module


def wanted(source: Source, text: str) -> list[int]:
    """Find the lines of a text that hold a needle."""
    encoded = seamless(text.encode("utf-8", "replace"))
    source.hot_lines, source.warm_lines = needle_lines(encoded, line_starts(encoded))
    return source.hot_lines


def mark(source: Source, module: Module) -> None:
    """Find the functions of a module that hold a needle or call one that does."""
    encoded = seamless(module.text.encode("utf-8", "replace"))
    starts = line_starts(encoded)
    strong, weak = source.hot_lines, source.warm_lines
    if not weak:
        strong, weak = needle_lines(encoded, starts)
    functions = module.functions
    hot = {n for n in range(1, len(functions)) if _touches(strong, functions[n])}
    source.hot_lines, source.warm_lines = strong, weak
    for _ in range(2):
        names = {functions[n].name.rpartition(".")[2] for n in hot}
        names = {n for n in names if len(n) > 3 and not n.startswith(("__", "<"))}
        if not names or len(encoded) > 400_000:
            break
        lines = lines_of(names, encoded, starts)
        source.hot_lines = sorted({*source.hot_lines, *lines})
        more = {n for n in range(1, len(functions)) if _touches(lines, functions[n])} - hot
        if not more:
            break
        hot |= more
    source.hot_functions = {id(functions[n]) for n in hot}


def _touches(places: list[int], function: Function) -> bool:
    start, end = function.start, function.end
    if start < 0:
        start, end = function.line, function.end_line
    at = bisect_left(places, start)
    return at < len(places) and places[at] <= end


_RUNS_TEXT = re.compile(
    rb"\b(?:exec|eval|execfile|__builtins__|builtins|marshal|FunctionType|CodeType)\b"
    rb"[ \t]*[(.,\[)\"\']"
)
_TEXT_RUNNERS = (b"exec", b"eval", b"builtins", b"marshal", b"FunctionType", b"CodeType")
"""One of these stands in whatever the pattern finds."""


def runs_text(source: Source) -> bool:
    """Return whether a text holds a way to run text: what it imports may be the text."""
    if source.runs_text is None:
        named = any(word in source.data for word in _TEXT_RUNNERS)
        source.runs_text = named and _RUNS_TEXT.search(source.data) is not None
    return source.runs_text
