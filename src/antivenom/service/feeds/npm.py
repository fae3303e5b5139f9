"""npm's changes by sequence: names only, so that each package is asked what is new in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from antivenom.ecosystems.npm import feed
from antivenom.ecosystems.npm.locate import Wanted
from antivenom.errors import ConfigError, NotFoundError
from antivenom.model.moments import stamp
from antivenom.service import sources
from antivenom.service.clock import Clock
from antivenom.service.events import Event
from antivenom.service.feeds.adapter import Batch, check_serial
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival

AT_ONCE = 100
"""Packages of one transaction: each costs a request."""
_FIRST = timedelta(hours=1)
"""How far back a first look at a package goes."""
_BYTES = 16 << 20


class Npm:
    """The changes feed of a replica that was configured; npm's own configuration names none."""

    name = "npm"

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        self._source = sources.Npm(settings, clock, environ)
        self._clock = clock
        self._replica = settings.feed("npm").url
        if not self._replica:
            raise ConfigError(
                "nobody says where npm's changes are asked for",
                hint="set url in [service.feeds.npm]",
            )

    def newest(self) -> int:
        """Return the newest sequence."""
        answer = self._source.door.get(f"{self._replica.rstrip('/')}/", limit_bytes=_BYTES)
        return feed.read_position(answer.body)

    def after(self, cursor: int, seen: datetime | None) -> Batch:
        """Return what was published in the packages that changed after a sequence."""
        url = feed.changes_url(self._replica, cursor, AT_ONCE)
        answer = self._source.door.get(url, limit_bytes=_BYTES)
        found = feed.read_changes(answer.body, cursor)
        if not found.changes and not found.odd:
            check_serial(cursor, self.newest())
        since = seen or self._clock.now() - _FIRST
        arrivals: list[Arrival] = []
        events: list[Event] = []
        for change in found.changes:
            if change.deleted:
                events.append(self._event(change.name, "removed", change.serial))
            else:
                self._look(change, since, arrivals, events)
        return Batch(
            cursor=found.last,
            arrivals=tuple(arrivals),
            events=tuple(events),
            more=len(found.changes) + found.odd >= AT_ONCE,
        )

    def fallback(self, cursor: int, etag: str) -> Batch | None:
        """Return nothing: there is no other way."""
        return None

    def close(self) -> None:
        """Close connections."""
        self._source.close()

    def _look(
        self,
        change: feed.Change,
        since: datetime,
        arrivals: list[Arrival],
        events: list[Event],
    ) -> None:
        try:
            page = self._source.registry.package(Wanted(name=change.name))
        except NotFoundError:
            events.append(self._event(change.name, "removed", change.serial))
            return
        if feed.held(page):
            events.append(self._event(change.name, "quarantined", change.serial))
        events += [
            self._event(change.name, "release-removed", change.serial, version)
            for version in feed.gone(page, since)
        ]
        arrivals += [_arrival(one) for one in feed.releases(page, change.name, since)]

    def _event(self, name: str, what: str, serial: int, version: str = "") -> Event:
        at = stamp(self._clock.now())
        return Event(
            ecosystem="npm",
            project=name,
            version=version,
            what=what,
            action=f"{what} {version}".strip(),
            at=at,
            serial=serial,
        )


def _arrival(release: feed.Release) -> Arrival:
    return Arrival(
        ecosystem="npm",
        project=release.name,
        version=release.version,
        filename=release.filename,
        uploaded_at=release.upload.uploaded,
        publisher=release.upload.publisher,
        declared=release.upload.declared,
    )
