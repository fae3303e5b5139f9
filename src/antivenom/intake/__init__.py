"""A TARGET or an Upload becomes an Artifact and its Context.

`gather` turns what a person typed into `Locator`s (plain data); `open_located` turns one into an
`Artifact` in the process that reviews it.
"""

from __future__ import annotations

from antivenom.intake.files import from_bytes, open_artifact, open_located
from antivenom.intake.gathering import gather
from antivenom.intake.locator import Failure, Locator, Options

__all__ = [
    "Failure",
    "Locator",
    "Options",
    "from_bytes",
    "gather",
    "open_artifact",
    "open_located",
]
