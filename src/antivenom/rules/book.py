"""All rules at once: read from their pages, compiled without the samples.

What reads pages is imported where it is used: a review needs only the compiled form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, structs

from antivenom import compiled
from antivenom.errors import RuleError
from antivenom.model.label import Activation
from antivenom.rules.rule import Rule

if TYPE_CHECKING:
    from antivenom.rules.page import Page, Sample

HERE = Path(__file__).parent
PAGES = HERE / "book"
_READERS = ("book.py", "language.py", "lexer.py", "page.py", "rule.py")
"""A change of these changes the compiled form as well."""


class Book(Struct, frozen=True, kw_only=True):
    """The rule book."""

    rules: tuple[Rule, ...]
    """Sorted by id, in every state."""
    digest: str
    """Of what a review can show or depend on; samples, prose and evidence do not count."""

    def rule(self, rule_id: str) -> Rule:
        """Return one rule, or raise RuleError naming the nearest."""
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        import difflib

        close = difflib.get_close_matches(rule_id, [rule.id for rule in self.rules], 1, 0.4)
        hint = f"did you mean '{close[0]}'?" if close else None
        raise RuleError(f"there is no rule '{rule_id}'", hint=hint)


def load() -> Book:
    """Return the rule book, from its compiled form where there is one."""
    return compiled.load("rulebook", _sources(), build, Book)


def build(folder: Path = PAGES) -> Book:
    """Read every page of a folder into a book."""
    from antivenom.rules.page import read_page

    lists = read_lists(folder)
    return make_book(rule_of(read_page(path), lists) for path in page_paths(folder))


def make_book(rules: Iterable[Rule]) -> Book:
    """Return a book of rules, sorted and with its digest."""
    ordered = tuple(sorted(rules, key=lambda rule: rule.id))
    bare = [structs.replace(rule, summary="", since="", evidence=None) for rule in ordered]
    return Book(rules=ordered, digest=hashlib.sha256(msgspec.json.encode(bare)).hexdigest())


def rule_of(page: Page, lists: Mapping[str, list[str]] | None = None) -> Rule:
    """Return the rule of a page, or raise RuleError with page and column."""
    from antivenom.rules.language import parse

    header = page.header
    try:
        tree = parse(header.match, lists)
    except RuleError as error:
        raise RuleError(f"{header.id}: match: {error}", hint=error.hint) from None
    return Rule(
        id=header.id,
        title=header.title or page.heading,
        kind=header.kind,
        severity=header.severity,
        confidence=header.confidence,
        state=header.state,
        when=_when(header.id, header.when),
        match=header.match,
        tree=tree,
        template=page.template,
        summary=page.summary,
        attack=header.attack,
        ecosystems=header.ecosystems,
        languages=header.languages,
        since=header.since,
        evidence=header.evidence,
    )


def page_paths(folder: Path = PAGES) -> list[Path]:
    """Return the pages of a book's folder; files beside the folders are no pages."""
    return sorted(folder.glob("*/*.md"))


def samples(rule_id: str, folder: Path = PAGES) -> tuple[Sample, ...]:
    """Return the samples of a rule's page; none where the pages were left out (a wheel)."""
    from antivenom.rules.page import read_page

    path = folder / f"{rule_id}.md"
    return read_page(path).samples if path.is_file() else ()


def read_lists(folder: Path = PAGES) -> dict[str, list[str]]:
    """Return the named lists (``@name``) of a book."""
    import tomllib

    path = folder / "lists.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _when(rule_id: str, when: tuple[str, ...]) -> tuple[str, ...]:
    """Spell out ``any``; refuse an activation that does not exist."""
    everything = tuple(one.value for one in Activation)
    for one in when:
        if one != "any" and one not in everything:
            raise RuleError(f"{rule_id}: when: there is no activation '{one}'")
    if not when:
        raise RuleError(f"{rule_id}: when: name at least one activation, or 'any'")
    return everything if "any" in when else when


def _sources() -> Iterator[Path]:
    """Yield what the compiled form depends on; lazily, since a wheel never asks."""
    yield from page_paths()
    if (PAGES / "lists.toml").is_file():
        yield PAGES / "lists.toml"
    yield from (HERE / name for name in _READERS)
