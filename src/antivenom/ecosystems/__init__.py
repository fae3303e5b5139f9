"""Registries: one package each. Adapters are given `get`; none opens a connection itself.

An adapter answers, for the pipeline, what its registry's archives mean: which member runs when,
and which could run. Adding a registry is one package and one row in `_adapter`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Ecosystem
from antivenom.model.label import Label, Labels
from antivenom.model.tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What the pipeline needs to know of a registry."""

    id: Ecosystem
    label: Callable[[Tree, str], Labels]
    """(tree, file name) -> roles, roots and declared metadata."""
    could_run: Callable[[str, Label], bool]
    """Whether a member could run, so that not reading it blocks a verdict."""
    record: Callable[[Tree, Mapping[str, str]], Labels]
    """(tree, member path -> sha256) -> what the archive's own list of files disagrees about."""
    platform: Callable[[str], str]
    """File name -> platform tag, "" when it names none."""


def of(artifact: Artifact, tree: Tree) -> Adapter:
    """Return the adapter for an artifact; what no registry is known for is read as PyPI's."""
    from antivenom.ecosystems.pypi.adapter import PYPI

    return PYPI
