"""What a registry means to the pipeline, as plain functions: the seam every ecosystem fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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
    languages: frozenset[str]
    """Whose members run by themselves; those of others are read once something starts them."""
