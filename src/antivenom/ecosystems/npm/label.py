"""Label the members of an npm package: what each is for and when it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from antivenom.ecosystems import folders
from antivenom.ecosystems.npm import declared, gyp, hooks
from antivenom.ecosystems.npm.entries import Files, commands, entry_points
from antivenom.ecosystems.npm.manifest import MOST_BYTES, Manifest, read_manifest
from antivenom.ecosystems.npm.places import (
    could_run,
    is_code,
    role,
)
from antivenom.ecosystems.npm.unused import unused
from antivenom.ecosystems.npm.vacant import claimed
from antivenom.model.artifact import ArtifactKind
from antivenom.model.fact import Sighting
from antivenom.model.label import Activation, Hook, Label, Labels, Metadata, Role, Root, strongest
from antivenom.model.tree import Member, MemberError, MemberKind, Tree

__all__ = ["could_run", "label"]

_MOST_BUNDLED = 500
_WORD = re.compile(r"""[^\s"'`;|&<>(){}=,]{1,300}""")
_MOST_WORDS = 200
Read = Callable[[Member], bytes]


def label(tree: Tree, filename: str, read: Read | None = None) -> Labels:
    """Return roles, roots, hooks and declared metadata of an npm package."""
    files = [m for m in tree.members if m.kind not in (MemberKind.FOLDER, MemberKind.DEVICE)]
    if tree.kind is ArtifactKind.FILE and len(files) == 1:
        return _single(files[0])
    return _Survey.of(tree.kind, files, read or _read).labels(filename)


def _read(member: Member) -> bytes:
    return member.read()


def _single(member: Member) -> Labels:
    """A file on its own: nothing says when it runs."""
    code = is_code(member.path)
    found = Label(
        role=Role.CODE if code else role(member.path),
        activation=Activation.CALL if code else Activation.NEVER,
    )
    how = "runs when somebody loads it"
    root = Root(member=member.path, activation=Activation.CALL, how=how)
    return Labels(metadata=Metadata(), roots=(root,) if code else (), members={member.path: found})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """All that is known of a package and the packages bundled in it."""

    files: Files
    manifests: tuple[Manifest, ...]
    """The package's own first."""
    hooks: tuple[Hook, ...]
    readme: str
    idle: tuple[str, ...]
    """Dependencies that nothing in the package names."""
    unread: tuple[tuple[str, str], ...]
    """(member, why): what says which commands run and was not read, or not to its end."""
    inner: dict[str, str]
    """Member -> path inside the package."""
    claim: tuple[tuple[str, int, Sighting], ...] = ()
    """What claims a reward in a package of nothing else."""

    @classmethod
    def of(cls, kind: ArtifactKind, files: list[Member], read: Read) -> _Survey:
        members = {m.path: m for m in files}

        def peek(path: str) -> bytes:
            member = members.get(path)
            if member is None or member.size > 2 * MOST_BYTES:
                return b""
            try:
                return read(member)
            except MemberError:
                return b""

        inner = {m.path: _inside(kind, m.given or m.path) for m in files if m.depth == 0}
        by_path = {path: member for member, path in inner.items()}
        manifests = tuple(_manifests(by_path, peek))
        made = [hook for one in manifests for hook in hooks.scripts(one)]
        for one in manifests:
            if f"{one.folder}binding.gyp" in by_path:
                made += gyp.hooks(one, f"{one.folder}binding.gyp", by_path.get, peek)
        for path, member in by_path.items():
            made += folders.opened(member, path, peek) if path in folders.OPENED else ()
        readme = next((m for p, m in by_path.items() if p.lower() == "readme.md"), "")
        text = peek(readme)[:20_000].decode("utf-8", "replace") if readme else ""
        own = [m for m in files if "node_modules/" not in m.path]
        idle = unused(manifests[0], own, peek) if manifests and by_path.get("package.json") else ()
        claim = claimed(by_path, lambda member: members[member].size, peek)
        return cls(files=Files(by_path), manifests=manifests, hooks=tuple(made), readme=text,
                   idle=idle, unread=tuple(_unread(manifests, members)), inner=inner,
                   claim=(claim,) if claim else ())  # fmt: skip

    def labels(self, filename: str) -> Labels:
        """Return the answer for the whole tree."""
        roots = tuple(dict.fromkeys(self._roots()))
        first = self.manifests[0] if self.manifests else None
        bins = [name for name, _ in commands(first, self.files)] if first else []
        return Labels(
            metadata=declared.metadata(first, self.readme) if first else Metadata(),
            roots=roots,
            hooks=self.hooks,
            members=dict(self._members(roots)),
            sightings=(
                (
                    *declared.sightings(first, bins, filename),
                    *declared.idle(first, self.idle),
                    *self.claim,
                )
                if first
                else ()
            ),
            unread=self.unread,
        )

    def _roots(self) -> Iterator[Root]:
        for hook in self.hooks:
            for member in self._named(hook):
                yield Root(member=member, activation=hook.activation, how=f"{hook.name} runs it")
        for number, manifest in enumerate(self.manifests):
            entries = entry_points(manifest, self.files)
            started = {member for _, member in commands(manifest, self.files)}
            for member, key in entries.items():
                # What is bundled is loaded only when the package itself asks for it; a command
                # may be exported too, and nobody loads it.
                if number == 0 and (key != "exports" or member not in started):
                    how = f"loaded by require, {key} of package.json"
                    yield Root(member=member, activation=Activation.IMPORT, how=how)
            for name, member in commands(manifest, self.files) if number == 0 else ():
                yield Root(member=member, activation=Activation.RUN, how=f"command {name[:80]}")
        for member, path in self.inner.items():
            if path.startswith(".husky/") and path.count("/") == 1:
                yield Root(member=member, activation=Activation.RUN, how="runs on git actions")

    def _named(self, hook: Hook) -> Iterator[str]:
        """Yield the package's own files that a command line names."""
        for number, word in enumerate(_WORD.findall(hook.command)):
            if number >= _MOST_WORDS:
                return
            if word == "." or word == "./":
                main = next((m for m in self.manifests if m.folder == hook.folder), None)
                yield from list(entry_points(main, self.files))[:1] if main else ()
            elif "/" in word or "." in word or number:
                member = self.files.find(word, hook.folder)
                if member is not None and not member.endswith(".json"):
                    yield member

    def _members(self, roots: Iterable[Root]) -> Iterator[tuple[str, Label]]:
        known: dict[str, Activation] = {}
        for root in roots:
            before = known.get(root.member, Activation.NEVER)
            known[root.member] = strongest(before, root.activation)
        for hook in self.hooks:
            before = known.get(hook.member, Activation.NEVER)
            known[hook.member] = strongest(before, hook.activation)
        manifests = {m.member for m in self.manifests}
        for member, path in self.inner.items():
            what = role(path)
            if member in known or member in manifests:
                what = Role.CODE if what is Role.DATA else what
            yield (
                member,
                Label(
                    role=what,
                    activation=known.get(member) or _unrooted(path, what),
                ),
            )


def _inside(kind: ArtifactKind, path: str) -> str:
    """Return the path inside the package: clients strip the first folder of a tarball."""
    if kind is ArtifactKind.TREE:
        return path
    return path.partition("/")[2] or path


def _manifests(by_path: dict[str, str], peek: Callable[[str], bytes]) -> Iterator[Manifest]:
    own = by_path.get("package.json")
    if own is not None:
        yield read_manifest(peek(own), member=own, folder="")
    count = 0
    for path, member in by_path.items():
        folder, _, name = path.rpartition("/")
        if name != "package.json" or not folder or count >= _MOST_BUNDLED:
            continue
        owner = folder.rpartition("/")[0]
        owner = owner.rpartition("/")[0] if owner.rpartition("/")[2].startswith("@") else owner
        if owner.rpartition("/")[2] == "node_modules":
            count += 1
            yield read_manifest(peek(member), member=member, folder=f"{folder}/")


def _unread(
    manifests: tuple[Manifest, ...], members: dict[str, Member]
) -> Iterator[tuple[str, str]]:
    for first in manifests[:1]:
        gyp_file = members.get(first.member.removesuffix("package.json") + "binding.gyp")
        if first.broken:
            yield first.member, f"not as npm reads it: {first.broken}"
        if gyp_file is not None and gyp_file.size > gyp.MOST_BYTES:
            yield gyp_file.path, f"only its first {gyp.MOST_BYTES:,} bytes were read"


def _unrooted(path: str, what: Role) -> Activation:
    """Return when a member runs that is no root: when called, when tested, or never."""
    if path.rpartition("/")[2] == "binding.gyp":
        return Activation.BUILD
    if not is_code(path):
        return Activation.NEVER
    return Activation.TEST if what is Role.TEST else Activation.CALL
