"""npm as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.ecosystems.npm.label import label
from antivenom.ecosystems.npm.places import could_run
from antivenom.model.adapter import Adapter
from antivenom.model.coordinate import Ecosystem
from antivenom.model.label import Labels, Metadata
from antivenom.model.tree import Tree


def _record(tree: Tree, sha256: Mapping[str, str]) -> Labels:
    """A tarball has no list of its files."""
    return Labels(metadata=Metadata())


def _platform(filename: str) -> str:
    return ""


NPM = Adapter(
    id=Ecosystem.NPM,
    label=label,
    could_run=could_run,
    record=_record,
    platform=_platform,
    languages=frozenset({"javascript", "typescript"}),
)
