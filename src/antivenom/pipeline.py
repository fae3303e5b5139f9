"""The pipeline on one screen: bytes in, a judgement out. It never fetches, forks or reads a clock.

observe   artifact -> Profile    unpack, label, read, evaluate
judge     Profile -> Review      surround, match, weigh
"""

from __future__ import annotations

import gc
import sys

from antivenom import ecosystems
from antivenom.analysis import engine, excerpts, fitting, members, prints, reach
from antivenom.analysis.factlog import FactLog
from antivenom.analysis.flow.effects import Effects
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.members import Reading
from antivenom.analysis.package import Package
from antivenom.analysis.prints import Prints
from antivenom.context import compared, surround
from antivenom.judge import Knowledge, weigh
from antivenom.likeness import likeness
from antivenom.model.artifact import Artifact
from antivenom.model.context import Context
from antivenom.model.fact import Fact, Sighting
from antivenom.model.label import Label, Labels
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.profile import Coverage, Problem, Profile
from antivenom.model.review import Review
from antivenom.model.tree import Tree
from antivenom.rules.matching import match
from antivenom.unpack import unpack

_RECURSION = 12_000
"""Python frames are not C frames since 3.11: deep syntax trees need many of them."""
_CUT = "evaluation was cut off by a limit"
_PARTLY = "a text that it runs is too long and was read in part"
_SKIMMED = "only the most telling of its uncalled functions were evaluated"


def observe(artifact: Artifact, limits: Limits = DEFAULT_LIMITS) -> Profile:
    """Observe everything in an artifact. Depends on its bytes and ecosystem alone."""
    tree = unpack(artifact, limits)
    ecosystem = ecosystems.of(artifact, tree)
    labels = ecosystem.label(tree, artifact.filename)
    log = FactLog(limits)
    reading = members.read_all(
        tree,
        labels,
        log,
        limits,
        ecosystem.could_run,
        ecosystem.platform(artifact.filename),
        ecosystem.languages,
    )
    _archive_facts(tree, labels, log)
    _archive_facts(tree, ecosystem.record(tree, reading.hashes()), log, anomalies=False)
    cut, taken = _evaluate(reading, labels, log, limits)
    facts = log.facts(artifact.sha256)
    profile = Profile(
        sha256=artifact.sha256,
        filename=artifact.filename,
        ecosystem=ecosystem.id.value,
        kind=tree.kind.value,
        size=artifact.size,
        engine=engine.digest(),
        metadata=labels.metadata,
        manifest=taken.onto(reading.manifest),
        facts=facts,
        overflow=log.overflow,
        layers=tuple(log.layers),
        layer_prints=tuple(taken.layers),
        unhashed=taken.unhashed,
        excerpts=excerpts.collect(facts, reading, log, limits),
        coverage=_coverage(reading, labels, cut),
    )
    return fitting.fitted(profile, limits.profile_bytes)


def judge(profile: Profile, context: Context, knowledge: Knowledge) -> Review:
    """Judge what was observed, in its surroundings, by what is known."""
    facts = judged_facts(profile, context, knowledge)
    matches = match(knowledge.book, facts, ecosystem=profile.ecosystem)
    review = weigh(profile, context, matches, knowledge, facts)
    return compared(review, profile, context, facts)


def judged_facts(profile: Profile, context: Context, knowledge: Knowledge) -> tuple[Fact, ...]:
    """Return what was observed, marked as new or the same, with what the surroundings add."""
    facts = surround(profile, context, knowledge.names)
    return facts + likeness(profile, knowledge.likeness)


def _archive_facts(tree: Tree, labels: Labels, log: FactLog, *, anomalies: bool = True) -> None:
    for anomaly in tree.anomalies if anomalies else ():
        seen = Sighting(id=f"archive.{anomaly.kind.value}", kind="archive", value=anomaly.detail)
        label = labels.members.get(anomaly.member) or Label()
        members.add_sighting(log, seen, member=anomaly.member, label=label, lang="")
    for member, line, seen in labels.sightings:
        label = labels.members.get(member) or Label()
        members.add_sighting(log, seen, member=member, label=label, lang="", line=line)


def _evaluate(
    reading: Reading, labels: Labels, log: FactLog, limits: Limits
) -> tuple[dict[str, str], Prints]:
    """Run the abstract machine; return why members were not evaluated whole, and the prints."""
    if not labels.hooks and not any(source.hot for source in reading.sources):
        return {}, prints.take(reading, log, {})
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    # Millions of syntax nodes are made and none is garbage yet: collecting would only visit them.
    collecting = gc.isenabled()
    gc.disable()
    try:
        package = Package(reading.sources, reading.files(), reading.bundled)
        effects = Effects(log, labels.members)
        machine = Machine(package, effects, limits)
        reach.run(machine, labels.roots, labels.hooks)
        taken = prints.take(reading, log, machine.layers)
        machine.dispose()
        cut = dict.fromkeys(machine.skimmed, _SKIMMED) | dict.fromkeys(machine.exhausted, _CUT)
        return cut | dict.fromkeys(machine.partly, _PARTLY), taken
    finally:
        sys.setrecursionlimit(before)
        if collecting:
            gc.enable()


def _coverage(reading: Reading, labels: Labels, cut: dict[str, str]) -> Coverage:
    problems = list(reading.problems)
    roots = {r.member for r in labels.roots} | {hook.member for hook in labels.hooks}
    said = {p.member for p in problems}
    for member in sorted(cut.keys() - said):
        # What nobody in the package calls runs for nobody who only installs or loads it.
        reason = cut[member]
        blocking = reason == _PARTLY or (member in roots and reason == _CUT)
        problems.append(Problem(member=member, status="partial", reason=reason, blocking=blocking))
    said.update(cut)
    for source in reading.sources:
        module = source.module
        if module is not None and module.partial and source.member not in said:
            problems.append(Problem(member=source.member, status="partial", reason=module.partial))
            said.add(source.member)
    counts = {s: sum(p.status == s for p in problems) for s in ("partial", "failed", "skipped")}
    partial_here = sum(p.status == "partial" and p.member != "" for p in problems)
    early = sum(1 for p in reading.problems if p.status == "partial")
    return Coverage(
        complete=reading.complete - (partial_here - early),
        partial=counts["partial"],
        failed=counts["failed"],
        skipped=counts["skipped"],
        problems=tuple(problems),
    )
