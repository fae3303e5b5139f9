"""Cut a match expression into tokens that remember their column."""

from __future__ import annotations

import re
from typing import NoReturn

from msgspec import Struct

from antivenom.errors import RuleError

MAX_TEXT = 4000
"""Characters of one expression; a longer one is a program, not a rule."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<arrow>->)
    | (?P<string>"[^"\n]{0,300}"|'[^'\n]{0,300}')
    | (?P<count>\d{1,4}\+)
    | (?P<op>!=|>=|<=|=|~)
    | (?P<mark>[()\[\],|])
    | (?P<list>@[a-z][a-z0-9-]*)
    | (?P<word>(?:[A-Za-z0-9_.*/:]|-(?!>))+)
    | (?P<end>$)
    )""",
    re.VERBOSE,
)


class Token(Struct, frozen=True):
    """One token: what it is, how it is written, and where (1-based)."""

    kind: str
    text: str
    column: int

    @property
    def shown(self) -> str:
        """How an error message names it."""
        return "the end" if self.kind == "end" else f"'{self.text}'"


def refuse(column: int, why: str, *, hint: str | None = None) -> NoReturn:
    """Refuse the expression at a column."""
    raise RuleError(f"column {column}: {why}", hint=hint)


def tokens(text: str) -> list[Token]:
    """Return the tokens of an expression; the last one has the kind ``end``."""
    if len(text) > MAX_TEXT:
        refuse(MAX_TEXT, f"the expression is longer than {MAX_TEXT} characters")
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        hit = _TOKEN.match(text, at)
        if hit is None or hit.lastgroup is None:
            stripped = text[at:].lstrip()
            refuse(len(text) - len(stripped) + 1, f"cannot read '{stripped[:1]}'")
        kind = hit.lastgroup
        written = hit.group(kind)
        found.append(Token(kind, written, hit.start(kind) + 1))
        at = hit.end()
    return found
