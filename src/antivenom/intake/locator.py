"""Where an artifact lies, as plain data: what the command line hands to a killable child."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from msgspec import Struct

from antivenom.errors import AntivenomError
from antivenom.model.context import Imitated, RegistryInfo, UploadInfo
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS, Limits

AUTO, NAMES, NONE = "auto", "", "none"
"""The previous release; the previous release of what was asked for by name; nothing."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What intake found around an artifact; other artifacts in it are still to be observed."""

    release: str = ""
    """Artifacts that share this text are the files of one release; "" stands alone."""
    baseline: Locator | None = None
    """The file of the previous release that the artifact is compared with."""
    upload: UploadInfo | None = None
    registry: RegistryInfo | None = None
    imitated: tuple[Imitated, ...] = ()
    notes: tuple[str, ...] = ()
    """What was looked for and not found, in clear words."""


class Locator(Struct, frozen=True, kw_only=True):
    """One artifact that can be opened in another process by `open_located`."""

    kind: Literal["file", "tree", "installed"]
    """`installed` is a distribution in an environment, `location` its metadata folder."""
    location: bytes
    """Absolute path on this machine; bytes, because file systems hold names that are not text."""
    display: str
    """As the person typed it; for what was fetched, the file's name. Becomes `Artifact.path`."""
    filename: str
    coordinate: Coordinate | None = None
    ecosystem: Ecosystem | None = None
    sha256: str = ""
    """Expected identity, "" when the index announced none."""
    members: tuple[bytes, ...] = ()
    """Of a tree: only these files. Of an installed distribution: files beside its RECORD."""
    notes: tuple[str, ...] = ()
    """What the person should know: yanked, without a hash, folders left out."""
    around: Surroundings | None = None

    @property
    def place(self) -> Path:
        """The location as a path."""
        return Path(os.fsdecode(self.location))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A target that gives no artifact, with the reason; the other targets go on."""

    target: str
    error: AntivenomError


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How targets are turned into artifacts."""

    deps: bool = False
    """Also review the dependencies named in wheel metadata."""
    offline: bool = False
    """Use only what was fetched before."""
    limits: Limits = DEFAULT_LIMITS
    tell: Callable[[str], None] | None = field(default=None, repr=False)
    """Receives sentences about the whole request: what was left out, and why."""
    file_bytes: int = 4 << 30
    """Largest file that is fetched or opened."""
    baseline: str = NONE
    """What to compare with: `NONE`, `AUTO`, `NAMES`, a path, or a version of the same project."""
    dependency_depth: int = 12
    dependency_count: int = 250
    """Most releases that `deps` adds."""


def printable(text: str | bytes | Path) -> str:
    """Return a name as text that every output can encode; undecodable bytes become escapes."""
    raw = text if isinstance(text, bytes) else os.fsencode(text)
    return raw.decode("utf-8", "backslashreplace")
