"""Compressed streams (gzip, bzip2, xz, lzma, zstd), a bounded piece at a time, with what is wrong.

The standard library decompresses. What it would raise becomes `Stream.problem`, and everything
before the damage is still yielded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from antivenom.model.tree import AnomalyKind
from antivenom.unpack.blob import pieces
from antivenom.unpack.formats import Buffer, Format

_FEED = 64 << 10
_PIECE = 256 << 10
_STREAMS = 20_000
"""Streams after one another in one file; bgzip needs one for each 64 KiB."""
_XZ_MEMORY = 192 << 20
_ZSTD_WINDOW = 1 << 27


class Decompressor(Protocol):
    """What bz2, lzma and our wrappers have in common."""

    @property
    def eof(self) -> bool:
        """The end of the stream was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """All input was used."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What followed the stream in the last input."""
        ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
        """Return up to `max_length` bytes."""
        ...


class Stream:
    """One compressed file; iterate once, then look at `problem`, `end` and `parts`."""

    def __init__(self, kind: Format, data: memoryview) -> None:
        self.kind = kind
        self.data = data
        self.problem: tuple[AnomalyKind, str] | None = None
        self.end = 0
        """Where the last complete stream ended."""
        self.parts = 0
        """Complete streams, one after another."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield decompressed pieces of at most a few hundred kilobytes."""
        if self.kind is Format.ZSTD:
            yield from self._zstd()
            return
        while self.end < len(self.data) and self.problem is None and self._goes_on():
            yield from self._one()
            self.parts += 1
        if self.parts >= _STREAMS:
            self.problem = (AnomalyKind.FLOOD, f"more than {_STREAMS} streams in one file")

    def rest(self) -> Iterator[tuple[int, bytes]]:
        """Yield what follows the last stream, in pieces."""
        return pieces(self.data, self.end, len(self.data))

    def _goes_on(self) -> bool:
        """Tell whether what follows is another stream of the same kind."""
        if self.parts >= _STREAMS:
            return False
        return self.parts == 0 or bytes(self.data[self.end : self.end + 3]) == _STARTS.get(
            self.kind
        )

    def _one(self) -> Iterator[bytes]:
        """Decompress one stream from `end`, and move `end` behind it."""
        engine = _engine(self.kind)
        at = self.end
        while not engine.eof:
            feed = bytes(self.data[at : at + _FEED]) if engine.needs_input else b""
            if engine.needs_input and not feed:
                self.problem = (AnomalyKind.TRUNCATED, "the compressed stream ends early")
                break
            at += len(feed)
            try:
                piece = engine.decompress(feed, _PIECE)
            except _errors() as error:
                self.problem = _explain(error)
                piece = getattr(engine, "salvage", b"")
            if piece:
                yield piece
            if self.problem:
                return
        self.end = at - len(engine.unused_data)

    def _zstd(self) -> Iterator[bytes]:
        """Decompress zstd frames; the library is only loaded here."""
        import zstandard

        reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(
            self.data, read_across_frames=True
        )
        try:
            while piece := reader.read(_PIECE):
                yield piece
        except zstandard.ZstdError as error:
            self.problem = (AnomalyKind.TRUNCATED, f"zstd: {error}"[:160])
        self.end, self.parts = len(self.data), 1


_STARTS = {Format.GZIP: b"\x1f\x8b\x08", Format.BZIP2: b"BZh", Format.XZ: b"\xfd7z"}


class _Zlib:
    """zlib with the interface of the other decompressors, keeping what precedes damage."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(31)
        self.salvage = b""

    @property
    def eof(self) -> bool:
        """The stream is complete and its checksum was right."""
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        """All input was used."""
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        """What followed the stream in the last input."""
        return self._inner.unused_data

    def decompress(self, data: bytes, limit: int = _PIECE, /) -> bytes:
        """Return up to `limit` bytes; before raising, keep in `salvage` what came before."""
        data = data or self._inner.unconsumed_tail
        before = self._inner.copy()
        try:
            return self._inner.decompress(data, limit)
        except zlib.error:
            self.salvage = _bytewise(before, data)
            raise


def _bytewise(engine: zlib._Decompress, data: bytes) -> bytes:
    """Decompress until the damaged byte, so that nothing before it is lost."""
    good = bytearray()
    try:
        for at in range(len(data)):
            good += engine.decompress(data[at : at + 1], _PIECE)
    except zlib.error:
        pass
    return bytes(good)


def _engine(kind: Format) -> Decompressor:
    """Return the standard library's decompressor."""
    if kind is Format.GZIP:
        return _Zlib()
    import bz2
    import lzma

    if kind is Format.BZIP2:
        return bz2.BZ2Decompressor()
    form = lzma.FORMAT_XZ if kind is Format.XZ else lzma.FORMAT_ALONE
    return lzma.LZMADecompressor(format=form, memlimit=_XZ_MEMORY)


def _errors() -> tuple[type[Exception], ...]:
    import lzma

    return (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, MemoryError)


def _explain(error: Exception) -> tuple[AnomalyKind, str]:
    """Tell a wrong checksum from other damage."""
    text = str(error)[:160] or type(error).__name__
    if "check" in text.lower():
        return AnomalyKind.CHECKSUM, f"the compressed stream's checksum is wrong: {text}"
    return AnomalyKind.UNREADABLE, f"the compressed stream is damaged: {text}"


def plain_size_hint(kind: Format, data: Buffer) -> int:
    """Return how large the stream says it becomes, 0 when it does not say."""
    if kind is Format.GZIP and len(data) >= 18:
        return int.from_bytes(bytes(data[-4:]), "little")
    return 0
