"""Lists single archives, of the study part only: what is checked is never opened or named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from antivenom.report.escape import visible
from bench import tally
from bench.measure import Hit, Measured
from bench.tally import Test

_SHOWN = 4


def alarms(measured: Sequence[Measured], *, reasons: bool = True) -> Iterator[str]:
    """Yield what holds up ordinary packages: each in study, counts and rules in check.

    Without `reasons` nothing that the upload says is repeated but names of members.
    """
    ordinary = [one for one in measured if not one.sample.hostile]
    for one in tally.part(ordinary, "study"):
        if tally.suspicious(one) or tally.inconclusive(one):
            yield from _lines(one, reasons=reasons)
    hidden = [o for o in tally.part(ordinary, "check") if tally.suspicious(o)]
    if hidden:
        ids = Counter(h.rule for one in hidden for h in one.outcome.hits if h.weight >= 0.25)
        told = ", ".join(f"{rule} {count}" for rule, count in ids.most_common())
        yield f"check: {len(hidden)} suspicious or worse, by {told}"


def missed(measured: Sequence[Measured], harmless: set[str], test: Test) -> Iterator[str]:
    """Yield the study specimens that fail a test, those in harmless clusters left out."""
    for one in tally.part(measured, "study"):
        if one.sample.hostile and one.sample.cluster not in harmless and not test(one):
            yield from _lines(one)


def rule_hits(measured: Sequence[Measured], rule: str) -> Iterator[str]:
    """Yield where a rule matches in the study part, ordinary packages first."""
    for one in sorted(tally.part(measured, "study"), key=lambda one: one.sample.hostile):
        for hit in one.outcome.hits:
            if hit.rule == rule:
                kind = "malware" if one.sample.hostile else "ordinary"
                yield visible(f"{kind}  {one.sample.path}  {_place(hit)}  {hit.reason}")


def lost(measured: Iterable[Measured]) -> Iterator[str]:
    """Yield how many children ended without an answer, and how."""
    ends = Counter(one.outcome.error for one in measured if one.outcome.error)
    for end, count in ends.most_common():
        yield visible(f"{count} lost: {end}")


def _lines(one: Measured, *, reasons: bool = True) -> Iterator[str]:
    outcome = one.outcome
    said = outcome.error or outcome.blocked
    yield visible(f"{outcome.verdict} {outcome.score:.2f}  {one.sample.path}  {said}".rstrip())
    for hit in outcome.hits[:_SHOWN]:
        reason = f"  {hit.reason}" if reasons else ""
        yield visible(f"    {hit.weight:.2f} {hit.rule}  {_place(hit)}{reason}")


def _place(hit: Hit) -> str:
    layer = f" layer {hit.layer}" if hit.layer else ""
    return f"{hit.member}:{hit.line}{layer} ({hit.activation})"
