"""What we know when we judge: the rule book, popular names, a trained scorer once there is one."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from antivenom.context.known_names import KnownNames
from antivenom.judge.features import Evidence
from antivenom.judge.scorer import shipped
from antivenom.likeness import Index
from antivenom.likeness.places import local_index
from antivenom.model.review import RankReason
from antivenom.rules.book import Book, load


class Scorer(Protocol):
    """A trained scorer. It may raise a score, never lower it."""

    @property
    def digest(self) -> str:
        """Identifies the model and its data."""

    @property
    def ceiling(self) -> float:
        """The most it gives; where the rules give as much it is not asked."""

    @property
    def asks(self) -> frozenset[str] | None:
        """Rules of which it wants to know whether they nearly hold; None: of all."""

    def score(self, evidence: Evidence) -> float:
        """Return 0..1, calibrated to the verdict thresholds."""

    def explain(self, evidence: Evidence) -> tuple[RankReason, ...]:
        """Return the facts that raised the score, heaviest first; asked only where it did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Frozen, with one digest."""

    book: Book
    scorer: Scorer | None = None
    names: KnownNames = field(default_factory=KnownNames, repr=False)
    likeness: Index | None = field(default=None, repr=False)
    """Known malware and known-good code; None: nothing is recognised."""

    @property
    def digest(self) -> str:
        """Identify everything known."""
        scorer = self.scorer.digest if self.scorer is not None else ""
        index = self.likeness.digest if self.likeness is not None else ""
        return hashlib.sha256(
            f"{self.book.digest}\0{scorer}\0{self.names.digest}\0{index}".encode()
        ).hexdigest()


@cache
def load_knowledge() -> Knowledge:
    """Return the knowledge that ships with the package."""
    return Knowledge(book=load(), scorer=shipped())


@cache
def local_knowledge() -> Knowledge:
    """Return what ships and this user's index of known malware. Raises `ConfigError`."""
    return dataclasses.replace(load_knowledge(), likeness=local_index())
