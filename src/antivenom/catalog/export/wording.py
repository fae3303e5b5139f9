"""What is published of specimens in words and lists, the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from antivenom.catalog.specimen import Specimen
from antivenom.model.label import STRENGTH
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.report.escape import defang

_RUNS = {
    "startup": "whenever the interpreter starts",
    "install": "on installation",
    "build": "when it is built or its metadata is read",
    "import": "when it is imported",
    "open": "when its folder is opened in an editor or agent",
    "run": "when its command is run",
    "call": "when a function of it is called",
}
_QUIET = frozenset({"file.read", "file.write", "host.search", "code.import", "process.spawn"})
"""Ordinary on their own; they are told as parts of chains."""
_MOST = 8
_FILES = 20
_KINDS = {"host": "domains", "url": "urls", "webhook": "urls", "ip": "ips"}


def details(specimens: list[Specimen]) -> str:
    """Say what it does, when, and in which campaign: a paragraph for people."""
    said = [one.description for one in specimens if one.description]
    lines = [defang(max(said, key=len))] if said else []
    does = behaviors(specimens)
    if does:
        lines.append("What it does: " + "; ".join(does) + ".")
    runs = triggers(specimens)
    if runs:
        lines.append("It runs " + ", ".join(runs) + ".")
    campaigns = sorted({one.membership.campaign for one in specimens if one.membership})
    if campaigns:
        lines.append(f"Campaign: {', '.join(campaigns[:3])}.")
    files = [f"{one.filename or one.version}: {one.sha256}" for one in specimens if one.sha256]
    if files:
        lines.append("Files (sha256):\n" + "\n".join(f"- {file}" for file in files[:_FILES]))
    return "\n\n".join(lines) or "Listed as malware by its source; nobody here has seen its files."


def behaviors(specimens: Iterable[Specimen]) -> list[str]:
    """Return the most telling behaviors in words, chains first."""
    found: Counter[str] = Counter()
    for one in specimens:
        for behavior in one.behaviors:
            steps = behavior.id.split("->")
            if len(steps) == 1 and (steps[0] in _QUIET or steps[0] not in BEHAVIORS):
                continue
            found[behavior.id] += len(steps) * 10 + STRENGTH.get(behavior.activation, 0)
    best = sorted(found, key=lambda id: (-found[id], id))[:_MOST]
    return [", then ".join(BEHAVIORS.get(step, step) for step in id.split("->")) for id in best]


def triggers(specimens: Iterable[Specimen]) -> list[str]:
    """Return when it runs, strongest first."""
    found = {activation for one in specimens for activation in one.activations}
    ordered = sorted(found, key=lambda a: -STRENGTH.get(a, 0))
    return [_RUNS[activation] for activation in ordered if activation in _RUNS]


def iocs(specimens: Iterable[Specimen]) -> dict[str, list[str]]:
    """Return domains, urls and ips, as OSSF and MISP call them."""
    found: dict[str, set[str]] = {}
    for one in specimens:
        for indicator in one.indicators:
            if indicator.kind in _KINDS:
                found.setdefault(_KINDS[indicator.kind], set()).add(indicator.value)
    return {name: sorted(values) for name, values in sorted(found.items())}
