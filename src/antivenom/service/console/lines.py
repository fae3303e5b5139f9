"""A text as rows of a page: long texts over several pages, long lines over several rows."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from antivenom.model.review import Finding, FindingSpan, Review
from antivenom.report import words

ROWS, CHARACTERS, ROW = 1_000, 150_000, 2_000
"""Most rows and characters of a page, and characters of a row."""
_LOOKED_FOR = 60
_SPANS = 100
"""Places of one file that are marked: each is looked for, also in a line of megabytes."""


class Piece(NamedTuple):
    """A row: a line, or a part of a long one."""

    line: int
    begin: int
    """First character within the line; not 0 in the rows that continue it."""
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines that findings stand in, and what these say."""

    first: int
    last: int
    findings: tuple[Finding, ...]
    """The heaviest first."""
    text: str
    """The beginning of the evidence: where in a long line it stands."""

    @property
    def severity(self) -> str:
        """Return how bad the heaviest finding is."""
        return self.findings[0].severity


@dataclass(frozen=True, slots=True)
class Pieces:
    """The rows of a text, made when asked for: of a hundred thousand a page shows a few."""

    lines: Sequence[int]
    begins: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, at: int) -> Piece:
        return Piece(self.lines[at], self.begins[at], self.ends[at])

    def between(self, first: int, after: int) -> list[Piece]:
        """Return rows from `first` up to, not including, `after`."""
        return [self[at] for at in range(first, after)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """A text cut into pages."""

    lines: Sequence[str]
    pieces: Pieces
    begins: Sequence[int]
    """Index of the first piece of each page."""

    @property
    def pages(self) -> int:
        """How many there are."""
        return len(self.begins)

    def on(self, page: int) -> Sequence[Piece]:
        """Return the rows of a page, counted from 1."""
        after = self.begins[page] if page < len(self.begins) else len(self.pieces)
        return self.pieces.between(self.begins[page - 1], after)

    def page_of(self, piece: int) -> int:
        """Return the page that a piece is on."""
        return max(bisect.bisect_right(self.begins, piece), 1)

    def piece_of(self, line: int, text: str = "") -> int:
        """Return the piece a line begins with, or where in the line a text begins."""
        at = bisect.bisect_left(self.pieces.lines, line)
        at = min(at, len(self.pieces) - 1)
        if text and 0 < line <= len(self.lines) and len(self.lines[line - 1]) > ROW:
            at += max(self.lines[line - 1].find(text), 0) // ROW
        return min(at, len(self.pieces) - 1)


@lru_cache(maxsize=2)
def paged(text: str) -> Paged:
    """Cut a text into pages; an empty one has one page with one empty row."""
    lines = text.split("\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    pieces = _pieces(lines)
    return Paged(lines=lines, pieces=pieces, begins=_begins(pieces))


def _begins(pieces: Pieces) -> list[int]:
    """Return the index of each page's first piece. It and `_pieces` see every line of a file."""
    begins, rows, characters = [0], 0, 0
    for number, (begin, end) in enumerate(zip(pieces.begins, pieces.ends, strict=True)):
        characters += end - begin
        if rows >= ROWS or (rows and characters > CHARACTERS):
            begins.append(number)
            rows, characters = 0, end - begin
        rows += 1
    return begins


def _pieces(lines: Sequence[str]) -> Pieces:
    sizes = list(map(len, lines))
    if max(sizes) <= ROW:
        return Pieces(range(1, len(lines) + 1), [0] * len(lines), sizes)
    found = [
        (number, begin, min(begin + ROW, size))
        for number, size in enumerate(sizes, 1)
        for begin in range(0, max(size, 1), ROW)
    ]
    return Pieces(*zip(*found, strict=True))


def places(review: Review, path: str) -> list[Place]:
    """Return where findings stand in a member as it was uploaded, in order of lines."""
    found: dict[tuple[int, int], list[tuple[Finding, FindingSpan]]] = {}
    for finding in words.by_weight(review):
        for span in finding.spans:
            if span.member == path and not span.layer and span.line and len(found) < _SPANS:
                key = (span.line, max(span.line, span.end_line))
                found.setdefault(key, []).append((finding, span))
    return [
        Place(
            first=first,
            last=last,
            findings=tuple({one.rule: one for one, _ in said}.values()),
            text=said[0][1].excerpt.split("\n")[0].rstrip("…").strip()[:_LOOKED_FOR],
        )
        for (first, last), said in sorted(found.items())
    ]


def hits(paged: Paged, places: Sequence[Place], page: int) -> frozenset[int]:
    """Return the pieces of a page that are evidence, by index; of a long line the part that is."""
    rows = paged.on(page)
    found: set[int] = set()
    for place in places:
        # Evidence may be all of a long file: only what is on the page is walked through.
        for line in range(max(place.first, rows[0].line), min(place.last, rows[-1].line) + 1):
            at = paged.piece_of(line, place.text if line == place.first else "")
            found.add(at)
            long = len(paged.lines[line - 1]) > ROW
            if long and at + 1 < len(paged.pieces) and paged.pieces[at + 1].line == line:
                found.add(at + 1)
    return frozenset(found)
