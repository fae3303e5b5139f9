"""The life of a rule: draft -> evaluation -> enabled -> retired, and the evidence it rests on.

A rule in evaluation runs and is recorded, and weighs nothing. It becomes enabled when a data set
shows that it finds something and alarms nobody without a reason a person wrote down.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from antivenom.lab.dataset import Card, Row
from antivenom.lab.sample import rows as rows_of
from antivenom.rules.book import PAGES, Book, load, page_paths, read_lists, rule_of
from antivenom.rules.evidence import earned_state, in_state, with_evidence
from antivenom.rules.page import Page, read_page
from antivenom.rules.rule import MATCHED, Evidence, State

_EVERY = "*"
"""Instead of a sha256: every ordinary archive the rule hits."""
NEXT: Mapping[State, State] = {
    "draft": "evaluation",
    "evaluation": "enabled",
    "enabled": "retired",
}

Reasons = Mapping[tuple[str, str], str]


class Fired(NamedTuple):
    """Which rules fired on one archive."""

    hostile: bool
    cluster: str
    sha256: str
    rules: Iterable[str]


class Promoted(NamedTuple):
    """What `promote` did, for people, and how many of the named rules moved."""

    lines: list[str]
    moved: int


def promote(
    rows: Sequence[Row],
    card: Card,
    names: Sequence[str],
    *,
    to: State | None = None,
    reasons: Reasons | None = None,
    pages: Path = PAGES,
) -> Promoted:
    """Write the evidence of every measured page, and move the named rules.

    A rule never becomes enabled without the evidence for it; a page that was edited since the data
    set was judged has none yet. Raises `RuleError` for a page that cannot be read.
    """
    book = load()
    if book.digest != card.rulebook:
        return Promoted(["the rule book changed since the data set was built: build it again"], 0)
    fired = (
        Fired(row.sample.hostile, row.sample.cluster, row.sha256, row.hits.keys()) for row in rows
    )
    found = gather(fired, book, reasons or {}, data=card.digest[:12])
    lines = [f"{write(found, book, pages)} pages have new evidence"] if not names else []
    moved = 0
    for name in names:
        said, done = _move(pages / f"{name}.md", found.get(name), to)
        lines.append(f"{name}: {said}")
        moved += done
    return Promoted(lines, moved)


def _move(path: Path, evidence: Evidence | None, to: State | None) -> tuple[str, bool]:
    if not path.is_file():
        return "no such page", False
    page = read_page(path)
    state = page.header.state
    wanted = to or NEXT.get(state)
    if wanted is None or wanted == state:
        return f"stays {state}", False
    if wanted == "enabled":
        if evidence is None:
            return "not measured yet: a rule is measured in evaluation", False
        evidence = current(page, {page.header.id: evidence})
        if earned_state(evidence, "evaluation") != "enabled":
            told = f"{evidence.clusters} clusters, {evidence.ordinary} ordinary unexplained"
            return f"has not earned it: {told}", False
    text = path.read_text(encoding="utf-8")
    path.write_text(in_state(text, wanted, evidence), encoding="utf-8")
    return f"{state} -> {wanted}", True


def gather(
    fired: Iterable[Fired], book: Book, reasons: Reasons, *, data: str
) -> dict[str, Evidence]:
    """Return the evidence of each matched rule; `data` names what was measured."""
    clusters: dict[str, set[str]] = defaultdict(set)
    ordinary: dict[str, set[str]] = defaultdict(set)
    for one in fired:
        for rule in one.rules:
            if one.hostile:
                clusters[rule].add(one.cluster)
            else:
                ordinary[rule].add(one.sha256)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    return {
        rule.id: Evidence(
            date=today,
            data=data,
            clusters=len(clusters[rule.id]),
            ordinary=len(ordinary[rule.id]),
            explained=_explained(rule.id, ordinary[rule.id], reasons),
        )
        for rule in book.rules
        if rule.state in MATCHED
    }


def reasons_of(path: Path) -> dict[tuple[str, str], str]:
    """Return why ordinary hits are right: (rule, sha256) -> reason; ``*`` is every archive."""
    return {(row["rule"], row["sha256"]): row["reason"] for row in rows_of(path)}


def write(found: Mapping[str, Evidence], book: Book, pages: Path | None = None) -> int:
    """Write the evidence into the pages and return how many changed.

    A page's state is never changed here: only its author knows whether it is ready.
    """
    changed = 0
    for page in _pages(book, pages):
        text = page.path.read_text(encoding="utf-8")
        now = with_evidence(text, current(page, found), page.header.state)
        if now != text:
            page.path.write_text(now, encoding="utf-8")
            changed += 1
    return changed


def remarks(found: Mapping[str, Evidence], book: Book) -> Iterator[str]:
    """Yield the pages whose state is not the one their evidence earns."""
    idle = []
    for page in _pages(book):
        state, evidence = page.header.state, current(page, found)
        if earned_state(evidence, state) == state:
            continue
        told = f"{evidence.clusters} clusters, {evidence.ordinary} ordinary"
        if state != "enabled":
            yield f"{page.header.id} has earned to be enabled ({told})"
        elif evidence.ordinary:
            yield f"{page.header.id} is enabled with unexplained ordinary hits ({told})"
        else:
            idle.append(page.header.id)
    if idle:
        yield f"enabled, without a hit in this corpus: {', '.join(idle)}"


def _pages(book: Book, pages: Path | None = None) -> Iterator[Page]:
    """Yield the pages that were measured: one edited since then has no evidence yet."""
    measured = {rule.id: (rule.match, rule.when) for rule in book.rules if rule.state in MATCHED}
    pages = pages or PAGES
    for path in page_paths(pages):
        page = read_page(path)
        rule = rule_of(page, read_lists(pages))
        if measured.get(rule.id) == (rule.match, rule.when):
            yield page


def current(page: Page, found: Mapping[str, Evidence]) -> Evidence:
    """Return a page's evidence; what a person explained on it holds while the hits do not grow.

    The date moves only when the counts or the data do, so that a second run changes nothing.
    """
    new, old = found[page.header.id], page.header.evidence
    if old is None:
        return new
    if old.explained and not new.explained and 0 < new.ordinary <= old.ordinary:
        new = structs.replace(new, explained=old.explained)
    return old if structs.replace(old, date=new.date) == new else new


def _explained(rule: str, hits: set[str], reasons: Reasons) -> str:
    """Join the reasons when every hit has one; one hit without is not explained at all."""
    given = [reasons.get((rule, sha256)) or reasons.get((rule, _EVERY)) for sha256 in sorted(hits)]
    return "; ".join(dict.fromkeys(r for r in given if r)) if given and all(given) else ""
