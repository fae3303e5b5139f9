"""Commands inside code: shell, cmd and PowerShell lines read as programs of their own.

A line is read into pipelines of commands (`script`), by the reader of its language (`sh`, `cmd`;
`powershell` works on text). `reading` follows the pipelines, `actions` knows what commands do,
and what a command fetched, decoded or read travels on to where it is run or sent (`stream`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from antivenom.analysis.commands.report import CommandReport
from antivenom.analysis.commands.script import MOST_TEXT

if TYPE_CHECKING:
    from antivenom.analysis.commands.reading import Reading
    from antivenom.model.fact import Sighting

__all__ = ["CommandReport", "language_of", "observe_command", "observe_script", "read_script"]

_MOST_WORDS = 2000
_POWERSHELL = re.compile(
    r"(?i)^\s{0,10}(?:iex|iwr|irm|invoke-\w{3,30}|start-process|new-object|set-\w{3,30}|add-mppreference)\b"
    r"|\$env:\w|new-object\s|\[(?:system\.|convert\]|text\.encoding|reflection\.)|\|\s{0,3}iex\b"
)
_WINDOWS = re.compile(r"(?i)%\w{1,40}(?::~[^%]{1,12})?%|\.exe\b|\^[a-z]|[a-z]:\\|\s/c\s|\\\\")
_BRACES = re.compile(r"\s{0,10}(?:/bin/)?(?:ba)?sh\s{1,10}-c\s{1,10}(\{\S+)\s*\Z")
_FIRST = re.compile(r"\s*(?:@|\"([^\"\n]{1,260})\"|([^\s&|<>;]{1,260}))")


def observe_command(command: str | Sequence[str], *, shell: str = "") -> CommandReport:
    """Read a command line, or an argument vector that no shell has seen.

    `shell` is ``sh`` (the shell of the machine: on Windows that is cmd), ``cmd`` or
    ``powershell``; without it the text decides. U+FFFD stands for what is not known.
    """
    from antivenom.analysis.commands.reading import Reading

    reading = Reading()
    if isinstance(command, str):
        _read_text(reading, reading.limit(command, MOST_TEXT), shell)
    else:
        _read_vector(reading, list(command[:_MOST_WORDS]), shell)
    return _report(reading)


def read_script(text: str, lang: str) -> CommandReport:
    """Read a script member: ``shell``, ``batch``, ``powershell``, ``vbs``, ``javascript``."""
    from antivenom.analysis.commands import scripts
    from antivenom.analysis.commands.reading import Reading

    reading = Reading()
    scripts.read_script(reading, text, lang)
    return _report(reading)


def observe_script(text: str, lang: str) -> list[Sighting]:
    """Return the sightings of a script member."""
    return read_script(text, lang).sightings


def language_of(text: str) -> str:
    """Return ``sh``, ``cmd`` or ``powershell``, whichever a command line is written for."""
    from antivenom.analysis.commands import programs

    if _POWERSHELL.search(text[:2000]):
        first = _FIRST.match(text)
        name = programs.plain_name((first.group(1) or first.group(2) or "") if first else "")
        if programs.has_role(name, "powershell") or programs.has_role(name, "cmd"):
            return "cmd"
        return "powershell"
    first = _FIRST.match(text)
    name = programs.plain_name((first.group(1) or first.group(2) or "") if first else "")
    if programs.has_role(name, "powershell"):
        return "cmd"
    if programs.has_role(name, "windows") and not text.lstrip().startswith("/"):
        return (
            "cmd"
            if name not in ("if", "for", "set", "timeout", "type") or _WINDOWS.search(text)
            else "sh"
        )
    return "cmd" if _WINDOWS.search(text[:2000]) and "/bin/" not in text[:2000] else "sh"


def _read_text(reading: Reading, text: str, shell: str) -> None:
    from antivenom.analysis.commands import cmd, powershell, sh

    if braces := _BRACES.match(text):
        # Split at blanks and not by a shell, the braces reach the inner one as they are.
        reading.run(sh.parse(braces.group(1)))
        return
    language = shell or language_of(text)
    if shell == "sh" and language_of(text) == "cmd":
        # ``os.system`` hands the line to whatever shell the machine has.
        language = "cmd"
    if language == "powershell":
        powershell.observe(reading, text, 1)
    elif language == "cmd":
        reading.run(cmd.parse(text))
    else:
        reading.run(sh.parse(text))


def _read_vector(reading: Reading, words: list[str], shell: str) -> None:
    from antivenom.analysis.commands.script import Command, word

    if shell and len(words) == 1:
        _read_text(reading, reading.limit(words[0], MOST_TEXT), shell)
        return
    reading.run([[Command(words=[word(reading.limit(str(w), MOST_TEXT)) for w in words])]])


def _report(reading: Reading) -> CommandReport:
    return CommandReport(
        sightings=list(reading.seen.values()),
        decoded=reading.decoded,
        cut=reading.cut,
        written=[(name, stream.chains) for name, stream in reading.saved.items()],
    )
