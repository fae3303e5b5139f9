"""Numbers as options take them."""

from __future__ import annotations

import argparse

_DIGITS = 9


def positive(text: str) -> int:
    """Return a count of at least 1, or say what was wrong in one line."""
    if not text.isdecimal() or len(text) > _DIGITS or int(text) == 0:
        raise argparse.ArgumentTypeError("must be a number, at least 1")
    return int(text)
