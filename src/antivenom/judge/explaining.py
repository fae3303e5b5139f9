"""Why the trained scorer ranks a review: its trees' contributions as the facts behind them.

Each step down a tree moves the sum, and the move belongs to the feature that was asked (path
attribution, Saabas 2014). It is no Shapley value: what is asked near the root gets less than its
due. It costs one more walk, and it is exact: the moves and the trees' means add up to the sum. A
feature is a count of facts, so its share is given to those facts, split evenly by what they are
called, and what is shown are facts with their places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from antivenom.judge.features import FILE, NEAR, Evidence, names_of
from antivenom.judge.trees import Forest
from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.review import FindingSpan, RankReason
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules.reason import LONGEST, WHEN

MOST = 3
"""Reasons given, and places of each."""
_LEAST = 0.05
"""Share of a reason worth giving."""
_MOMENT: Mapping[str, str] = {
    "early": " when installed or earlier",
    "load": " when imported or earlier",
    "ever": "",
}
_FAMILY: Mapping[str, str] = {
    "net": "uses the network",
    "process": "starts programs",
    "code": "runs text, modules or native code",
    "file": "reads or changes files",
    "data": "decodes or packs data",
    "secrets": "takes secrets",
    "user": "watches the user",
    "host": "looks at the machine",
    "guard": "chooses when to act",
    "persist": "stays after a restart",
    "tamper": "changes other things",
    "defense": "weakens defenses",
    "supply": "touches other packages or their building",
    "impact": "uses the machine for itself",
}
"""A family as a whole."""
_ODD: Mapping[str, str] = {
    "layers": "holds decoded texts",
    "rules": "findings of the rules",
    "rules score": "score of the rules",
    "long": "passes a value through three behaviors or more",
    "hidden *": "does something inside decoded text",
}


def explained(
    forest: Forest, found: Mapping[str, float], evidence: Evidence, member: str = ""
) -> tuple[RankReason, ...]:
    """Return what raised the sum of trees, as facts, heaviest first; `member` is the worst file."""
    raised = risen(forest, found)
    behind: dict[str, dict[str, list[Fact]]] = defaultdict(dict)
    for match in evidence.near:
        for fact in match.facts if f"{NEAR}{match.rule.id}" in raised else ():
            behind[f"{NEAR}{match.rule.id}"].setdefault(fact.id, []).append(fact)
    for fact in evidence.facts:
        names = names_of(fact)
        if fact.member == member:
            names += tuple(map(FILE.__add__, names))
        for name in names:
            if name in raised:
                behind[name].setdefault(fact.id, []).append(fact)
    shares: dict[str, float] = defaultdict(float)
    places: dict[str, dict[tuple[str, int, int], Fact]] = defaultdict(dict)
    for name, ids in behind.items():
        for id, some in ids.items():
            shares[id] += raised[name] / len(ids)
            for fact in some:
                places[id].setdefault((fact.member, fact.layer, fact.line), fact)
    total = sum(shares.values())
    ranked = sorted(shares, key=lambda id: (-shares[id], id))
    return tuple(
        _reason(list(places[id].values()), shares[id] / total)
        for id in ranked[:MOST]
        if shares[id] > _LEAST * total
    )


def risen(forest: Forest, found: Mapping[str, float]) -> dict[str, float]:
    """Return by how much each feature raised the sum; only what is there and raised it."""
    moved = forest.contributions(forest.row(found))
    return {name: by for name, by in moved.items() if by > 0 and found.get(name)}


def said(feature: str) -> str:
    """Return a feature in words, for reports that have no facts at hand."""
    if feature.startswith(FILE):
        return f"in one file: {said(feature.removeprefix(FILE))}"
    if feature.startswith(NEAR):
        return f"what the rule {feature.removeprefix(NEAR)} looks for, at whatever moment"
    name, _, when = feature.rpartition(" @") if " @" in feature else (feature, "", "")
    moment = _MOMENT.get(when, "")
    if name in _ODD:
        return _ODD[name] + moment
    kind, _, rest = name.partition(" ")
    if kind == "hidden":
        return f"{_does(rest)} inside decoded text"
    if kind in {"host", "path"}:
        what = "host" if kind == "host" else "file"
        return f"names a {what} of the kind {rest}{moment}"
    if kind == "how":
        behavior, _, detail = rest.partition(" ")
        return f"{_does(behavior)} ({detail})"
    if "->" in name:
        first, _, last = name.partition("->")
        source = f"what {_source(first)} reaches: " if first else "a value reaches: "
        return f"{source}{_does(last)}{moment}"
    return f"{_does(name)}{moment}"


def _does(id: str) -> str:
    family, _, kind = id.partition(".")
    if kind == "*":
        return _FAMILY.get(family, f"anything of {family}")
    return BEHAVIORS.get(id) or f"{family}: {kind.replace('-', ' ')}"


def _source(id: str) -> str:
    return _does(id) if "." in id else _does(f"{id}.*")


def _reason(facts: Sequence[Fact], share: float) -> RankReason:
    ordered = sorted(facts, key=lambda f: (-STRENGTH.get(f.activation, 0), f.member, f.line))
    first = ordered[0]
    chain = (first.via or tuple(first.id.split("->"))) if first.kind == "flow" else (first.id,)
    deeds = " and ".join(dict.fromkeys((_does(chain[0]), _does(chain[-1]))))
    when = WHEN.get(first.activation, "") if first.kind in {"behavior", "flow"} else ""
    member = first.member if len(first.member) <= 60 else "…" + first.member[-59:]
    return RankReason(
        reason=f"{member or 'the archive'} {deeds} {when}".rstrip()[:LONGEST],
        chain=chain,
        share=round(share, 3),
        spans=tuple(map(_span, ordered[:MOST])),
    )


def _span(fact: Fact) -> FindingSpan:
    return FindingSpan(
        member=fact.member,
        line=fact.line,
        end_line=max(fact.end_line, fact.line),
        layer=fact.layer,
        excerpt=fact.value.strip()[:200],
    )
