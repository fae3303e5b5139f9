"""A review as the case page shows it: findings with their source, hidden texts, what was read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from antivenom.model.fact import Layer
from antivenom.model.review import Finding, Review
from antivenom.report import words
from antivenom.report.layers import Layers, shown_layers
from antivenom.report.source_view import Excerpts, SourceView
from antivenom.service.casework import Suppressed

CARRYING, OTHERS, PLACES, HIDDEN, LAYER_LINES, LAYERS = 6, 60, 8, 12, 80, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A text that was decoded, as its lines."""

    layer: Layer
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    more: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Lines of one place, and how somebody gets there."""

    source: SourceView
    steps: tuple[str, ...]
    """How the text was decoded, outermost first; empty for what was uploaded."""
    decoded_at: int
    """The uploaded line it was decoded from."""
    inspector: str
    above: bool = False
    """Whether a finding before this one showed the same lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One finding."""

    number: int
    """Position in the review's findings; forms name it, so that no path travels."""
    finding: Finding
    views: tuple[View, ...]
    more_places: int
    hidden: tuple[Hidden, ...]
    told: bool
    """Whether the verdict's reasons say the same."""
    silenced: tuple[Suppressed, ...]
    members: tuple[str, ...]
    """Members it stands in whose content is known: what can be silenced."""

    @property
    def steps(self) -> tuple[str, ...]:
        """Return its chain in words."""
        return tuple(words.phrase(step) for one in self.finding.chain for step in one.split("->"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a review rests on."""

    carrying: tuple[Card, ...]
    others: tuple[Card, ...]
    left: int
    layers: tuple[Hidden, ...]
    more_layers: int


def evidence(
    review: Review,
    members: Mapping[str, str],
    suppressed: Sequence[Suppressed],
    inspector: Mapping[str, str],
) -> Evidence:
    """Return the cards of a review, the findings that carry it first."""
    return _Making(review, members, suppressed, inspector).made()


class _Making:
    def __init__(
        self,
        review: Review,
        members: Mapping[str, str],
        suppressed: Sequence[Suppressed],
        inspector: Mapping[str, str],
    ) -> None:
        self._review, self._members, self._suppressed = review, members, suppressed
        self._inspector = inspector
        self._excerpts, self._layers = Excerpts(review), Layers(review)
        self._seen: set[tuple[str, int, int]] = set()
        self._number = {id(one): n for n, one in enumerate(review.findings)}

    def made(self) -> Evidence:
        carrying = words.carrying(self._review, CARRYING)
        ids = {id(one) for one in carrying}
        others = [one for one in words.by_weight(self._review) if id(one) not in ids]
        shown = shown_layers(carrying)
        first = tuple(self._card(one, shown) for one in carrying)
        layers = self._review.layers
        return Evidence(
            carrying=first,
            others=tuple(self._card(one, shown) for one in others[:OTHERS]),
            left=max(len(others) - OTHERS, 0),
            layers=tuple(self._hidden(one, open_=False) for one in layers[:LAYERS]),
            more_layers=max(len(layers) - LAYERS, 0),
        )

    def _card(self, finding: Finding, shown: set[int]) -> Card:
        views = self._excerpts.views(finding, most=PLACES)
        places = len({(span.member, span.layer) for span in finding.spans})
        members = dict.fromkeys(span.member for span in finding.spans)
        known = tuple(one for one in members if self._members.get(one))
        return Card(
            number=self._number[id(finding)],
            finding=finding,
            views=tuple(map(self._view, views)),
            more_places=places - len(views),
            hidden=tuple(self._unfolded(finding, shown)),
            told=finding.reason in (*self._review.reasons, finding.title),
            silenced=tuple(self._silenced(finding, known)),
            members=known,
        )

    def _view(self, view: SourceView) -> View:
        lines = {(view.member, view.layer, one.number) for one in view.lines if one.evidence}
        above = bool(view.first) and lines <= self._seen
        self._seen |= lines
        return View(
            source=view,
            steps=self._layers.steps(view.layer) if view.layer else (),
            decoded_at=self._layers.line(view.layer) if view.layer else 0,
            inspector=self._inspector.get(view.member, "") if not view.layer else "",
            above=above,
        )

    def _unfolded(self, finding: Finding, shown: set[int]) -> Iterator[Hidden]:
        for number, layer in enumerate(self._layers.hidden_in(finding)):
            if number == HIDDEN:
                return
            yield self._hidden(layer, open_=layer.id not in shown)
            shown.add(layer.id)

    def _hidden(self, layer: Layer, *, open_: bool) -> Hidden:
        lines = layer.excerpt.splitlines()
        return Hidden(
            layer=layer,
            steps=self._layers.steps(layer.id),
            lines=tuple(lines[:LAYER_LINES]),
            more=len(lines) > LAYER_LINES or layer.size > len(layer.excerpt.encode()) + 8,
            open=open_,
        )

    def _silenced(self, finding: Finding, members: Sequence[str]) -> Iterator[Suppressed]:
        for one in self._suppressed:
            if one.rule == finding.rule and self._members.get(one.member) == one.sha256:
                if one.member in members:
                    yield one
