"""Weigh findings: the strongest decides, weak ones add up to less than `malicious`.

A finding's weight follows from its page (severity, confidence) and from where its evidence
stands; nothing here can make one more finding lower the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from antivenom.judge.features import ABSENT, Evidence
from antivenom.judge.knowledge import Knowledge
from antivenom.model.context import NOTHING, Context, release_purl
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH, Activation
from antivenom.model.profile import Coverage, Problem, Profile
from antivenom.model.review import (
    MALICIOUS_AT,
    SUSPICIOUS_AT,
    WEAK_CEILING,
    ArtifactInfo,
    ContextInfo,
    Digests,
    Finding,
    FindingSpan,
    Ranking,
    Review,
    Verdict,
)
from antivenom.rules.matching import Match
from antivenom.rules.nearly import nearly

WEIGHTS: Mapping[tuple[str, str], float] = {
    ("critical", "high"): 0.99,
    ("critical", "medium"): 0.93,
    ("critical", "low"): 0.62,
    ("high", "high"): 0.91,
    ("high", "medium"): 0.7,
    ("high", "low"): 0.45,
    ("medium", "high"): 0.55,
    ("medium", "medium"): 0.4,
    ("medium", "low"): 0.25,
    ("low", "high"): 0.2,
    ("low", "medium"): 0.12,
    ("low", "low"): 0.06,
}
"""(severity, confidence) -> weight. Only what a registry may act on alone reaches 0.9."""

_ASIDE_ROLES = frozenset(["test", "docs", "example"])
_CODE_FACTS = frozenset(["behavior", "flow", "text"])
"""Kinds of facts about code; an archive's shape or a name does not wait to be reached."""
_ASIDE = 0.4
"""Factor for evidence that only a test runner or a reader of examples reaches."""
_WEAK = 0.4
_TELLING = 0.15
"""Score of the trained scorer from which it says why: one ordinary package in twenty has it."""
_MOST_REASONS = 5
_MOST_SPANS = 8


def weigh(
    profile: Profile,
    context: Context,
    matches: Iterable[Match],
    knowledge: Knowledge,
    facts: Sequence[Fact] = (),
) -> Review:
    """Return the review of a profile in its surroundings from its rules' matches.

    `facts` are those the rules saw; only a trained scorer looks at them.
    """
    findings = _findings(profile, matches)
    rules = _score(findings)
    ranked = _ranked(profile, knowledge, facts, findings, rules)
    score = max(rules, ranked.score) if ranked is not None else rules
    blocking = any(p.blocking for p in profile.coverage.problems)
    verdict = verdict_of(score, blocking=blocking)
    return Review(
        artifact=_info(profile),
        verdict=verdict,
        kind=findings[0].kind if findings and score >= SUSPICIOUS_AT else None,
        score=score,
        reasons=_reasons(findings, profile.coverage, verdict),
        findings=findings,
        layers=profile.layers,
        coverage=profile.coverage,
        context=_known(context),
        digests=_digests(knowledge, profile.engine, context),
        ranked=ranked,
        excerpts=profile.excerpts,
    )


def _ranked(
    profile: Profile,
    knowledge: Knowledge,
    facts: Sequence[Fact],
    findings: Sequence[Finding],
    rules: float,
) -> Ranking | None:
    """Return what a trained scorer says where it says more than the rules."""
    scorer = knowledge.scorer
    if scorer is None or rules >= scorer.ceiling:
        return None
    near = nearly(knowledge.book, facts, profile.ecosystem, asked=scorer.asks)
    evidence = Evidence(facts, len(profile.layers), findings, rules, near)
    score = min(scorer.score(evidence), 1.0)
    if score <= rules:
        return None
    reasons = scorer.explain(evidence) if score >= _TELLING else ()
    return Ranking(score=score, rules=rules, reasons=reasons)


def verdict_of(score: float, *, blocking: bool) -> Verdict:
    """Return the verdict that follows from a score and from what could not be read."""
    if score >= MALICIOUS_AT:
        return Verdict.MALICIOUS
    if score >= SUSPICIOUS_AT:
        return Verdict.SUSPICIOUS
    return Verdict.INCONCLUSIVE if blocking else Verdict.CLEAN


def unread(artifact: ArtifactInfo, reason: str, knowledge: Knowledge, engine: str) -> Review:
    """Return the review of an artifact that could not be observed at all."""
    problem = Problem(member="", status="failed", reason=reason, blocking=True)
    return Review(
        artifact=artifact,
        verdict=Verdict.INCONCLUSIVE,
        kind=None,
        score=0.0,
        reasons=(reason[:160],),
        findings=(),
        layers=(),
        coverage=Coverage(failed=1, problems=(problem,)),
        context=ContextInfo(),
        digests=_digests(knowledge, engine, NOTHING),
    )


def score_of(weights: Sequence[float]) -> float:
    """Combine weights: the strongest, raised a little by each other one."""
    if not weights:
        return 0.0
    ordered = sorted(weights, reverse=True)
    total = ordered[0]
    for weight in ordered[1:8]:
        total += (1 - total) * weight * 0.35
    if ordered[0] < _WEAK:
        total = min(total, SUSPICIOUS_AT - 0.01)
    if ordered[0] < MALICIOUS_AT:
        total = min(total, WEAK_CEILING)
    return round(min(total, 1.0), 4)


def _score(findings: Sequence[Finding]) -> float:
    """Return the score of findings; what rests on how little there is adds to nothing else.

    One more harmless file ends such a finding, and must not weaken what the others say.
    """
    bare = [f.weight for f in findings if ABSENT in f.chain]
    rest = score_of([f.weight for f in findings if ABSENT not in f.chain])
    return max([rest, *bare])


def _findings(profile: Profile, matches: Iterable[Match]) -> tuple[Finding, ...]:
    excerpts = {(e.member, e.layer, e.line): e.text for e in profile.excerpts}
    made = [_finding(match, excerpts) for match in matches]
    made.sort(key=lambda f: (-f.weight, f.rule, f.spans[0].member, f.spans[0].line))
    return tuple(made)


def _finding(match: Match, excerpts: Mapping[tuple[str, int, int], str]) -> Finding:
    rule, facts = match.rule, match.facts
    strongest = max(facts, key=lambda f: STRENGTH[f.activation])
    chain = next((f.via for f in facts if f.via), tuple(dict.fromkeys(f.id for f in facts)))
    return Finding(
        rule=rule.id,
        title=rule.title,
        kind=rule.kind,
        severity=rule.severity,
        confidence=rule.confidence,
        state=rule.state,
        activation=strongest.activation,
        change="new" if any(f.change == "new" for f in facts) else facts[0].change,
        chain=chain,
        attack=rule.attack,
        reason=rule.reason(facts),
        spans=_spans((*facts, *match.also), excerpts),
        weight=_weight(rule.state, rule.severity, rule.confidence, facts),
    )


def _weight(state: str, severity: str, confidence: str, facts: tuple[Fact, ...]) -> float:
    if state != "enabled":
        return 0.0
    weight = WEIGHTS[severity, confidence]
    return weight * _ASIDE if all(map(_is_aside, facts)) else weight


def _is_aside(fact: Fact) -> bool:
    """Whether nothing but a test runner or a reader reaches the code."""
    if fact.kind not in _CODE_FACTS:
        return False
    if fact.activation in {Activation.TEST, Activation.NEVER}:
        return True
    return fact.role in _ASIDE_ROLES and STRENGTH[fact.activation] <= STRENGTH[Activation.CALL]


def _spans(
    facts: tuple[Fact, ...], excerpts: Mapping[tuple[str, int, int], str]
) -> tuple[FindingSpan, ...]:
    places: dict[tuple[str, int, int], FindingSpan] = {}
    for fact in facts:
        for line in (fact.sink_line or fact.line, fact.line):
            key = (fact.member, fact.layer, line)
            if key in places or len(places) >= _MOST_SPANS:
                continue
            end = max(fact.end_line, line) if line == fact.line else line
            places[key] = FindingSpan(
                member=fact.member,
                line=line,
                end_line=end,
                layer=fact.layer,
                excerpt=excerpts.get(key, fact.value).strip()[:200],
            )
    return tuple(places.values())


def _reasons(
    findings: tuple[Finding, ...], coverage: Coverage, verdict: Verdict
) -> tuple[str, ...]:
    counted = [f.reason for f in findings if f.weight >= 0.25]
    reasons = list(dict.fromkeys(counted))[:_MOST_REASONS]
    if verdict is Verdict.INCONCLUSIVE:
        blocked = [p for p in coverage.problems if p.blocking]
        reasons += [_blocked(problem)[:160] for problem in blocked]
    return tuple(reasons[:_MOST_REASONS])


def _blocked(problem: Problem) -> str:
    how = "was not read to its end" if problem.status == "partial" else "was not read"
    return f"{problem.member or 'the archive'} {how}: {problem.reason}"


def _info(profile: Profile) -> ArtifactInfo:
    metadata = profile.metadata
    name, version = metadata.name or None, metadata.version or None
    purl = None
    if name and profile.ecosystem:
        purl = Coordinate(
            ecosystem=Ecosystem(profile.ecosystem), name=name, version=version or ""
        ).purl
    return ArtifactInfo(
        path=profile.filename,
        filename=profile.filename,
        ecosystem=profile.ecosystem,
        name=name,
        version=version,
        purl=purl,
        sha256=profile.sha256,
        size=profile.size,
        kind=profile.kind,
    )


def _known(context: Context) -> ContextInfo:
    baseline = context.baseline
    return ContextInfo(
        baseline=release_purl(baseline) if baseline is not None else None,
        siblings=tuple(sibling.sha256 for sibling in context.siblings),
        registry=context.registry is not None,
        offline=context.offline,
        notes=context.notes,
    )


def _digests(knowledge: Knowledge, engine: str, context: Context) -> Digests:
    return Digests(
        engine=engine,
        rulebook=knowledge.book.digest,
        scorer=knowledge.scorer.digest if knowledge.scorer is not None else None,
        knowledge=knowledge.digest,
        context=context.digest,
    )


__all__ = ["WEIGHTS", "unread", "verdict_of", "weigh"]
