"""PyPI's changelog by serial; its RSS of new releases while the changelog does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from antivenom.ecosystems.pypi import feed
from antivenom.ecosystems.pypi.feed import Change
from antivenom.errors import ConfigError, NotFoundError
from antivenom.model.coordinate import normalize_pypi
from antivenom.service import sources
from antivenom.service.clock import Clock
from antivenom.service.events import KINDS, Event
from antivenom.service.feeds.adapter import Batch, check_serial
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival

AT_ONCE = 2000
"""Changes of one transaction."""
OVERLAP = 50
"""Serials before the cursor that are asked for again: a serial is taken when a change begins and
seen when it ends, so that a smaller one may come after a larger one."""
_RSS_BYTES = 4 << 20
_RSS_FILES = 300


class PyPI:
    """The changelog of the index that pip is configured with."""

    name = "pypi"

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        self._source = sources.PyPI(settings, clock, environ)
        self._given = settings.feed("pypi").url

    def newest(self) -> int:
        """Return the newest serial."""
        return feed.read_last(self._ask(feed.ask_last()))

    def after(self, cursor: int, seen: datetime | None) -> Batch:
        """Return what changed after a serial."""
        asked = max(0, cursor - OVERLAP)
        changes = feed.read_changes(self._ask(feed.ask_since(asked)))
        if asked and not changes:
            # The overlap alone has changes to tell, unless the registry counts anew.
            check_serial(cursor, self.newest())
        changes = [one for one in changes if one.serial > asked]
        new = [one for one in changes if one.serial > cursor]
        old = [one for one in changes if one.serial <= cursor]
        some = new[:AT_ONCE]
        chosen = [*old, *some]
        return Batch(
            cursor=max((one.serial for one in some), default=cursor),
            arrivals=tuple(map(_arrival, feed.uploads(chosen))),
            events=tuple(_event(one) for one in chosen if one.what in KINDS),
            more=len(new) > len(some),
        )

    def fallback(self, cursor: int, etag: str) -> Batch | None:
        """Return the files of the newest releases; the changelog tells of them again later."""
        url = feed.rss_url(self._source.index.endpoints.indexes[0])
        if url is None:
            return None
        headers = {"If-None-Match": etag} if etag else None
        answer = self._source.door.get(url, limit_bytes=_RSS_BYTES, headers=headers)
        if answer.status == 304:
            return None
        arrivals: list[Arrival] = []
        for project, version in feed.read_rss(answer.body):
            arrivals += self._files(project, version)
            if len(arrivals) >= _RSS_FILES:
                break
        tag = answer.headers.get("etag", "")
        return Batch(cursor=cursor, arrivals=tuple(arrivals), etag=tag)

    def close(self) -> None:
        """Close connections."""
        self._source.close()

    def _files(self, project: str, version: str) -> list[Arrival]:
        from antivenom.ecosystems.pypi.locate import release

        try:
            listed = self._source.index.history(project, version)
        except NotFoundError:
            return []
        files = release(listed.project, project, version)
        return [_listed(project, version, file.filename) for file in files]

    def _ask(self, body: bytes) -> bytes:
        url = self._given or feed.service_url(self._source.index.endpoints.indexes[0])
        if not url:
            raise ConfigError(
                "the configured index has no changelog that could be followed",
                hint="set url in [service.feeds.pypi]",
            )
        answer = self._source.door.post(
            url, body, content_type=feed.CONTENT_TYPE, limit_bytes=feed.MOST_BYTES
        )
        return answer.body


def _arrival(change: Change) -> Arrival:
    return Arrival(
        ecosystem="pypi",
        project=change.project,
        version=change.version,
        filename=change.about,
        serial=change.serial,
        uploaded_at=change.at,
    )


def _listed(project: str, version: str, filename: str) -> Arrival:
    return Arrival(ecosystem="pypi", project=project, version=version, filename=filename)


def _event(change: Change) -> Event:
    return Event(
        ecosystem="pypi",
        project=normalize_pypi(change.project),
        version=change.version,
        what=change.what,
        action=change.action,
        about=change.about,
        at=change.at,
        serial=change.serial,
    )
