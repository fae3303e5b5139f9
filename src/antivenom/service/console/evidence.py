"""A review as the case page shows it: findings with their source, hidden texts, what was read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from antivenom.model.fact import Layer
from antivenom.model.review import Finding, Review
from antivenom.report import words
from antivenom.report.layers import Layers, shown_layers
from antivenom.report.source_view import Excerpts, SourceView
from antivenom.service.casework import Suppressed

CARRYING, OTHERS, PLACES, HIDDEN, LAYER_LINES, LAYERS = 6, 60, 8, 12, 80, 60
LONG = 400
"""Lines of a span that are compared; what is longer is a whole file."""
Line = tuple[str, int, int, str]
FileAt = Callable[[str, int], str]


def nowhere(member: str, line: int) -> str:
    """Return no address: the bytes are not kept here."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A text that was decoded, as its lines."""

    layer: Layer
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    more: bool
    open: bool
    hits: frozenset[int]
    """Numbers of the lines that findings stand in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Lines of one place, and how somebody gets there."""

    source: SourceView
    steps: tuple[str, ...]
    """How the text was decoded, outermost first; empty for what was uploaded."""
    decoded_at: int
    """The uploaded line it was decoded from."""
    inspector: str
    """The member's page at PyPI, "" when it has none."""
    file: str
    """Our page of the whole member, "" where there can be none."""
    above: bool = False
    """Whether a finding before this one showed the same lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One finding."""

    number: int
    """Position in the review's findings; forms name it, so that no path travels."""
    finding: Finding
    told: bool
    """Whether the verdict's reasons say the same."""
    silenced: tuple[Suppressed, ...]
    members: tuple[str, ...]
    """Members it stands in whose content is known: what can be silenced."""
    steps: tuple[str, ...]
    """Its chain in words; empty where a card before it in the block shows the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines of source, and every finding that stands in them, the heaviest first."""

    cards: tuple[Card, ...]
    views: tuple[View, ...]
    more_places: int
    hidden: tuple[Hidden, ...]

    @property
    def severity(self) -> str:
        """Return how bad the heaviest finding is."""
        return self.cards[0].finding.severity

    @property
    def silenced(self) -> bool:
        """Whether people silenced all of it."""
        return all(card.silenced for card in self.cards)

    @property
    def open_cards(self) -> tuple[Card, ...]:
        """Return the findings that could be silenced."""
        return tuple(card for card in self.cards if card.members and not card.silenced)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return what the findings say, as the verdict quotes it."""
        return tuple(card.finding.reason for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a review rests on."""

    carrying: tuple[Block, ...]
    others: tuple[Block, ...]
    weaker: int
    """Findings in the other blocks and beyond them."""
    left: int
    layers: tuple[Hidden, ...]
    more_layers: int


def evidence(
    review: Review,
    members: Mapping[str, str],
    suppressed: Sequence[Suppressed],
    inspector: Mapping[str, str],
    file_at: FileAt = nowhere,
) -> Evidence:
    """Return the evidence of a review, the findings that carry it first.

    `inspector` has the members' pages at PyPI, `file_at` gives ours for a member and a line.
    """
    return _Making(review, members, suppressed, inspector, file_at).made()


def hidden_by_line(review: Review, path: str, *, most: int) -> dict[int, tuple[Hidden, ...]]:
    """Return the texts decoded from a member by the line they were decoded from."""
    making = _Making(review, {}, (), {}, nowhere)
    found: dict[int, list[Hidden]] = {}
    for layer in [one for one in review.layers if one.member == path][:most]:
        made = making.hidden(layer, open_=False)
        made = replace(made, open=bool(made.hits))
        found.setdefault(making.layers.line(layer.id), []).append(made)
    return {line: tuple(hidden) for line, hidden in found.items()}


def views_of(review: Review, path: str) -> list[View]:
    """Return the lines that a review kept of a member around what was found there."""
    making = _Making(review, {}, (), {}, nowhere)
    spans = [span for one in review.findings for span in one.spans if span.member == path]
    if not spans:
        return []
    whole = msgspec.structs.replace(review.findings[0], spans=tuple(dict.fromkeys(spans)))
    return [making.view(one) for one in making.excerpts.views(whole, most=PLACES)]


def steps(finding: Finding) -> tuple[str, ...]:
    """Return a finding's chain in words, nothing where it is a single step."""
    said = tuple(words.phrase(step) for one in finding.chain for step in one.split("->"))
    return said if len(said) > 1 else ()


def together(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Join findings, in order, whose lines are all among those of another one."""
    groups: list[tuple[set[Line], list[Finding]]] = []
    for finding in findings:
        lines = lines_of(finding)
        near = next((g for g in groups if lines <= g[0] or g[0] <= lines), None)
        if near is None:
            groups.append((lines, [finding]))
        else:
            near[0].update(lines)
            near[1].append(finding)
    return [group for _, group in groups]


def lines_of(finding: Finding) -> set[Line]:
    """Return member, layer and number of the lines of a finding; without a number, its text."""
    return {
        (span.member, span.layer, number, "" if number else span.excerpt)
        for span in finding.spans
        for number in range(span.line, min(max(span.end_line, span.line), span.line + LONG) + 1)
    }


class _Making:
    def __init__(
        self,
        review: Review,
        members: Mapping[str, str],
        suppressed: Sequence[Suppressed],
        inspector: Mapping[str, str],
        file_at: FileAt,
    ) -> None:
        self._review, self._members, self._suppressed = review, members, suppressed
        self._inspector, self._file_at = inspector, file_at
        self.excerpts, self.layers = Excerpts(review), Layers(review)
        self._hits = _layer_hits(review)
        self._seen: set[tuple[str, int, int]] = set()
        self._number = {id(one): n for n, one in enumerate(review.findings)}

    def made(self) -> Evidence:
        carrying = words.carrying(self._review, CARRYING)
        ids = {id(one) for one in carrying}
        others = [one for one in words.by_weight(self._review) if id(one) not in ids]
        shown = shown_layers(carrying)
        first = tuple(self._block(one, shown) for one in together(carrying))
        layers = self._review.layers
        return Evidence(
            carrying=first,
            others=tuple(self._block(one, shown) for one in together(others[:OTHERS])),
            weaker=len(others),
            left=max(len(others) - OTHERS, 0),
            layers=tuple(self.hidden(one, open_=False) for one in layers[:LAYERS]),
            more_layers=max(len(layers) - LAYERS, 0),
        )

    def _block(self, findings: Sequence[Finding], shown: set[int]) -> Block:
        spans = tuple(dict.fromkeys(span for one in findings for span in one.spans))
        whole = msgspec.structs.replace(findings[0], spans=spans)
        views = self.excerpts.views(whole, most=PLACES)
        places = len({(span.member, span.layer) for span in spans})
        hidden = [one for found in findings for one in self._unfolded(found, shown)]
        return Block(
            cards=tuple(self._cards(findings)),
            views=tuple(map(self.view, views)),
            more_places=places - len(views),
            hidden=tuple(hidden[:HIDDEN]),
        )

    def _cards(self, findings: Sequence[Finding]) -> Iterator[Card]:
        drawn: set[tuple[str, ...]] = set()
        for finding in findings:
            members = dict.fromkeys(span.member for span in finding.spans)
            known = tuple(one for one in members if self._members.get(one))
            yield Card(
                number=self._number[id(finding)],
                finding=finding,
                told=finding.reason in (*self._review.reasons, finding.title),
                silenced=tuple(self._silenced(finding, known)),
                members=known,
                steps=() if finding.chain in drawn else steps(finding),
            )
            drawn.add(finding.chain)

    def view(self, view: SourceView) -> View:
        lines = {(view.member, view.layer, one.number) for one in view.lines if one.evidence}
        above = bool(view.first) and lines <= self._seen
        self._seen |= lines
        return View(
            source=view,
            steps=self.layers.steps(view.layer) if view.layer else (),
            decoded_at=self.layers.line(view.layer) if view.layer else 0,
            inspector=self._inspector.get(view.member, "") if not view.layer else "",
            file=self._file(view),
            above=above,
        )

    def _file(self, view: SourceView) -> str:
        line = self.layers.line(view.layer) if view.layer else view.first
        return self._file_at(view.member, line) if view.member else ""

    def _unfolded(self, finding: Finding, shown: set[int]) -> Iterator[Hidden]:
        for number, layer in enumerate(self.layers.hidden_in(finding)):
            if number == HIDDEN:
                return
            yield self.hidden(layer, open_=layer.id not in shown)
            shown.add(layer.id)

    def hidden(self, layer: Layer, *, open_: bool) -> Hidden:
        lines = layer.excerpt.splitlines()
        return Hidden(
            layer=layer,
            steps=self.layers.steps(layer.id),
            lines=tuple(lines[:LAYER_LINES]),
            more=len(lines) > LAYER_LINES or layer.size > len(layer.excerpt.encode()) + 8,
            open=open_,
            hits=frozenset(self._hits.get(layer.id, ())),
        )

    def _silenced(self, finding: Finding, members: Sequence[str]) -> Iterator[Suppressed]:
        for one in self._suppressed:
            if one.rule == finding.rule and self._members.get(one.member) == one.sha256:
                if one.member in members:
                    yield one


def _layer_hits(review: Review) -> dict[int, set[int]]:
    """Return layer -> its lines that findings stand in."""
    found: dict[int, set[int]] = {}
    for finding in review.findings:
        for span in finding.spans:
            if span.layer:
                last = min(max(span.line, span.end_line), span.line + LAYER_LINES)
                found.setdefault(span.layer, set()).update(range(span.line, last + 1))
    return found
