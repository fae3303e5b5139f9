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
from functools import cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING

from antivenom import languages
from antivenom.analysis import api, dialects
from antivenom.analysis.secretwords import path_words, secret_words
from antivenom.model.label import Label

if TYPE_CHECKING:
    from antivenom.model.program import Function, Module

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
    source.hot_lines, source.warm_lines = _needle_lines(encoded, _line_starts(encoded))
    return source.hot_lines


def mark(source: Source, module: Module) -> None:
    """Find the functions of a module that hold a needle or call one that does."""
    encoded = seamless(module.text.encode("utf-8", "replace"))
    starts = _line_starts(encoded)
    strong, weak = source.hot_lines, source.warm_lines
    if not weak:
        strong, weak = _needle_lines(encoded, starts)
    functions = module.functions
    hot = {n for n in range(1, len(functions)) if _touches(strong, functions[n])}
    source.hot_lines, source.warm_lines = strong, weak
    for _ in range(2):
        names = {functions[n].name.rpartition(".")[2] for n in hot}
        names = {n for n in names if len(n) > 3 and not n.startswith(("__", "<"))}
        if not names or len(encoded) > 400_000:
            break
        lines = _lines_of(names, encoded, starts)
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


def _line_starts(data: bytes) -> list[int]:
    if b"\r" in data:
        return [0, *(m.end() for m in re.finditer(rb"\r\n|\r|\n", data))]
    return [0, *accumulate(len(line) + 1 for line in data.split(b"\n"))]


def _needle_lines(data: bytes, starts: list[int]) -> tuple[list[int], list[int]]:
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


def _lines_of(names: set[str], data: bytes, starts: list[int]) -> list[int]:
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
