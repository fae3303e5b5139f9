"""What reading a command line yields."""

from __future__ import annotations

from msgspec import Struct

from antivenom.analysis.commands.stream import Chain
from antivenom.model.fact import Decoded, Sighting


class CommandReport(Struct, frozen=True, kw_only=True):
    """Sightings of a command line, the texts that were hidden in it, and the files it leaves."""

    sightings: list[Sighting] = []
    decoded: list[Decoded] = []
    written: list[tuple[str, tuple[Chain, ...]]] = []
    """Paths as the line names them, with what was written there."""
    cut: bool = False
    """Whether a limit left some of it unread."""
