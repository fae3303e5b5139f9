"""PyPI as the pipeline sees it."""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.ecosystems.pypi.label import compare_record, could_run, label
from antivenom.model.adapter import Adapter
from antivenom.model.coordinate import Ecosystem
from antivenom.model.label import Labels, Metadata
from antivenom.model.tree import Member, Tree


def _label(tree: Tree, filename: str) -> Labels:
    return label(tree, filename=filename)


def _record(tree: Tree, sha256: Mapping[str, str]) -> Labels:
    def read(member: Member) -> bytes:
        return member.read()

    seen = compare_record(tree, read, sha256)
    return Labels(metadata=Metadata(), sightings=seen)


def _platform(filename: str) -> str:
    """Return the last tag of a wheel's name: ``any``, ``win_amd64``, several joined by dots."""
    if not filename.endswith(".whl"):
        return ""
    return filename.removesuffix(".whl").rpartition("-")[2]


PYPI = Adapter(
    id=Ecosystem.PYPI,
    label=_label,
    could_run=could_run,
    record=_record,
    platform=_platform,
    languages=frozenset({"python"}),
)
