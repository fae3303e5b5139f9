"""The bytes of one zip entry, decompressed by the standard library and checked."""

from __future__ import annotations

import io
import zlib

from antivenom.model.tree import AnomalyKind, MemberError
from antivenom.unpack.blob import Blob
from antivenom.unpack.streams import Decompressor
from antivenom.unpack.zip_directory import Entry
from antivenom.unpack.zip_local import ENCRYPTED

STORED, DEFLATED, BZIP2, LZMA, ZSTD = 0, 8, 12, 14, 93
READABLE = frozenset({STORED, DEFLATED, BZIP2, LZMA, ZSTD})
_AT_ONCE = 1 << 20
_FEED = 128 << 10
_DICTIONARY = 64 << 20


def read(blob: Blob, entry: Entry, limit: int) -> bytes:
    """Return an entry's bytes, or raise `MemberError` with what could be had."""
    if entry.data < 0 or entry.packed < 0:
        raise MemberError("it has no local header", kind=AnomalyKind.HEADER_MISMATCH)
    if entry.flags & ENCRYPTED:
        raise MemberError("it is encrypted", kind=AnomalyKind.ENCRYPTED)
    if entry.size > limit:
        raise MemberError(f"larger than {limit} bytes", kind=AnomalyKind.OVERSIZE)
    view = blob.view()
    packed = view[entry.data : entry.data + entry.packed]
    data = _expand(packed, entry)
    _verify(data, packed, entry)
    return data


def head(view: memoryview, entry: Entry, size: int) -> bytes:
    """Return the first bytes, or what damage, encryption and limits leave of them."""
    if entry.data < 0 or entry.flags & ENCRYPTED:
        return b""
    packed = view[entry.data : min(entry.data + entry.packed, entry.data + 2 * size)]
    if entry.method == STORED:
        return bytes(packed[:size])
    if entry.method != DEFLATED:
        return b""
    try:
        return zlib.decompressobj(-15).decompress(packed, size)
    except zlib.error:
        return b""


def _expand(packed: memoryview, entry: Entry) -> bytes:
    """Decompress by method, never much beyond the announced size."""
    if entry.method == STORED:
        return bytes(packed)
    if entry.method == DEFLATED and entry.size < _AT_ONCE:
        try:
            return zlib.decompressobj(-15).decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise MemberError(f"its compressed bytes are damaged: {error}") from None
    if entry.method not in READABLE:
        kind = AnomalyKind.COMPRESSION_METHOD
        raise MemberError(f"compression method {entry.method} cannot be read", kind=kind)
    return _piecewise(packed, entry)


def _piecewise(packed: memoryview, entry: Entry) -> bytes:
    """Decompress a large or unusual entry without holding it twice."""
    out = io.BytesIO()
    try:
        if entry.method == DEFLATED:
            _inflate(packed, entry.size, out)
        else:
            _drain(packed, entry, out)
    except Exception as error:  # five libraries, each with its own exceptions
        detail = f"its compressed bytes are damaged: {error}"[:200]
        raise MemberError(detail, data=out.getvalue()) from None
    return out.getvalue()


def _inflate(packed: memoryview, size: int, out: io.BytesIO) -> None:
    """Inflate until the end mark, the end of input, or one byte more than announced."""
    engine, at, feed = zlib.decompressobj(-15), 0, b""
    while not engine.eof and out.tell() <= size:
        if not feed:
            feed = bytes(packed[at : at + _FEED])
            at += len(feed)
        if not feed:
            return
        out.write(engine.decompress(feed, min(_AT_ONCE, size + 1 - out.tell())))
        feed = engine.unconsumed_tail


def _drain(packed: memoryview, entry: Entry, out: io.BytesIO) -> None:
    """Do the same with a decompressor that keeps its own input."""
    engine, at = _engine(packed, entry)
    while not engine.eof and out.tell() <= entry.size:
        feed = b""
        if engine.needs_input:
            feed = bytes(packed[at : at + _FEED])
            at += len(feed)
            if not feed:
                return
        out.write(engine.decompress(feed, min(_AT_ONCE, entry.size + 1 - out.tell())))


def _engine(packed: memoryview, entry: Entry) -> tuple[Decompressor, int]:
    """Return a decompressor and where its input starts."""
    if entry.method == BZIP2:
        import bz2

        return bz2.BZ2Decompressor(), 0
    if entry.method == LZMA:
        return _lzma(bytes(packed[:9]))
    return _Zstd(packed), len(packed)


def _lzma(start: bytes) -> tuple[Decompressor, int]:
    """Read the properties zip puts before a raw LZMA stream."""
    import lzma

    skip = 4 + int.from_bytes(start[2:4], "little")
    props, dictionary = start[4], int.from_bytes(start[5:9], "little")
    chosen = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": min(max(dictionary, 4096), _DICTIONARY),
        "lc": props % 9,
        "lp": props // 9 % 5,
        "pb": props // 45,
    }
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chosen]), skip


class _Zstd:
    """zstd with the interface of the other decompressors, over all its input."""

    needs_input = False
    unused_data = b""

    def __init__(self, packed: memoryview) -> None:
        import zstandard

        self.eof = False
        self._reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(packed)

    def decompress(self, _: bytes, limit: int = -1, /) -> bytes:
        """Return up to `limit` bytes."""
        piece = bytes(self._reader.read(limit))
        self.eof = not piece
        return piece


def _verify(data: bytes, packed: memoryview, entry: Entry) -> None:
    """Compare size and checksum with what the directory announces."""
    if len(packed) < entry.packed:
        raise MemberError("its bytes end behind the file", kind=AnomalyKind.TRUNCATED, data=data)
    if len(data) != entry.size:
        more = "more" if len(data) > entry.size else "fewer"
        detail = f"it holds {more} bytes than the {entry.size} announced"
        raise MemberError(detail, kind=AnomalyKind.HEADER_MISMATCH, data=data)
    if entry.crc >= 0 and zlib.crc32(data) != entry.crc:
        raise MemberError("its checksum is wrong", kind=AnomalyKind.CHECKSUM, data=data)
