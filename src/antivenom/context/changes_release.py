"""What changed about a release as a whole: kinds of files, hooks, builds, dependencies, people."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from antivenom.context.affixes import words
from antivenom.context.matching import Matches
from antivenom.context.requirements import entry_points
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import ManifestEntry, Profile

_MOST = 40
"""Changes of one kind that are told."""
_ASIDE = frozenset(["test", "docs", "example"])
_KINDS = {
    "native": "native code",
    "pyc": "compiled Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "shell": "a shell script",
    "batch": "a batch file",
    "powershell": "PowerShell",
    "vbs": "VBScript",
    "ruby": "Ruby",
    "perl": "Perl",
    "php": "PHP",
    "lua": "Lua",
}
_SUFFIXES = {
    "zip": "an archive",
    "pyz": "a Python archive",
    "jar": "a Java archive",
    "whl": "a wheel",
    "gz": "an archive",
    "7z": "an archive",
    "wasm": "WebAssembly",
    "exe": "native code",
    "dll": "native code",
    "so": "native code",
    "dylib": "native code",
}
_LICENCE_WORDS = words(
    """
    license licence licensed licenses the a and or of version v software clause new revised only
    later 0 org https http www opensource see file under terms osi approved
    """
)
_NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}|@[A-Za-z0-9._~-]{1,214}/[A-Za-z0-9._~-]{1,214}"
)
_HEADERS = re.compile(r"(^|/)[^/]{1,200}\.(dist-info|egg-info)/(METADATA|PKG-INFO)$")


def release_changes(new: Profile, old: Profile, matches: Matches) -> Iterator[Fact]:
    """Yield the facts about what is new in the release as a whole."""
    yield from _kinds(new, old, matches)
    yield from _hooks(new, old, matches)
    yield from _builds(new, old, matches)
    yield from _dependencies(new, old)
    yield from _people(new, old)
    yield from _entries(new, old)
    yield from _licence(new, old)


def file_kind(entry: ManifestEntry) -> str:
    """Return what kind of program a member is, "" for Python source and for data."""
    name = entry.path.rpartition("/")[2].lower()
    return _KINDS.get(entry.lang) or _SUFFIXES.get(name.rpartition(".")[2], "")


def dependency_name(requirement: str) -> str:
    """Return the project a requirement names, normalised."""
    hit = _NAME.match(requirement.strip())
    return normalize_pypi(hit[0]) if hit else ""


def _kinds(new: Profile, old: Profile, matches: Matches) -> Iterator[Fact]:
    before = {file_kind(entry) for entry in old.manifest}
    added = set(matches.added)
    told = 0
    for entry in new.manifest:
        kind = file_kind(entry)
        if entry.path not in added or not kind or kind in before or entry.role in _ASIDE:
            continue
        told += 1
        if told > _MOST:
            return
        yield _fact("new-file-kind", entry, kind)


def _hooks(new: Profile, old: Profile, matches: Matches) -> Iterator[Fact]:
    before = {entry.path: entry for entry in old.manifest}
    for entry in new.manifest:
        if entry.activation != "startup":
            continue
        was = before.get(matches.pairs.get(entry.path, ""))
        if was is None or was.activation != "startup":
            yield _fact("startup-hook", entry, entry.path)
        elif was.sha256 != entry.sha256:
            yield _fact("startup-hook", entry, entry.path, "how=changed")


def _builds(new: Profile, old: Profile, matches: Matches) -> Iterator[Fact]:
    if new.kind != old.kind or new.kind == "wheel":
        return
    backend, was = new.metadata.build_backend, old.metadata.build_backend
    entries = {entry.path.rpartition("/")[2]: entry for entry in reversed(new.manifest)}
    if backend != was and "pyproject.toml" in entries:
        yield _fact("build-backend", entries["pyproject.toml"], backend or "setuptools")
    added = set(matches.added)
    for entry in new.manifest:
        if entry.activation == "build" and entry.path in added and entry.role not in _ASIDE:
            yield _fact("build-backend", entry, entry.path)
    yield from _install_steps(new, old, matches)


def _install_steps(new: Profile, old: Profile, matches: Matches) -> Iterator[Fact]:
    """Yield programs of the package's own that install runs, and ran none of before."""
    before = {entry.path: entry.activation for entry in old.manifest}
    if "install" in before.values():
        return
    for entry in new.manifest:
        was = before.get(matches.pairs.get(entry.path, ""), "")
        if entry.activation == "install" and was != "install" and entry.lang in _RUNNABLE:
            yield _fact("build-backend", entry, entry.path, "how=install")


_RUNNABLE = frozenset(["javascript", "typescript", "shell", "native", "batch", "powershell"])


def _dependencies(new: Profile, old: Profile) -> Iterator[Fact]:
    before = {dependency_name(text) for text in old.metadata.requires}
    entry = _headers(new)
    idle = {dependency_name(f.value) for f in new.facts if _UNUSED in f.args}
    for text in new.metadata.requires[:2000]:
        name = dependency_name(text)
        if name and name not in before:
            before.add(name)
            args = ("extra=yes",) if "extra" in text.partition(";")[2] else ()
            args = (*args, "how=unused") if name in idle else args
            yield _fact("dependency-added", entry, text[:256], *args, activation="install")


_UNUSED = "field=unused"
"""Of a `meta.mismatch`: a dependency that nothing in the package names."""


def _people(new: Profile, old: Profile) -> Iterator[Fact]:
    now, then = _names(new.metadata), _names(old.metadata)
    if now and then and now.isdisjoint(then):
        value = f"{', '.join(sorted(then))} -> {', '.join(sorted(now))}"
        yield _fact("maintainer", _headers(new), value[:256])


def _names(metadata: Metadata) -> set[str]:
    texts = (metadata.author, metadata.maintainer, metadata.author_email)
    return {part.strip().lower() for text in texts for part in text.split(",") if part.strip()}


def _entries(new: Profile, old: Profile) -> Iterator[Fact]:
    """Yield commands and plug-ins that a host or a shell finds since this release."""
    before = entry_points(old.metadata)
    if new.kind != old.kind and not before:
        return  # a source release often has its entry points written by the build
    named = (e for e in new.manifest if e.path.endswith("/entry_points.txt"))
    at = next(named, None) or _headers(new)
    for entry in sorted(entry_points(new.metadata) - before)[:_MOST]:
        yield _otherwise("entry-point", at, entry)


def _licence(new: Profile, old: Profile) -> Iterator[Fact]:
    now, then = _telling(new.metadata.licence), _telling(old.metadata.licence)
    if now and then and not (now <= then or then <= now):
        value = f"{old.metadata.licence[:100]} -> {new.metadata.licence[:100]}"
        yield _otherwise("licence", _headers(new), " ".join(value.split()))


def _telling(licence: str) -> frozenset[str]:
    """Return what tells one licence from another in any spelling: mit; apache 2; bsd 3."""
    return frozenset(re.findall(r"[a-z]+|[0-9]+", licence.lower())) - _LICENCE_WORDS


def _otherwise(field: str, entry: ManifestEntry | None, value: str) -> Fact:
    """Return the fact that a release declares something else than the one before."""
    args = (f"field={field}", "where=before")
    made = _fact("", entry, value[:256], *args, activation="never")
    return msgspec.structs.replace(made, id="meta.mismatch", kind="meta")


def _headers(profile: Profile) -> ManifestEntry | None:
    """Return the member that holds the declared metadata."""
    found: ManifestEntry | None = None
    for entry in profile.manifest:
        name = entry.path.rpartition("/")[2]
        if _HEADERS.search(entry.path):
            return entry
        if name in {"PKG-INFO", "package.json"} and entry.path.count("/") <= 1:
            found = found or entry
    return found


def _fact(
    name: str, entry: ManifestEntry | None, value: str, *args: str, activation: str = ""
) -> Fact:
    """Return a fact on a member as a whole; without one, on the archive."""
    return Fact(
        id=f"change.{name}",
        kind="change",
        member=entry.path if entry else "",
        value=value,
        args=args,
        activation=activation or (entry.activation if entry else "never"),
        role=entry.role if entry else "code",
        change="new",
        observer="changes",
    )
