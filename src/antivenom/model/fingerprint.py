"""A sample of what normalised code consists of: two of them say how much two texts share.

A text is the set of its pairs of neighbouring normalised lines, each hashed to 32 bits; the
fingerprint keeps the smallest hashes (a bottom-k MinHash: Broder, "On the resemblance and
containment of documents", 1997). A text of at most `KEPT` pairs is kept whole, so that its
comparisons are exact.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable
from dataclasses import dataclass

KEPT = 128
"""Hashes kept of one text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The smallest hashes of a text's units, and how many units it has."""

    units: int
    """Distinct pairs of lines."""
    values: tuple[int, ...]
    """At most `KEPT`, ascending, each below 2**32."""

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.units == len(self.values)

    def pack(self) -> bytes:
        """Return 4 bytes of count, then 4 a hash, little-endian."""
        return struct.pack(f"<{1 + len(self.values)}I", self.units, *self.values)

    def text(self) -> str:
        """Return `pack` as base64, as profiles carry it."""
        return base64.b64encode(self.pack()).decode("ascii")

    def shared(self, other: Fingerprint) -> tuple[int, int, int]:
        """Return how many hashes both have, and how many each has, where both are complete."""
        bounds = [f.values[-1] for f in (self, other) if not f.whole and f.values]
        top = min(bounds, default=1 << 32)
        mine = {v for v in self.values if v <= top}
        theirs = {v for v in other.values if v <= top}
        return len(mine & theirs), len(mine), len(theirs)

    def resemblance(self, other: Fingerprint) -> float:
        """Estimate the share of all units that both have (Jaccard), 0..1."""
        both, mine, theirs = self.shared(other)
        return both / (mine + theirs - both) if both else 0.0

    def containment(self, other: Fingerprint) -> float:
        """Estimate which share of this text's units the other has, 0..1."""
        both, mine, _ = self.shared(other)
        return both / mine if both else 0.0


def fingerprint(hashes: Iterable[int]) -> Fingerprint:
    """Return the fingerprint of a text from the 32-bit hashes of its units."""
    distinct = sorted(set(hashes))
    return Fingerprint(units=len(distinct), values=tuple(distinct[:KEPT]))


def unpack(data: bytes) -> Fingerprint | None:
    """Return what `Fingerprint.pack` packed, None for anything else."""
    count = len(data) // 4 - 1
    if count < 0 or len(data) % 4 or count > KEPT:
        return None
    units, *values = struct.unpack(f"<{1 + count}I", data)
    return Fingerprint(units=units, values=tuple(values))


def parse(text: str) -> Fingerprint | None:
    """Return the fingerprint of a profile's entry, None where there is none."""
    try:
        return unpack(base64.b64decode(text, validate=True)) if text else None
    except binascii.Error:
        return None
