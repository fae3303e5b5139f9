"""The review of an artifact that its child did not survive: inconclusive, with the reason."""

from __future__ import annotations

import hashlib

from antivenom.intake.locator import Locator
from antivenom.isolate import Killed
from antivenom.model.artifact import ArtifactKind
from antivenom.model.review import ArtifactInfo, Review

_SENTENCES = {
    "timeout": "reviewing it took too long ({})",
    "memory": "reviewing it took too much memory ({})",
    "crashed": "the reviewing process died ({})",
    "oversized": "the reviewing process misbehaved ({})",
    "failed": "a fault of Antivenom stopped the review ({})",
}


def unread(locator: Locator, killed: Killed) -> Review:
    """Return what can be said of an artifact without reading it: never `clean`."""
    from antivenom import judge
    from antivenom.analysis import engine

    reason = _SENTENCES[killed.reason].format(killed.detail)
    return judge.unread(_info(locator), reason, judge.local_knowledge(), engine.digest())


def _info(locator: Locator) -> ArtifactInfo:
    coordinate = locator.coordinate
    sha256, size = _identity(locator)
    ecosystem = locator.ecosystem or (coordinate.ecosystem if coordinate else None)
    kind = ArtifactKind.ARCHIVE if locator.kind == "file" else ArtifactKind.TREE
    return ArtifactInfo(
        path=locator.display,
        filename=locator.filename,
        ecosystem=ecosystem.value if ecosystem else None,
        name=coordinate.name if coordinate else None,
        version=coordinate.version if coordinate else None,
        purl=coordinate.purl if coordinate else None,
        sha256=sha256,
        size=size,
        kind=kind.value,
    )


def _identity(locator: Locator) -> tuple[str, int]:
    """Hash the file without looking inside; a tree that could not be read has no identity."""
    if locator.kind != "file":
        return "", 0
    try:
        with locator.place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    except OSError:
        return locator.sha256, 0
