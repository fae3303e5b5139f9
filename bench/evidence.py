"""What each rule finds in the corpus, as evidence; `antivenom.lab.promoting` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from antivenom.lab import promoting
from antivenom.lab.promoting import Fired, Reasons, current, remarks, write
from antivenom.rules.book import Book
from antivenom.rules.rule import Evidence
from bench import corpus
from bench.measure import Measured


def gather(measured: Sequence[Measured], book: Book, reasons: Reasons) -> dict[str, Evidence]:
    """Return the evidence of each rule of the measured book; reviews must cover both parts."""
    fired = (
        Fired(
            one.sample.hostile,
            one.sample.cluster,
            one.sample.sha256,
            {hit.rule for hit in one.outcome.hits},
        )
        for one in measured
    )
    return promoting.gather(fired, book, reasons, data=corpus.data_hash())


__all__ = ["current", "gather", "remarks", "write"]
