"""Scripts as members: each language's reader over the whole text, places being its lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import compiled
from antivenom.analysis.commands import cmd, powershell, sh
from antivenom.analysis.commands.reading import Reading
from antivenom.analysis.commands.script import MOST_TEXT as LONGEST

SOURCE = Path(__file__).with_name("scripts.toml")
MOST_TEXT = 2 << 20
_MOST_OF_ONE = 3
_MOST_COMMANDS = 20
_MOST_PLACES = 200
_AROUND = 1000
_STARTERS = (".Run", "exec", "spawn")
_COMMAND = re.compile(
    r"(?:\.Run|\bexec(?:Sync)?|\bspawn)\s{0,3}\(?\s{0,3}([\"'`])([^\"'`\n]{4,2000})\1"
)


class Shows(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``scripts.toml``."""

    langs: list[str]
    behavior: str
    needles: list[str]
    """Words in lower case, one of which stands in every match."""
    pattern: str
    args: list[str] = []


class Table(Struct, frozen=True):
    """The table."""

    shows: list[Shows]


def build() -> Table:
    """Read ``scripts.toml``."""
    return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Table)


@cache
def _rows(lang: str) -> list[tuple[Shows, re.Pattern[str]]]:
    rows = compiled.load("scripts", [SOURCE, Path(__file__)], build, Table).shows
    flags = re.IGNORECASE | re.MULTILINE
    return [(row, re.compile(row.pattern, flags)) for row in rows if lang in row.langs]


def read_script(reading: Reading, text: str, lang: str) -> None:
    """Follow a script member with the reader of its language."""
    text = reading.limit(text, MOST_TEXT)
    if lang in ("shell", "batch"):
        reading.limit(text, LONGEST)
    if lang == "shell":
        reading.run(sh.parse(text))
    elif lang == "batch":
        reading.run(cmd.parse(text))
    elif lang == "powershell":
        powershell.observe(reading, text, 1, lines=True)
    else:
        _by_patterns(reading, text, lang)


def _by_patterns(reading: Reading, text: str, lang: str) -> None:
    lowered = text.lower()
    for row, pattern in _rows(lang):
        for found in islice(_found(pattern, row.needles, text, lowered), _MOST_OF_ONE):
            line = text.count("\n", 0, found.start()) + 1
            value = found.group().strip()[:120]
            reading.see(row.behavior, line, value=value, args=row.args, certainty="low")
    from antivenom.analysis.commands import language_of

    for found in islice(_commands(text), _MOST_COMMANDS):
        command = found.group(2)
        line = text.count("\n", 0, found.start()) + 1
        if language_of(command) == "powershell":
            powershell.observe(reading, command, line)
        else:
            reading.nested(command, language_of(command), line)


def _found(
    pattern: re.Pattern[str], needles: Sequence[str], text: str, lowered: str
) -> Iterator[re.Match[str]]:
    """Yield the matches of a pattern, looking only around needles while those are few."""
    places = sorted(islice(_places(needles, lowered), _MOST_PLACES + 1))
    if len(places) > _MOST_PLACES or len(lowered) != len(text):
        yield from pattern.finditer(text)
        return
    end = 0
    for at in places:
        for found in pattern.finditer(text, max(end, at - _AROUND), at + _AROUND):
            yield found
            end = found.end()


def _places(needles: Sequence[str], text: str) -> Iterator[int]:
    for needle in needles:
        at = text.find(needle)
        while at >= 0:
            yield at
            at = text.find(needle, at + len(needle))


def _commands(text: str) -> Iterator[re.Match[str]]:
    """Yield the literal commands that are started, in order."""
    end = 0
    for at in sorted(_places(_STARTERS, text)):
        found = _COMMAND.match(text, at) if at >= end else None
        if found is not None:
            yield found
            end = found.end()
