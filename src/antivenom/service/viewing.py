"""Members of kept uploads for people to read: opened in a child, remembered for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress

import msgspec

from antivenom.errors import AntivenomError, ConfigError, MissingDependencyError
from antivenom.isolate import Bounds, Killed
from antivenom.service.settings import Settings
from antivenom.service.slots import Slots
from antivenom.session import looking
from antivenom.session.looking import Look, Seen
from antivenom.store.blobs import Blobs
from antivenom.store.sealed import counter_mode

MOST_BYTES = 64 << 20
"""Largest upload that is opened for a look."""
_BOUNDS = Bounds(
    seconds=15, cpu_seconds=10, memory_bytes=768 << 20, answer_bytes=24 << 20, recycle_after=200
)
_REMEMBERED, _CHARACTERS = 64, 24 << 20
_AT_ONCE, _PATIENCE = 4, 5.0
"""People who wait for the child at a time, and seconds that others wait for their turn."""
# Made at import: msgspec bears only one thread that is the first to decode a struct.
_SEEN = msgspec.msgpack.Decoder(Seen)

Key = tuple[str, str, int]


class NotShown(AntivenomError):
    """An upload cannot be looked into here; the message says why."""


class Viewer:
    """Opens kept uploads. The child that does is started when the first is asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._slots: Slots | None = None
        self._kept: OrderedDict[Key, Seen | NotShown] = OrderedDict()
        self._size = 0
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def has(self, sha256: str) -> bool:
        """Whether the bytes are kept here."""
        try:
            return Blobs(self._settings.blobs_url).has(sha256)
        except (ConfigError, MissingDependencyError, OSError, ValueError):
            return False

    def prepare(self, *, wait: bool = False) -> None:
        """Have a child ready: somebody is likely to look."""
        if self._slots is None:
            begun = threading.Thread(target=self._begin, name="viewer", daemon=True)
            begun.start()
            if wait:
                begun.join()

    def _begin(self) -> None:
        """Pay for what only the first look pays for: a child, and the libraries of blobs."""
        with suppress(KeyError, ConfigError, MissingDependencyError, OSError, ValueError):
            counter_mode(bytes(32), b"")
            Blobs(self._settings.blobs_url).size("0" * 64)
        self._children().ask(b"")

    def look(
        self, sha256: str, filename: str, ecosystem: str, *, path: str = "", number: int = -1
    ) -> Seen:
        """Return a member by its path or position. Raises `NotShown` with a reason for people."""
        key = (f"{sha256}:{ecosystem}:{filename}", path, number)
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
        if known is None:
            known = self._open(sha256, filename, ecosystem, path, number)
            self._remember(key, known)
        if isinstance(known, NotShown):
            raise NotShown(str(known))
        return known

    def _open(
        self, sha256: str, filename: str, ecosystem: str, path: str, number: int
    ) -> Seen | NotShown:
        """Have the child look; that it was killed is remembered, so that it costs once."""
        asked = Look(
            data=self._bytes(sha256),
            sha256=sha256,
            filename=filename,
            ecosystem=ecosystem,
            path=path,
            number=number,
        )
        # Whoever waits has a thread of the application, of which there are few.
        if not self._room.acquire(timeout=_PATIENCE):
            raise NotShown("too many files are being opened; try again in a moment")
        try:
            result = self._children().ask(msgspec.msgpack.encode(asked))
        finally:
            self._room.release()
        if isinstance(result, Killed):
            return NotShown(f"opening it was stopped: {result.detail}")
        try:
            return _SEEN.decode(result.data)
        except (msgspec.DecodeError, ValueError):
            return NotShown("what opened it gave no sensible answer")

    def close(self) -> None:
        """End the child."""
        with self._lock:
            slots, self._slots = self._slots, None
        if slots is not None:
            slots.close()

    def _children(self) -> Slots:
        with self._lock:
            if self._slots is None:
                self._slots = Slots(looking.answer, 1, _BOUNDS).__enter__()
            return self._slots

    def _bytes(self, sha256: str) -> bytes:
        try:
            sealed = Blobs(self._settings.blobs_url)
            data = sealed.get(sha256) if sealed.size(sha256) <= MOST_BYTES else b""
        except KeyError:
            raise NotShown("its bytes are not kept here") from None
        except (ConfigError, MissingDependencyError, OSError, ValueError) as error:
            raise NotShown(f"its bytes cannot be had: {error}") from None
        if not data:
            raise NotShown(f"it is larger than {MOST_BYTES >> 20} MB; download it instead")
        return data

    def _remember(self, key: Key, seen: Seen | NotShown) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = seen
            self._size += _weight(seen) - (_weight(before) if before else 0)
            while self._kept and (len(self._kept) > _REMEMBERED or self._size > _CHARACTERS):
                _, gone = self._kept.popitem(last=False)
                self._size -= _weight(gone)


def _weight(seen: Seen | NotShown) -> int:
    if isinstance(seen, NotShown):
        return 100
    return len(seen.text) + 100 * len(seen.members)
