"""Gather everything a distribution declares about itself, from wherever it says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from antivenom.ecosystems.pypi.config import Config, read_pyproject, read_setup_cfg, read_setup_py
from antivenom.ecosystems.pypi.declared import Statement
from antivenom.ecosystems.pypi.headers import (
    HEADER_BYTES,
    EntryPoint,
    decode,
    parse_entry_points,
    parse_headers,
    parse_requires,
    to_metadata,
)
from antivenom.ecosystems.pypi.layout import Layout
from antivenom.model.label import Metadata

Peek = Callable[[str], bytes]
MOST_FOLDERS = 20
"""Metadata folders that are read; a distribution has one or two."""


@dataclass(slots=True, kw_only=True)
class Declarations:
    """All declarations of a tree, each with its place."""

    metadata: Metadata = field(default_factory=Metadata)
    at: str = ""
    """The member the metadata comes from."""
    version_line: int = 0
    configs: dict[str, Config] = field(default_factory=dict)
    """By project folder."""
    entry_points: list[EntryPoint] = field(default_factory=list)
    requires: list[tuple[str, str, int]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    """(member, why): what says which code runs and was not read, or not to its end."""
    statements: list[Statement] = field(default_factory=list)
    """Name and version by source, the one installers believe first."""


def read_declarations(layout: Layout, peek: Peek) -> Declarations:
    """Read every declaration of a tree."""
    found = Declarations()
    for folder, info in _info_folders(layout):
        _read_info(layout, folder, info, peek, found)
    if not layout.installed:
        for project in reversed(layout.projects):
            found.configs[project] = _read_config(layout, project, peek)
        for folder, _ in _info_folders(layout):
            _read_top_level(layout, folder, peek, found)
    _complete(found)
    return found


def _info_folders(layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield (folder with slash, name of its metadata file), the most authoritative first."""
    projects = tuple(reversed(layout.projects))
    if not layout.installed:
        yield from ((project, "PKG-INFO") for project in projects)
    folders: dict[tuple[str, str], None] = {}
    # A source tree may keep its packages one folder down, and its egg-info beside them.
    deepest = 0 if layout.installed else 1
    for place in layout.places.values():
        folder, slash, name = place.inner.rpartition("/")
        deep = folder.count("/")
        if name == "METADATA" and folder.endswith(".dist-info") and not deep:
            folders[(place.project + folder + slash, name)] = None
        egg = folder == "EGG-INFO" or folder.endswith(".egg-info")
        if name == "PKG-INFO" and egg and deep <= deepest:
            folders[(place.project + folder + slash, name)] = None
    ordered = sorted(folders, key=lambda pair: not pair[0].endswith(".dist-info/"))
    yield from ordered[:MOST_FOLDERS]


def _read_info(layout: Layout, folder: str, info: str, peek: Peek, found: Declarations) -> None:
    """Read one metadata folder: METADATA or PKG-INFO, entry points, an egg's requirements."""
    member = layout.index.get(folder + info)
    if member is None:
        return
    headers = parse_headers(peek(member))
    metadata = to_metadata(headers)
    found.statements.append(
        Statement(source=folder + info, name=metadata.name, version=metadata.version)
    )
    if not found.at:
        found.metadata, found.at = metadata, member
        found.version_line = next((line for _, line in headers.all("version")), 0)
    found.requires += [(spec, member, line) for spec, line in headers.all("requires-dist")]
    entries = layout.index.get(folder + "entry_points.txt")
    if entries is not None:
        data = peek(entries)
        found.entry_points += parse_entry_points(data, entries)
        if len(data) > HEADER_BYTES:
            found.unread.append((entries, f"only its first {HEADER_BYTES:,} bytes were read"))
    requires = layout.index.get(folder + "requires.txt")
    if requires is not None and not metadata.requires:
        found.requires += [(s, requires, line) for s, line in parse_requires(peek(requires))]


def _read_config(layout: Layout, project: str, peek: Peek) -> Config:
    config = Config()
    readers = (
        ("pyproject.toml", read_pyproject),
        ("setup.cfg", read_setup_cfg),
        ("setup.py", read_setup_py),
    )
    for name, reader in readers:
        member = layout.index.get(project + name)
        if member is not None:
            reader(peek(member), member, config)
    manifest = layout.index.get(project + "MANIFEST.in")
    if manifest is not None:
        config.text += decode(peek(manifest)[:65536])
    return config


def _read_top_level(layout: Layout, folder: str, peek: Peek, found: Declarations) -> None:
    """Take the names that a build of this tree once installed."""
    member = layout.index.get(folder + "top_level.txt")
    config = found.configs.get(layout.places[member].project) if member else None
    if member and config is not None:
        config.names.update(decode(peek(member)[:65536]).split())


def _complete(found: Declarations) -> None:
    """Fill what the metadata folder leaves open from the build files."""
    for config in found.configs.values():
        found.requires += config.requires
        found.unread += config.unread
        known = {(e.group, e.name) for e in found.entry_points}
        found.entry_points += [e for e in config.entry_points if (e.group, e.name) not in known]
        found.metadata = replace(
            found.metadata,
            name=found.metadata.name or config.name,
            version=found.metadata.version or config.version,
            summary=found.metadata.summary or config.summary,
            build_backend=found.metadata.build_backend or config.build_backend,
        )
    found.metadata = replace(
        found.metadata,
        requires=tuple(dict.fromkeys(spec for spec, _, _ in found.requires)),
        entry_points=tuple(dict.fromkeys(str(entry) for entry in found.entry_points)),
    )
