"""Collects facts and layers of one artifact: one fact per place, strongest activation kept."""

from __future__ import annotations

import hashlib

import msgspec

from antivenom.analysis.answered import settled
from antivenom.model.fact import Fact, Layer
from antivenom.model.label import STRENGTH
from antivenom.model.limits import Limits

MAX_VALUE = 256
_PER_ID = 60
"""Facts of one id in one member; the rest is counted, so a table of URLs is not a flood."""

_OPEN = frozenset(["literal", "written-file", "bundled-file"])
"""How a text became a layer without having been hidden: anybody can read it where it stands."""
_MOST_ARGS = 3

_ACTS = frozenset(["behavior", "flow", "native"])
_STARTS = ("process.spawn", "process.shell")


def _group(fact: Fact) -> tuple[str, float]:
    """Return the group of a fact and its share of the room: a flood leaves room for others."""
    if fact.kind == "text":
        return "text", 0.3
    if fact.kind == "behavior" and STRENGTH[fact.activation] <= STRENGTH["call"]:
        return "called", 0.4
    return fact.kind, 0.6 if fact.kind == "behavior" else 1.0


class FactLog:
    """The growing record of one observation."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.overflow = 0
        self._facts: dict[tuple[str, int, str, str, str], Fact] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._groups: dict[str, int] = {}
        self.layers: list[Layer] = []
        self.texts: dict[int, str] = {}
        """Decoded text by layer, for excerpts."""
        self._known: dict[tuple[str, str], int] = {}
        self._depth: dict[int, int] = {0: 0}
        self._peeled: dict[int, int] = {}
        """Layer -> how many encoded texts lie around it."""

    def add(self, fact: Fact) -> None:
        """Add one fact, or strengthen the one already known of the same place."""
        if fact.kind == "flow" and not fact.path_class and fact.id.endswith(_STARTS):
            # What arrived is started itself: no tool that only reads it, no stream put in place.
            kind = "stream" if "how=dup2" in fact.args else "other"
            fact = msgspec.structs.replace(fact, path_class=kind)
        peeled = self._peeled.get(fact.layer, 0)
        if peeled and len(fact.args) < _MOST_ARGS:
            fact = msgspec.structs.replace(fact, args=(*fact.args, f"depth={peeled}"))
        # A private key and a token that leave by one call are two facts.
        value = f"{fact.value}\0{fact.path_class}" if fact.kind == "flow" else fact.value
        key = (fact.member, fact.layer, fact.scope, fact.id, value)
        known = self._facts.get(key)
        if known is not None:
            if STRENGTH[fact.activation] > STRENGTH[known.activation]:
                self._facts[key] = fact
            return
        counter = (fact.member, fact.id)
        used = self._counts.get(counter, 0)
        group, share = _group(fact)
        held = self._groups.get(group, 0)
        full = held >= share * self.limits.facts or len(self._facts) >= self.limits.facts
        if used >= _PER_ID or full:
            self.overflow += 1
            return
        self._counts[counter] = used + 1
        self._groups[group] = held + 1
        self._facts[key] = fact

    def facts(self, sha256: str) -> tuple[Fact, ...]:
        """Return all facts, numbered, in a stable order."""
        ordered = sorted(
            settled(self._facts.values()),
            key=lambda f: (f.member, f.layer, f.line, f.id, f.value, f.scope),
        )
        return tuple(
            msgspec.structs.replace(fact, artifact=sha256, n=n) for n, fact in enumerate(ordered)
        )

    def acting(self) -> set[str]:
        """Return the members in which something beyond mere text was observed."""
        return {fact.member for fact in self._facts.values() if fact.kind in _ACTS}

    def layer(
        self, member: str, line: int, parent: int, via: tuple[str, ...], data: bytes
    ) -> int | None:
        """Register a decoded text and return its id, None when it is over the limit."""
        sha256 = hashlib.sha256(data).hexdigest()
        depth = self._depth.get(parent, 0) + 1
        if (member, sha256) in self._known:
            return self._known[member, sha256]
        if len(self.layers) >= self.limits.layers or depth > self.limits.layer_depth:
            self.overflow += 1
            return None
        number = len(self.layers) + 1
        text = data[:200_000].decode("utf-8", "replace")
        self._known[member, sha256] = number
        self._depth[number] = depth
        self._peeled[number] = self._peeled.get(parent, 0) + (not _OPEN.issuperset(via))
        self.texts[number] = text
        self.layers.append(
            Layer(
                id=number,
                member=member,
                line=line,
                parent=parent,
                via=via,
                sha256=sha256,
                size=len(data),
                excerpt=text[:400],
            )
        )
        return number
