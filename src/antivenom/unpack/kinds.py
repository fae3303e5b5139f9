"""Which kind of package a tree is, by what stands in it."""

from __future__ import annotations

from collections.abc import Iterable

from antivenom.model.artifact import ArtifactKind
from antivenom.model.coordinate import Ecosystem
from antivenom.model.tree import AnomalyKind, Member, MemberKind
from antivenom.unpack.formats import Format

_SDIST = ("PKG-INFO", "setup.py", "pyproject.toml", "setup.cfg")
_ENDINGS: tuple[tuple[str, frozenset[Format]], ...] = (
    (".tar.gz", frozenset({Format.GZIP})),
    (".tgz", frozenset({Format.GZIP})),
    (".crate", frozenset({Format.GZIP})),
    (".tar.bz2", frozenset({Format.BZIP2})),
    (".tbz", frozenset({Format.BZIP2})),
    (".tar.xz", frozenset({Format.XZ})),
    (".txz", frozenset({Format.XZ})),
    (".tar.zst", frozenset({Format.ZSTD})),
    (".tar", frozenset({Format.TAR})),
    (".whl", frozenset({Format.ZIP})),
    (".egg", frozenset({Format.ZIP})),
    (".zip", frozenset({Format.ZIP})),
    (".jar", frozenset({Format.ZIP})),
)


def announced(filename: str) -> frozenset[Format]:
    """Return the formats a file name promises; empty when it promises no archive."""
    lowered = filename.lower()
    return next((kinds for end, kinds in _ENDINGS if lowered.endswith(end)), frozenset())


def decide(
    members: Iterable[Member], ecosystem: Ecosystem | None, hidden: Iterable[str] = ()
) -> ArtifactKind:
    """Return the kind; the target's registry, when known, decides between equal readings."""
    unseen = set(hidden)
    paths = {
        m.path for m in members
        if m.depth == 0 and m.kind is not MemberKind.FOLDER and m.path not in unseen
    }  # fmt: skip
    if _has(paths, ".dist-info/", "WHEEL") and _has(paths, ".dist-info/", "METADATA"):
        return ArtifactKind.WHEEL
    if "EGG-INFO/PKG-INFO" in paths:
        return ArtifactKind.EGG
    top = _single_top(paths)
    return _of_registry(paths, top, ecosystem) or _by_marks(paths, top)


def _has(paths: set[str], folder: str, name: str) -> bool:
    """Tell whether a top folder ending in `folder` holds `name`."""
    end = folder + name
    return any(path.endswith(end) and path.count("/") == 1 for path in paths)


def _single_top(paths: set[str]) -> str:
    """Return ``name/`` when everything stands in one folder, otherwise ""."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in paths}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""


def _of_registry(paths: set[str], top: str, ecosystem: Ecosystem | None) -> ArtifactKind | None:
    if ecosystem is Ecosystem.NPM and f"{top}package.json" in paths:
        return ArtifactKind.NPM
    if ecosystem is Ecosystem.CRATES and f"{top}Cargo.toml" in paths:
        return ArtifactKind.CRATE
    if ecosystem is Ecosystem.MAVEN:
        return ArtifactKind.JAR
    return None


def _by_marks(paths: set[str], top: str) -> ArtifactKind:
    """Decide by the files each kind of package must have."""
    if any(f"{top}{name}" in paths for name in _SDIST):
        return ArtifactKind.SDIST
    if "package/package.json" in paths or (top and f"{top}package.json" in paths):
        return ArtifactKind.NPM
    if top and f"{top}Cargo.toml" in paths:
        return ArtifactKind.CRATE
    if "META-INF/MANIFEST.MF" in paths or any(p.endswith(".class") for p in paths):
        return ArtifactKind.JAR
    if any(path.endswith("setup.py") and path.count("/") == 1 for path in paths):
        return ArtifactKind.SDIST
    return ArtifactKind.ARCHIVE


HIDDEN_KINDS = frozenset({AnomalyKind.HIDDEN_ENTRY})
"""Anomalies of members that a client does not see: they do not decide what an artifact is."""
