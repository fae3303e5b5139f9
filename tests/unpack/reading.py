"""Short forms that the tests of unpacking share."""

from __future__ import annotations

from antivenom.model.artifact import Artifact
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.tree import Tree
from antivenom.unpack import unpack


def opened(data: bytes, filename: str = "demo.zip", limits: Limits = DEFAULT_LIMITS) -> Tree:
    artifact = Artifact(path=filename, filename=filename, sha256="", size=len(data), data=data)
    return unpack(artifact, limits)


def paths(tree: Tree) -> list[str]:
    return [member.path for member in tree.members]


def kinds(tree: Tree) -> set[str]:
    return {anomaly.kind.value for anomaly in tree.anomalies}


def content(tree: Tree, path: str) -> bytes:
    return next(m for m in tree.members if m.path == path).read()
