"""Which rules would hold if all that code does were done at once.

A page says when its evidence must run. What fits a page but for that is worth a look, and is what
the trained scorer makes of it; it is no finding. Like `matching` it only ever holds for more facts.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from antivenom.model.fact import Fact
from antivenom.model.label import Activation
from antivenom.rules.book import Book
from antivenom.rules.language import Chain, Group, Node
from antivenom.rules.matching import MOST_BOOKS, Match, match
from antivenom.rules.rule import Rule

_ANY = tuple(one.value for one in Activation if one.value not in {"test", "never"})
_BOOKS: dict[tuple[str, frozenset[str] | None], Book] = {}


def nearly(
    book: Book,
    facts: Iterable[Fact],
    ecosystem: str | None = None,
    *,
    asked: frozenset[str] | None = None,
) -> list[Match]:
    """Return the enabled rules that hold whenever their evidence runs, in the book's order.

    `asked` are the ids of the rules that are looked at; None looks at all.
    """
    return match(_relaxed(book, asked), facts, ecosystem)


def _relaxed(book: Book, asked: frozenset[str] | None) -> Book:
    key = book.digest, asked
    if key not in _BOOKS:
        rules = [rule for rule in book.rules if rule.state == "enabled"]
        chosen = tuple(_at_any(rule) for rule in rules if asked is None or rule.id in asked)
        digest = f"{book.digest} at any: {'all' if asked is None else ' '.join(sorted(asked))}"
        if len(_BOOKS) >= MOST_BOOKS:
            _BOOKS.clear()
        _BOOKS[key] = structs.replace(book, digest=digest, rules=chosen)
    return _BOOKS[key]


def _at_any(rule: Rule) -> Rule:
    return structs.replace(rule, tree=_untimed(rule.tree), when=_more(rule.when))


def _untimed(node: Node) -> Node:
    if isinstance(node, Chain):
        return structs.replace(node, when=_more(node.when)) if node.when else node
    if isinstance(node, Group):
        return structs.replace(node, body=_untimed(node.body))
    return structs.replace(node, items=tuple(map(_untimed, node.items)))


def _more(when: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*when, *_ANY)))
