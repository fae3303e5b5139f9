"""Where a tree keeps what gets installed: which folder is which on the import path.

Installed-like trees (wheel, egg, a folder of an environment) are the import path themselves;
source trees have a project folder, and inside it folders that become the import path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from antivenom.model.artifact import ArtifactKind

_SITE = frozenset({"site-packages", "dist-packages", "purelib", "platlib"})
_BUILDERS = frozenset({"setup.py", "pyproject.toml"})
_CLUTTER = ("__MACOSX/", "._", ".DS_Store", "pax_global_header", "PaxHeader")
MOST_PROJECTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one member stands."""

    member: str
    inner: str
    """Path below the project folder or the import path."""
    project: str
    """The project folder with its slash, "" at the top."""
    site: bool
    """Whether `inner` is relative to a folder that is on the import path once installed."""
    script: bool = False
    """Whether it is installed as a command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The places of all files of a tree."""

    installed: bool
    projects: tuple[str, ...]
    """Project folders with their slash; ("",) for installed-like trees."""
    places: Mapping[str, Place]
    """By member path."""
    index: Mapping[str, str]
    """Project folder and inner path, joined -> member path."""

    def find(self, project: str, inner: str) -> str:
        """Return the member at a path below a project, or ""."""
        return self.index.get(project + inner, "")


def clean(path: str) -> str:
    """Return a member path with neither empty nor dot folders; parents stay, as warnings."""
    if "//" not in path and "./" not in path and "\\" not in path and path[:1] != "/":
        return path
    parts = path.replace("\\", "/").split("/")
    return "/".join(part for part in parts if part not in ("", "."))


def survey(kind: ArtifactKind, files: Iterable[tuple[str, str]]) -> Layout:
    """Find out how files, given as (member, path to judge by), are laid out."""
    known = {member: clean(path) for member, path in files if not _is_clutter(path)}
    if _looks_installed(kind, known.values()):
        places = {path: _installed_place(path, inner) for path, inner in known.items()}
        return _layout(installed=True, projects=("",), places=places)
    projects = _projects(list(known.values()))
    places = {path: _source_place(path, inner, projects) for path, inner in known.items()}
    return _layout(installed=False, projects=projects, places=places)


def _layout(*, installed: bool, projects: tuple[str, ...], places: dict[str, Place]) -> Layout:
    index: dict[str, str] = {}
    for place in places.values():
        index.setdefault(place.project + place.inner, place.member)
    return Layout(installed=installed, projects=projects, places=places, index=index)


def _is_clutter(path: str) -> bool:
    return path.startswith(_CLUTTER) or path.rpartition("/")[2] in (".DS_Store",)


def _looks_installed(kind: ArtifactKind, paths: Collection[str]) -> bool:
    """Whether the top is the import path: by the metadata folder, not by the file's name."""
    if kind in (ArtifactKind.WHEEL, ArtifactKind.EGG):
        return True
    tops = {path.partition("/")[0] for path in paths if "/" in path}
    if "EGG-INFO" in tops or any(top.endswith(".dist-info") for top in tops):
        return True
    if any(path.rpartition("/")[2] in _BUILDERS and path.count("/") < 2 for path in paths):
        return False
    # What bdist_dumb and bdist_wininst made, which installers of their day took.
    return bool(tops & {"PURELIB", "PLATLIB"}) or any(
        "site-packages/" in path or "dist-packages/" in path for path in paths
    )


def _installed_place(member: str, path: str) -> Place:
    """Map a wheel's or egg's path to the import path, through `*.data` and prefix folders."""
    parts = path.split("/")
    folders = [part.lower() for part in parts[:-1]]
    for at in range(len(folders) - 1, -1, -1):
        if folders[at] in _SITE and _is_scheme(folders, at):
            return Place(member=member, inner="/".join(parts[at + 1 :]), project="", site=True)
    if _is_command(folders):
        return Place(member=member, inner=path, project="", site=False, script=True)
    data = bool(folders) and folders[0].endswith(".data")
    return Place(member=member, inner=path, project="", site=not data)


def _is_scheme(folders: list[str], at: int) -> bool:
    """`purelib` and `platlib` count only where installers look: below `*.data` or at the top."""
    if folders[at] in ("site-packages", "dist-packages"):
        return True
    return at == 0 or (at == 1 and folders[0].endswith(".data"))


def _is_command(folders: list[str]) -> bool:
    if len(folders) < 2:
        return folders == ["scripts"]
    if folders[0].endswith(".data"):
        return folders[1] == "scripts" or (folders[1] == "data" and folders[2:3] == ["bin"])
    return folders[:2] == ["egg-info", "scripts"]


def _projects(paths: list[str]) -> tuple[str, ...]:
    """Return the folders projects live in: those with a build file, nearest to the top."""
    builders = _nearest(paths, lambda name: name.lower() in _BUILDERS)
    infos = _nearest(paths, lambda name: name in ("PKG-INFO", "setup.cfg"))
    if builders and infos and infos[0].count("/") > builders[0].count("/"):
        infos = ()
    found = dict.fromkeys((*builders, *infos))
    if not found:
        found = dict.fromkeys((_single_top(paths),))
    # Longest first, so that a member belongs to the innermost project around it.
    return tuple(sorted(found, key=lambda p: (-p.count("/"), p)))


def _nearest(paths: list[str], wanted: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the folders, all at the smallest depth there is, that hold a wanted name."""
    hits = []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        if wanted(name) and not folder.endswith((".egg-info", ".dist-info")):
            hits.append(folder + slash)
    least = min((hit.count("/") for hit in hits), default=0)
    return tuple(dict.fromkeys(h for h in hits if h.count("/") == least))[:MOST_PROJECTS]


def _single_top(paths: list[str]) -> str:
    """Return the folder all paths share, stopping before a folder that is a package itself."""
    prefix = ""
    held = set(paths)
    for _ in range(8):
        tops = {path[len(prefix) :].partition("/")[::2] for path in paths[:1]}
        top, rest = next(iter(tops), ("", ""))
        longer = f"{prefix}{top}/"
        if not rest or f"{longer}__init__.py" in held:
            return prefix
        if not all(path.startswith(longer) for path in paths):
            return prefix
        prefix = longer
    return prefix


def _source_place(member: str, path: str, projects: tuple[str, ...]) -> Place:
    project = next((p for p in projects if path.startswith(p)), None)
    if project is None:
        return Place(member=member, inner=path, project="", site=False)
    return Place(member=member, inner=path[len(project) :], project=project, site=False)
