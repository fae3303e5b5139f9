"""What an index says was declared when a release came: its JSON record of that release.

The simple API serves files, this record serves what the uploader's form said, which nobody
compares with the files (TOB-PYPI26-10). Its address is derived from that of the simple index it
belongs to; indexes that have no such record answer that they know nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from msgspec import DecodeError, json

from antivenom.ecosystems.pypi.headers import DESCRIPTION_CHARS
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.label import Metadata
from antivenom.model.moments import moment

FORM_BYTES = 16 << 20
MOST = 5000
"""Requirements, files and people that are read of one record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What an index keeps of a release beside its files."""

    declared: Metadata
    """As it was sent with the first file of the release."""
    files: Mapping[str, str]
    """sha256 of a file, or its name where none is given -> when it came, "" unknown."""
    owners: tuple[str, ...] = ()
    """Everybody with a role in the project today, sorted; empty where the index does not say."""

    @property
    def first(self) -> str:
        """The file the declared metadata came with, "" where the index gives no times."""
        timed = [(time, key) for key, time in self.files.items() if time]
        return min(timed)[1] if timed and len(timed) == len(self.files) else ""


def form_url(index: str, project: str, version: str) -> str | None:
    """Return where the index with this simple API would keep its record of a release."""
    if urlsplit(index).path.rstrip("/").rpartition("/")[2] != "simple":
        return None
    name, number = quote(normalize_pypi(project), safe=""), quote(version, safe="")
    return urljoin(index.rstrip("/"), f"pypi/{name}/{number}/json")


def parse_form(body: bytes) -> Form | None:
    """Read a record; None when this is none."""
    try:
        page = json.decode(body)
    except (DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(page, dict) or not isinstance(page.get("info"), dict):
        return None
    return Form(
        declared=_declared(page["info"]),
        files=dict(_files(page.get("urls"))),
        owners=tuple(sorted(set(_owners(page.get("ownership"))))),
    )


def _declared(info: Mapping[str, Any]) -> Metadata:
    urls = info.get("project_urls")
    addresses = [f"{k}, {v}" for k, v in urls.items()] if isinstance(urls, dict) else []
    return Metadata(
        name=_text(info, "name"),
        version=_text(info, "version"),
        summary=_text(info, "summary"),
        author=_text(info, "author"),
        author_email=_text(info, "author_email"),
        maintainer=_text(info, "maintainer") or _text(info, "maintainer_email"),
        home_page=_text(info, "home_page"),
        urls=tuple(str(one)[:2000] for one in addresses[:50]),
        licence=(_text(info, "license_expression") or _text(info, "license"))[:200],
        requires=tuple(_texts(info.get("requires_dist"))),
        requires_python=_text(info, "requires_python"),
        description=_text(info, "description")[:DESCRIPTION_CHARS],
    )


def _text(info: Mapping[str, Any], key: str) -> str:
    value = info.get(key)
    return value[: 4 * DESCRIPTION_CHARS] if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    rows: Sequence[object] = value[:MOST] if isinstance(value, list) else ()
    return [row[:2000] for row in rows if isinstance(row, str)]


def _files(rows: object) -> Iterator[tuple[str, str]]:
    for row in rows[:MOST] if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        digests = row.get("digests")
        digest = digests.get("sha256") if isinstance(digests, dict) else None
        key = digest.lower() if isinstance(digest, str) else row.get("filename")
        time = moment(str(row.get("upload_time_iso_8601") or row.get("upload_time") or ""))
        if isinstance(key, str):
            yield key, time.isoformat() if time else ""


def _owners(ownership: object) -> Iterator[str]:
    rows = ownership.get("roles") if isinstance(ownership, dict) else None
    for row in rows[:MOST] if isinstance(rows, list) else ():
        user = row.get("user") if isinstance(row, dict) else None
        if isinstance(user, str) and user:
            yield user[:100]
