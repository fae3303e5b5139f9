"""The budgets of one review, passed down as one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds in bytes, counts and steps. Never clocks: the parent process has the clock."""

    total_bytes: int = 4 << 30
    """Decompressed bytes of one artifact, nested archives included."""
    member_bytes: int = 512 << 20
    """Decompressed bytes of one member."""
    code_bytes: int = 8 << 20
    """Bytes of one code member that are parsed; a larger one is read as text and said partial."""
    bundle_bytes: int = 16 << 20
    """The same for JavaScript and TypeScript: bundles are larger than what people write, and only
    what is looked at in them is lowered."""
    members: int = 100_000
    """Entries of one artifact, nested archives included."""
    depth: int = 4
    """Archives inside archives."""
    ratio: int = 50
    """Decompressed to compressed, enforced above `ratio_floor`, as PyPI does."""
    ratio_floor: int = 64 << 20
    name_bytes: int = 4096
    layers: int = 200
    """Decoded texts of one artifact."""
    layer_depth: int = 24
    """Decoded text inside decoded text."""
    layer_bytes: int = 4 << 20
    """Bytes of one decoded text."""
    fold_steps: int = 1_500_000
    """Evaluation steps over one artifact; see `analysis.budget`."""
    call_depth: int = 24
    facts: int = 5000
    excerpt_bytes: int = 200_000
    """Source lines kept in a profile."""
    profile_bytes: int = 1 << 20
    """Of a profile as JSON."""


DEFAULT_LIMITS = Limits()
