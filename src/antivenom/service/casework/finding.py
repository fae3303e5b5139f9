"""Finding a review: by project, by file name, by hash, or simply the newest."""

from __future__ import annotations

import re

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, or_

from antivenom.model.coordinate import normalize_pypi
from antivenom.service.casework.dossier import File, file_of, listed
from antivenom.store.schema_uploads import reviews

_HASH = re.compile(r"[0-9a-f]{8,64}")


class Asked(Struct, frozen=True, kw_only=True):
    """What is looked for."""

    text: str = ""
    """A project's name, or the beginning of one with a ``*``; a file's name; a package URL; the
    beginning of a sha256."""
    verdict: str = ""
    before: str = ""
    """Where the last page ended."""


def find(connection: Connection, asked: Asked, *, most: int) -> tuple[list[File], str]:
    """Return reviews, the newest first, and where the next page begins ("" = nowhere)."""
    query = listed().order_by(reviews.c.made_at.desc(), reviews.c.id.desc()).limit(most + 1)
    if asked.text:
        query = query.where(_meant(asked.text))
    if asked.verdict:
        query = query.where(reviews.c.verdict == asked.verdict)
    at, _, id = asked.before.partition("~")
    if id:
        same = and_(reviews.c.made_at == at, reviews.c.id < id)
        # The first condition says nothing new; it is where an index can begin.
        query = query.where(reviews.c.made_at <= at, or_(reviews.c.made_at < at, same))
    rows = [file_of(row) for row in connection.execute(query).mappings()]
    last = rows[most - 1] if len(rows) > most else None
    return rows[:most], f"{last.made_at}~{last.review}" if last else ""


def _meant(text: str) -> ColumnElement[bool]:
    """Return the condition for one word; each way leads along an index."""
    if text.startswith("pkg:"):
        return reviews.c.purl == text
    if text.endswith("*"):
        start = text[:-1]
        return and_(reviews.c.project >= start, reviews.c.project < f"{start}\U0010ffff")
    names = {text, text.lower(), normalize_pypi(text)}
    ways = [reviews.c.project.in_(sorted(names)), reviews.c.filename == text]
    if _HASH.fullmatch(text.lower()):
        start = text.lower()
        ways.append(and_(reviews.c.sha256 >= start, reviews.c.sha256 < f"{start}g"))
    return or_(*ways)
