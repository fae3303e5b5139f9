"""The small text formats inside a distribution: METADATA, entry_points.txt, requires.txt.

Parsed by hand, in one pass and without exceptions: the e-mail parser of the standard library
costs ten times as much and refuses what installers accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from antivenom.model.label import Metadata

HEADER_BYTES = 512 << 10
DESCRIPTION_CHARS = 20_000
MOST = 5000
"""Lines with a meaning, of one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Fields of a METADATA or PKG-INFO in order, with their lines."""

    fields: tuple[tuple[str, str, int], ...] = ()
    """(lower-case name, value, line)."""
    body: str = ""

    def first(self, name: str) -> str:
        """Return the first value of a field, or ""."""
        return next((value for key, value, _ in self.fields if key == name), "")

    def all(self, name: str) -> tuple[tuple[str, int], ...]:
        """Return every value of a field with its line."""
        return tuple((value, line) for key, value, line in self.fields if key == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """One declared entry: what a host or a shell will load by name."""

    group: str
    name: str
    module: str
    function: str
    member: str
    line: int

    def __str__(self) -> str:
        """Return it as written in entry_points.txt, with its group before it."""
        target = f"{self.module}:{self.function}" if self.function else self.module
        return f"{self.group}:{self.name} = {target}"


def decode(data: bytes) -> str:
    """Return text of any bytes: UTF-8 where it is, Latin-1 otherwise."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def parse_headers(data: bytes) -> Headers:
    """Read METADATA or PKG-INFO the way an e-mail parser would, without its cost."""
    text = decode(data[:HEADER_BYTES]).replace("\r\n", "\n")
    head, _, body = text.lstrip("\n").partition("\n\n")
    fields: list[tuple[str, str, int]] = []
    folded: list[str] = []
    for line, row in enumerate(head.split("\n"), 1):
        if row[:1] in (" ", "\t"):
            folded.append(row.strip())
            continue
        _unfold(fields, folded)
        name, colon, value = row.partition(":")
        if colon and len(fields) < MOST:
            fields.append((name.strip().lower(), value.strip(), line))
    _unfold(fields, folded)
    return Headers(fields=tuple(fields), body=body)


def _unfold(fields: list[tuple[str, str, int]], folded: list[str]) -> None:
    """Append gathered continuation lines to the field they continue."""
    if folded and fields:
        name, value, line = fields[-1]
        fields[-1] = (name, "\n".join((value, *folded)), line)
    folded.clear()


def to_metadata(headers: Headers) -> Metadata:
    """Return the declared metadata of a METADATA or PKG-INFO."""
    first = headers.first
    urls = [value for value, _ in headers.all("project-url")]
    urls += [u for u in (first("home-page"), first("download-url")) if u]
    described = first("description")
    return Metadata(
        name=first("name"),
        version=first("version"),
        summary=first("summary"),
        author=first("author"),
        author_email=first("author-email"),
        maintainer=first("maintainer") or first("maintainer-email"),
        home_page=first("home-page"),
        urls=tuple(urls[:50]),
        licence=(first("license-expression") or first("license"))[:200],
        requires=tuple(value for value, _ in headers.all("requires-dist")),
        requires_python=first("requires-python"),
        description=(headers.body or described)[:DESCRIPTION_CHARS],
    )


def sections(data: bytes) -> Iterator[tuple[str, str, int]]:
    """Yield (section, line of text, line number) of an ini-like file, comments left out."""
    section = ""
    text = decode(data[:HEADER_BYTES])
    for number, row in enumerate(text.splitlines()[: MOST * 4], 1):
        stripped = row.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[" and stripped[-1] == "]":
            section = stripped[1:-1].strip()
        else:
            yield section, row.rstrip(), number


_OBJECT = re.compile(r"\s*([\w.]{1,300})\s*(?::\s*([\w.]{1,300}))?\s*(?:\[[^\]\n]{0,300}\])?\s*$")


def entry_point(group: str, name: str, target: str, member: str, line: int) -> EntryPoint | None:
    """Return an entry point of its written target, or None where it names nothing."""
    found = _OBJECT.match(target[:700])
    if found is None or not name.strip():
        return None
    return EntryPoint(
        group=group[:200],
        name=name.strip()[:200],
        module=found[1],
        function=found[2] or "",
        member=member,
        line=line,
    )


def parse_entry_points(data: bytes, member: str) -> list[EntryPoint]:
    """Read entry_points.txt."""
    found: list[EntryPoint] = []
    for group, row, line in sections(data):
        name, equals, target = row.partition("=")
        entry = entry_point(group, name, target, member, line) if equals else None
        if entry is not None and len(found) < MOST:
            found.append(entry)
    return found


def parse_requires(data: bytes) -> list[tuple[str, int]]:
    """Read an egg's requires.txt; the section's extra or marker is kept as a marker."""
    found: list[tuple[str, int]] = []
    for section, row, line in sections(data):
        extra, _, marker = section.partition(":")
        conditions = [f"extra == '{extra}'"] if extra else []
        conditions += [marker] if marker else []
        tail = f" ; {' and '.join(conditions)}" if conditions else ""
        if len(found) < MOST:
            found.append((row.strip() + tail, line))
    return found
