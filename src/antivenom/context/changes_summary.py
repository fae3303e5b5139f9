"""The places of a release that differ from the one before, ranked for a person.

First what findings rest on, then other new facts, then code that changed and does nothing we know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antivenom.context.matching import Matches
from antivenom.model.changes import ChangedPlace, Changes
from antivenom.model.context import release_purl
from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.profile import ManifestEntry, Profile
from antivenom.model.review import Finding
from antivenom.model.vocabulary import BEHAVIORS

MOST_PLACES = 12
_MOST_SAID = 3
_MOST_HOSTS = 12
_CODE = frozenset(
    ["python", "pth", "cython", "shell", "batch", "powershell", "javascript", "typescript", "vbs"]
)
_WEIGHTS = {"flow": 6, "behavior": 3, "native": 3, "change": 3, "archive": 3, "text": 1}
_RELEASE = {
    "change.new-file-kind": "first file of its kind: {member} is {value}",
    "change.startup-hook": "runs with the interpreter: {value}",
    "change.build-backend": "built by something else: {value}",
    "change.dependency-added": "depends on {value}",
    "change.maintainer": "other people: {value}",
    "change.provenance-lost": "provenance lost: {value}",
    "change.long-silence": "after a long silence: {value}",
    "change.burst": "several releases at once: {value}",
    "how=owner": "new owner of the project: {value}",
    "field=entry-point": "new command or plug-in: {value}",
    "field=licence": "another licence: {value}",
}
_PLACES = frozenset(["change.dependency-added", "change.startup-hook", "change.build-backend"])
"""Changes of the release that stand in lines of a member."""
Place = tuple[str, int, str]


def summarise(
    new: Profile,
    old: Profile,
    facts: Iterable[Fact],
    matches: Matches,
    findings: Sequence[Finding],
) -> Changes:
    """Return what changed, the places worst first."""
    news = [fact for fact in facts if fact.change == "new"]
    ranked = _ranked(news, matches, _weighed(findings))
    quiet = _quiet(new, matches, {place.member for place in ranked})
    places = (*ranked, *quiet)
    release = [f for f in news if f.kind == "change" or "where=before" in f.args]
    hosts = dict.fromkeys(f.host for f in news if f.host and _stranger(f))
    return Changes(
        baseline=release_purl(old) or old.filename,
        added=len(matches.added),
        removed=len(matches.removed),
        changed=len(matches.changed),
        moved=len(matches.moved),
        functions=_functions(new, old, matches),
        new_facts=len(news),
        release=tuple(_said_of_release(fact) for fact in release[:MOST_PLACES]),
        hosts=tuple(hosts)[:_MOST_HOSTS],
        places=places[:MOST_PLACES],
        more=max(len(places) - MOST_PLACES, 0),
    )


def _weighed(findings: Sequence[Finding]) -> Mapping[tuple[str, int], float]:
    """Return place -> weight of the heaviest finding that rests on it."""
    found: dict[tuple[str, int], float] = {}
    for finding in findings:
        for span in finding.spans:
            key = (span.member, span.layer)
            found[key] = max(found.get(key, 0.0), finding.weight)
    return found


def _ranked(
    news: Sequence[Fact], matches: Matches, weights: Mapping[tuple[str, int], float]
) -> list[ChangedPlace]:
    grouped = _grouped(news, weights)
    rows = []
    for (member, layer, scope), facts in grouped.items():
        facts.sort(key=_worst)
        rank = (-weights.get((member, layer), 0.0), _worst(facts[0]), member, layer, scope)
        rows.append((rank, _place(member, layer, scope, facts, matches)))
    rows.sort(key=lambda row: row[0])
    return [place for _, place in rows]


def _grouped(
    news: Sequence[Fact], weights: Mapping[tuple[str, int], float]
) -> dict[Place, list[Fact]]:
    """Group facts by function; a text belongs to the function that does something on its line.

    What a release as a whole changed is a place only where a finding rests on it.
    """
    grouped: dict[Place, list[Fact]] = {}
    acting: dict[tuple[str, int, int], str] = {}
    for fact in news:
        if fact.kind in {"behavior", "flow"}:
            for line in (fact.line, fact.end_line, fact.sink_line):
                acting[fact.member, fact.layer, line] = fact.scope
    for fact in news:
        if fact.kind == "change" and (fact.member, fact.layer) in weights and fact.id in _PLACES:
            grouped.setdefault((fact.member, fact.layer, ""), []).append(fact)
        elif fact.kind not in {"change", "name", "meta", "like"}:
            near = (acting.get((fact.member, fact.layer, fact.line + n)) for n in (0, 1, -1))
            found = next((scope for scope in near if scope is not None), fact.scope)
            scope = found if fact.kind == "text" else fact.scope
            grouped.setdefault((fact.member, fact.layer, scope), []).append(fact)
    return grouped


def _place(
    member: str, layer: int, scope: str, facts: Sequence[Fact], matches: Matches
) -> ChangedPlace:
    lines = [fact.line for fact in facts if fact.line]
    ends = [max(fact.end_line, fact.sink_line, fact.line) for fact in facts]
    strongest = max(facts, key=lambda fact: STRENGTH.get(fact.activation, 0))
    return ChangedPlace(
        member=member,
        was=matches.pairs.get(member, ""),
        line=min(lines, default=0),
        end_line=max(ends, default=0),
        layer=layer,
        scope=scope,
        activation=strongest.activation,
        does=tuple(dict.fromkeys(fact.id for fact in facts)),
        said=_said(facts),
    )


def _quiet(new: Profile, matches: Matches, told: set[str]) -> list[ChangedPlace]:
    """Return changed code in which nothing new was observed."""
    wanted = {*matches.changed, *matches.added} - told
    entries = [e for e in new.manifest if e.path in wanted and e.lang in _CODE]
    entries.sort(key=lambda e: (e.role != "code", -STRENGTH.get(e.activation, 0), e.path))
    return [_quiet_place(entry, matches) for entry in entries]


def _quiet_place(entry: ManifestEntry, matches: Matches) -> ChangedPlace:
    was = matches.pairs.get(entry.path, "")
    return ChangedPlace(member=entry.path, was=was, activation=entry.activation)


def _worst(fact: Fact) -> tuple[float, str]:
    acts = STRENGTH.get(fact.activation, 0)
    stranger = 4 if _stranger(fact) else 0
    return -(_WEIGHTS.get(fact.kind, 1) * (acts + 1) + stranger), fact.id


def _stranger(fact: Fact) -> bool:
    return "party=new" in fact.args or fact.kind == "text"


def _said(facts: Sequence[Fact]) -> str:
    """Say in words what is new: ``downloads -> starts a process (files.example)``."""
    said: dict[str, None] = {}
    flowing = {step for fact in facts for step in fact.via}
    for fact in facts:
        if fact.kind == "behavior" and fact.id in flowing:
            continue
        if fact.kind == "change":
            said.setdefault(_said_of_release(fact))
            continue
        steps = [BEHAVIORS.get(step, step) for step in (fact.via or (fact.id,))]
        about = fact.host or fact.value
        said.setdefault(" → ".join(steps) + (f" ({about[:60]})" if about else ""))
    return "; ".join(list(said)[:_MOST_SAID])


def _said_of_release(fact: Fact) -> str:
    key = next((arg for arg in fact.args if arg in _RELEASE), fact.id)
    return _RELEASE[key].format(member=fact.member, value=fact.value)[:200]


def _functions(new: Profile, old: Profile, matches: Matches) -> int:
    """Count functions whose normalised code the old release did not have."""
    before = {h for entry in old.manifest for h in entry.functions.values()}
    wanted = {*matches.changed, *matches.added}
    return sum(
        hashed not in before
        for entry in new.manifest
        if entry.path in wanted
        for name, hashed in entry.functions.items()
        if name
    )
