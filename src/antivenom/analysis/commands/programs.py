"""What programs are for, by name: the table behind the readers of command lines."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from antivenom import compiled

SOURCE = Path(__file__).with_name("programs.toml")
_VERSION = re.compile(r"(?<=[a-z])[0-9]+(?:\.[0-9]+){0,2}$")
_SUFFIXES = (".exe", ".com", ".cmd", ".bat")
_LONGEST = 1000


class Does(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row: what a command line achieves by itself."""

    names: list[str]
    behavior: str
    when: str = ""
    unless: str = ""
    quiet: str = ""
    """Arguments with which the output still carries, but nothing is reported."""
    args: list[str] = []
    gives: bool = False
    """Its output is what the behavior names."""
    certainty: Literal["low", "high"] = "high"


class Programs(Struct, frozen=True):
    """The table."""

    roles: dict[str, list[str]]
    does: list[Does]


def build() -> Programs:
    """Read ``programs.toml``."""
    return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Programs)


@cache
def _table() -> Programs:
    return compiled.load("commands", [SOURCE, Path(__file__)], build, Programs)


@cache
def _by_role() -> dict[str, frozenset[str]]:
    return {role: frozenset(names) for role, names in _table().roles.items()}


@cache
def _by_name() -> dict[str, list[Does]]:
    index: dict[str, list[Does]] = {}
    for row in _table().does:
        for name in row.names:
            index.setdefault(name, []).append(row)
    return index


def has_role(name: str, role: str) -> bool:
    """Say whether a program is listed under a role; ``python3.11`` counts as ``python``."""
    names = _by_role()[role]
    return name in names or _VERSION.sub("", name) in names


def plain_name(text: str) -> str:
    """Return a program's name without folder, suffix and case."""
    name = re.split(r"[/\\]", text.strip().strip("\"'"))[-1].lower()
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def effects(name: str, arguments: str) -> list[Does]:
    """Return the rows that hold for a program and its arguments."""
    text = arguments[:_LONGEST]
    index = _by_name()
    rows = index.get(name) or index.get(_VERSION.sub("", name)) or []
    return [row for row in (*rows, *index["*"]) if _holds(row, text)]


def _holds(row: Does, text: str) -> bool:
    if row.when and not _regex(row.when).search(text):
        return False
    return not (row.unless and _regex(row.unless).search(text))


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def is_quiet(row: Does, text: str) -> bool:
    """Say whether a row is not worth a report with these arguments."""
    return bool(row.quiet and _regex(row.quiet).search(text))
