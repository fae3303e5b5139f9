"""One self-contained page: verdict and reasons first, then the evidence in its source.

It holds no script and loads nothing: the policy in its head forbids both, and allows the one
style sheet by its hash. Addresses of the upload are written so that nothing links to them; the
only links lead to places on the page.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from antivenom.model.review import Review, Verdict
from antivenom.report import words
from antivenom.report.escape import visible
from antivenom.report.html_review import article
from antivenom.report.markup import Markup, join, tag

NAME_LIMIT = 120
_STYLE = Path(__file__).with_name("page.css")


def to_html(reviews: Sequence[Review]) -> str:
    """Return the page for one review, or for many with an index in front."""
    ranked = words.worst_first(reviews)
    single = len(ranked) == 1
    shown = [(n, r) for n, r in enumerate(ranked, 1) if single or r.verdict is not Verdict.CLEAN]
    body = tag(
        "main",
        _top(ranked),
        None if single else _index(ranked),
        *(article(review, number) for number, review in shown),
    )
    return f"<!doctype html>\n{tag('html', _head(ranked), tag('body', body), lang='en')}\n"


def _head(reviews: Sequence[Review]) -> Markup:
    style = _STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return join(
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        Markup('<meta name="robots" content="noindex">'),
        tag("title", _title(reviews)),
        tag("style", Markup(style)),
    )


def _title(reviews: Sequence[Review]) -> str:
    if len(reviews) == 1:
        return f"{reviews[0].verdict.value}: {words.title(reviews[0])} - Antivenom"
    return f"{words.count(len(reviews), 'artifact')} reviewed - Antivenom"


def _top(reviews: Sequence[Review]) -> Markup:
    counts = Counter(review.verdict for review in reviews)
    said = ", ".join(f"{counts[v]:,} {v.value}" for v in Verdict if counts[v])
    reviewed = f"{words.count(len(reviews), 'artifact')} reviewed: {said or 'nothing'}"
    line = "" if len(reviews) == 1 else reviewed
    return tag("header", tag("h1", "Antivenom review"), tag("p", line), class_="top")


def _index(reviews: Sequence[Review]) -> Markup:
    head = tag("tr", *(tag("th", name, scope="col") for name in _COLUMNS))
    rows = [_row(number, review) for number, review in enumerate(reviews, 1)]
    caption = tag("caption", "Worst first", class_="unseen")
    table = tag("table", caption, tag("thead", head), tag("tbody", *rows))
    return tag("nav", table, class_="index", aria_label="Reviewed artifacts")


_COLUMNS = ("Verdict", "Artifact", "Score", "Why")


def _row(number: int, review: Review) -> Markup:
    name = tag("bdi", visible(words.title(review), NAME_LIMIT))
    linked = name if review.verdict is Verdict.CLEAN else tag("a", name, href=f"#r{number}")
    why = review.reasons[0] if review.reasons and review.verdict is not Verdict.CLEAN else ""
    return tag(
        "tr",
        tag("td", tag("b", review.verdict.value), class_=f"word {review.verdict.value}"),
        tag("td", linked),
        tag("td", f"{review.score:.2f}", class_="num"),
        tag("td", why or _unread(review)),
    )


def _unread(review: Review) -> str:
    """Say even of a clean review what was not read."""
    return ", ".join(f"{number:,} {status}" for status, number in words.unread(review.coverage))
