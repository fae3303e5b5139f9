"""Trees made of names and texts, without an archive around them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from antivenom.model.artifact import ArtifactKind
from antivenom.model.label import Labels
from antivenom.model.tree import Member, MemberKind, Tree

METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nSummary: A demo\n"


def member(path: str, data: bytes | str = b"") -> Member:
    raw = data.encode() if isinstance(data, str) else data
    return Member(
        path=path,
        size=len(raw),
        kind=MemberKind.FILE,
        read=lambda: raw,
        depth=path.count("!/"),
    )


def tree(kind: ArtifactKind, files: Mapping[str, bytes | str]) -> Tree:
    return Tree(kind=kind, members=tuple(member(path, data) for path, data in files.items()))


def wheel(files: Mapping[str, bytes | str], info: Mapping[str, bytes | str] | None = None) -> Tree:
    """A wheel of demo 1.0 with a correct RECORD."""
    folder = "demo-1.0.dist-info/"
    everything = {**files, f"{folder}METADATA": METADATA, f"{folder}WHEEL": "Tag: py3-none-any\n"}
    everything.update({folder + name: data for name, data in (info or {}).items()})
    everything.setdefault(f"{folder}RECORD", record(everything, folder))
    return tree(ArtifactKind.WHEEL, everything)


def record(files: Mapping[str, bytes | str], folder: str) -> str:
    rows = []
    for path, data in files.items():
        raw = data.encode() if isinstance(data, str) else data
        digest = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(raw)}")
    return "\n".join([*rows, f"{folder}RECORD,,"]) + "\n"


def sdist(files: Mapping[str, bytes | str]) -> Tree:
    return tree(ArtifactKind.SDIST, {f"demo-1.0/{path}": data for path, data in files.items()})


def roots(labels: Labels) -> set[tuple[str, str, str]]:
    return {(root.member, root.activation.value, root.function) for root in labels.roots}


def seen(labels: Labels) -> set[tuple[str, str]]:
    return {(sighting.id, sighting.value) for _, _, sighting in labels.sightings}
