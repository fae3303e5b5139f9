"""What kind of program a command line starts: a build tool, the interpreter, or something else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from antivenom import compiled
from antivenom.analysis.value import HOLE

_SOURCE = Path(__file__).with_suffix(".toml")
_PYTHON = ("python", "pypy", "python.exe", "pythonw.exe", "py")
_NEXT = re.compile(r"\|\|?|&&?|[;\n`()]")
"""What ends one command of a line and begins another."""
_WEAKER = ("other", "computed", "script", "python", "tool")
"""The first of these that a part of a line is, the whole line is."""
_RUNNERS = frozenset(
    [
        "sh",
        "bash",
        "zsh",
        "dash",
        "ksh",
        "cmd",
        "call",
        "source",
        ".",
        "powershell",
        "pwsh",
        "cscript",
        "wscript",
        "node",
        "bun",
        "deno",
        "perl",
        "ruby",
    ]
)
"""Programs whose first argument is the program that matters."""
_PREFIXES = frozenset(["nohup", "exec", "env", "time", "start", "sudo", "setsid", "nice", "run"])
_BUILD_SCRIPTS = frozenset(
    [
        "autogen.sh",
        "b2",
        "bootstrap",
        "bootstrap.bat",
        "bootstrap.py",
        "bootstrap.sh",
        "build.bat",
        "build.py",
        "build.sh",
        "buildconf",
        "buildconf.bat",
        "compile.sh",
        "config",
        "config.guess",
        "config.sub",
        "configure",
        "configure.bat",
        "configure.py",
        "gradlew",
        "install-sh",
        "make.bat",
        "meson.py",
        "mvnw",
        "setup.py",
        "waf",
    ]
)
"""What sources are built with: who fetched them meant to do that."""
_PREPARING = frozenset(
    ["autogen.sh", "bootstrap", "bootstrap.sh", "buildconf", "configure", "config.guess"]
)
"""Of these, what a shell is given that is started nowhere else."""
_CHOSEN = frozenset(
    [
        *("ar", "as", "cc", "cmake", "cpp", "cxx", "f77", "f90", "fc", "ld", "make", "nm", "nvcc"),
        *("pkg_config", "ranlib", "editor", "visual", "pager"),
    ]
)
"""Variables of the environment in which a person names the tools of a build, or an editor."""
_ABOUT_ITSELF = frozenset(["--version", "-version", "-V", "--help"])
"""Asked this alone, an installed program tells of itself and ends."""
_LONGEST = 4000
_TEMPORARY = re.compile(r"[\"']?/(?:var/tmp|tmp|dev/shm)/(?!(?:[^/]{1,200}/){0,9}bin/)")
"""Nobody installs tools there, unless as a whole environment."""


def _build() -> list[str]:
    return list(tomllib.loads(_SOURCE.read_text(encoding="utf-8"))["names"])


@cache
def _names() -> frozenset[str]:
    return frozenset(compiled.load("tools", [_SOURCE], _build, list[str]))


def command_class(command: str | Sequence[str]) -> str:
    """Return ``tool``, ``python``, ``script``, ``other``, or ``computed`` for what is not known."""
    found = {_class(words) for words in _parts(command)}
    return next((kind for kind in _WEAKER if kind in found), "computed")


def programs(command: str | Sequence[str]) -> Iterator[str]:
    """Yield the files, and modules behind ``-m``, that a command line starts."""
    for words in _parts(command):
        program = _script(words)
        if program:
            yield program


def builds(program: str) -> bool:
    """Whether a script is one that sources are built with."""
    return _name(program) in _BUILD_SCRIPTS


def _parts(command: str | Sequence[str]) -> list[list[str]]:
    """Return the words of each command of a line."""
    if isinstance(command, str):
        return [w for part in _NEXT.split(command[:_LONGEST]) if (w := part.split()[:20])]
    return [list(command[:20])] if command else []


def _class(words: Sequence[str]) -> str:
    first = words[0]
    name = _name(first)
    if not name or HOLE in first or (name[0] == name[-1] == "%"):
        # Also what a variable of the environment names, unless builds are told their tools so.
        return "tool" if name.strip("%") in _CHOSEN else "computed"
    if name.startswith(_PYTHON):
        return "python"
    if _TEMPORARY.match(first):
        return "other"
    if name in _names() or name.removesuffix(".exe") in _names():
        return "tool"
    if len(words) == 2 and words[1] in _ABOUT_ITSELF and "/" not in first.replace("\\", "/"):
        return "tool"
    script = _script(words) if name in _RUNNERS else ""
    if _name(script) in _PREPARING:
        return "tool"
    return "script" if script else "other"


def _script(words: Sequence[str]) -> str:
    """Return the file that an interpreter, or the line itself, starts."""
    runner = False
    for number, word in enumerate(words):
        plain = word.strip("\"'").replace("\\", "/")
        name = _name(plain)
        if word == "-m" and runner:
            return words[number + 1] if number + 1 < len(words) else ""
        if word in {"-c", "-e", "-Command", "-"}:
            return ""
        if name in _RUNNERS or name.startswith(_PYTHON):
            runner = True
        elif not word.startswith("-") and word.lower() != "/c" and name not in _PREFIXES:
            return plain if HOLE not in name and (runner or "/" in plain or "." in name) else ""
    return ""


def _name(word: str) -> str:
    return word.strip("\"'").replace("\\", "/").rpartition("/")[2].lower()
