"""The form all command languages are read into: pipelines of commands made of words."""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = "\ufffd"
"""Stands for a piece of text that is not known."""
MOST_TEXT = 1 << 20
"""Characters of one script that are read."""
MOST_DEPTH = 8
"""Commands inside commands."""


@dataclass(frozen=True, slots=True)
class Sub:
    """The output of commands used as text: ``$(...)``, backticks, ``<(...)``."""

    script: Script
    file: bool = False
    """True for ``<(...)``, whose text is a file's name."""


@dataclass(frozen=True, slots=True)
class Var:
    """The value of a variable, with the slice or default that was written."""

    name: str
    modifier: str = ""


Part = str | Sub | Var


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command."""

    parts: tuple[Part, ...]
    quoted: bool = False

    @property
    def text(self) -> str:
        """The text as far as it is written down; variables and outputs are unknown."""
        return "".join(p if isinstance(p, str) else UNKNOWN for p in self.parts)


@dataclass(slots=True)
class Command:
    """One simple command."""

    line: int = 1
    words: list[Word] = field(default_factory=list)
    assigns: list[tuple[str, Word]] = field(default_factory=list)
    redirects: list[tuple[str, Word]] = field(default_factory=list)
    """(operator, target): ``<``, ``>``, ``>>``."""
    here: str | None = None
    """Text given on standard input."""
    background: bool = False

    @property
    def empty(self) -> bool:
        """True when nothing was written."""
        return not (self.words or self.assigns or self.redirects)


Pipeline = list[Command]
Script = list[Pipeline]


def word(text: str) -> Word:
    """Return a word of known text."""
    return Word((text,), quoted=True)
