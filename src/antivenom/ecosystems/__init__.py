"""Registries: one package each. Adapters are given `get`; none opens a connection itself.

An adapter answers, for the pipeline, what its registry's archives mean: which member runs when,
and which could run. Adding a registry is one package and one row in `_adapter`.
"""

from __future__ import annotations

from antivenom.model.adapter import Adapter
from antivenom.model.artifact import Artifact, ArtifactKind
from antivenom.model.coordinate import Ecosystem
from antivenom.model.tree import Tree

__all__ = ["Adapter", "of"]


def of(artifact: Artifact, tree: Tree) -> Adapter:
    """Return the adapter for an artifact; what no registry is known for is read as PyPI's."""
    return _adapter(artifact.ecosystem or _by_contents(tree))


def _adapter(ecosystem: Ecosystem | None) -> Adapter:
    if ecosystem is Ecosystem.NPM:
        from antivenom.ecosystems.npm.adapter import NPM

        return NPM
    from antivenom.ecosystems.pypi.adapter import PYPI

    return PYPI


_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_PYTHON = frozenset({"setup.py", "pyproject.toml", "setup.cfg", "PKG-INFO"})


def _by_contents(tree: Tree) -> Ecosystem | None:
    """Return the registry whose packages look like this, None when nothing says."""
    if tree.kind is ArtifactKind.NPM:
        return Ecosystem.NPM
    if tree.kind is ArtifactKind.FILE and tree.members[:1]:
        return Ecosystem.NPM if tree.members[0].path.lower().endswith(_SCRIPTS) else None
    if tree.kind is ArtifactKind.TREE:
        top = {member.path for member in tree.members if "/" not in member.path}
        return Ecosystem.NPM if "package.json" in top and not top & _PYTHON else None
    return None
