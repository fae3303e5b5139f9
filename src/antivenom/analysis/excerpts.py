"""Keep the source lines around facts, so that a review can show its evidence without the upload."""

from __future__ import annotations

from antivenom.analysis.factlog import FactLog
from antivenom.analysis.members import Reading
from antivenom.model.fact import Excerpt, Fact
from antivenom.model.label import STRENGTH
from antivenom.model.limits import Limits

_AROUND = 2
_WIDTH = 400
_EVIDENCE = frozenset(["flow", "behavior"])


def collect(
    facts: tuple[Fact, ...], reading: Reading, log: FactLog, limits: Limits
) -> tuple[Excerpt, ...]:
    """Return the lines around facts, those reached by the strongest activation first."""
    ordered = sorted(facts, key=lambda f: (f.kind != "flow", -STRENGTH[f.activation], f.n))
    texts: dict[tuple[str, int], list[str]] = {}
    kept: dict[tuple[str, int, int], str] = {}
    budget = limits.excerpt_bytes
    for fact in ordered:
        place = (fact.member, fact.layer)
        if place not in texts:
            texts[place] = _lines(fact, reading, log)
        for line in _wanted(fact):
            key = (*place, line)
            if key in kept or not 0 < line <= len(texts[place]):
                continue
            text = texts[place][line - 1][:_WIDTH]
            budget -= len(text) + 16
            if budget < 0:
                return _sorted(kept)
            kept[key] = text
    return _sorted(kept)


def _wanted(fact: Fact) -> list[int]:
    around = _AROUND if fact.kind in _EVIDENCE else 0
    wanted: list[int] = []
    for at in {fact.line, fact.sink_line} - {0}:
        wanted += range(at - around, at + around + 1)
    return sorted(wanted)


def _lines(fact: Fact, reading: Reading, log: FactLog) -> list[str]:
    if fact.layer:
        return log.texts.get(fact.layer, "").split("\n")
    data = reading.text_of(fact.member)
    return data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")


def _sorted(kept: dict[tuple[str, int, int], str]) -> tuple[Excerpt, ...]:
    return tuple(
        Excerpt(member=member, layer=layer, line=line, text=text)
        for (member, layer, line), text in sorted(kept.items())
    )
