"""Random access to decompressed bytes: held in memory, or replayed when they are too many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from antivenom.unpack.blob import KEPT, Blob, Shelf
from antivenom.unpack.formats import Format
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.streams import Stream


class Source(Protocol):
    """Bytes by offset; what lies behind the end is missing, never an error."""

    def slice(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes."""
        ...


class Held:
    """A source over a blob in memory."""

    def __init__(self, blob: Blob) -> None:
        self.blob = blob

    def slice(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes."""
        return bytes(self.blob.view()[offset : offset + size])


class Replay:
    """A source over a stream too large to keep: read forward, begun again when asked to go back."""

    def __init__(self, begin: Callable[[], Iterator[bytes]], shelf: Shelf) -> None:
        self._begin = begin
        self._shelf = shelf
        self._pieces = begin()
        self._buffer = bytearray()
        self._start = 0

    def slice(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes."""
        if offset < self._start:
            self._shelf.pay(self._start)
            self._pieces, self._buffer, self._start = self._begin(), bytearray(), 0
        while self._start + len(self._buffer) < offset + size:
            self._drop(offset)
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._buffer += piece
        at = offset - self._start
        with memoryview(self._buffer) as view:
            return bytes(view[at : at + size])

    def _drop(self, offset: int) -> None:
        """Forget what lies before `offset`."""
        useless = min(max(0, offset - self._start), len(self._buffer))
        del self._buffer[:useless]
        self._start += useless


class Expansion:
    """The decompressed form of one compressed file, charged to the ledger the first time."""

    def __init__(self, blob: Blob, kind: Format, ledger: Ledger, shelf: Shelf, where: str) -> None:
        self.blob, self.kind, self.ledger, self.shelf = blob, kind, ledger, shelf
        self.where = where
        self.size = 0
        """Bytes decompressed and charged so far."""
        self.capped = False
        self.stream = Stream(kind, blob.view())

    def open(self) -> Source:
        """Decompress into memory; what is larger than memory allows is replayed instead."""
        held = bytearray()
        for piece in self._charged(iter(self.stream)):
            held += piece
            if len(held) > min(KEPT, self.shelf.capacity):
                del held
                return Replay(self._again, self.shelf)
        first: list[bytearray] = [held]
        del held
        blob = Blob(self.shelf, lambda: first.pop() if first else self._whole(), keep=True)
        blob.view()
        return Held(blob)

    def _charged(self, pieces: Iterator[bytes], done: int = 0) -> Iterator[bytes]:
        """Yield pieces, charging what was never seen before and stopping at the limit."""
        for piece in pieces:
            new = done + len(piece) - self.size
            if new > 0 and (self.capped or not self.ledger.charge(new, self.where)):
                self.capped = True
                return
            self.size = max(self.size, done + len(piece))
            done += len(piece)
            yield piece

    def _again(self) -> Iterator[bytes]:
        """Decompress from the start; the budget is only charged for what is new."""
        self.stream = Stream(self.kind, self.blob.view())
        return self._charged(iter(self.stream))

    def _whole(self) -> bytearray:
        """Decompress once more what memory had no room to keep."""
        held = bytearray()
        for piece in Stream(self.kind, self.blob.view()):
            held += piece
            if len(held) >= self.size:
                break
        return held
