"""The source lines around a finding's spans, for the text and the HTML report.

A profile keeps some lines around each fact (`Review.excerpts`). Where it kept none, the span's own
excerpt is the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from antivenom.model.review import Finding, FindingSpan, Review

CONTEXT = 2
"""Lines shown before and after evidence."""
HEAD = 8
"""Lines shown of evidence that is longer; its last line follows after a gap."""

Place = tuple[str, int]
"""Member and layer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One line to show."""

    number: int
    """0 when the place has no lines."""
    text: str
    evidence: bool
    gap: bool = False
    """Lines were left out before this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """What to show of one member, as uploaded or decoded."""

    member: str
    layer: int
    first: int
    """The first evidence line, 0 when the place has no lines."""
    last: int
    lines: tuple[SourceLine, ...]


class Excerpts:
    """The kept source lines of a review, by place."""

    def __init__(self, review: Review) -> None:
        self._lines: dict[Place, dict[int, str]] = {}
        for excerpt in review.excerpts:
            self._lines.setdefault((excerpt.member, excerpt.layer), {})[excerpt.line] = excerpt.text

    def views(self, finding: Finding, *, most: int, context: int = CONTEXT) -> list[SourceView]:
        """Return at most `most` places of a finding, its spans joined where they share one."""
        places: dict[Place, list[FindingSpan]] = {}
        for span in finding.spans:
            places.setdefault((span.member, span.layer), []).append(span)
        return [self._view(p, spans, context) for p, spans in list(places.items())[:most]]

    def _view(self, place: Place, spans: Sequence[FindingSpan], context: int) -> SourceView:
        kept = self._lines.get(place, {})
        evidence: dict[int, str] = {}
        nearby: set[int] = set()
        for span in spans[:20]:
            evidence.update(_evidence(span, kept))
            last = max(span.end_line, span.line)
            nearby.update(_around(span.line, last, context) if span.line else ())
        numbers = sorted((nearby & kept.keys()) | evidence.keys())
        shown = _joined(numbers, evidence, kept)
        return SourceView(
            member=place[0],
            layer=place[1],
            first=min(evidence, default=0),
            last=max(evidence, default=0),
            lines=tuple(_with_gaps(shown, evidence, kept)),
        )


def _evidence(span: FindingSpan, kept: Mapping[int, str]) -> dict[int, str]:
    """Return the lines of a span: the kept ones, or its excerpt."""
    last = max(span.end_line, span.line)
    numbers = [n for n in range(span.line, min(last, span.line + HEAD - 1) + 1) if n in kept]
    if last in kept and last not in numbers:
        numbers.append(last)
    if span.line and span.line in kept:
        return {n: kept[n] for n in numbers}
    lines = span.excerpt.split("\n")[:HEAD]
    return {(span.line + n if span.line else 0): text for n, text in enumerate(lines)}


def _around(first: int, last: int, context: int) -> Iterator[int]:
    yield from range(max(first - context, 1), first)
    yield from range(last + 1, last + context + 1)


def _joined(
    numbers: Sequence[int], evidence: Mapping[int, str], kept: Mapping[int, str]
) -> list[int]:
    """Close gaps that cost no more room than the mark of a gap; drop blank lines at the ends."""
    joined: list[int] = []
    for number in numbers:
        if joined and number == joined[-1] + 2 and number - 1 in kept:
            joined.append(number - 1)
        joined.append(number)
    while joined and joined[0] not in evidence and not kept[joined[0]].strip():
        joined.pop(0)
    while joined and joined[-1] not in evidence and not kept[joined[-1]].strip():
        joined.pop()
    return joined


def _with_gaps(
    numbers: Sequence[int], evidence: Mapping[int, str], kept: Mapping[int, str]
) -> Iterator[SourceLine]:
    before = None
    for number in numbers:
        yield SourceLine(
            number=number,
            text=evidence.get(number, kept.get(number, "")),
            evidence=number in evidence,
            gap=before is not None and number > before + 1,
        )
        before = number
