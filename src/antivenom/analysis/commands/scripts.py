"""Scripts as members: each language's reader over the whole text, places being its lines."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import compiled
from antivenom.analysis.commands import cmd, powershell, sh
from antivenom.analysis.commands.reading import Reading

SOURCE = Path(__file__).with_name("scripts.toml")
MOST_TEXT = 2 << 20
_MOST_OF_ONE = 3
_COMMAND = re.compile(
    r"(?:\.Run|\bexec(?:Sync)?|\bspawn)\s{0,3}\(?\s{0,3}([\"'`])([^\"'`\n]{4,2000})\1"
)


class Shows(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``scripts.toml``."""

    langs: list[str]
    behavior: str
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
    text = text[:MOST_TEXT]
    if lang == "shell":
        reading.run(sh.parse(text))
    elif lang == "batch":
        reading.run(cmd.parse(text))
    elif lang == "powershell":
        powershell.observe(reading, text, 1, lines=True)
    else:
        _by_patterns(reading, text, lang)


def _by_patterns(reading: Reading, text: str, lang: str) -> None:
    for row, pattern in _rows(lang):
        for n, found in enumerate(pattern.finditer(text)):
            if n >= _MOST_OF_ONE:
                break
            line = text.count("\n", 0, found.start()) + 1
            value = found.group().strip()[:120]
            reading.see(row.behavior, line, value=value, args=row.args, certainty="low")
    from antivenom.analysis.commands import language_of

    for n, found in enumerate(_COMMAND.finditer(text)):
        if n >= 20:
            break
        command = found.group(2)
        line = text.count("\n", 0, found.start()) + 1
        if language_of(command) == "powershell":
            powershell.observe(reading, command, line)
        else:
            reading.nested(command, language_of(command), line)
