"""The files of one release against each other: what only one of them holds.

People read the sdist and machines install the wheel. Whatever differs beyond what a build
explains is a `meta.mismatch` on the member it stands in, so that rules can join it with what that
member does. Names of fields: module, code, behavior, startup, requires, entry-point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from antivenom.context.adding import declared_at, fact
from antivenom.context.changes import mark
from antivenom.context.matching import Matches, match_members
from antivenom.context.packuments import hidden
from antivenom.context.requirements import entry_points, needed
from antivenom.model.context import Context, UploadInfo
from antivenom.model.coordinate import Ecosystem, normalize_pypi
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import ManifestEntry, Profile

MOST = 40
"""Differences of one kind that are told."""
OLD_CLIENTS_UNTIL = "2021"
"""Before, packages were uploaded by clients whose form had no field for requirements."""
_ASIDE = frozenset(["test", "docs", "example", "generated"])
_GENERATED = re.compile(
    r"(?:^|/)(?:_?_?version(?:_?info)?_?_?|_?scm_version|__about__|_commit_id|__?config__?|"
    r"_?build_?(?:info|config|meta)?|_distributor_init|sitecustomize_coverage|lextab|yacctab|"
    r"parsetab|[^/]{1,100}_pb2(?:_grpc)?|[^/]{0,100}_?generated)\.py$"
)
"""Modules that a build writes by itself."""
_EARLY = frozenset(["startup", "install", "build", "import"])
_ACTS = ("process.", "net.", "code.run", "persist.", "supply.", "tamper.package", "secrets.file")
_SENT = frozenset(["net.send", "net.lookup", "code.run", "process.spawn", "process.shell"])
_SOURCES = (
    *(".pyx", ".pxd", ".proto", ".in", ".j2", ".jinja", ".tmpl", ".tpl", ".template", ".mako"),
    *(".g4", ".ui", ".qrc", ".lark", ".y", ".c", ".cpp", ".rs", ".thrift", ".fbs", ".xml", ".json"),
)
"""What a module may be made of."""


def disagreements(profile: Profile, context: Context) -> Iterator[Fact]:
    """Yield where this file of a release differs from the others."""
    for other in _compared(profile, context.siblings):
        matches = match_members(profile, other)
        yield from _modules(profile, other, matches)
        yield from _code(profile, other, matches)
        yield from _acts(profile, other, matches)
        yield from _declared(profile, profile.metadata, other.metadata, other.filename)


def undeclared(profile: Profile, context: Context) -> Iterator[Fact]:
    """Yield what the file declares and its registry does not show.

    ``how`` says what it means. ``form``: the index shows what was declared with this very file;
    no honest client declares something else. ``added``: it shows what came with another file of
    the release, and the release before did not need it either. ``other``: another file, which
    may have been built for another system. ``none``: another file, which declared nothing;
    ``old``: it came when clients sent no requirements; ``source``: a build decides what it needs.
    """
    if context.upload is None or context.upload.declared is None:
        return
    shown = context.upload.declared
    if profile.ecosystem == Ecosystem.NPM:
        yield from hidden(profile, shown)
        return
    before = needed(context.baseline.metadata) if context.baseline else None
    for name in sorted(needed(profile.metadata) - needed(shown))[:MOST]:
        how = _how(profile, context.upload, bool(shown.requires))
        if how == "other" and before is not None and name not in before:
            how = "added"
        value = f"{name} is not declared to the index"
        yield _differs(profile, "requires", value, "index", how=how)
    if context.upload.first:
        yield from _identity(profile, shown)


def _how(profile: Profile, upload: UploadInfo, shown: bool) -> str:
    """Say how an index can come not to show what a file needs."""
    if not profile.filename.lower().endswith(".whl"):
        return "source"
    if upload.uploaded and upload.uploaded[:4] < OLD_CLIENTS_UNTIL:
        return "old"
    if upload.first:
        return "form"
    return "other" if shown else "none"


def _identity(profile: Profile, shown: Metadata) -> Iterator[Fact]:
    """Yield a name or version that the index shows and the file itself contradicts."""
    mine = profile.metadata
    if mine.name and shown.name and normalize_pypi(mine.name) != normalize_pypi(shown.name):
        value = f"the file says {mine.name[:80]}, the index {shown.name[:80]}"
        yield _differs(profile, "name", value, "index")
    elif mine.version and shown.version and not _same_version(mine.version, shown.version):
        value = f"the file says {mine.version[:80]}, the index {shown.version[:80]}"
        yield _differs(profile, "version", value, "index")


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one[:200]) == Version(other[:200])
    except InvalidVersion:
        return one == other


def _compared(profile: Profile, siblings: tuple[Profile, ...]) -> tuple[Profile, ...]:
    """Return the source release and one built file: more would say the same again."""
    found: dict[str, Profile] = {}
    for sibling in sorted(siblings, key=lambda one: one.filename):
        if sibling.sha256 != profile.sha256 and sibling.ecosystem == profile.ecosystem:
            found.setdefault(sibling.kind, sibling)
    return tuple(found.values())


def _modules(profile: Profile, other: Profile, matches: Matches) -> Iterator[Fact]:
    """Yield importable modules and startup hooks that the other file does not have at all."""
    if profile.kind == "sdist":
        return  # a source release has much that is not installed
    made_of = {_stem(entry.path) for entry in other.manifest if entry.path.endswith(_SOURCES)}
    entries = {entry.path: entry for entry in profile.manifest}
    told = 0
    for path in matches.added:
        entry = entries[path]
        startup = entry.activation == "startup"
        if not startup and (not _is_module(entry) or _stem(path) in made_of):
            continue
        told += 1
        if told > MOST:
            return
        field = "startup" if startup else "module"
        yield _differs(profile, field, f"not in {other.filename}", other.kind, path)


def _code(profile: Profile, other: Profile, matches: Matches) -> Iterator[Fact]:
    """Yield modules of which functions differ; texts around them may differ for many reasons."""
    mine = {entry.path: entry for entry in profile.manifest}
    theirs = {entry.path: entry for entry in other.manifest}
    told = 0
    for path in matches.changed:
        entry, twin = mine[path], theirs[matches.pairs[path]]
        functions = _differing(entry, twin)
        if not functions or not _is_module(entry) or told >= MOST:
            continue
        told += 1
        named = ", ".join(name or "the top level" for name in functions[:4])
        more = f" and {len(functions) - 4} more" if len(functions) > 4 else ""
        yield _differs(profile, "code", f"{named}{more} of {other.filename}", other.kind, path)


def _differing(entry: ManifestEntry, twin: ManifestEntry) -> list[str]:
    """Return the functions whose code the other file does not have under any name.

    Code that does nothing worth parsing has no hashes: against such a twin, whatever made this
    one worth it is the difference.
    """
    if not entry.functions or (entry.skeleton and entry.skeleton == twin.skeleton):
        return []
    if not twin.functions:
        return [name for name in entry.functions if name and name not in twin.names] or ["code"]
    known = set(twin.functions.values())
    return [name for name, hashed in entry.functions.items() if hashed not in known]


def _acts(profile: Profile, other: Profile, matches: Matches) -> Iterator[Fact]:
    """Yield members that do what the other file does nowhere, before anybody calls them."""
    told: dict[str, str] = {}
    for one in mark(profile.facts, profile, other, matches):
        outside = profile.kind == "sdist" and one.member not in matches.pairs
        if one.change == "new" and not outside and one.role not in _ASIDE and _acting(one):
            told.setdefault(one.member, one.id)
    for member, what in list(told.items())[:MOST]:
        yield _differs(
            profile, "behavior", f"{what} is not in {other.filename}", other.kind, member
        )


def _acting(one: Fact) -> bool:
    """Whether a fact is something done to others without being asked."""
    if one.kind not in ("behavior", "flow") or one.activation not in _EARLY:
        return False
    return one.id.startswith(_ACTS) or (one.kind == "flow" and one.via[-1] in _SENT)


def _is_module(entry: ManifestEntry) -> bool:
    """Whether a member is code somebody imports, and not written by a build."""
    if entry.lang != "python" or entry.role in _ASIDE or entry.activation in ("build", "test"):
        return False
    return _GENERATED.search(entry.path) is None


def _declared(profile: Profile, mine: Metadata, theirs: Metadata, where: str) -> Iterator[Fact]:
    """Yield what one place declares and the other does not."""
    if theirs.requires:
        for name in sorted(needed(mine) - needed(theirs))[:MOST]:
            yield _differs(profile, "requires", f"{name} is not declared to {where}", "file")
    if theirs.entry_points:
        for entry in sorted(entry_points(mine) - entry_points(theirs))[:MOST]:
            yield _differs(profile, "entry-point", f"{entry} is not in {where}", "file")


def _differs(
    profile: Profile, field: str, value: str, where: str, member: str = "", how: str = ""
) -> Fact:
    at = member or declared_at(profile)
    args = (f"field={field}", f"where={where}", *((f"how={how}",) if how else ()))
    return fact(profile, "meta.mismatch", value, *args, member=at)


def _stem(path: str) -> str:
    """Return a file's name up to its first dot, after which sources and products differ."""
    return path.rpartition("/")[2].partition(".")[0]
