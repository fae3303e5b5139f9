"""Keeps the book honest: every page means what it says, and finds what it shows.

The samples need an observer, which lives in a higher layer and is handed in; without one only the
pages themselves are checked, and samples that give their facts as such.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from antivenom.errors import RuleError
from antivenom.model.attack import load_attack
from antivenom.model.fact import Fact
from antivenom.rules.book import PAGES, page_paths, read_lists, rule_of
from antivenom.rules.coverage import read_coverage
from antivenom.rules.matching import Match, match_one
from antivenom.rules.page import Package, Page, Sample, read_page
from antivenom.rules.reason import unknown_placeholders
from antivenom.rules.rule import FOLDERS, Rule

Observe = Callable[[Package, Package | None], Sequence[Fact]]
"""Turns a sample's files and metadata, and those of the release before, into facts."""

_KEBAB = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_GRAVE = frozenset({"high", "critical"})


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """What is wrong with a page."""

    page: str
    what: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.page}:{self.line}" if self.line else self.page
        return f"{place}: {self.what}"


def lint(observe: Observe | None = None, folder: Path = PAGES) -> list[Complaint]:
    """Return every complaint about a book; an empty list is a book that may be shipped."""
    read: list[tuple[Page, Rule]] = []
    complaints: list[Complaint] = []
    lists = read_lists(folder)
    for path in page_paths(folder):
        name = path.relative_to(folder).as_posix()
        try:
            page = read_page(path)
            rule = rule_of(page, lists)
        except RuleError as error:
            hint = f" {error.hint}" if error.hint else ""
            complaints.append(Complaint(name, f"{error}.{hint}" if hint else str(error)))
            continue
        read.append((page, rule))
        complaints.extend(_page(name, page, rule))
    complaints.extend(_coverage(folder, {rule.id for _, rule in read}))
    for page, rule in read:
        name = page.path.relative_to(folder).as_posix()
        others = [other for _, other in read if other.id != rule.id and _disturbs(other)]
        complaints.extend(_samples(name, page, rule, observe, others))
    return sorted(complaints)


def _page(name: str, page: Page, rule: Rule) -> Iterator[Complaint]:
    """Check what needs no sample to be run."""
    texts = [*_identity(name, rule), *_prose(page, rule), *_promises(page, rule)]
    yield from (Complaint(name, text) for text in texts)
    for sample in page.samples:
        yield from (Complaint(name, text, sample.line) for text in _sample_form(sample))


def _identity(name: str, rule: Rule) -> Iterator[str]:
    expected = name.removesuffix(".md")
    folder, _, stem = expected.partition("/")
    if folder not in FOLDERS:
        yield f"'{folder}' is no folder of the book; it has {', '.join(FOLDERS)}"
    if not _KEBAB.fullmatch(stem):
        yield f"'{stem}' is not in kebab-case"
    if rule.id != expected:
        yield f"id is '{rule.id}', the path says '{expected}'"


def _prose(page: Page, rule: Rule) -> Iterator[str]:
    for placeholder in unknown_placeholders(rule.template):
        yield f"the first sentence asks for '{{{placeholder}}}', which no fact has"
    if not rule.summary:
        yield "the paragraph ends after its first sentence; say why it is bad"
    known = load_attack().techniques
    for technique in rule.attack:
        if technique not in known:
            yield f"ATT&CK {load_attack().version} has no '{technique}' in our table"
    if rule.kind == "malware" and not rule.attack:
        yield "a malware rule names at least one ATT&CK technique"
    for specimen in page.header.specimens:
        if not _SHA256.fullmatch(specimen):
            yield f"specimen '{specimen}' is not a sha256"


def _promises(page: Page, rule: Rule) -> Iterator[str]:
    """Check what an enabled rule owes."""
    if rule.state != "enabled":
        return
    if not any(sample.flagged for sample in page.samples):
        yield "an enabled rule shows what it flags"
    if not any(not sample.flagged for sample in page.samples):
        yield "an enabled rule shows what it does not flag"
    evidence = rule.evidence
    if evidence is None:
        yield "an enabled rule has been measured: evidence is missing"
    elif evidence.ordinary and not evidence.explained:
        yield f"{evidence.ordinary} ordinary archives are hit and nobody explained why"


def _sample_form(sample: Sample) -> Iterator[str]:
    if not sample.package.files and not sample.package.facts:
        yield f"'{sample.name}' has no file"
    if sample.flagged and not sample.marks and not sample.package.facts:
        yield f"'{sample.name}' marks no line with '# finding'"
    if not sample.flagged and sample.marks:
        yield f"'{sample.name}' is clean and yet marks a line"
    for path in sample.package.files:
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path:
            yield f"'{path}' is not a path inside a package"


def _coverage(folder: Path, ids: set[str]) -> Iterator[Complaint]:
    for attack in read_coverage(folder):
        for rule in attack.rules:
            if rule not in ids:
                yield Complaint("coverage.toml", f"{attack.key} names '{rule}', which is no page")


def _disturbs(rule: Rule) -> bool:
    """Say whether a rule's match on a clean sample would bother somebody."""
    return rule.state == "enabled" and rule.severity in _GRAVE


def _samples(
    name: str, page: Page, rule: Rule, observe: Observe | None, others: Sequence[Rule]
) -> Iterator[Complaint]:
    """Run the samples: everything marked is found, nothing is found in the clean ones."""
    if rule.state == "retired":
        return
    for sample in page.samples:
        facts = list(sample.package.facts)
        if sample.package.files:
            if observe is None:
                continue
            facts += observe(sample.package, sample.before)
        check = _flagged(sample, rule, facts) if sample.flagged else _clean(rule, others, facts)
        yield from (Complaint(name, f"'{sample.name}' {text}", sample.line) for text in check)


def _flagged(sample: Sample, rule: Rule, facts: Sequence[Fact]) -> Iterator[str]:
    found = match_one(rule, facts)
    if found is None:
        yield "is not found"
        return
    for member, line in sample.marks:
        if not any(_covers(fact, member, line) for fact in _bound(found)):
            yield f"is found, but not at {member}:{line}"


def _clean(rule: Rule, others: Iterable[Rule], facts: Sequence[Fact]) -> Iterator[str]:
    for one in (rule, *others):
        found = match_one(one, facts)
        if found is not None:
            fact = found.facts[0]
            yield f"is flagged by {one.id} at {fact.member}:{fact.line} ({fact.id})"


def _bound(found: Match) -> tuple[Fact, ...]:
    return (*found.facts, *found.also)


def _covers(fact: Fact, member: str, line: int) -> bool:
    if fact.member != member:
        return False
    last = max(fact.end_line, fact.line)
    return line == 0 or fact.line <= line <= last or fact.sink_line == line


def main() -> int:
    """Check the pages; their samples are run by the tests, which have an observer at hand."""
    complaints = lint()
    sys.stderr.writelines(f"{complaint}\n" for complaint in complaints)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
