"""Review -> what people and programs read: text, JSON, SARIF, HTML.

Every function here is pure: reviews in, text out. Whatever of an upload is shown goes through
`escape.visible` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from antivenom.model.review import Review

Format = Literal["text", "json", "jsonl", "sarif", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(
    reviews: Sequence[Review],
    format: Format,
    *,
    color: bool = False,
    verbose: bool = False,
    cwd: str = "",
    width: int = 100,
    compares: bool = False,
) -> str:
    """Return the reviews in one of the formats, ending in a line feed.

    `cwd` is the working folder, for the relative paths of SARIF; `color`, `verbose`, `width`
    and `compares` (show all that changed) concern text alone.
    """
    if format == "text":
        from antivenom.report.text import to_text

        return to_text(reviews, color=color, verbose=verbose, width=width, compares=compares)
    if format == "sarif":
        from antivenom.report.sarif import to_sarif

        return to_sarif(reviews, cwd=cwd).decode() + "\n"
    if format == "html":
        from antivenom.report.html import to_html

        return to_html(reviews)
    return _json(reviews, format)


def _json(reviews: Sequence[Review], format: Format) -> str:
    from antivenom.report.json import reviews_to_json, to_json

    if format == "json":
        return reviews_to_json(reviews).decode() + "\n"
    return "".join(to_json(review).decode() + "\n" for review in reviews)
