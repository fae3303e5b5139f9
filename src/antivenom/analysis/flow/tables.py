"""Texts that hold values and nothing else: evaluating one gives a table and runs nothing."""

from __future__ import annotations

import ast

from antivenom.analysis.value import Value

_LONGEST = 1 << 20
_OPENERS = ("[", "(", "{")


def evaluated(text: Value) -> Value | None:
    """Return what a text known in full says when it is a display of constants, else None."""
    const = text.const
    if isinstance(const, (bytes, bytearray)):
        const = bytes(const).decode("utf-8", "replace")
    if not isinstance(const, str) or len(const) > _LONGEST:
        return None
    const = const.strip()
    if not const.startswith(_OPENERS):
        return None
    try:
        table = ast.literal_eval(const)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return Value(const=table, coded=text.coded, taints=text.taints)
