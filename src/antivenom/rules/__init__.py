"""The rule book: read its pages, match them on facts, keep them honest.

`page` reads one Markdown page, `language` its match expression, `book` all pages at once,
`matching` finds which rules hold for a list of facts, `reason` says it to a moderator, `describe`
shows a rule, `lint` checks that every page means what it says, `index` writes the table of rules
and attacks for people.
"""

from __future__ import annotations

from antivenom.rules.book import Book
from antivenom.rules.book import load as load_book
from antivenom.rules.matching import Match, match
from antivenom.rules.rule import Rule

__all__ = ["Book", "Match", "Rule", "load_book", "match"]
