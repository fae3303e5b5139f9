"""Which decoded text came from where, for people: the way from the uploaded line to the text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from antivenom.model.fact import Layer
from antivenom.model.review import Finding, Review

DEEPEST = 64
"""Layers followed upwards or downwards; a review may come from a hostile file."""


class Layers:
    """The decoded layers of a review, by id and by origin."""

    def __init__(self, review: Review) -> None:
        self._layers = {layer.id: layer for layer in review.layers}
        self._children: dict[int, list[Layer]] = {}
        for layer in review.layers:
            self._children.setdefault(layer.parent, []).append(layer)

    def way(self, identifier: int) -> list[Layer]:
        """Return the layers from the one nearest to the upload down to `identifier`."""
        found: list[Layer] = []
        layer = self._layers.get(identifier)
        while layer is not None and len(found) < DEEPEST and layer not in found:
            found.append(layer)
            layer = self._layers.get(layer.parent) if layer.parent else None
        return found[::-1]

    def steps(self, identifier: int) -> tuple[str, ...]:
        """Return every decoding step from the upload to the layer, outermost first."""
        return tuple(step for layer in self.way(identifier) for step in layer.via)

    def line(self, identifier: int) -> int:
        """Return the uploaded line the layer came from, 0 when unknown."""
        way = self.way(identifier)
        return way[0].line if way else 0

    def hidden_in(self, finding: Finding) -> Iterator[Layer]:
        """Yield the innermost texts decoded at a finding's spans."""
        if not any("data.de" in step for step in finding.chain):
            return
        seen: set[int] = set()
        for span in finding.spans:
            last = max(span.end_line, span.line)
            for layer in self._children.get(span.layer, ()):
                if layer.member == span.member and span.line <= layer.line <= last:
                    yield from self._innermost(layer, seen)

    def _innermost(self, layer: Layer, seen: set[int]) -> Iterator[Layer]:
        pending = [layer]
        while pending and len(seen) < DEEPEST:
            layer = pending.pop()
            if layer.id in seen:
                continue
            seen.add(layer.id)
            children = self._children.get(layer.id, [])
            pending += children
            if not children:
                yield layer


def shown_layers(findings: Iterable[Finding]) -> set[int]:
    """Return the layers whose text the findings' own spans show."""
    return {span.layer for finding in findings for span in finding.spans if span.layer}
