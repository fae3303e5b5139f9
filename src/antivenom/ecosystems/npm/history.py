"""What a packument says of how a release came: when, after what, by whom, with what provenance."""

from __future__ import annotations

from datetime import datetime, timedelta

from antivenom.ecosystems.npm.packument import Packument
from antivenom.model.context import RegistryInfo, UploadInfo
from antivenom.model.moments import moment, stamp

RECENT = timedelta(hours=1)
_MOST_OWNERS = 50


def registry_info(page: Packument, version: str) -> RegistryInfo | None:
    """Return the history of a package as it was when a version came; None without any times."""
    now = moment(page.uploaded(version))
    if now is None:
        return None
    before = sorted(_before(page, version, now))
    previous = before[-1][1] if before else ""
    owners = page.maintainers(version)
    return RegistryInfo(
        first_release=stamp(before[0][0] if before else now),
        releases=len(before) + 1,
        previous_release=stamp(before[-1][0]) if before else "",
        recent_releases=sum(now - time <= RECENT for time, _ in before),
        owners=tuple(sorted(owners)[:_MOST_OWNERS]),
        new_owners=_new_owners(page, owners, previous),
        attested=page.attested(version),
        attested_before=page.attested(previous) if previous else None,
    )


def upload_info(page: Packument, version: str) -> UploadInfo:
    """Return what the registry recorded of the upload, its declaration included."""
    return UploadInfo(
        declared=page.declared(version),
        uploaded=page.uploaded(version),
        publisher=page.publisher(version),
    )


def _before(page: Packument, version: str, now: datetime) -> list[tuple[datetime, str]]:
    timed = ((moment(page.uploaded(other)), other) for other in page.versions if other != version)
    return [(time, other) for time, other in timed if time is not None and time < now]


def _new_owners(page: Packument, owners: frozenset[str], previous: str) -> tuple[str, ...]:
    """Return accounts the release before did not list; nothing where it listed none."""
    known = page.maintainers(previous) if previous else frozenset()
    return tuple(sorted(owners - known)[:_MOST_OWNERS]) if known else ()
