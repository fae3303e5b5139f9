"""API tables as people write them, turned into rows.

A file ``<language>/<library>.toml`` is an array of ``[[api]]`` and, in front of it, how its names
are noticed in a source text: ``needle = "root"`` (the module's name is distinguishing),
``"name"`` (only the last part is, as for ``os``) or ``"none"``, and which words are ``weak``
(``"all"``: all but those a row names itself).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from antivenom.analysis.api.row import Condition, Detail, Place, Places, Row

_Spot = Place | list[Place]
_Literal = str | int | bool | list[str | int | bool]
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


class Entry(Struct, kw_only=True, forbid_unknown_fields=True):
    """One ``[[api]]``; the keys mean what they mean in `Row`.

    ``name`` may hold ``{a,b}`` alternatives. Keys of ``only_if`` and ``unless`` are places joined
    by ``|``, with ``=`` in front to be strict. ``args`` are ``key=value`` or
    ``key={place|place}``, each with an optional `` if place|place=glob|glob``.
    """

    name: str | list[str]
    behavior: str | list[str] = ""
    sink: _Spot = []
    weak_sink: _Spot = []
    into: str = ""
    source: _Spot = []
    yields: str = ""
    joined: bool = False
    value: _Spot = []
    host: _Spot = []
    reads: _Spot = []
    writes: _Spot = []
    runs_file: _Spot = []
    command: _Spot = []
    shell: Literal["", "sh", "cmd", "powershell"] = ""
    calls: _Spot = []
    passes: _Spot = []
    returns: str = ""
    carries: bool | _Spot = True
    absorbs: bool = False
    access: bool = False
    only_if: dict[str, _Literal] = {}
    unless: dict[str, _Literal] = {}
    args: list[str] = []
    constant: str | int | None = None
    stands_for: str = ""
    needle: str | list[str] | None = None
    """Words that give this row away, instead of the ones derived from its names; may be none."""
    note: str = ""


class Library(Struct, kw_only=True, forbid_unknown_fields=True):
    """One file of a table."""

    api: list[Entry]
    needle: Literal["root", "name", "none"] = "root"
    weak: list[str] | Literal["all"] = []
    about: str = ""


class Compiled(Struct, kw_only=True):
    """A language's table as it is kept: rows, and words with the behaviors they may mean."""

    rows: tuple[Row, ...]
    strong: dict[str, tuple[str, ...]]
    weak: dict[str, tuple[str, ...]]


def compile_tables(sources: Iterable[Path]) -> Compiled:
    """Return the rows and needles of all files, in the order of their names."""
    import tomllib

    rows: list[Row] = []
    needles: dict[bool, dict[str, set[str]]] = {True: {}, False: {}}
    for path in sorted(sources):
        library = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Library)
        for entry in library.api:
            row = to_row(entry)
            rows.append(row)
            for word in _needles(library, entry, row):
                strong = bool(entry.needle) if library.weak == "all" else word not in library.weak
                needles[strong].setdefault(word, set()).update(_behaviors(row))
    weak = {w: b for w, b in needles[False].items() if w not in needles[True]}
    return Compiled(rows=tuple(rows), strong=_sorted(needles[True]), weak=_sorted(weak))


def _sorted(words: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {word: tuple(sorted(words[word])) for word in sorted(words)}


def _behaviors(row: Row) -> set[str]:
    return {b for b in (*row.behavior, row.into, row.yields) if b}


def to_row(entry: Entry) -> Row:
    """Return what an entry means."""
    written = [entry.name] if isinstance(entry.name, str) else entry.name
    behavior = [entry.behavior] if isinstance(entry.behavior, str) else entry.behavior
    carries = entry.carries if isinstance(entry.carries, bool) else _places(entry.carries)
    return Row(
        names=tuple(n for w in written for n in expand(w)),
        behavior=tuple(b for b in behavior if b),
        sink=_places(entry.sink),
        weak_sink=_places(entry.weak_sink),
        into=entry.into,
        source=_places(entry.source),
        yields=entry.yields,
        joined=entry.joined,
        value=_places(entry.value),
        host=_places(entry.host),
        reads=_places(entry.reads),
        writes=_places(entry.writes),
        runs_file=_places(entry.runs_file),
        command=_places(entry.command),
        shell=entry.shell,
        calls=_places(entry.calls),
        passes=_places(entry.passes),
        returns=entry.returns,
        carries=carries,
        absorbs=entry.absorbs,
        access=entry.access,
        only_if=tuple(_condition(k, v) for k, v in entry.only_if.items()),
        unless=tuple(_condition(k, v) for k, v in entry.unless.items()),
        args=tuple(map(_detail, entry.args)),
        constant=entry.constant,
        stands_for=entry.stands_for,
        note=entry.note,
    )


def expand(name: str) -> Iterator[str]:
    """Yield the names that ``{a,b}`` groups stand for, in order."""
    head, brace, rest = name.partition("{")
    if not brace:
        yield name
        return
    choices, _, tail = rest.partition("}")
    for choice in choices.split(","):
        for end in expand(tail):
            yield head + choice.strip() + end


def _places(spot: _Spot) -> Places:
    return tuple(spot) if isinstance(spot, list) else (spot,)


def _parse_places(text: str) -> Places:
    return tuple(int(p) if p.isdigit() else p for p in text.strip().split("|"))


def _condition(places: str, value: _Literal) -> Condition:
    globs = value if isinstance(value, list) else [value]
    return Condition(
        places=_parse_places(places.removeprefix("=")),
        globs=tuple(str(g) for g in globs),
        strict=places.startswith("="),
    )


def _detail(text: str) -> Detail:
    said, _, test = text.partition(" if ")
    key, _, value = said.partition("=")
    when = None
    if test:
        places, _, globs = test.partition("=")
        when = _condition(places, list(globs.split("|")))
    if value.startswith("{"):
        return Detail(key=key, places=_parse_places(value.strip("{}")), when=when)
    return Detail(key=key, value=value, when=when)


def _needles(library: Library, entry: Entry, row: Row) -> Iterator[str]:
    if not _behaviors(row) and not (entry.needle and entry.stands_for):
        return
    if entry.needle is not None:
        yield from [entry.needle] if isinstance(entry.needle, str) else entry.needle
    elif library.needle != "none":
        at = 0 if library.needle == "root" else -1
        yield from (_IDENTIFIER.findall(name)[at] for name in row.names)
