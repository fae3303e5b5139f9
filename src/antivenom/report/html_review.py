"""One review as an article of the HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antivenom.model.fact import Layer
from antivenom.model.review import Finding, RankReason, Review
from antivenom.report import words
from antivenom.report.attack import technique
from antivenom.report.escape import source
from antivenom.report.html_changes import section
from antivenom.report.layers import Layers, shown_layers
from antivenom.report.markup import Markup, join, tag, text
from antivenom.report.source_view import Excerpts, SourceLine, SourceView

CARRYING = 5
OTHERS = 50
PLACES = 8
LAYERS = 60
LAYER_LINES = 60
PROBLEMS = 200
LINE_LIMIT = 600


def article(review: Review, number: int) -> Markup:
    """Return the whole review; `number` makes its anchors distinct on the page."""
    return _Article(review, number).markup()


class _Article:
    def __init__(self, review: Review, number: int) -> None:
        self._review = review
        self._id = f"r{number}"
        self._excerpts = Excerpts(review)
        self._layers = Layers(review)
        self._carrying = words.carrying(review, CARRYING)
        self._shown = shown_layers(self._carrying)

    def markup(self) -> Markup:
        review = self._review
        return tag(
            "article",
            self._verdict(),
            self._findings(),
            section(review.changes) if review.changes else None,
            self._ranked(),
            self._coverage(),
            self._decoded(),
            self._produced_by(),
            id=self._id,
            class_=review.verdict.value,
            aria_labelledby=f"{self._id}-name",
        )

    # ------------------------------------------------------------------ verdict

    def _verdict(self) -> Markup:
        review, artifact = self._review, self._review.artifact
        named = tag("bdi", artifact.name or artifact.filename or artifact.path)
        version = tag("span", tag("bdi", artifact.version)) if artifact.version else None
        said = f"{words.VERDICT[review.verdict]} · score {review.score:.2f} of 1"
        about = join(
            tag("code", artifact.filename), f" · {artifact.kind} · {words.size(artifact.size)}"
        )
        return tag(
            "header",
            tag("p", tag("strong", review.verdict.value), tag("span", said), class_="word"),
            tag("h2", named, " ", version, id=f"{self._id}-name"),
            tag("p", about, class_="about"),
            self._why(),
            class_="verdict",
        )

    def _why(self) -> Markup | None:
        reasons = [tag("li", self._reason(reason)) for reason in self._review.reasons]
        return tag("ul", *reasons, class_="why") if reasons else None

    def _reason(self, reason: str) -> Markup:
        for number, finding in enumerate(self._carrying, 1):
            if finding.reason == reason:
                return tag("a", reason, href=f"#{self._id}-f{number}")
        return text(reason)

    # ------------------------------------------------------------------ findings

    def _findings(self) -> Markup | None:
        carrying = self._carrying
        others = [f for f in words.by_weight(self._review) if f not in carrying]
        if not carrying and not others:
            return None
        cards = [self._card(f, f"{self._id}-f{n}") for n, f in enumerate(carrying, 1)]
        if others:
            cards.append(self._others(others))
        return tag("section", tag("h3", "Evidence"), *cards)

    def _others(self, others: Sequence[Finding]) -> Markup:
        said = words.count(len(others), "weaker finding")
        left = len(others) - OTHERS
        more = tag("p", f"and {words.count(left, 'more finding')}") if left > 0 else None
        cards = [self._card(finding, None) for finding in others[:OTHERS]]
        return tag("details", tag("summary", said), *cards, more, class_="more")

    def _card(self, finding: Finding, anchor: str | None) -> Markup:
        views = self._excerpts.views(finding, most=PLACES)
        places = len({(span.member, span.layer) for span in finding.spans})
        left = places - len(views)
        return tag(
            "div",
            tag("h4", finding.title),
            self._pills(finding),
            self._sentence(finding),
            self._chain(finding),
            *map(self._figure, views),
            tag("p", f"and {words.count(left, 'more place')}", class_="fine") if left > 0 else None,
            *self._hidden(finding),
            tag("p", self._fine_print(finding), class_="fine"),
            class_=f"finding {finding.severity}",
            id=anchor,
        )

    def _sentence(self, finding: Finding) -> Markup | None:
        """Give the finding's reason unless the verdict gives it already."""
        told = finding.reason in (*self._review.reasons, finding.title)
        return None if told else tag("p", finding.reason, class_="sentence")

    def _pills(self, finding: Finding) -> Markup:
        pills = [
            tag("li", words.activation(finding.activation), class_="tone"),
            tag("li", f"{finding.severity} severity"),
            tag("li", f"{finding.confidence} confidence"),
        ]
        if finding.change == "new":
            pills.insert(1, tag("li", "new in this release", class_="tone"))
        if finding.kind != "malware":
            pills.append(tag("li", finding.kind.replace("-", " ")))
        if finding.state != "enabled":
            pills.append(tag("li", f"rule in {finding.state}"))
        return tag("ul", *pills, class_="pills")

    def _chain(self, finding: Finding) -> Markup | None:
        steps = [step for one in finding.chain for step in one.split("->")]
        items = [tag("li", words.phrase(step)) for step in steps]
        return tag("ol", *items, class_="chain", aria_label="What it does") if items else None

    def _fine_print(self, finding: Finding) -> Markup:
        techniques = "".join(f" · {technique(one)}" for one in finding.attack)
        return join(tag("code", finding.rule), f"{techniques}")

    # ------------------------------------------------------------------ source

    def _figure(self, view: SourceView) -> Markup:
        where = tag("code", view.member or "the archive")
        lines = f" line {view.first}" if view.first else ""
        if view.last > view.first:
            lines = f" lines {view.first} to {view.last}"
        caption = tag("figcaption", where, lines, self._origin(view.layer))
        rows = [row for line in view.lines for row in _rows(line)]
        return tag("figure", caption, tag("div", *rows, class_="src"))

    def _origin(self, layer: int) -> Markup | None:
        if not layer:
            return None
        line = self._layers.line(layer)
        origin = f" from line {line}" if line else ""
        steps = " → ".join(self._layers.steps(layer))
        return tag("span", f" of the text decoded{origin}{f' by {steps}' if steps else ''}")

    def _hidden(self, finding: Finding) -> Iterator[Markup]:
        for layer in self._layers.hidden_in(finding):
            is_open = layer.id not in self._shown
            self._shown.add(layer.id)
            yield self._unfold(layer, open_=is_open)

    def _unfold(self, layer: Layer, *, open_: bool) -> Markup:
        steps = " → ".join(self._layers.steps(layer.id))
        summary = tag("summary", f"Decoded text: {steps} · {words.size(layer.size)}")
        lines = layer.excerpt.splitlines()
        shown = [
            SourceLine(number=n, text=line, evidence=False)
            for n, line in enumerate(lines[:LAYER_LINES], 1)
        ]
        rows = [row for line in shown for row in _rows(line)]
        if len(lines) > LAYER_LINES:
            rows.append(_gap())
        return tag("details", summary, tag("div", *rows, class_="src"), open=open_, class_="layer")

    # ------------------------------------------------------------------ the rest

    def _decoded(self) -> Markup | None:
        layers = self._review.layers
        if not layers:
            return None
        items = [
            join(self._layer_name(layer), self._unfold(layer, open_=False))
            for layer in layers[:LAYERS]
        ]
        left = len(layers) - LAYERS
        more = tag("p", f"and {words.count(left, 'more layer')}") if left > 0 else None
        said = words.count(len(layers), "decoded layer")
        return tag("section", tag("h3", "Decoded text"), _folded(said, *items, more))

    def _layer_name(self, layer: Layer) -> Markup:
        inside = f", inside layer {layer.parent}" if layer.parent else ""
        line = f" line {layer.line}" if layer.line else ""
        where = tag("code", layer.member)
        return tag("p", f"Layer {layer.id}: ", where, f"{line}{inside}", class_="fine")

    def _ranked(self) -> Markup | None:
        """Show why the trained scorer ranks it, where that is more than the rules say."""
        ranked = self._review.ranked
        if ranked is None or not ranked.reasons:
            return None
        said = (
            f"The trained scorer gives {ranked.score:.2f}, the rules {ranked.rules:.2f}. It orders "
            "what the rules leave and makes no verdict. What it looked at:"
        )
        items = [
            tag("li", f"{one.reason} ({one.share:.0%} of what raised it)", *self._places(one))
            for one in ranked.reasons
        ]
        return tag("section", tag("h3", "Why it ranks here"), tag("p", said), tag("ol", *items))

    def _places(self, reason: RankReason) -> Iterator[Markup]:
        for span in reason.spans:
            line = f":{span.line}" if span.line else ""
            value = tag("code", source(span.excerpt, LINE_LIMIT)) if span.excerpt else None
            yield tag("p", tag("code", f"{span.member}{line}"), " ", value, class_="fine")

    def _coverage(self) -> Markup:
        coverage = self._review.coverage
        counts = words.read(coverage)
        problems = sorted(coverage.problems, key=lambda problem: not problem.blocking)
        table = self._problems() if problems else None
        if table is not None and not problems[0].blocking:
            table = _folded(words.count(len(problems), "member") + " not read completely", table)
        return tag("section", tag("h3", "What was read"), tag("p", counts), table)

    def _problems(self) -> Markup:
        problems = sorted(self._review.coverage.problems, key=lambda problem: not problem.blocking)
        head = ("Member", "Status", "Why", "Could run")
        rows = [
            tag(
                "tr",
                tag("td", tag("code", problem.member or "the archive")),
                tag("td", problem.status),
                tag("td", problem.reason),
                tag("td", tag("b", "yes") if problem.blocking else "no"),
            )
            for problem in problems[:PROBLEMS]
        ]
        left = len(problems) - PROBLEMS
        caption = tag("caption", f"and {words.count(left, 'more member')}") if left > 0 else None
        columns = tag("tr", *(tag("th", name, scope="col") for name in head))
        return tag("table", caption, tag("thead", columns), tag("tbody", *rows))

    def _produced_by(self) -> Markup:
        review, digests = self._review, self._review.digests
        rows = {
            "sha256": review.artifact.sha256,
            "package URL": review.artifact.purl,
            "reviewed as": review.artifact.path,
            "previous release": review.context.baseline or "not compared",
            "engine": digests.engine,
            "rule book": digests.rulebook,
            "scorer": digests.scorer or "none, the rules' weights",
            "knowledge": digests.knowledge,
            "context": digests.context,
            "took": f"{review.took_ms:,} ms",
        }
        items = [
            join(tag("dt", name), tag("dd", tag("code", value)))
            for name, value in rows.items()
            if value
        ]
        heading = "What produced this review"
        said = [*review.context.notes]
        said += ["without the network"] if review.context.offline else []
        return tag("section", _folded(heading, tag("dl", *items), *(tag("p", one) for one in said)))


def _folded(summary: str, *children: Markup | None) -> Markup:
    return tag("details", tag("summary", summary), *children)


def _rows(line: SourceLine) -> Iterator[Markup]:
    if line.gap:
        yield _gap()
    number = tag("span", str(line.number) if line.number else "", class_="n")
    seen = tag("span", "evidence: ", class_="unseen") if line.evidence else None
    code = tag("code", source(line.text, LINE_LIMIT) or " ")
    yield tag("div", number, seen, code, class_="row hit" if line.evidence else "row")


def _gap() -> Markup:
    return tag("div", tag("span", "⋮", class_="n"), class_="row gap")
