"""Which release of a package came before another.

By version among those published earlier: a fix of an old series follows that series. Withdrawn
versions are gone from a registry; deprecated ones stand. A pre-release is a measure for
pre-releases alone, and one that has been out for a day is preferred: takeovers publish several
releases within the hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from antivenom.ecosystems.npm.packument import Packument
from antivenom.ecosystems.npm.versions import Order, is_prerelease, order
from antivenom.model.moments import moment

SETTLED = timedelta(days=1)
"""How long a release has to be out before it is preferred as a measure."""


@dataclass(frozen=True, slots=True)
class _Release:
    version: str
    order: Order | None
    time: datetime | None


def earlier(page: Packument, version: str) -> str:
    """Return the version that was the newest when this one was made, "" when there was none."""
    ours = _release(page, version)
    others = (_release(page, other) for other in page.versions if other != version)
    before = [one for one in others if _is_before(one, ours)]
    if not before:
        return ""
    return max(_settled(_finished(before, ours), ours), key=_rank).version


def _release(page: Packument, version: str) -> _Release:
    return _Release(version, order(version), moment(page.uploaded(version)))


def _is_before(one: _Release, ours: _Release) -> bool:
    """Whether it was there first; by version where the registry gives no times."""
    if one.time is not None and ours.time is not None:
        return one.time < ours.time
    return one.order is not None and ours.order is not None and one.order < ours.order


def _finished(found: list[_Release], ours: _Release) -> list[_Release]:
    """Keep lower versions if there are any, and of those no pre-releases unless asked about one."""
    mine = ours.order
    if mine is None:
        return found
    lower = [one for one in found if one.order is not None and one.order < mine] or found
    if is_prerelease(ours.version):
        return lower
    return [one for one in lower if not is_prerelease(one.version)] or lower


def _settled(found: list[_Release], ours: _Release) -> list[_Release]:
    if ours.time is None:
        return found
    until = ours.time - SETTLED
    return [one for one in found if one.time is not None and one.time <= until] or found


def _rank(one: _Release) -> tuple[bool, Order, float, str]:
    lowest: Order = ((0, 0, 0), ())
    time = one.time.timestamp() if one.time else 0.0
    return one.order is not None, one.order or lowest, time, one.version
