"""What kind of program a command line starts: a build tool, the interpreter, or something else."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from antivenom import compiled
from antivenom.analysis.value import HOLE

_SOURCE = Path(__file__).with_suffix(".toml")
_PYTHON = ("python", "pypy", "python.exe", "pythonw.exe", "py")


def _build() -> list[str]:
    return list(tomllib.loads(_SOURCE.read_text(encoding="utf-8"))["names"])


@cache
def _names() -> frozenset[str]:
    return frozenset(compiled.load("tools", [_SOURCE], _build, list[str]))


def command_class(command: str | Sequence[str]) -> str:
    """Return ``tool``, ``python``, ``other``, or ``computed`` when the program is not known."""
    if isinstance(command, str):
        words = command.split(maxsplit=1)
        first = words[0] if words else ""
        if _chained(command):
            return "other"
    else:
        first = command[0] if command else ""
    if not first or HOLE in first:
        return "computed"
    name = first.strip("\"'").replace("\\", "/").rpartition("/")[2].lower()
    if name.startswith(_PYTHON):
        return "python"
    return "tool" if name.removesuffix(".exe") in _names() or name in _names() else "other"


def _chained(command: str) -> bool:
    """A line that goes on after its first program is judged by more than its first word."""
    return any(mark in command for mark in ("|", "&&", ";", "$(", "`", "||", "\n"))
