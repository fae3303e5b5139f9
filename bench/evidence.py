"""What each rule finds, written into its page: date, data, clusters and ordinary archives hit."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from msgspec import structs

from antivenom.rules.book import PAGES, Book, page_paths, read_lists, rule_of
from antivenom.rules.evidence import earned_state, with_evidence
from antivenom.rules.page import Page, read_page
from antivenom.rules.rule import MATCHED, Evidence
from bench import corpus
from bench.measure import Measured

_EVERY = "*"
"""In explained.csv, instead of a sha256: every ordinary archive the rule hits."""

Reasons = Mapping[tuple[str, str], str]


def gather(measured: Sequence[Measured], book: Book, reasons: Reasons) -> dict[str, Evidence]:
    """Return the evidence of each rule of the measured book; reviews must cover both parts."""
    clusters: dict[str, set[str]] = defaultdict(set)
    ordinary: dict[str, set[str]] = defaultdict(set)
    for one in measured:
        for rule in {hit.rule for hit in one.outcome.hits}:
            if one.sample.hostile:
                clusters[rule].add(one.sample.cluster)
            else:
                ordinary[rule].add(one.sample.sha256)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    data = corpus.data_hash()
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


def write(found: Mapping[str, Evidence], book: Book) -> int:
    """Write the evidence into the pages and return how many changed.

    A page's state is never changed here: only its author knows whether it is ready.
    """
    changed = 0
    for page in _pages(book):
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


def _pages(book: Book) -> Iterator[Page]:
    """Yield the pages that were measured: one edited since then has no evidence yet."""
    measured = {rule.id: (rule.match, rule.when) for rule in book.rules if rule.state in MATCHED}
    for path in page_paths(PAGES):
        page = read_page(path)
        rule = rule_of(page, read_lists(PAGES))
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
