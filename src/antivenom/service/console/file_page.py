"""A file of an upload, whole: every line, with the evidence in it and what was decoded from it.

What the upload says is text here as anywhere. The bytes are opened in a child without rights; where
they are not kept, the lines that the review kept are shown, and that it is only those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Response
from sqlalchemy import Connection, select

from antivenom.model.review import Review
from antivenom.service import inspector, reviews
from antivenom.service.access.guards import needs
from antivenom.service.casework import dossier
from antivenom.service.console import evidence, lines
from antivenom.service.console.evidence import Hidden
from antivenom.service.console.lines import Paged, Piece, Place
from antivenom.service.console.rendering import joined, link, page
from antivenom.service.viewing import NotShown
from antivenom.session.looking import Seen
from antivenom.store.schema_uploads import reviews as table
from antivenom.store.schema_uploads import uploads

Asked = Request[Any, Any, Any]
_MARKS, _HIDDEN = 60, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the page and what stands around it."""

    line: int
    """0 in the rows that continue a line."""
    text: str
    hit: bool
    marks: tuple[Mark, ...]
    """Evidence that begins here."""
    hidden: tuple[Hidden, ...]
    """What was decoded from this line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of evidence: where it is on these pages."""

    number: int
    place: Place
    page: int
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a page shows of a file."""

    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    page: int
    pages: int
    lines: int
    before: Mark | None
    """The last evidence before this page, and the first after it."""
    after: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Which review, and of what."""

    id: str
    sha256: str
    ecosystem: str
    project: str
    version: str
    filename: str
    case: int | None


@get("/reviews/{id:str}/file", guards=[needs("read")], sync_to_thread=True, include_in_schema=False)
def one_file(
    request: Asked,
    id: FromPath[str],
    place: FromQuery[int] = 0,
    n: FromQuery[int] = -1,
    line: FromQuery[int] = 0,
    sheet: FromQuery[int] = 0,
) -> Response[str]:
    """Show a file: the `place`-th that findings name, or the `n`-th of the archive."""
    with request.app.state.store.reading() as connection:
        named, review = _asked(connection, id[:64])
        inspected = _inspected(connection, named)
    path = _path(review, place)
    seen, problem = _seen(request, named, review.artifact.filename, path, n)
    shown = seen.member.path if seen.member else path
    address = link(f"/reviews/{named.id}/file", place=place, n=str(n) if n >= 0 else "")
    text = seen.text if seen.form != "nothing" else ""
    drawn = sheet_of(review, shown if seen.form == "text" else "", text, address, sheet, line)
    return page(
        request,
        "file.html",
        named=named,
        review=review,
        seen=seen,
        shown=shown,
        problem=problem,
        sheet=drawn,
        address=address,
        parts=evidence.views_of(review, path) if problem and path else (),
        evident=_evident(review),
        inspected=inspector.link(*inspected, shown) if inspected and shown else "",
    )


def address_of(review: str, member: int, line: int) -> str:
    """Return our page of a file that findings name, counted from 1."""
    return link(f"/reviews/{review}/file", place=member, line=line) + (f"#L{line}" if line else "")


def evident(review: Review) -> dict[str, int]:
    """Return the members that findings name with their numbers, from 1; so no path travels."""
    spans = (span.member for finding in review.findings for span in finding.spans)
    return {path: n for n, path in enumerate(dict.fromkeys(one for one in spans if one), 1)}


def sheet_of(review: Review, path: str, text: str, address: str, wanted: int, line: int) -> Sheet:
    """Return one page of a text: the one asked for, or the one that has a line."""
    whole = lines.paged(text)
    places = lines.places(review, path) if path else []
    places = [one for one in places if one.first <= len(whole.lines)]
    marks = [_mark(whole, n, one, address) for n, one in enumerate(places, 1)]
    number = wanted or (whole.page_of(whole.piece_of(line)) if line else 1)
    number = min(max(number, 1), whole.pages)
    return Sheet(
        rows=tuple(_rows(review, path, whole, number, marks)),
        marks=tuple(marks),
        page=number,
        pages=whole.pages,
        lines=len(whole.lines),
        before=next((one for one in reversed(marks) if one.page < number), None),
        after=next((one for one in marks if one.page > number), None),
    )


def _mark(whole: Paged, number: int, place: Place, address: str) -> Mark:
    on = whole.page_of(whole.piece_of(place.first, place.text))
    where = f"{joined(address, sheet=on)}#e{number}"
    return Mark(number=number, place=place, page=on, link=where)


def _rows(review: Review, path: str, whole: Paged, number: int, marks: Sequence[Mark]) -> list[Row]:
    hit = lines.hits(whole, [one.place for one in marks], number)
    begins: dict[int, list[Mark]] = {}
    for mark in marks:
        at = whole.piece_of(mark.place.first, mark.place.text)
        begins.setdefault(at, []).append(mark)
    hidden = evidence.hidden_by_line(review, path, most=_HIDDEN) if path else {}
    first = whole.begins[number - 1]
    return [
        Row(
            line=0 if piece.begin else piece.line,
            text=whole.lines[piece.line - 1][piece.begin : piece.end],
            hit=at in hit,
            marks=tuple(begins.get(at, ())),
            hidden=() if _goes_on(whole, at, piece) else hidden.get(piece.line, ()),
        )
        for at, piece in enumerate(whole.on(number), first)
    ]


def _goes_on(whole: Paged, at: int, piece: Piece) -> bool:
    return at + 1 < len(whole.pieces) and whole.pieces[at + 1].line == piece.line


def _asked(connection: Connection, id: str) -> tuple[Named, Review]:
    names = ("id", "sha256", "ecosystem", "project", "version", "filename")
    query = select(*(table.c[name] for name in names)).where(table.c.id == id)
    row = connection.execute(query).mappings().first()
    review = reviews.load(connection, id)
    if row is None or review is None:
        raise NotFoundException("there is no such review")
    return Named(**row, case=dossier.case_of(connection, id)), review


def _inspected(connection: Connection, named: Named) -> tuple[str, str, str, str] | None:
    """Return what names an upload in PyPI's inspector, None where it has no page there."""
    column = uploads.c
    query = select(column.project, column.version, column.filename, column.blake2b).where(
        column.sha256 == named.sha256,
        column.ecosystem == "pypi",
        column.project == named.project,
        column.source != "demo",
    )
    row = connection.execute(query.limit(1)).first() if named.ecosystem == "pypi" else None
    return (row[0], row[1], row[2], row[3]) if row else None


def _path(review: Review, place: int) -> str:
    return next((path for path, n in evident(review).items() if n == place), "")


def _seen(request: Asked, named: Named, filename: str, path: str, number: int) -> tuple[Seen, str]:
    """Return what there is to see, and why it is not all."""
    try:
        seen: Seen = request.app.state.viewer.look(
            named.sha256, filename, named.ecosystem, path=path, number=number
        )
    except NotShown as error:
        return Seen(), str(error)
    if seen.member is None and (path or number >= 0):
        return seen, "it has no such file any more" if path else "it has no such file"
    return seen, ""


def _evident(review: Review) -> list[tuple[str, int, int]]:
    """Return the members that findings name, their numbers, and how many findings each has."""
    counts: dict[str, int] = {}
    for finding in review.findings:
        for path in {span.member for span in finding.spans}:
            counts[path] = counts.get(path, 0) + 1
    return [(path, n, counts[path]) for path, n in evident(review).items()][:_MARKS]


HANDLERS = [one_file]
