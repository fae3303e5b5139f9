"""What a child may use, and how its work can end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["timeout", "memory", "crashed", "failed", "oversized"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Limits of one child, enforced by the system and by the parent's clock."""

    seconds: float = 120.0
    """Wall clock of one request."""
    cpu_seconds: int = 90
    """Processor time of one request."""
    memory_bytes: int = 1536 << 20
    """What a child may allocate on top of what it shares with the parent; mapped files are free."""
    answer_bytes: int = 64 << 20
    """Largest answer the parent accepts."""
    open_files: int = 256
    recycle_after: int = 500
    """Requests after which a child is replaced, so that slow leaks stay small."""
    recycle_bytes: int = 128 << 20
    """Resident memory gained since its birth above which a child is replaced: what large uploads
    leave in pieces is not given back otherwise, and a new child costs milliseconds."""


DEFAULT_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The work returned."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """The work did not return."""

    reason: Reason
    """`failed` is an exception of our own code; the others are the input's doing."""
    detail: str
    """One phrase for a person: ``more than 120 s``, ``signal SIGSEGV``."""


Result = Done | Killed
