"""Profiles of artifacts observed before, in the cache folder; the parent alone writes them.

The key is what the profile depends on: the bytes, the ecosystem asked for and the engine. What is
kept is compressed, bounded in all, and can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from antivenom.compiled import cache_folder
from antivenom.intake import Locator
from antivenom.session.task import PROFILE_BYTES

MOST_BYTES = 256 << 20
"""What all kept profiles together may take; the ones unused longest go first."""
_LEVEL = 3
_SWEEP_EVERY = 64


class Profiles:
    """The profiles kept on this machine for one engine."""

    def __init__(self, engine: str, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = cache_folder() / "profiles" / engine[:16]
        self._most = most_bytes
        self._written = 0

    def get(self, locator: Locator) -> bytes:
        """Return the encoded profile of an artifact, b"" when there is none."""
        import zstandard

        place = self._place(locator)
        if place is None:
            return b""
        try:
            packed = place.read_bytes()
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=PROFILE_BYTES)
            os.utime(place)
        except (OSError, zstandard.ZstdError):
            return b""
        return data

    def keep(self, locator: Locator, profile: bytes) -> None:
        """Keep an encoded profile; a cache that cannot be written only costs time."""
        import zstandard

        place = self._place(locator)
        if place is None or not 0 < len(profile) <= PROFILE_BYTES:
            return
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(zstandard.ZstdCompressor(level=_LEVEL).compress(profile))
            partial.replace(place)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            return
        if self._written % _SWEEP_EVERY == 0:
            self._sweep()
        self._written += 1

    def _place(self, locator: Locator) -> Path | None:
        """Return where a profile lies; None where the bytes have no identity yet."""
        if locator.kind != "file" or not locator.sha256:
            return None
        ecosystem = locator.ecosystem.value if locator.ecosystem else ""
        key = f"{locator.sha256}\0{ecosystem}\0{locator.filename}"
        return self._folder / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    def _sweep(self) -> None:
        """Throw away what was unused longest until the rest fits, other engines' first."""
        found = []
        with suppress(OSError):
            for place in self._folder.parent.glob("*/*"):
                with suppress(OSError):
                    status = place.stat()
                    ours = place.parent == self._folder
                    found.append((ours, status.st_mtime, status.st_size, place))
        excess = sum(size for _, _, size, _ in found) - self._most
        for _, _, size, place in sorted(found, key=lambda row: row[:2]):
            if excess <= 0:
                return
            with suppress(OSError):
                place.unlink()
            excess -= size


def identified(locator: Locator) -> Locator:
    """Return a locator of a file with the sha256 of what lies there now, so that it has a key."""
    if locator.kind != "file" or locator.sha256:
        return locator
    import msgspec

    try:
        with locator.place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return locator
    return msgspec.structs.replace(locator, sha256=digest)
