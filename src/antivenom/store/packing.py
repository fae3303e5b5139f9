"""Documents in a column: JSON by schema, compressed."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, TypeVar

import msgspec

_T = TypeVar("_T")
_ONE_AT_A_TIME = threading.Lock()
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
    wanted: Any = kind
    with _ONE_AT_A_TIME:
        decoder = _decoder(wanted)
    found: _T = decoder.decode(plain)
    return found


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401  a type
    """Return what decodes a kind of document.

    Made by one thread at a time: msgspec learns a struct's fields when it is first asked, and a
    second thread that asks meanwhile finds them half learnt, which ends the process.
    """
    return msgspec.json.Decoder(kind)
