"""What a registry has to know how to do to be followed; another registry is another of these."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from antivenom.errors import NetworkError
from antivenom.service.events import Event
from antivenom.service.uploads import Arrival


class Batch(Struct, frozen=True, kw_only=True):
    """What a registry told: kept whole, together with the cursor, or not at all."""

    cursor: int
    """Where to go on once this is kept."""
    arrivals: tuple[Arrival, ...] = ()
    """Their priority is set by whoever keeps them."""
    events: tuple[Event, ...] = ()
    more: bool = False
    """Whether the registry has more to tell right now."""
    etag: str = ""
    """Of an answer that can be asked for conditionally."""


class Adapter(Protocol):
    """One registry's feed. Everything it fetches goes through the one door, paced."""

    name: str
    """Of the ecosystem."""

    def newest(self) -> int:
        """Return where the feed stands now: a first start begins there."""

    def after(self, cursor: int, seen: datetime | None) -> Batch:
        """Return what came after a cursor, a bounded amount of it.

        `seen` is when the registry was last asked with success, None the first time. Raises
        `NetworkError`; nothing is kept then, and the same is asked again later.
        """

    def fallback(self, cursor: int, etag: str) -> Batch | None:
        """Return what can be had while `after` fails, None when there is no other way.

        Its batch leaves the cursor alone, so that nothing is lost when the feed is back.
        """

    def close(self) -> None:
        """Close connections."""


def check_serial(cursor: int, newest: int) -> None:
    """Refuse a registry that counts anew: asked for what came after, it would be silent for ever.

    Raises `NetworkError`; a person says where to go on.
    """
    if newest < cursor:
        raise NetworkError(
            f"the registry's serial fell from {cursor} to {newest}: nothing new would be seen",
            hint="antivenom feeds start REGISTRY --at SERIAL",
        )
