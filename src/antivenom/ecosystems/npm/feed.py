"""The changes feed of npm: which packages changed since a point, and what is new in one of them.

The feed names packages and nothing else; what changed is learnt from the packument. It is asked
with ``GET <replica>/_changes?since=N&limit=M`` and answers ``{"results": [{"seq", "id",
"deleted"?, "changes": [...]}], "last_seq"}``. One package may stand in it any number of times, for
a new tag or owner as well as for a release: a release is new when it was published since.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from msgspec import DecodeError, json

from antivenom.ecosystems.npm.history import upload_info
from antivenom.ecosystems.npm.locate import Tarball, is_name
from antivenom.ecosystems.npm.packument import Packument
from antivenom.errors import NetworkError
from antivenom.model.context import UploadInfo
from antivenom.model.moments import moment

AT_ONCE = 5000
"""Changes of one answer."""
OVERLAP = timedelta(minutes=15)
"""How much earlier than the last look a release may have come and still be told: clocks and
replicas lag. Whoever keeps releases by name and version loses nothing by being told twice."""
_PLACEHOLDER = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}-security(?:\.\d{1,9})?")
_SERIAL = re.compile(r"(\d{1,18})(?:-|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One package that changed."""

    name: str
    serial: int
    """Position in the feed; the highest where the package stands in an answer repeatedly."""
    deleted: bool = False
    """Whether the package is gone as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """One answer of the feed."""

    last: int
    """Where to go on."""
    changes: tuple[Change, ...] = ()
    """In the feed's order, each package once."""
    odd: int = 0
    """Rows that name no package; they are skipped, since one row must not stop a feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version that is new in a package."""

    name: str
    version: str
    filename: str
    tarball: Tarball
    upload: UploadInfo
    """What the registry shows of it: declaration, time, publisher."""


def changes_url(replica: str, since: int, most: int = AT_ONCE) -> str:
    """Return the address of what changed after a position."""
    asked = urlencode({"since": max(0, since), "limit": max(1, min(most, AT_ONCE))})
    return f"{replica.rstrip('/')}/_changes?{asked}"


def read_changes(body: bytes, since: int) -> Changes:
    """Read an answer of the feed; refuses what is none, or goes backwards."""
    try:
        page = json.decode(body)
    except (DecodeError, RecursionError):
        raise NetworkError("the changes feed of npm answered no JSON") from None
    rows = page.get("results") if isinstance(page, dict) else None
    if not isinstance(rows, list):
        raise NetworkError("the changes feed of npm answered without results")
    found: dict[str, Change] = {}
    odd, highest = 0, since
    for row in rows[: 2 * AT_ONCE]:
        change = _change(row)
        serial = change.serial if change else _serial(row)
        highest = max(highest, serial)
        if change is None:
            odd += 1
            continue
        found.pop(change.name, None)
        found[change.name] = change
    last = highest if rows else max(_position(page.get("last_seq")), since)
    return Changes(last=last, changes=tuple(found.values()), odd=odd)


def read_position(body: bytes) -> int:
    """Return where a replica stands, from what it says of itself (``update_seq``)."""
    try:
        page = json.decode(body)
    except (DecodeError, RecursionError):
        raise NetworkError("the replica of npm answered no JSON") from None
    if not isinstance(page, dict) or "update_seq" not in page:
        raise NetworkError("the replica of npm does not say where it stands")
    return _position(page["update_seq"])


def releases(page: Packument, name: str, since: datetime) -> tuple[Release, ...]:
    """Return the versions that were published since a look at the feed, the oldest first."""
    earliest = since - OVERLAP
    timed = ((moment(page.uploaded(version)), version) for version in page.versions)
    new = sorted((time, version) for time, version in timed if time and time >= earliest)
    return tuple(_release(page, name, version) for _, version in new if not placeholder(version))


def gone(page: Packument, since: datetime) -> tuple[str, ...]:
    """Return the versions that the packument gives a time for and no longer has.

    A package that was taken down as malware stands there with a placeholder alone.
    """
    times = page.fields.get("time")
    named = list(times.items())[-20_000:] if isinstance(times, dict) else []
    return tuple(
        version
        for version, time in named
        if version[:1].isdigit() and version not in page.versions and _after(time, since)
    )


def placeholder(version: str) -> bool:
    """Return whether a version is what the registry puts in place of malware."""
    return _PLACEHOLDER.fullmatch(version) is not None


def held(page: Packument) -> bool:
    """Return whether nothing is left of a package but the registry's placeholder."""
    return all(map(placeholder, page.versions))


def _after(time: Any, since: datetime) -> bool:  # noqa: ANN401
    found = moment(time) if isinstance(time, str) else None
    return found is not None and found >= since


def _release(page: Packument, name: str, version: str) -> Release:
    plain = name.removeprefix("@").replace("/", "-")
    return Release(
        name=name,
        version=version,
        filename=f"{plain}-{version}.tgz",
        tarball=page.tarball(version),
        upload=upload_info(page, version),
    )


def _change(row: object) -> Change | None:
    if not isinstance(row, dict):
        return None
    name, serial = row.get("id"), _serial(row)
    if not isinstance(name, str) or not is_name(name) or not serial:
        return None
    return Change(name=name, serial=serial, deleted=row.get("deleted") is True)


def _serial(row: object) -> int:
    return _position(row.get("seq")) if isinstance(row, dict) else 0


def _position(value: object) -> int:
    """Return a position; replicas write it as a number, or as a text that begins with one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(0, value)
    found = _SERIAL.match(value) if isinstance(value, str) else None
    return int(found[1]) if found else 0
