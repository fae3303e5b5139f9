"""Hashes as numbers of 64 bits: what an index is sorted by."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode
from bisect import bisect_left
from collections.abc import Sequence


def of_sha256(text: str) -> int:
    """Return the first 64 bits of a hexadecimal hash; 0 for anything else."""
    try:
        return int(text[:16], 16) if len(text) == 64 else 0
    except ValueError:
        return 0


def of_code(text: str) -> int:
    """Return the first 64 bits of a hash of normalised code; 0 for anything else."""
    try:
        return int.from_bytes(urlsafe_b64decode(text)[:8], "big") if len(text) == 20 else 0
    except (binascii.Error, ValueError):
        return 0


def place(keys: Sequence[int], key: int) -> int:
    """Return where a key stands in an ascending array, -1 when it does not."""
    at = bisect_left(keys, key)
    return at if at < len(keys) and keys[at] == key else -1
