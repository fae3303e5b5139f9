"""The one door to the network: bounded, patient, discreet, and not to be led astray."""

from __future__ import annotations

from antivenom.http.addresses import numeric, public, shown
from antivenom.http.door import Door, Download, Manners, Response, user_agent

__all__ = [
    "Door",
    "Download",
    "Manners",
    "Response",
    "numeric",
    "public",
    "shown",
    "user_agent",
]
