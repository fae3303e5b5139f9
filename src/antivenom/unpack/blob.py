"""Bytes of an archive that can be had again: kept while memory allows, made anew otherwise."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator

from antivenom.model.tree import MemberError
from antivenom.unpack.formats import Buffer

KEPT = 128 << 20
"""Bytes of opened inner archives and decompressed tars that one review keeps in memory."""
_REMADE = 64
"""How many times `KEPT` may be decompressed again before reading is refused."""
_STEP = 256 << 10


class Shelf:
    """The opened archives in memory, the least recently used leaving first."""

    def __init__(self, capacity: int = KEPT) -> None:
        self.capacity = capacity
        self._items: OrderedDict[int, bytes | bytearray] = OrderedDict()
        self._held = 0
        self._remade = 0
        self.keys = itertools.count()

    def get(self, key: int) -> bytes | bytearray | None:
        """Return what is kept under a key."""
        if key not in self._items:
            return None
        self._items.move_to_end(key)
        return self._items[key]

    def put(self, key: int, data: bytes | bytearray) -> None:
        """Keep bytes, letting go of older ones."""
        self._items[key] = data
        self._held += len(data)
        while self._held > self.capacity and len(self._items) > 1:
            _, old = self._items.popitem(last=False)
            self._held -= len(old)

    def pay(self, size: int) -> None:
        """Count bytes that are made a second time; refuse when reading jumps about too much."""
        self._remade += size
        if self._remade > _REMADE * self.capacity:
            raise MemberError("the inner archive was decompressed again too often")


class Blob:
    """A range of bytes: given, cut from another blob, or made on demand."""

    def __init__(self, shelf: Shelf, make: Callable[[], Buffer], *, keep: bool) -> None:
        self._shelf = shelf
        self._make = make
        self._keep = keep
        self._made = False
        self._key = next(shelf.keys)

    def view(self) -> memoryview:
        """Return the bytes, or raise `MemberError`."""
        if not self._keep:
            return memoryview(self._make())
        data = self._shelf.get(self._key)
        if data is None:
            fresh = self._make()
            data = fresh if isinstance(fresh, (bytes, bytearray)) else bytes(fresh)
            if self._made:
                self._shelf.pay(len(data))
            self._made = True
            self._shelf.put(self._key, data)
        return memoryview(data)


def given(shelf: Shelf, data: Buffer) -> Blob:
    """Return a blob over bytes somebody else keeps."""
    view = memoryview(data)
    return Blob(shelf, lambda: view, keep=False)


def find_all(view: memoryview, needle: bytes, start: int, end: int) -> Iterator[int]:
    """Yield where `needle` stands wholly inside [start, end), copying each byte once."""
    overlap = len(needle) - 1
    for at, piece in pieces(view, start, end):
        window = piece + bytes(view[at + len(piece) : min(end, at + len(piece) + overlap)])
        spot = window.find(needle)
        while spot >= 0:
            yield at + spot
            spot = window.find(needle, spot + 1)


def nonzero(chunks: Iterator[tuple[int, bytes]]) -> int:
    """Return the offset of the first byte that is not zero, or -1."""
    for offset, chunk in chunks:
        rest = chunk.lstrip(b"\0")
        if rest:
            return offset + len(chunk) - len(rest)
    return -1


def pieces(view: memoryview, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield a range in pieces small enough to copy."""
    for at in range(start, end, _STEP):
        yield at, bytes(view[at : min(end, at + _STEP)])
