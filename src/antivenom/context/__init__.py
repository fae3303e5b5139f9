"""Facts about a release: its name, its siblings, what it changed since the last one."""

from __future__ import annotations

from antivenom.context.comparison import compared
from antivenom.context.surroundings import surround

__all__ = ["compared", "surround"]
