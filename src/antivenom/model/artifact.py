"""One uploaded file, or a folder standing for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antivenom.model.coordinate import Coordinate, Ecosystem
    from antivenom.model.tree import Anomaly, Loss, Member


class ArtifactKind(StrEnum):
    """What the bytes turned out to be; the name of a file never decides."""

    SDIST = "sdist"
    WHEEL = "wheel"
    EGG = "egg"
    NPM = "npm"
    CRATE = "crate"
    JAR = "jar"
    ARCHIVE = "archive"
    TREE = "tree"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What is reviewed. Its identity is `sha256`; its name and path only help people find it."""

    path: str
    """Where it was found, as the person typed it or as the index names it; never used to judge."""
    filename: str
    """The last part of the path or URL."""
    sha256: str
    """Of the bytes; for a source tree, of the sorted (path, sha256) pairs of its files."""
    size: int
    """Bytes; for a source tree, the sum over its files."""
    data: bytes | memoryview = field(default=b"", repr=False)
    """The archive's bytes, usually a memory map; empty for a source tree."""
    files: Sequence[Member] | None = field(default=None, repr=False)
    """The files of a source tree or of an installed distribution, instead of `data`."""
    ecosystem: Ecosystem | None = None
    """Known from the target, or None: then the contents decide."""
    coordinate: Coordinate | None = None
    """Known from the target or the index, or None: then the metadata inside decides."""
    anomalies: Sequence[Anomaly] = ()
    """Hostile shapes that only intake could see (an installed file that is not as recorded)."""
    losses: Sequence[Loss] = ()
    """What intake left out and why, such as the version control of a source tree."""
