"""Documents in a column: JSON by schema, compressed."""

from __future__ import annotations

from typing import TypeVar

import msgspec

_T = TypeVar("_T")
_MOST = 64 << 20
"""Bytes a document may unpack to."""


def pack(document: object) -> bytes:
    """Return a struct or plain JSON value as compressed bytes."""
    import zstandard

    return zstandard.ZstdCompressor(level=9).compress(msgspec.json.encode(document))


def unpack(data: bytes, kind: type[_T]) -> _T:
    """Return what `pack` was given."""
    import zstandard

    plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST)
    return msgspec.json.decode(plain, type=kind)
