"""Packages of our own making for `antivenom serve --demo`: harmless, hosts under ``.invalid``."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from antivenom.model.moments import stamp
from antivenom.service import events, uploads
from antivenom.service.clock import SystemClock
from antivenom.service.demo.packages import PACKAGES, Package
from antivenom.service.events import Event
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival
from antivenom.store import Store
from antivenom.store.blobs import Blobs

LABELS = (("quickforms", "quarantined"), ("weatherlines", "quarantined"))
"""What the registry of the demonstration did since: one we flagged, one we did not."""


PUBLISHERS = {
    "quickforms": "k3vin-dev",
    "weatherlines": "m.aria",
    "colourlogs": "logteam7",
    "colorlogsx": "logteam7",
    "colorlogs-pro": "logteam-9",
    "paperclip-tools": "paperclip",
    "startup-helper": "st4rtup",
}
"""Who uploaded, where the demonstration says it."""


def fill(store: Store, settings: Settings) -> int:
    """Note the demonstration's uploads, their bytes kept; done twice it is done once.

    Returns how many uploads that are.
    """
    blobs = Blobs(settings.blobs_url)
    moment = SystemClock().now()
    arrivals = [
        _arrival(package, blobs, stamp(moment - timedelta(minutes=3 * age)))
        for age, package in enumerate(reversed(PACKAGES), 1)
    ][::-1]
    now = stamp(moment)
    labels = [
        Event(ecosystem="pypi", project=name, what=what, at=now, action=f"project {what}")
        for name, what in LABELS
    ]
    joined = Event(
        ecosystem="pypi",
        project="quickforms",
        what="owner-added",
        at=now,
        action="add Owner k3vin-dev",
        about="k3vin-dev",
    )
    with store.writing() as connection:
        events.record_all(connection, [*labels, joined], now)
        # One by one: a later release is compared with an earlier one, which has the smaller id.
        for arrival in arrivals:
            uploads.record(connection, arrival, now)
    return len(arrivals)


def _arrival(package: Package, blobs: Blobs, uploaded_at: str) -> Arrival:
    data = package.build()
    sha256 = blobs.put(data)
    plain = msgspec.structs.asdict(package.named)
    return Arrival(
        **plain,
        source="demo",
        sha256=sha256,
        size=len(data),
        location="blob:",
        uploaded_at=uploaded_at,
        publisher=PUBLISHERS.get(package.named.project, ""),
        priority=10,
    )
