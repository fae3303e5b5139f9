"""What the closed vocabularies are called when a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from antivenom.model.profile import Coverage
from antivenom.model.review import Finding, Review, Severity, Verdict
from antivenom.model.vocabulary import BEHAVIORS

VERDICT: Mapping[Verdict, str] = {
    Verdict.MALICIOUS: "a registry may act on this alone",
    Verdict.SUSPICIOUS: "a person should look",
    Verdict.INCONCLUSIVE: "something that could run was not read",
    Verdict.CLEAN: "everything that could run was read, and nothing hostile was found",
}

WORST_FIRST: tuple[Verdict, ...] = tuple(Verdict)

ACTIVATION: Mapping[str, str] = {
    "startup": "runs at every Python start",
    "install": "runs on install",
    "build": "runs on install from source",
    "import": "runs when imported",
    "open": "runs when the folder is opened in an editor",
    "run": "runs when its command is used",
    "call": "runs when somebody calls it",
    "test": "runs only in tests",
    "never": "is not run by itself",
}

SEVERITY: tuple[Severity, ...] = ("critical", "high", "medium", "low")
"""Worst first."""

CARRIES_FROM = 0.25
"""The weight below which a finding gives no reason."""

_OBSERVED: Mapping[str, str] = {
    "text.endpoint": "names an address",
    "text.secret-literal": "holds a secret in the code",
    "text.wallet": "holds a wallet address",
    "text.high-entropy": "holds text that looks encrypted",
    "text.long-line": "has a very long line",
    "text.hidden-code": "hides code outside the screen",
    "text.bidi": "reverses the direction of text",
    "text.zero-width": "holds invisible characters",
    "text.agent-instruction": "instructs an AI agent",
    "text.reviewer-instruction": "addresses an automated reviewer",
    "native.packed": "packed native code",
    "native.wrong-platform": "native code of another platform",
    "native.disguised": "native code disguised as data",
    "meta.copied-readme": "copied README",
    "meta.empty": "empty metadata",
    "meta.version-jump": "absurd version",
    "meta.mismatch": "metadata that disagrees with the contents",
    "meta.url-dependency": "depends on a URL",
    "meta.shadowing-command": "shadows a well-known command",
    "name.lookalike": "name looks like another project's",
    "name.other-registry": "name belongs to another registry",
    "name.import-name": "installs another project's import name",
    "change.new-file-kind": "a new kind of file",
    "change.startup-hook": "a new start-up hook",
    "change.build-backend": "another build back end",
    "change.dependency-added": "a new dependency",
    "change.maintainer": "another maintainer",
    "change.provenance-lost": "provenance lost",
    "change.long-silence": "a release after a long silence",
    "change.burst": "a burst of releases",
    "like.specimen": "resembles known malware",
    "like.campaign": "belongs to a known campaign",
    "like.known-good": "known code",
}


def phrase(behavior: str) -> str:
    """Return a vocabulary id in words; an id nobody knows comes back as it is."""
    if behavior in BEHAVIORS:
        return BEHAVIORS[behavior]
    if behavior in _OBSERVED:
        return _OBSERVED[behavior]
    family, _, name = behavior.partition(".")
    if family == "archive":
        return f"the archive has: {name.replace('-', ' ')}"
    if family == "native" and name.startswith("imports-"):
        return f"native code {phrase(name.removeprefix('imports-'))}"
    return behavior


def chain(ids: Iterable[str]) -> str:
    """Return a chain as ``downloads → writes a file → starts a process``."""
    return " → ".join(phrase(step) for one in ids for step in one.split("->"))


def activation(name: str) -> str:
    """Return when it runs, in words."""
    return ACTIVATION.get(name, name)


def title(review: Review) -> str:
    """Return ``name version``, or the file's name where the contents told no name."""
    artifact = review.artifact
    named = " ".join(part for part in (artifact.name, artifact.version) if part)
    return named or artifact.filename or artifact.path


def size(count: int) -> str:
    """Return a number of bytes as a person says it."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def count(number: int, noun: str) -> str:
    """Return ``1 file``, ``2 files``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def severity_rank(finding: Finding) -> int:
    """Return 0 for the worst severity."""
    return SEVERITY.index(finding.severity)


def by_weight(review: Review) -> list[Finding]:
    """Return the findings, those that carried the verdict first."""
    return sorted(review.findings, key=lambda f: (-f.weight, severity_rank(f), f.rule))


def carrying(review: Review, most: int = 3) -> list[Finding]:
    """Return the few findings that carried the verdict, one of each rule.

    They are nearly as heavy as the heaviest; one that a verdict takes no account of is none.
    """
    if review.verdict is Verdict.CLEAN:
        return []
    found: dict[str, Finding] = {}
    for finding in by_weight(review):
        heaviest = next(iter(found.values()), finding)
        if finding.weight >= max(heaviest.weight / 2, CARRIES_FROM):
            found.setdefault(finding.rule, finding)
    return list(found.values())[:most]


def worst_first(reviews: Iterable[Review]) -> list[Review]:
    """Return the reviews in the order in which a person should look at them."""
    return sorted(reviews, key=lambda r: (WORST_FIRST.index(r.verdict), -r.score))


def read(coverage: Coverage) -> str:
    """Return how much was read: ``9 members read completely, 1 failed``."""
    said = [f"{count(coverage.complete, 'member')} read completely"]
    said += [f"{number:,} {status}" for status, number in unread(coverage)]
    return ", ".join(said)


def unread(coverage: Coverage) -> list[tuple[str, int]]:
    """Return the ways in which members were not read completely, with their numbers."""
    counts = (coverage.partial, coverage.failed, coverage.skipped)
    return [(s, n) for s, n in zip(("read in part", "failed", "skipped"), counts, strict=True) if n]
