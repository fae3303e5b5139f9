"""The terminal report: verdict first, then the few findings that carried it.

Written for a moderator with ten seconds: what it does, when it runs, where, and the line itself.
A clean review is one line. `verbose` shows the rest.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from antivenom.model.fact import Layer
from antivenom.model.profile import Problem
from antivenom.model.review import Finding, Review, Verdict
from antivenom.report import text_changes, words
from antivenom.report.attack import technique
from antivenom.report.escape import cut, source, visible
from antivenom.report.layers import Layers, shown_layers
from antivenom.report.paint import Paint, cells, pad
from antivenom.report.source_view import Excerpts, SourceView

WIDTH = 100
NAME_LIMIT = 200
PLACES = 3
"""Places shown of one finding unless everything is asked for."""
LAYER_LINES = 6
PROBLEMS = 5
MOST_CHANGES, CHANGES_ROOM = 12, text_changes.ROOM


def to_text(
    reviews: Sequence[Review],
    *,
    color: bool = False,
    verbose: bool = False,
    width: int = WIDTH,
    compares: bool = False,
) -> str:
    """Return the report of all reviews, with a summary at the end where there are many.

    With `compares` what changed since the previous release is shown even of a clean review.
    """
    parts = [
        review_to_text(r, color=color, verbose=verbose, width=width, compares=compares)
        for r in reviews
    ]
    if len(reviews) > 1:
        parts.append("\n" + summary(reviews, color=color, width=width))
    return "".join(parts)


def review_to_text(
    review: Review,
    *,
    color: bool = False,
    verbose: bool = False,
    width: int = WIDTH,
    compares: bool = False,
) -> str:
    """Return the report of one review; where it is longer than a line, a blank line comes first."""
    paint = Paint(color=color)
    page = _Page(review, paint, verbose=verbose, width=max(width, 40), compares=compares)
    return "\n".join(page.lines()) + "\n"


def summary(reviews: Sequence[Review], *, color: bool = False, width: int = WIDTH) -> str:
    """Return the table of what a person should look at, and the count of each verdict."""
    paint = Paint(color=color)
    rows = [r for r in words.worst_first(reviews) if r.verdict is not Verdict.CLEAN]
    lines = [*_table(rows, paint, width)] if rows else []
    counts = Counter(review.verdict for review in reviews)
    said = [f"{counts[v]:,} {v.value}" for v in Verdict if counts[v]]
    total = words.count(len(reviews), "artifact")
    return "\n".join([*lines, paint("strong", f"{total} reviewed: ") + ", ".join(said)]) + "\n"


def _table(reviews: Sequence[Review], paint: Paint, width: int) -> Iterator[str]:
    names = [cut(visible(words.title(review)), 40) for review in reviews]
    column = max(map(cells, names))
    for review, name in zip(reviews, names, strict=True):
        label = paint(review.verdict.value, pad(review.verdict.value.upper(), 12))
        reason = visible(review.reasons[0] if review.reasons else words.VERDICT[review.verdict])
        room = max(width - 12 - 1 - 4 - 2 - column - 2, 20)
        yield f"{label} {review.score:4.2f}  {pad(name, column)}  {cut(reason, room)}"
    yield ""


class _Page:
    """One review on its way to lines."""

    def __init__(
        self, review: Review, paint: Paint, *, verbose: bool, width: int, compares: bool
    ) -> None:
        self._compares = compares or verbose
        self._review = review
        self._paint = paint
        self._verbose = verbose
        self._width = width
        self._excerpts = Excerpts(review)
        self._layers = Layers(review)

    def lines(self) -> Iterator[str]:
        findings = words.by_weight(self._review) if self._verbose else words.carrying(self._review)
        if self._review.verdict is Verdict.CLEAN and not self._verbose:
            yield self._headline()
            yield from self._changes() if self._compares else ()
            return
        yield ""
        yield self._headline()
        yield from self._reasons()
        shown = shown_layers(findings)
        for finding in findings:
            yield ""
            yield from self._finding(finding, shown)
        yield from self._changes()
        yield from self._problems()
        yield from self._everything() if self._verbose else self._rest(len(findings))

    def _headline(self) -> str:
        review, artifact = self._review, self._review.artifact
        name = cut(visible(words.title(review)), NAME_LIMIT)
        filename = cut(visible(artifact.filename), NAME_LIMIT)
        about = [f"{artifact.kind}, {words.size(artifact.size)}"]
        if filename != name:
            about.insert(0, filename)
        if review.verdict is Verdict.CLEAN:
            about += self._clean_notes()
        else:
            about.append(f"score {review.score:.2f}")
        label = self._paint.verdict(review.verdict)
        return f"{label}  {self._paint('strong', name)}  {self._paint('quiet', ' · '.join(about))}"

    def _clean_notes(self) -> list[str]:
        """Say even of a clean review what was not read and what was seen."""
        unread = words.unread(self._review.coverage)
        notes = [f"{number:,} {status}" for status, number in unread]
        known = self._review.context
        if known.baseline and not self._compares:
            notes.append(f"compared with {visible(known.baseline.rpartition('@')[2], 60)}")
        notes += [cut(visible(note), 100) for note in known.notes if not self._compares]
        if self._review.findings and not self._verbose:
            notes.append(words.count(len(self._review.findings), "weak finding") + " (--verbose)")
        return notes

    def _changes(self) -> Iterator[str]:
        """Show what changed since the previous release, and what could not be compared."""
        changes = self._review.changes
        if changes is not None:
            most, room = (MOST_CHANGES, CHANGES_ROOM) if self._compares else (PLACES, PLACES * 6)
            yield from text_changes.lines(changes, self._paint, self._width, places=most, room=room)
        for note in self._review.context.notes[:PROBLEMS]:
            yield cut(self._paint("quiet", f"  {visible(note, 300)}"), self._width + 8)

    def _reasons(self) -> Iterator[str]:
        """Give the reasons that are not a finding's own."""
        told = {visible(finding.reason) for finding in self._review.findings}
        for reason in map(visible, self._review.reasons):
            if reason not in told:
                yield from self._wrapped(cut(reason, 300), "  ")

    def _finding(self, finding: Finding, shown: set[int]) -> Iterator[str]:
        paint = self._paint
        reason = cut(visible(finding.reason or finding.title), 400)
        lines = list(self._wrapped(reason, "    "))
        mark = paint(finding.severity, "■" if finding.severity in ("critical", "high") else "□")
        yield f"  {mark} {paint('strong', lines[0].lstrip())}"
        yield from (paint("strong", line) for line in lines[1:])
        when = paint(finding.severity, words.activation(finding.activation))
        new = ", new in this release" if finding.change == "new" else ""
        yield f"    {when}{new}"
        if finding.chain:
            yield from self._wrapped(visible(words.chain(finding.chain)), "    ")
        places = len(finding.spans) if self._verbose else PLACES
        views = self._excerpts.views(finding, most=places, context=2 if self._verbose else 0)
        for view in views:
            yield from self._place(view)
        for layer in self._layers.hidden_in(finding):
            if layer.id not in shown:
                shown.add(layer.id)
                yield from self._decoded(layer)
        fine = self._wrapped(visible(self._small_print(finding, len(views))), "    ")
        if self._verbose:
            fine += [f"    ATT&CK {visible(technique(one))}" for one in finding.attack]
        yield from (paint("quiet", line) for line in fine)

    def _small_print(self, finding: Finding, shown: int) -> str:
        parts = [finding.rule, f"{finding.severity} severity", f"{finding.confidence} confidence"]
        if finding.kind != "malware":
            parts.append(finding.kind)
        if finding.state != "enabled":
            parts.append(f"rule in {finding.state}")
        parts += () if self._verbose else finding.attack
        more = len({(span.member, span.layer) for span in finding.spans}) - shown
        return " · ".join([*parts, f"{words.count(more, 'more place')}"] if more > 0 else parts)

    def _place(self, view: SourceView) -> Iterator[str]:
        paint = self._paint
        where = cut(visible(view.member), NAME_LIMIT) or "the archive"
        where += f":{view.first}" if view.first and not view.layer else ""
        yield f"      {where}{self._decoded_from(view.layer)}"
        digits = len(str(max((line.number for line in view.lines), default=0)))
        for line in view.lines:
            if line.gap:
                yield f"      {' ' * digits} {paint('quiet', '⋮')}"
            number = str(line.number) if line.number else ""
            text = source(line.text, max(self._width - 10 - digits, 40))
            styled = paint("evidence" if line.evidence else "quiet", text)
            bar = ">" if line.evidence and self._verbose else "│"
            yield f"      {paint('quiet', f'{number:>{digits}} {bar}')} {styled}".rstrip()

    def _decoded_from(self, layer: int) -> str:
        if not layer:
            return ""
        line = self._layers.line(layer)
        origin = f" from line {line}" if line else ""
        return f", decoded{origin}{self._by(layer)}"

    def _decoded(self, layer: Layer) -> Iterator[str]:
        """Show what was hidden, where no other finding shows it."""
        yield f"      decoded{self._by(layer.id)}"
        yield from self._text_of(layer)

    def _by(self, layer: int) -> str:
        steps = [visible(step, 40) for step in self._layers.steps(layer)]
        return f" by {' → '.join(steps)}" if steps else ""

    def _text_of(self, layer: Layer) -> Iterator[str]:
        lines = [line for line in layer.excerpt.splitlines() if line.strip()]
        for line in lines[:LAYER_LINES]:
            text = source(line, max(self._width - 10, 40))
            yield f"        {self._paint('quiet', '│')} {text}"
        if len(lines) > LAYER_LINES:
            yield f"        {self._paint('quiet', '⋮')}"

    def _problems(self) -> Iterator[str]:
        problems = sorted(self._review.coverage.problems, key=lambda p: not p.blocking)
        if not self._verbose:
            problems = [p for p in problems if p.blocking and not self._is_told(p)]
        shown = problems if self._verbose else problems[:PROBLEMS]
        if shown:
            yield ""
            yield f"  {self._paint('strong', 'Not read completely')}"
        yield from map(self._problem, shown)
        if len(problems) > len(shown):
            yield f"    and {words.count(len(problems) - len(shown), 'more member')}"

    def _is_told(self, problem: Problem) -> bool:
        """Whether a reason of the verdict names the member and says the same."""
        told = self._review.reasons
        return any(problem.reason in reason and problem.member in reason for reason in told)

    def _problem(self, problem: Problem) -> str:
        where = cut(visible(problem.member), NAME_LIMIT) or "the archive"
        could = self._paint("medium", " (could run)") if problem.blocking else ""
        return f"    {where}: {problem.status}, {visible(problem.reason, 300)}{could}"

    def _rest(self, shown: int) -> Iterator[str]:
        review = self._review
        rest = {
            "more finding": len(review.findings) - shown,
            "decoded layer": len(review.layers),
            "member not read completely": sum(not p.blocking for p in review.coverage.problems),
        }
        said = [_plural(number, noun) for noun, number in rest.items() if number > 0]
        if said:
            yield ""
            yield self._paint("quiet", f"  --verbose shows {', '.join(said)}")

    def _everything(self) -> Iterator[str]:
        review, paint = self._review, self._paint
        if review.layers:
            yield ""
            yield f"  {paint('strong', 'Decoded layers')}"
        for layer in review.layers:
            yield from self._layer(layer)
        d = review.digests
        yield ""
        yield f"  {words.read(review.coverage)}"
        yield paint("quiet", f"  sha256 {review.artifact.sha256}")
        yield paint("quiet", f"  {visible(review.artifact.purl or 'no package URL', NAME_LIMIT)}")
        digests = f"engine {d.engine[:12]} · rules {d.rulebook[:12]} · knowledge {d.knowledge[:12]}"
        yield paint("quiet", f"  {digests} · {review.took_ms} ms")

    def _layer(self, layer: Layer) -> Iterator[str]:
        via = " → ".join(visible(step, 40) for step in layer.via)
        origin = f"inside layer {layer.parent}, " if layer.parent else ""
        where = f"{origin}{cut(visible(layer.member), NAME_LIMIT)}:{layer.line}"
        yield f"    {layer.id}  {where}  {via}  {self._paint('quiet', words.size(layer.size))}"
        yield from self._text_of(layer)

    def _wrapped(self, text: str, indent: str) -> list[str]:
        return textwrap.wrap(
            text,
            self._width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
        ) or [indent]


def _plural(number: int, noun: str) -> str:
    head, space, tail = noun.partition(" not ")
    return f"{words.count(number, head)}{space}{tail}"
