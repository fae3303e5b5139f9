"""What an environment variable says by its name: nothing, who the machine is, or a secret.

`environment.toml` lists names; patterns for families of credentials stand there too.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import compiled

_SOURCE = Path(__file__).with_suffix(".toml")
_LONGEST = 128
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
OTHER = ("", "other")
"""The answer for a name nobody listed."""


class Entry(Struct, kw_only=True, forbid_unknown_fields=True):
    """One ``[[variable]]``: names, starts of names, or words of names, and what they mean."""

    behavior: str
    meaning: str = msgspec.field(name="class")
    names: list[str] = []
    starts: list[str] = []
    words: list[list[str]] = []
    """Runs of words between underscores, in upper case; any place in the name."""


class Compiled(Struct, kw_only=True):
    """The table as it is kept."""

    names: dict[str, tuple[str, str]]
    starts: dict[str, tuple[str, str]]
    words: dict[str, tuple[str, str]]
    stands_for: dict[str, str]


class _Written(Struct, kw_only=True, forbid_unknown_fields=True):
    variable: list[Entry]
    stands_for: dict[str, str]


def classify(name: str) -> tuple[str, str]:
    """Return the behavior that reading a variable is, and its class.

    ``("", "")`` is a mundane variable, ``("", "other")`` one that nobody knows.
    """
    upper = name[:_LONGEST].upper()
    table = _table()
    found = table.names.get(upper)
    if found is not None:
        return found
    for start, meaning in table.starts.items():
        if upper.startswith(start):
            return meaning
    return _by_words(name[:_LONGEST], table)


def _by_words(name: str, table: Compiled) -> tuple[str, str]:
    words = [w.upper() for w in _WORD.findall(name)]
    for size in (2, 1):
        for at in range(len(words) - size, -1, -1):
            meaning = table.words.get(" ".join(words[at : at + size]))
            if meaning is not None:
                return meaning
    return OTHER


def stands_for(name: str) -> str:
    """Return how the variable's folder is written in a path (``%APPDATA%``, ``~``), or ""."""
    return _table().stands_for.get(name.upper(), "")


@cache
def _table() -> Compiled:
    return compiled.load("environment", [_SOURCE, Path(__file__)], _compile, Compiled)


def _compile() -> Compiled:
    import tomllib

    written = msgspec.convert(tomllib.loads(_SOURCE.read_text("utf-8")), _Written)
    table = Compiled(names={}, starts={}, words={}, stands_for=written.stands_for)
    for entry in written.variable:
        meaning = (entry.behavior, entry.meaning)
        table.names.update(dict.fromkeys(entry.names, meaning))
        table.starts.update(dict.fromkeys(entry.starts, meaning))
        table.words.update({" ".join(run): meaning for run in entry.words})
    return table
