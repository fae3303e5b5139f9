"""Label the members of a PyPI distribution: what each is for and when it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from antivenom.ecosystems import folders
from antivenom.ecosystems.pypi import declared
from antivenom.ecosystems.pypi.declared import Statement
from antivenom.ecosystems.pypi.headers import parse_headers
from antivenom.ecosystems.pypi.imports import Modules, survey_modules
from antivenom.ecosystems.pypi.layout import Layout, Place, survey
from antivenom.ecosystems.pypi.metadata import Declarations, read_declarations
from antivenom.ecosystems.pypi.places import could_run, is_code, role, suffix
from antivenom.ecosystems.pypi.record import compare_record
from antivenom.ecosystems.pypi.roots import find_roots
from antivenom.ecosystems.pypi.versions import in_code
from antivenom.model.artifact import ArtifactKind
from antivenom.model.fact import Sighting
from antivenom.model.label import Activation, Hook, Label, Labels, Metadata, Role, Root, strongest
from antivenom.model.tree import Member, MemberError, MemberKind, Tree

__all__ = ["compare_record", "could_run", "label", "platform_tag"]

PEEK_BYTES = 1 << 20
"""Of a declaring file; the formats are far smaller."""
_OPENED = folders.OPENED - {
    *(".cursor/mcp.json", ".mcp.json", ".devcontainer/devcontainer.json", ".devcontainer.json"),
}
MOST_SCRIPTS = 500
MOST_INNER = 20
"""Archives inside an archive that are labelled as distributions of their own."""
Read = Callable[[Member], bytes]
Seen = tuple[str, int, Sighting]


def label(
    tree: Tree, read: Read | None = None, *, filename: str = "", hashes: bool = False
) -> Labels:
    """Return roles, roots and declared metadata of a distribution.

    `filename` is only compared with the name and version inside. With `hashes`, a wheel's RECORD
    is compared too, which reads every member; a caller that hashes members anyway calls
    `compare_record` with its hashes instead.
    """
    reader = read or _read
    files = [m for m in tree.members if m.kind not in (MemberKind.FOLDER, MemberKind.DEVICE)]
    if tree.kind is ArtifactKind.FILE and len(files) == 1:
        return _label_file(files[0], filename)
    own = [(m.path, m.given or m.path) for m in files if m.depth == 0]
    survey_of_own = _Survey.of(tree.kind, own, {m.path: m for m in files}, reader)
    surveys = [survey_of_own]
    if not survey_of_own.roots:
        surveys += _inner(tree.kind, files, reader)
    labels = {path: found for one in surveys for path, found in one.labels()}
    for member in files:
        labels.setdefault(member.path, _plain(member.path, Activation.CALL))
    seen = _sightings(surveys, filename)
    first = surveys[0].declarations.at or (files[0].path if files else "")
    seen += tuple(declared.emptiness(files, labels, reader, first))
    if hashes and tree.kind is ArtifactKind.WHEEL:
        seen += compare_record(tree, reader)
    return Labels(
        metadata=_best(surveys),
        roots=tuple(root for one in surveys for root in one.roots),
        hooks=tuple(hook for one in surveys for hook in one.hooks),
        members=labels,
        sightings=seen,
        unread=tuple(dict.fromkeys(row for one in surveys for row in one.declarations.unread)),
    )


def _opened(layout: Layout, peek: Callable[[str], bytes]) -> Iterator[Hook]:
    """Yield what opening a source tree runs; containers and servers are asked about first."""
    for place in layout.places.values():
        if place.inner in _OPENED:
            yield from folders.opened(place.member, place.inner, peek)


def _read(member: Member) -> bytes:
    return member.read()


def platform_tag(tree: Tree, read: Read | None = None, *, filename: str = "") -> str:
    """Return the platforms a wheel is for, joined by dots: of its WHEEL file, then of its name."""
    reader = read or _read
    for member in tree.members:
        if member.path.endswith(".dist-info/WHEEL") and member.path.count("/") == 1:
            try:
                tags = parse_headers(reader(member)[:PEEK_BYTES]).all("tag")
            except MemberError:
                continue
            found = dict.fromkeys(tag.rpartition("-")[2] for tag, _ in tags)
            if found:
                return ".".join(list(found)[:20])
    if filename.endswith(".whl") and filename.count("-") >= 4:
        return filename.removesuffix(".whl").rpartition("-")[2]
    return ""


# --------------------------------------------------------------------------- one distribution


@dataclass(frozen=True, kw_only=True)
class _Survey:
    """All that is known of one distribution inside a tree; usually the tree is one."""

    layout: Layout
    modules: Modules
    declarations: Declarations
    roots: tuple[Root, ...]
    hooks: tuple[Hook, ...] = ()
    stated: tuple[Seen, ...] = ()
    """A version in the code that the metadata contradicts."""

    @classmethod
    def of(
        cls,
        kind: ArtifactKind,
        files: Iterable[tuple[str, str]],
        members: dict[str, Member],
        read: Read,
    ) -> _Survey:
        def peek(path: str) -> bytes:
            member = members.get(path)
            # A hard or symbolic link has no bytes of its own to declare anything with.
            if member is None:
                return b""
            if member.size > 16 * PEEK_BYTES:
                too_large.append((path, f"{member.size:,} bytes of declarations are too many"))
                return b""
            try:
                return read(member)[:PEEK_BYTES]
            except MemberError:
                return b""

        too_large: list[tuple[str, str]] = []
        layout = survey(kind, files)
        found = read_declarations(layout, peek)
        found.unread += too_large
        modules = survey_modules(layout, found.configs)
        roots = find_roots(layout, modules, found.configs, found.entry_points, peek)
        opened = () if layout.installed else tuple(_opened(layout, peek))
        return cls(
            layout=layout,
            modules=modules,
            declarations=found,
            roots=roots,
            hooks=opened,
            stated=tuple(in_code(layout, found.metadata, peek)),
        )

    @cached_property
    def _misnamed(self) -> frozenset[Role]:
        """The roles that a folder's name does not prove here: no other package could be meant.

        The name of a distribution's only package says nothing of what it is for: whoever uploads
        chooses it. Tests beside anything else stay tests.
        """
        tops = {name.partition(".")[0] for name in self.modules.names.values()}
        found = {role(f"{top}/x.py") for top in tops - {"setup", "conftest"}}
        if Role.CODE in found:
            return frozenset()
        return frozenset(found if found == {Role.TEST} else found - {Role.TEST})

    def labels(self) -> Iterator[tuple[str, Label]]:
        """Yield every member's label."""
        strongest_root: dict[str, Activation] = {}
        for root in self.roots:
            known = strongest_root.get(root.member, Activation.NEVER)
            strongest_root[root.member] = strongest(known, root.activation)
        for place in self.layout.places.values():
            yield place.member, self._label(place, strongest_root.get(place.member))

    def _label(self, place: Place, activation: Activation | None) -> Label:
        what = role(place.inner)
        if place.site and what in (Role.EXAMPLE, Role.DOCS, Role.VENDORED):
            # Installed at the top, a folder of that name is somebody's package.
            what = role(place.inner.partition("/")[2] or place.inner)
        module = self.modules.names.get(place.member, "")
        if module and what in self._misnamed:
            what = role("/".join([*module.split(".")[1:], "x.py"]))
        if place.script and what is Role.DATA:
            what = Role.CODE
        if activation is None:
            activation = _unrooted(place.inner, what)
        return Label(role=what, module=module, activation=activation)


def _unrooted(path: str, what: Role) -> Activation:
    """Return when a member runs that is no root: when called, when tested, or never."""
    name = path.rpartition("/")[2].lower()
    if name in ("cmakelists.txt", "meson.build", "build.rs", "binding.gyp"):
        return Activation.BUILD
    if not is_code(path):
        return Activation.NEVER
    return Activation.TEST if what is Role.TEST else Activation.CALL


def _plain(path: str, activation: Activation) -> Label:
    """Return the label of a member known by its path alone, such as one inside a nested zip."""
    inner = path.rpartition("!/")[2]
    what = role(inner)
    found = _unrooted(inner, what)
    return Label(role=what, activation=activation if found is Activation.BUILD else found)


# --------------------------------------------------------------------------- other shapes


def _label_file(member: Member, filename: str) -> Labels:
    """Label a single file: what would happen were it put where its kind belongs."""
    name = (filename or member.path).rpartition("/")[2]
    stem = name.partition(".")[0]
    activation, how = Activation.CALL, ""
    if name == "setup.py":
        activation, how = Activation.BUILD, "setup.py runs on build"
    elif suffix(name) in ("pth", "start") or stem in ("sitecustomize", "usercustomize"):
        activation, how = Activation.STARTUP, f"{name[:80]} runs on every start"
    elif suffix(name) in ("py", "pyw", "pyc", "pyo", "pyd", "so"):
        activation, how = Activation.IMPORT, f"loaded by import {stem[:80]}"
    elif is_code(name) or "." not in name:
        activation, how = Activation.RUN, "runs when started"
    module = stem if activation is Activation.IMPORT and stem.isidentifier() else ""
    rooted = activation is not Activation.CALL
    return Labels(
        metadata=Metadata(),
        roots=(Root(member=member.path, activation=activation, how=how),) if rooted else (),
        members={
            member.path: Label(
                role=Role.CODE if rooted else role(name),
                module=module,
                activation=activation if rooted else Activation.NEVER,
            )
        },
    )


def _inner(kind: ArtifactKind, files: list[Member], read: Read) -> list[_Survey]:
    """Survey archives inside an archive that has nothing to run of its own."""
    groups: dict[str, list[tuple[str, str]]] = {}
    members = {m.path: m for m in files}
    for member in files:
        outer, mark, inner = member.path.rpartition("!/")
        if mark and member.depth == 1 and (outer in groups or len(groups) < MOST_INNER):
            groups.setdefault(outer, []).append((member.path, inner))
    return [_Survey.of(ArtifactKind.ARCHIVE, group, members, read) for group in groups.values()]


def _best(surveys: list[_Survey]) -> Metadata:
    """Return the first metadata with a name."""
    found = [one.declarations.metadata for one in surveys]
    return next((metadata for metadata in found if metadata.name), found[0])


# --------------------------------------------------------------------------- sightings


def _sightings(surveys: list[_Survey], filename: str) -> tuple[Seen, ...]:
    """Return what the declarations betray; the file's name is that of the outermost alone."""
    seen: dict[Seen, None] = {}
    for number, one in enumerate(surveys):
        statements = [
            *one.declarations.statements,
            *_by_names(one.layout, "" if number else filename),
        ]
        seen.update(dict.fromkeys(_declared(one, statements)))
    return tuple(seen)


def _declared(one: _Survey, statements: list[Statement]) -> Iterator[Seen]:
    found = one.declarations
    places = one.layout.places
    at = found.at or next(iter(places), "")
    scripts = [place.member for place in places.values() if place.script]
    for project, config in found.configs.items():
        named = sorted(config.scripts)[:MOST_SCRIPTS]
        scripts += filter(None, (one.layout.find(project, script) for script in named))
    yield from declared.commands(found.entry_points, scripts)
    yield from declared.url_dependencies(found.requires)
    yield from declared.version_jump(found.metadata.version, at, found.version_line)
    yield from declared.mismatches(statements, at)
    yield from one.stated


def _by_names(layout: Layout, filename: str) -> Iterator[Statement]:
    """Yield what the names of the metadata folder, the top folder and the file state."""
    for path in layout.index:
        folder, _, name = path.partition("/")
        if name == "METADATA" and folder.endswith(".dist-info"):
            project, _, version = folder.removesuffix(".dist-info").partition("-")
            yield Statement(source="the folder", name=project, version=version)
    if not layout.installed and len(layout.projects) == 1 and layout.projects[0].count("/") == 1:
        project, dash, version = layout.projects[0][:-1].rpartition("-")
        if dash and version[:1].isdigit() and layout.find(layout.projects[0], "PKG-INFO"):
            yield Statement(source="the folder", name=project, version=version)
    if filename.endswith(".whl") and filename.count("-") in (4, 5):
        project, version = filename.split("-")[:2]
        yield Statement(source="the file name", name=project, version=version)
    for ending in (".tar.gz", ".zip", ".tar.bz2", ".tgz"):
        if filename.endswith(ending):
            project, dash, version = filename.removesuffix(ending).rpartition("-")
            if dash and version[:1].isdigit():
                yield Statement(source="the file name", name=project, version=version)
