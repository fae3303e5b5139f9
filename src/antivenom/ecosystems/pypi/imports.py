"""Which member is which module, and which modules load when the package is first imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from antivenom.ecosystems.pypi.config import Config
from antivenom.ecosystems.pypi.layout import Layout, Place
from antivenom.ecosystems.pypi.places import NOT_PACKAGES, suffix, words

_LOADABLE = frozenset({"py", "pyw", "pyc", "pyo", "so", "pyd", "pyx"})
_CUSTOMARY = ("src/", "lib/", "python/", "source/", "py/")
"""Folders that hold packages without being one."""
MOST_FOLDERS = 30
MOST_TWINS = 8
"""Members of one dotted name that are looked up by it: source, compiled, native, duplicates."""
_TOOLS = words(
    """
    setup conftest noxfile fabfile tasks dodo versioneer ez_setup manage wscript conf runtests
    run_tests toxfile hatch_build pdm_build bootstrap distribute_setup release pavement
    """
)
"""Modules beside setup.py that serve developers; imported only where declared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The importable members of a tree."""

    names: Mapping[str, str]
    """Member -> dotted name."""
    members: Mapping[tuple[str, str], tuple[str, ...]]
    """(project, dotted name) -> members that could be it, sources first."""
    first: frozenset[str]
    """Members loaded by importing the package itself."""

    def find(self, project: str, name: str) -> tuple[str, ...]:
        """Return the members of a module, then of the packages loaded before it."""
        found: tuple[str, ...] = ()
        while name:
            found += self.members.get((project, name), ())
            name = name.rpartition(".")[0]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    place: Place
    name: str
    folder: str
    """The import folder below the project it was found in."""
    package: bool


def survey_modules(layout: Layout, configs: Mapping[str, Config]) -> Modules:
    """Name every importable member and choose those that an import of the package loads."""
    customary = _folders_with_code(layout)
    folders = {
        project: _import_folders(layout, project, configs.get(project) or Config(), customary)
        for project in layout.projects
    }
    found = [c for place in layout.places.values() if (c := _candidate(layout, place, folders))]
    members: dict[tuple[str, str], tuple[str, ...]] = {}
    for candidate in sorted(found, key=lambda c: not c.place.member.endswith(".py")):
        key = (candidate.place.project, candidate.name)
        twins = members.get(key, ())
        if len(twins) < MOST_TWINS:
            members[key] = (*twins, candidate.place.member)
    return Modules(
        names={c.place.member: c.name for c in found},
        members=members,
        first=frozenset(_first(layout, found, configs)),
    )


def _import_folders(
    layout: Layout, project: str, config: Config, customary: set[str]
) -> list[tuple[str, str]]:
    """Return (folder, package) pairs, the most specific folder first."""
    if layout.installed:
        return [("", "")]
    found = dict.fromkeys(pair for pair in config.folders if pair[0])
    for folder in _CUSTOMARY:
        start = project + folder
        if start in customary and f"{start}__init__.py" not in layout.index:
            found[(folder, "")] = None
    pairs = sorted(found, key=lambda pair: -len(pair[0]))[:MOST_FOLDERS]
    return [*pairs, ("", "")]


def _folders_with_code(layout: Layout) -> set[str]:
    """Return the folders directly below projects that hold Python at any depth."""
    places = (p for p in layout.places.values() if "/" in p.inner and p.inner.endswith(".py"))
    return {f"{p.project}{p.inner.partition('/')[0]}/" for p in places}


def _candidate(
    layout: Layout, place: Place, folders: Mapping[str, list[tuple[str, str]]]
) -> _Candidate | None:
    if place.script or suffix(place.inner) not in _LOADABLE:
        return None
    if layout.installed and not place.site:
        return None
    for folder, package in folders.get(place.project, [("", "")]):
        if place.inner.startswith(folder):
            name, is_package = _dotted(place.inner[len(folder) :], package)
            if name:
                return _Candidate(place=place, name=name, folder=folder, package=is_package)
    return None


def _dotted(path: str, package: str) -> tuple[str, bool]:
    """Return the dotted name of a path below an import folder, and whether it is a package."""
    parts = path.split("/")
    stem = parts.pop()
    # foo.cpython-311-x86_64-linux-gnu.so and __pycache__/foo.cpython-311.pyc are module foo.
    compiled = suffix(path) not in ("py", "pyw")
    stem = stem.partition(".")[0] if compiled else stem.rpartition(".")[0]
    if compiled and parts[-1:] == ["__pycache__"]:
        parts.pop()
    is_package = stem == "__init__"
    parts = [*package.split("."), *parts] if package else parts
    parts += [] if is_package else [stem]
    if not parts or not all(part.isidentifier() for part in parts):
        return "", False
    return ".".join(parts), is_package


def _first(
    layout: Layout, found: Iterable[_Candidate], configs: Mapping[str, Config]
) -> Iterable[str]:
    """Return what an import of the package loads."""
    packages = {(c.place.project, c.name) for c in found if c.package}
    for candidate in found:
        config = configs.get(candidate.place.project)
        if _is_top(candidate, packages) and _is_shipped(candidate, config, layout.installed):
            yield candidate.place.member


def _is_top(candidate: _Candidate, packages: set[tuple[str, str]]) -> bool:
    """Whether no package stands above it; then nobody else decides when it loads."""
    parent = candidate.name.rpartition(".")[0]
    while parent:
        # src/__init__.py does not make src the package that people import.
        if (candidate.place.project, parent) in packages and f"{parent}/" not in _CUSTOMARY:
            return False
        parent = parent.rpartition(".")[0]
    return True


def _is_shipped(candidate: _Candidate, config: Config | None, installed: bool) -> bool:
    """Whether it is importable once installed.

    A package anywhere at the top is: `find_packages()` takes tests and examples too. Folders
    without ``__init__`` are taken by build back ends unless their name says otherwise. Nothing
    here looks at what else there is, so that a further file never hides this one.
    """
    top, _, rest = candidate.name.partition(".")
    if config is not None and top in config.names:
        return True
    if rest:
        return (candidate.package and "." not in rest) or top.lower() not in NOT_PACKAGES
    return candidate.package or installed or not (top in _TOOLS or top.startswith("test_"))
