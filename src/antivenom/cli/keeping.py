"""What `--lake` does while a command reviews: facts go into the lake as the reviews come."""

from __future__ import annotations

import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from antivenom import session
from antivenom.errors import UsageError
from antivenom.intake import Failure

if TYPE_CHECKING:
    from antivenom.lab.lake import Lake
    from antivenom.lab.lake_schema import Record

MOST_REVIEWS = 500
MOST_FACTS = 100_000
"""So much is held before it is written: a batch, and what a crash can lose."""


class Keeping:
    """Takes outcomes and appends them to a lake; without a place it does nothing."""

    def __init__(self, place: str | None) -> None:
        self._lake: Lake | None = None
        self._held: list[Record] = []
        self._facts = 0
        if place:
            # Said now that a library is missing or a place is none, not after an hour.
            from antivenom.lab.lake import Lake

            self._lake = Lake(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What was reviewed before an interruption was reviewed.
        self._write()
        if self._lake is not None and kind is None:
            from antivenom.lab import lake_merging

            lake_merging.compact(self._lake, at_least=lake_merging.ENOUGH)

    def take(self, outcome: session.Outcome) -> None:
        """Hold a review, and write when there are many."""
        if self._lake is None or isinstance(outcome, Failure):
            return
        from antivenom.lab.lake_schema import record

        now = datetime.datetime.now(datetime.UTC)
        self._held.append(record(outcome.review, outcome.facts, now))
        self._facts += len(outcome.facts)
        if len(self._held) >= MOST_REVIEWS or self._facts >= MOST_FACTS:
            self._write()

    def _write(self) -> None:
        if self._lake is None or not self._held:
            return
        try:
            self._lake.append(self._held)
        except OSError as error:
            said = f"{self._lake.url}: {len(self._held):,} reviews could not be kept: {error}"
            raise UsageError(said) from None
        self._held, self._facts = [], 0
