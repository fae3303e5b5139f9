"""What PyPI tells of its changes: the changelog by serial, and the newest releases as RSS.

The changelog names every change of every project, in order, with nothing left out: uploads,
removals, owners, and what the registry's people did (quarantine), which are labels with a time.
It is asked by XML-RPC, the one thing there that mirrors may rely on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from msgspec import DecodeError, json

from antivenom.ecosystems.pypi import xmlrpc
from antivenom.ecosystems.pypi.locate import is_name
from antivenom.errors import NetworkError
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.moments import stamp

CONTENT_TYPE = "text/xml"
MOST_BYTES = 128 << 20
"""Of an answer: fifty thousand changes are about twenty megabytes."""
What = Literal[
    "uploaded",
    "created",
    "released",
    "file-removed",
    "release-removed",
    "removed",
    "yanked",
    "unyanked",
    "owner-added",
    "owner-removed",
    "quarantined",
    "quarantine-cleared",
    "release-quarantined",
    "release-quarantine-cleared",
    "other",
]
_ACTIONS: tuple[tuple[str, What], ...] = (
    (r"add \S{1,40} file (?P<about>.+)", "uploaded"),
    (r"create", "created"),
    (r"new release", "released"),
    (r"remove file (?P<about>.+)", "file-removed"),
    (r"remove release", "release-removed"),
    (r"remove project|remove", "removed"),
    (r"yank release", "yanked"),
    (r"unyank release", "unyanked"),
    (r"(?:add|accepted) (?:Owner|Maintainer) (?P<about>.+)", "owner-added"),
    (r"remove (?:Owner|Maintainer) (?P<about>.+)", "owner-removed"),
    (r"project quarantined", "quarantined"),
    (r"project quarantine cleared", "quarantine-cleared"),
    (r"release quarantined", "release-quarantined"),
    (r"release quarantine cleared", "release-quarantine-cleared"),
)
_PATTERNS = [(re.compile(pattern), what) for pattern, what in _ACTIONS]
_TEXT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the changelog."""

    serial: int
    project: str
    """As the registry spells it."""
    version: str
    at: str
    """ISO 8601, UTC."""
    action: str
    """As the registry words it."""
    what: What
    about: str = ""
    """The file or account the action names."""


def service_url(index: str) -> str | None:
    """Return where the registry with this simple API answers XML-RPC; None without one."""
    if urlsplit(index).path.rstrip("/").rpartition("/")[2] != "simple":
        return None
    return urljoin(index.rstrip("/"), "pypi")


def rss_url(index: str) -> str | None:
    """Return where the registry with this simple API lists its newest releases."""
    if urlsplit(index).path.rstrip("/").rpartition("/")[2] != "simple":
        return None
    return urljoin(index.rstrip("/"), "rss/updates.xml")


def ask_since(serial: int) -> bytes:
    """Return the request for every change after a serial."""
    return xmlrpc.call("changelog_since_serial", serial)


def ask_last() -> bytes:
    """Return the request for the newest serial."""
    return xmlrpc.call("changelog_last_serial")


def read_last(body: bytes) -> int:
    """Return the newest serial."""
    found = xmlrpc.answer(body)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise NetworkError("the registry's newest serial is no number")
    return found


def read_changes(body: bytes) -> list[Change]:
    """Return the changes of an answer, by serial; a row that is none is an error, not a gap."""
    rows = xmlrpc.answer(body)
    if not isinstance(rows, list):
        raise NetworkError("the registry's changelog is no list")
    return sorted(map(_change, rows), key=lambda change: change.serial)


def classified(action: str) -> tuple[What, str]:
    """Return what an action is, and the file or account it names."""
    for pattern, what in _PATTERNS:
        found = pattern.fullmatch(action[:_TEXT])
        if found:
            return what, found.groupdict().get("about") or ""
    return "other", ""


def read_rss(body: bytes) -> list[tuple[str, str]]:
    """Return (project, version) of the releases a list of the newest ones names."""
    titles = list(_titles(body))
    return [(name, version) for name, _, version in (t.partition(" ") for t in titles) if version]


def read_projects(body: bytes) -> list[str]:
    """Return the normalised names of all projects of an index (PEP 691, JSON)."""
    try:
        page = json.decode(body)
    except (DecodeError, UnicodeError, RecursionError):
        raise NetworkError("the index's list of projects is no JSON") from None
    rows = page.get("projects") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise NetworkError("the index's list of projects is none")
    names = (row.get("name") for row in rows if isinstance(row, dict))
    return [normalize_pypi(name) for name in names if isinstance(name, str) and is_name(name)]


def _change(row: object) -> Change:
    if not isinstance(row, list) or len(row) != 5:
        raise NetworkError("a row of the registry's changelog is none")
    name, version, at, action, serial = row
    if not (isinstance(name, str) and isinstance(action, str) and isinstance(serial, int)):
        raise NetworkError("a row of the registry's changelog is none")
    what, about = classified(action)
    return Change(
        serial=serial,
        project=name[:_TEXT],
        version=version[:_TEXT] if isinstance(version, str) else "",
        at=_moment(at),
        action=action[:_TEXT],
        what=what,
        about=about,
    )


def _moment(at: object) -> str:
    """Return a time that is given as seconds since 1970."""
    if not isinstance(at, int) or not 0 <= at < 1 << 36:
        return ""
    return stamp(datetime.fromtimestamp(at, UTC))


def _titles(body: bytes) -> Iterator[str]:
    """Yield the titles of a feed's items."""
    found: list[str] = []
    path: list[str] = []

    def start(tag: str, _attributes: object) -> None:
        path.append(tag)
        if path[-2:] == ["item", "title"]:
            found.append("")

    def end(_tag: str) -> None:
        path.pop()

    def text(characters: str) -> None:
        if path[-2:] == ["item", "title"]:
            found[-1] += characters

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise NetworkError("the registry's list of new releases cannot be read") from None
    yield from (title.strip()[:_TEXT] for title in found)


def uploads(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that are new files."""
    return [change for change in changes if change.what == "uploaded" and change.about]
