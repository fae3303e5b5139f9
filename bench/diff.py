"""`python -m bench diff`: taken-over releases, ordinary updates, and what a comparison costs.

The taken-over releases are real ones with harmless injections of our own (`tests/takeovers`); the
ordinary updates are the same projects' real consecutive releases.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import msgspec
import zstandard
from packaging.version import Version
from tests.takeovers.incident import Pair, TakenOver, pairs
from tests.takeovers.incidents import taken_over

from antivenom import pipeline
from antivenom.intake.files import from_bytes
from antivenom.judge import Knowledge
from antivenom.model.artifact import Artifact
from antivenom.model.context import NOTHING, Context
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.profile import Profile
from antivenom.model.review import Review, Verdict
from antivenom.report.text import review_to_text
from antivenom.session.side_by_side import with_source
from antivenom.session.task import decoded, encoded
from bench.tables import Table

SCREEN = 40
"""Lines of a screen, of a hundred columns."""
_TURNS = 3
_HELD = (Verdict.MALICIOUS, Verdict.SUSPICIOUS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Two releases, reviewed with and without a look at the older one."""

    name: str
    review: Review
    plain: Review
    lines: int
    """Of `antivenom diff`."""
    patch: bool
    """Whether only the last part of the version changed."""
    seconds: float
    plain_seconds: float
    first: bool = False
    """Whether the heaviest finding rests on an injected place."""
    shown: bool = False
    """Whether the first place of the comparison is an injected one."""


def measured(known: Knowledge) -> tuple[list[Update], list[Update]]:
    """Return the taken-over releases and the ordinary updates, reviewed."""
    attacks = [_takeover(one, known) for one in taken_over()]
    return attacks, [_pair(pair, known) for pair in pairs()]


def tables(attacks: Sequence[Update], ordinary: Sequence[Update]) -> list[Table]:
    """Return the figures of issue 3: takeovers found, updates left alone, cost."""
    return [
        _found(attacks),
        _alone(ordinary),
        _cost(ordinary),
        _missed(attacks),
        _rules(attacks, ordinary),
    ]


def _takeover(one: TakenOver, known: Knowledge) -> Update:
    old, new = from_bytes(one.old, one.old_name), from_bytes(one.new, one.new_name)
    update = _update(one.incident.id, old, new, known)
    review = update.review
    return replace(update, first=_is_first(one, review), shown=_is_shown(one, review))


def _pair(pair: Pair, known: Knowledge) -> Update:
    old = from_bytes(pair.old.read_bytes(), pair.old.name)
    new = from_bytes(pair.new.read_bytes(), pair.new.name)
    return _update(pair.name, old, new, known)


def _update(name: str, old: Artifact, new: Artifact, known: Knowledge) -> Update:
    kept = zstandard.ZstdCompressor(level=3).compress(encoded(pipeline.observe(old)))

    def plain() -> Review:
        return pipeline.judge(pipeline.observe(new), NOTHING, known)

    def compared() -> Review:
        context = Context(baseline=decoded(zstandard.ZstdDecompressor().decompress(kept)))
        review = pipeline.judge(pipeline.observe(new), context, known)
        return _shown(review, new, old) if review.verdict is not Verdict.CLEAN else review

    (alone, plain_seconds), (review, seconds) = _timed(plain, compared)
    page = review_to_text(_shown(review, new, old), compares=True)
    return Update(
        name=name,
        review=review,
        plain=alone,
        lines=len(page.splitlines()),
        patch=_is_patch(pipeline.observe(old), review),
        seconds=seconds,
        plain_seconds=plain_seconds,
    )


def _shown(review: Review, new: Artifact, old: Artifact) -> Review:
    if review.changes is None:
        return review
    changes = with_source(review.changes, new, old, DEFAULT_LIMITS)
    return msgspec.structs.replace(review, changes=changes)


def _timed(*works: Callable[[], Review]) -> list[tuple[Review, float]]:
    """Return what was made and the shortest of a few times; taken in turns, so that a machine
    that others slow down for a while slows down each of them.
    """
    reviews = [work() for work in works]
    best = [float("inf")] * len(works)
    for _ in range(_TURNS):
        for n, work in enumerate(works):
            started = time.process_time()
            reviews[n] = work()
            best[n] = min(best[n], time.process_time() - started)
    return list(zip(reviews, best, strict=True))


def _is_patch(old: Profile, review: Review) -> bool:
    before, after = (Version(v) for v in (old.metadata.version, review.artifact.version or "0"))
    return before.release[:2] == after.release[:2]


def _is_first(one: TakenOver, review: Review) -> bool:
    if not review.findings:
        return False
    span = review.findings[0].spans[0]
    return one.is_injected(span.member, _uploaded_line(review, span.layer, span.line))


def _is_shown(one: TakenOver, review: Review) -> bool:
    changes = review.changes
    if changes is None or not changes.places:
        return bool(changes and changes.release and review.findings)
    place = changes.places[0]
    return one.is_injected(place.member, _uploaded_line(review, place.layer, place.line))


def _uploaded_line(review: Review, layer: int, line: int) -> int:
    """Return where decoded text stands in the file as uploaded."""
    layers = {found.id: found for found in review.layers}
    for _ in range(len(layers)):
        if layer not in layers:
            break
        line, layer = layers[layer].line, layers[layer].parent
    return line


def _found(attacks: Sequence[Update]) -> Table:
    total = len(attacks)

    def row(what: str, number: int) -> tuple[str, ...]:
        return (what, f"{number} of {total}", f"{100 * number / max(total, 1):.1f} %")

    rows = [
        row("malicious", sum(a.review.verdict is Verdict.MALICIOUS for a in attacks)),
        row("suspicious or worse", sum(a.review.verdict in _HELD for a in attacks)),
        row("first finding rests on the injected place", sum(a.first for a in attacks)),
        row("first place of the comparison is the injected one", sum(a.shown for a in attacks)),
        row(
            "malicious without the comparison",
            sum(a.plain.verdict is Verdict.MALICIOUS for a in attacks),
        ),
        row(
            "suspicious or worse without the comparison",
            sum(a.plain.verdict in _HELD for a in attacks),
        ),
    ]
    header = ("what", "releases", "share")
    return Table(title="Taken-over releases", header=header, rows=rows)


def _alone(ordinary: Sequence[Update]) -> Table:
    verdicts = Counter(one.review.verdict for one in ordinary)
    patches = [one.lines for one in ordinary if one.patch]
    every = [one.lines for one in ordinary]
    silent = sum(not one.review.changes.new_facts for one in ordinary if one.review.changes)
    rows: list[tuple[str, ...]] = [
        *((verdict.value, str(verdicts[verdict])) for verdict in Verdict),
        ("nothing new observed", f"{silent} of {len(ordinary)}"),
        ("patch releases whose comparison fits a screen", _fits(patches)),
        ("longest comparison of a patch release", f"{max(patches, default=0)} lines"),
        ("all releases whose comparison fits a screen", _fits(every)),
    ]
    return Table(title="Ordinary updates", header=("what", "releases"), rows=rows)


def _fits(lines: Sequence[int]) -> str:
    return f"{sum(n <= SCREEN for n in lines)} of {len(lines)}"


def _cost(ordinary: Sequence[Update]) -> Table:
    ratios = sorted(one.seconds / one.plain_seconds for one in ordinary)
    plain, compared = (sum(times) for times in zip(*_times(ordinary), strict=True))
    rows: list[tuple[str, ...]] = [
        ("all together", f"{compared / plain:.2f}"),
        ("median", f"{statistics.median(ratios):.2f}"),
        ("largest", f"{ratios[-1]:.2f}"),
        ("median time more", f"{1000 * statistics.median(_more(ordinary)):.1f} ms"),
    ]
    title = "Processor time with a kept baseline, as a multiple"
    return Table(title=title, header=("of", "times"), rows=rows)


def _times(ordinary: Sequence[Update]) -> list[tuple[float, float]]:
    return [(one.plain_seconds, one.seconds) for one in ordinary]


def _more(ordinary: Sequence[Update]) -> Iterator[float]:
    return (one.seconds - one.plain_seconds for one in ordinary)


def _rules(attacks: Sequence[Update], ordinary: Sequence[Update]) -> Table:
    """Return how often each rule found something new: the corpus has no pairs to measure that."""
    counted = [Counter(r for one in ones for r in _new(one)) for ones in (attacks, ordinary)]
    rows: list[tuple[str, ...]] = [
        (rule, str(counted[0][rule]), str(counted[1][rule]))
        for rule in sorted(counted[0] | counted[1])
    ]
    header = ("rule", "taken-over releases", "ordinary updates")
    return Table(title="Rules on what is new", header=header, rows=rows)


def _new(one: Update) -> set[str]:
    return {f.rule for f in one.review.findings if f.change == "new" and f.state == "enabled"}


def _missed(attacks: Sequence[Update]) -> Table:
    rows: list[tuple[str, ...]] = [
        (one.name, one.review.verdict.value, f"{one.review.score:.2f}", _why(one))
        for one in attacks
        if one.review.verdict is not Verdict.MALICIOUS or not one.first
    ]
    header = ("which", "verdict", "score", "why")
    return Table(title="Takeovers that are not malicious, or not first", header=header, rows=rows)


def _why(one: Update) -> str:
    rule = one.review.findings[0].rule if one.review.findings else "nothing found"
    return rule if one.first else f"{rule}, in another place"
