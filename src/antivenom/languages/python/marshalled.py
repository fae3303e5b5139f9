"""Placeholder until the bytecode reader lands."""

from __future__ import annotations

from antivenom.model.program import Module


def module_from_marshal(data: bytes, *, member: str, layer: int) -> Module | None:
    """Return a module equivalent to a marshalled code object."""
    return None


def module_from_pyc(data: bytes, *, member: str, name: str) -> Module | None:
    """Return a module equivalent to a compiled file."""
    return None
