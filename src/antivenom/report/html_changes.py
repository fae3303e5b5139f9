"""What changed since the previous release, for the HTML page: old and new side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antivenom.model.changes import ChangedPlace, Changes, ShownLine
from antivenom.report import words
from antivenom.report.escape import source
from antivenom.report.markup import Markup, join, tag
from antivenom.report.text_changes import counts

OPEN = 3
"""Places shown unfolded."""
_LINE = 300


def section(changes: Changes) -> Markup:
    """Return the section of a review's article."""
    said = [tag("li", text) for text in changes.release]
    if changes.hosts:
        hosts = ", ".join(changes.hosts)
        said.append(tag("li", f"hosts it did not name before: {hosts}"))
    shown = [_place(place, open_=n < OPEN) for n, place in enumerate(changes.places)]
    more = f"and {words.count(changes.more, 'more place')}" if changes.more else None
    return tag(
        "section",
        tag("h3", "Since the previous release"),
        tag("p", "Compared with ", tag("code", changes.baseline), f" · {counts(changes)}"),
        tag("ul", *said, class_="why") if said else None,
        *shown,
        tag("p", more, class_="fine") if more else None,
        class_="changes",
    )


def _place(place: ChangedPlace, *, open_: bool) -> Markup:
    line = f" line {place.line}" if place.line and not place.layer else ""
    scope = f" in {place.scope}" if place.scope else ""
    decoded = ", decoded" if place.layer else ""
    new = "" if place.was else ", a new file"
    when = words.activation(place.activation) if place.does else "changed"
    about = join(
        tag("code", place.member or "the archive"), f"{line}{scope}{decoded}{new} · {when}"
    )
    said = tag("p", place.said, class_="sentence") if place.said else None
    rows = list(_rows(place.before, place.after))
    table = tag("table", tag("tbody", *rows), class_="sides") if rows else None
    if table is None:
        return tag("div", tag("p", about), said)
    return tag("details", tag("summary", about), said, table, open=open_ and bool(place.does))


def _rows(before: Sequence[ShownLine], after: Sequence[ShownLine]) -> Iterator[Markup]:
    for row in range(max(len(before), len(after))):
        yield tag("tr", *_cells(before, row, "old"), *_cells(after, row, "new"))


def _cells(lines: Sequence[ShownLine], row: int, side: str) -> tuple[Markup, Markup]:
    if row >= len(lines):
        return tag("td", class_="n"), tag("td", class_="none")
    line = lines[row]
    number = tag("td", str(line.number) if line.number else "", class_="n")
    return number, tag("td", tag("code", source(line.text, _LINE) or " "), class_=side)
