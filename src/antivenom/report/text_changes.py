"""What changed since the previous release, for the terminal: on one screen, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from antivenom.model.changes import ChangedPlace, Changes, ShownLine
from antivenom.report import words
from antivenom.report.escape import cut, source, visible
from antivenom.report.paint import Paint, cells, pad

ROOM = 30
"""Lines that places may take together."""
PLACE_LINES = 8
"""Source lines of one place."""
QUIET_LINES = 4
"""Source lines of a place in which nothing new was observed."""
_NAMES = 120
_HOSTS = 6
_RELEASE = 8


def lines(changes: Changes, paint: Paint, width: int, *, places: int, room: int) -> Iterator[str]:
    """Yield the section: at most `places` places that take at most `room` lines."""
    yield ""
    yield f"  {paint('strong', f'Compared with {visible(changes.baseline, _NAMES)}')}"
    yield f"    {counts(changes)}"
    for said in changes.release[:_RELEASE]:
        yield cut(f"    {visible(said)}", width)
    if len(changes.release) > _RELEASE:
        others = words.count(len(changes.release) - _RELEASE, "more change")
        yield paint("quiet", f"    and {others} of the release")
    if changes.hosts:
        hosts = ", ".join(visible(host, 60) for host in changes.hosts[:_HOSTS])
        yield cut(f"    hosts it did not name before: {hosts}", width)
    shown = 0
    for place in changes.places[:places]:
        block = list(_place(place, paint, width))
        if shown and len(block) > room:
            break
        yield from block
        room -= len(block)
        shown += 1
    left = len(changes.places) - shown + changes.more
    if left:
        yield paint("quiet", f"    and {words.count(left, 'more place')}")


def counts(changes: Changes) -> str:
    """Say how much changed: ``3 members changed, 1 added; 2 functions; nothing new it does``."""
    numbers = {
        "changed": changes.changed,
        "added": changes.added,
        "removed": changes.removed,
        "moved": changes.moved,
    }
    said = [f"{number:,} {what}" for what, number in numbers.items() if number]
    members = f"members: {', '.join(said)}" if said else "no member changed"
    functions = f"; {words.count(changes.functions, 'function')} new or altered"
    does = f"; {words.count(changes.new_facts, 'new observation')}"
    nothing = "; nothing new that it does"
    return members + functions * (changes.functions > 0) + (does if changes.new_facts else nothing)


def _place(place: ChangedPlace, paint: Paint, width: int) -> Iterator[str]:
    where = cut(visible(place.member), _NAMES) or "the archive"
    where += f":{place.line}" if place.line and not place.layer else ""
    scope = f" in {cut(visible(place.scope), 60)}" if place.scope else ""
    decoded = ", decoded" if place.layer else ""
    when = words.activation(place.activation) if place.does else "changed"
    new = "" if place.was else ", new file"
    head = f"{where}{decoded}{scope}"
    yield f"    {paint('strong', head)}  {paint('quiet', f'{when}{new}')}"
    if place.said:
        yield cut(f"      {visible(place.said)}", width)
    most = PLACE_LINES if place.does else QUIET_LINES
    yield from _side_by_side(place.before[:most], place.after[:most], paint, width)


def _side_by_side(
    before: Sequence[ShownLine], after: Sequence[ShownLine], paint: Paint, width: int
) -> Iterator[str]:
    """Yield old lines left and new ones right; without old ones the new have all the room."""
    if not before:
        for line in after:
            yield f"      {_numbered(line, paint, width - 14, 'evidence')}"
        return
    half = (width - 6 - 3) // 2
    for row in range(max(len(before), len(after))):
        left = _cell(before, row, half)
        right = _numbered(after[row], paint, half - 8, "evidence") if row < len(after) else ""
        bar = paint("quiet", "│")
        yield f"      {paint('quiet', left)} {bar} {right}".rstrip()


def _cell(rows: Sequence[ShownLine], row: int, width: int) -> str:
    if row >= len(rows):
        return " " * width
    text = f"{rows[row].number:>5} - {source(rows[row].text)}"
    while cells(text) > width:
        text = cut(text, len(text) - max((cells(text) - width) // 2, 1))
    return pad(text, width)


def _numbered(line: ShownLine, paint: Paint, width: int, style: str) -> str:
    text = source(line.text, max(width, 20))
    return f"{paint('quiet', f'{line.number:>5} +')} {paint(style, text)}"
