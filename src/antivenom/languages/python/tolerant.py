"""A syntax tree of what can be understood of a text that ``ast`` refuses."""

from __future__ import annotations

import ast


def parse_tolerant(text: str, error: Exception) -> tuple[ast.Module, str]:
    """Return the statements that could be read, and why it is not all of them."""
    return ast.Module([], []), f"syntax: {error}"[:160]
