"""Dependencies that nothing in a package names: they are there to be installed, not to be used.

Attacks add a prepared package to a taken-over release, whose code stays as it was. Plug-ins and
types are declared without being named too, so this alone says nothing; it counts where a release
adds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from antivenom.ecosystems.npm.manifest import INSTALLED, Manifest
from antivenom.model.tree import Member

_MOST_NAMES = 300
_MOST_BYTES = 64 << 20
_MOST_MEMBER = 8 << 20
_TYPES = "@types/"
"""The scope of declarations alone; who publishes in it is decided by its owners."""
_TEXTS = (
    *(".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json", ".vue", ".svelte"),
    *(".css", ".scss", ".less", ".html", ".sh", ".yml", ".yaml", ".gyp", ".gypi", ".astro"),
)
_EDGES = frozenset(b"\"'`/ \t\n:;@=,<>(){}!|&")


def unused(
    manifest: Manifest, members: Iterable[Member], read: Callable[[str], bytes]
) -> tuple[str, ...]:
    """Return the dependencies of a package that no text of it names, its lists of them aside."""
    listed = (name for group, name, _ in manifest.dependencies() if group in INSTALLED)
    waiting = {n for n in dict.fromkeys(listed) if not n.startswith(_TYPES) and n}
    if not waiting or len(waiting) > _MOST_NAMES:
        return ()
    waiting -= _named(_without_lists(manifest), waiting)
    total = 0
    for member in members:
        if not waiting:
            break
        if not member.path.lower().endswith(_TEXTS) or member.path == manifest.member:
            continue
        if member.size > _MOST_MEMBER or total > _MOST_BYTES:
            return ()  # what was not looked at may name anything
        total += member.size
        waiting -= _named(read(member.path), waiting)
    return tuple(sorted(waiting))


def _named(data: bytes, names: Iterable[str]) -> set[str]:
    """Return the names that stand in a text by themselves."""
    from ahocorasick_rs import BytesAhoCorasick

    listed = sorted(names)
    automaton = BytesAhoCorasick([name.encode() for name in listed])
    hits = automaton.find_matches_as_indexes(data, overlapping=True)
    return {listed[number] for number, start, end in hits if _alone(data, start, end)}


def _alone(data: bytes, start: int, end: int) -> bool:
    before = data[start - 1] if start else 32
    after = data[end] if end < len(data) else 32
    return before in _EDGES and after in _EDGES


def _without_lists(manifest: Manifest) -> bytes:
    """Return the other fields of a manifest as text: scripts and settings name tools."""
    import msgspec

    lists = {
        *("dependencies", "optionalDependencies", "peerDependencies", "devDependencies"),
        *("peerDependenciesMeta", "bundledDependencies", "bundleDependencies", "keywords"),
        *("description", "overrides", "resolutions", "name", "readme"),
    }
    rest = {key: value for key, value in manifest.fields.items() if key not in lists}
    return msgspec.json.encode(rest)
