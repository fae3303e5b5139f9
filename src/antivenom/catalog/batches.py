"""`itertools.batched`, which Python 3.11 does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def batched(items: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """Yield tuples of at most `size` items."""
    waiting = iter(items)
    while some := tuple(islice(waiting, size)):
        yield some
