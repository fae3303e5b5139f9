"""Read every member of a tree once: hash, language, text facts, code for the machine.

What cannot be read becomes a coverage problem, blocking when it could have run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Literal

from antivenom import languages
from antivenom.analysis import commands, dialects, languages_of, masked, native, text
from antivenom.analysis.condense import condense
from antivenom.analysis.factlog import FactLog
from antivenom.analysis.package import Source
from antivenom.model.fact import Fact, Sighting
from antivenom.model.label import Activation, Label, Labels
from antivenom.model.limits import Limits
from antivenom.model.profile import ManifestEntry, Problem
from antivenom.model.tree import Member, MemberError, MemberKind, Tree

SCRIPTS = frozenset(["shell", "batch", "powershell", "vbs", "javascript", "typescript"])
_UNREAD = frozenset(["native", "binary"])
_TEXT_LIMIT = 64 << 20
_SCRIPT_LIMIT = 4 << 20
_LINKED = 64 << 20
"""Bytes that are read again since a link gives them another name."""
_RUNS = frozenset(
    [
        Activation.STARTUP,
        Activation.INSTALL,
        Activation.BUILD,
        Activation.IMPORT,
        Activation.RUN,
    ]
)
"""Of a root member: it runs without being called, so what is not read of it blocks a verdict."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """All members of one tree, read."""

    manifest: list[ManifestEntry] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    complete: int = 0
    texts: dict[str, bytes] = field(default_factory=dict)
    """Bytes of members that have text facts, for excerpts."""
    members: dict[str, Member] = field(default_factory=dict)

    def text_of(self, path: str) -> bytes:
        """Return a member's bytes for quoting, b"" when they cannot be had again."""
        for source in self.sources:
            if source.member == path and source.data:
                return source.data
        return self.texts.get(path, b"")

    def hashes(self) -> dict[str, str]:
        """Return member -> sha256 of every member that was read."""
        return {entry.path: entry.sha256 for entry in self.manifest}

    def files(self) -> dict[str, str]:
        """Return base name -> member, for base names that are one member's alone."""
        found: dict[str, str] = {}
        for path in self.members:
            name = path.rpartition("/")[2]
            found[name] = "" if name in found else path
        return {name: path for name, path in found.items() if path}

    def bundled(self, path: str) -> bytes | None:
        """Return a member's bytes again, None when they cannot be had."""
        member = self.members.get(path)
        if member is None or member.size > 2 << 20:
            return None
        try:
            return member.read()
        except MemberError:
            return None


def add_sighting(
    log: FactLog, seen: Sighting, *, member: str, label: Label, lang: str, line: int = 0
) -> None:
    """Turn a sighting into a fact of a member's top level."""
    at = seen.line or line
    log.add(
        Fact(
            id=seen.id,
            kind=seen.kind,
            member=member,
            line=at,
            end_line=max(seen.end_line, at),
            sink_line=at if seen.via else 0,
            value=seen.value[:256],
            host=seen.host,
            hostclass=seen.hostclass,
            path_class=seen.path_class,
            args=seen.args[:3],
            via=seen.via,
            activation=label.activation.value,
            role=label.role.value,
            lang=lang,
            certainty=seen.certainty,
            observer="text",
        )
    )


def read_all(
    tree: Tree,
    labels: Labels,
    log: FactLog,
    limits: Limits,
    could_run: Callable[[str, Label], bool],
    platform: str,
    running: Container[str] = ("python",),
) -> Reading:
    """Read the files of a tree in order."""
    reading = Reading()
    roots = {r.member for r in labels.roots}
    quoted = {hook.member for hook in labels.hooks}
    linked = 0
    for member in tree.members:
        label = labels.members.get(member.path) or Label()
        blocking = member.path in roots or could_run(member.path, label)
        if not _has_bytes(member, runs=blocking):
            reading.complete += 1
            continue
        linked += member.size if member.kind is not MemberKind.FILE else 0
        try:
            data = member.read() if linked <= _LINKED else _too_many_links()
        except MemberError as error:
            _unread(member, label, error, reading, tree, log, blocking=blocking)
            if not error.data:
                continue
            data = error.data
        if member.path in quoted:
            reading.texts[member.path] = data
        _read(member, data, label, reading, log, limits, platform, running)
    blocked = {problem.member for problem in reading.problems if problem.blocking}
    for path, reason in labels.unread:
        if path in blocked:
            continue
        reading.complete -= path in reading.members
        reading.problems.append(
            Problem(member=path, status="partial", reason=reason, blocking=True)
        )
    said = {problem.member for problem in reading.problems}
    for loss in tree.losses:
        if loss.member and loss.member in said:
            continue
        label = labels.members.get(loss.member) or Label()
        blocking = not loss.member or loss.member in roots or could_run(loss.member, label)
        reading.problems.append(
            Problem(member=loss.member, status="skipped", reason=loss.reason, blocking=blocking)
        )
    return reading


def _has_bytes(member: Member, *, runs: bool) -> bool:
    """Return whether a member is read: each file, and each link that runs as what it is called."""
    return member.kind is MemberKind.FILE or (runs and member.kind is not MemberKind.FOLDER)


def _too_many_links() -> bytes:
    raise MemberError("a link, and many were read before it")


def _unread(
    member: Member,
    label: Label,
    error: MemberError,
    reading: Reading,
    tree: Tree,
    log: FactLog,
    *,
    blocking: bool,
) -> None:
    """Say that a member's bytes are not what the archive promises; some may be there all the same.

    A client may stop at the damage or not care: what can be read is reviewed, never complete.
    """
    status: Literal["partial", "failed"] = "partial" if error.data else "failed"
    reading.complete -= bool(error.data)
    reading.problems.append(
        Problem(member=member.path, status=status, reason=str(error), blocking=blocking)
    )
    if not any(a.kind is error.kind and a.member == member.path for a in tree.anomalies):
        # Some lies only show when the bytes are decompressed.
        seen = Sighting(id=f"archive.{error.kind.value}", kind="archive", value=str(error))
        add_sighting(log, seen, member=member.path, label=label, lang="")


def _read(
    member: Member,
    data: bytes,
    label: Label,
    reading: Reading,
    log: FactLog,
    limits: Limits,
    platform: str,
    running: Container[str],
) -> None:
    path = member.path
    reading.members[path] = member
    lang = languages_of.identify(path, data)
    reading.manifest.append(
        ManifestEntry(
            path=path,
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            kind=member.kind.value,
            role=label.role.value,
            lang=lang,
            activation=label.activation.value,
        )
    )
    reading.complete += 1
    seen: list[Sighting] = []
    if lang == "native":
        seen += native.observe_native(data, path, platform)
    else:
        seen += masked.observe_masked(data)
    if lang not in _UNREAD:
        seen += text.observe_text(data[:_TEXT_LIMIT], lang=lang, path=path)
    if lang in SCRIPTS and not (lang in running and lang in languages.LOWERED):
        seen += _script(data, lang)
    patterned = lang in SCRIPTS and not (lang in running and lang in languages.LOWERED)
    cut = _SCRIPT_LIMIT if patterned else _TEXT_LIMIT
    if lang not in _UNREAD and len(data) > cut:
        reason = f"{len(data)} bytes of text: read up to {cut} bytes"
        blocking = lang in SCRIPTS and label.activation in _RUNS
        reading.complete -= 1
        reading.problems.append(
            Problem(member=path, status="partial", reason=reason, blocking=blocking)
        )
    for sighting in seen:
        add_sighting(log, sighting, member=path, label=label, lang=lang)
    if seen and lang not in _UNREAD:
        reading.texts[path] = data
    for source in languages_of.sources(path, data, lang, label, running):
        if len(source.data) > most_code(source.lang, limits):
            if not any(problem.member == path for problem in reading.problems[-1:]):
                reading.complete -= 1
            reading.problems.append(
                Problem(
                    member=path,
                    status="partial",
                    reason=f"{len(source.data)} bytes of code: parsed in extracts",
                    blocking=label.activation in _RUNS,
                )
            )
            source.data = condense(source.data, dialects.of(source.lang).telling_places)
        if not source.dormant:
            source.hot = source.hot or dialects.of(source.lang).is_hot(source.data)
        reading.sources.append(source)


def most_code(lang: str, limits: Limits) -> int:
    """Return how many bytes of one member of a language are parsed as they are."""
    return limits.bundle_bytes if lang in _BUNDLED else limits.code_bytes


_BUNDLED = frozenset(["javascript", "typescript"])


def _script(data: bytes, lang: str) -> list[Sighting]:
    return commands.observe_script(data[:_SCRIPT_LIMIT].decode("utf-8", "replace"), lang)
