"""Read one page of the rule book: Markdown with fenced blocks.

# Heading                       the title
```toml rule                    the header
**One sentence.** The rest.     the reason's template, then why it is bad
## Flags                        samples the rule must find, marked lines included
## Does not flag                samples it must leave alone
### a name                      one package; `(before)` and `(after)` make a pair
```python setup.py              one of its files
```toml metadata                its name, version and other declared metadata
```toml facts                   facts given as such, where no text can show the thing
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from antivenom.errors import RuleError
from antivenom.model.fact import Fact
from antivenom.rules.rule import Header

T = TypeVar("T")

FLAGS = "Flags"
CLEAN = "Does not flag"
_FENCE = re.compile(r"^(`{3,})(.*)$")
_MARK = re.compile(r"\s*(?:#|//) finding\s*$")
_FINDINGS = re.compile(r"\{finding=(\d+(?:,\d+)*)\}")
_PAIR = re.compile(r"^(.*?)\s*\((before|after)\)$")
_SENTENCE = re.compile(r"^\*\*(.+?)\*\*\s*(.*)$|^(.+?\.)(?:\s+(.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """The files of one small package, as bytes, without the marks."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One example of a page."""

    name: str
    flagged: bool
    package: Package
    before: Package | None = None
    """The previous release, for rules about changes."""
    marks: tuple[tuple[str, int], ...] = ()
    """(file, line) that must be found; line 0 means somewhere in the file."""
    line: int = 0
    """Of its heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A rule page, read."""

    path: Path
    heading: str
    header: Header
    template: str
    summary: str
    samples: tuple[Sample, ...]


@dataclass(slots=True)
class _Draft:
    """A sample being read; it ends with the next heading."""

    name: str
    flagged: bool
    line: int
    files: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    marks: list[tuple[str, int]] = field(default_factory=list)

    def package(self) -> Package:
        return Package(files=self.files, metadata=self.metadata, facts=tuple(self.facts))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A heading (`level` 1-3), a paragraph (0) or a fenced block (-1)."""

    level: int
    line: int
    text: str
    info: str = ""


def read_page(path: Path) -> Page:
    """Return the page at a path, or raise RuleError naming the line."""
    return parse_page(path.read_text(encoding="utf-8"), path)


def parse_page(text: str, path: Path) -> Page:
    """Return the page a text holds."""
    try:
        return _Reader(path, list(_pieces(text))).page()
    except _At as problem:
        place = f"{path.parent.name}/{path.name}"
        raise RuleError(f"{place}:{problem.line}: {problem.why}") from None


class _At(Exception):
    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class _Reader:
    """Takes the pieces in the order the page format fixes."""

    def __init__(self, path: Path, pieces: list[_Piece]) -> None:
        self._path = path
        self._pieces = pieces

    def page(self) -> Page:
        heading, header, words, rest = self._top()
        template, summary = _sentence(words)
        samples = tuple(_samples(rest))
        return Page(
            path=self._path,
            heading=heading.text,
            header=header,
            template=template,
            summary=summary,
            samples=samples,
        )

    def _top(self) -> tuple[_Piece, Header, _Piece, list[_Piece]]:
        wanted = ((1, "a '# heading'"), (-1, "a ```toml rule block"), (0, "a paragraph"))
        found = self._pieces[:3]
        for number, (level, what) in enumerate(wanted):
            if len(found) <= number or found[number].level != level:
                line = found[number].line if len(found) > number else 1
                raise _At(line, f"expected {what}")
        heading, block, words = found
        if block.info.split() != ["toml", "rule"]:
            raise _At(block.line, "expected a ```toml rule block")
        return heading, _convert(_toml(block), Header, block), words, self._pieces[3:]


def _sentence(words: _Piece) -> tuple[str, str]:
    """Split the paragraph into the reason's template and the rest."""
    hit = _SENTENCE.match(" ".join(words.text.split()))
    if hit is None:
        raise _At(words.line, "the paragraph has no first sentence")
    template = (hit.group(1) or hit.group(3)).replace("`", "")
    return template, (hit.group(2) or hit.group(4) or "")


def _samples(pieces: list[_Piece]) -> Iterator[Sample]:
    """Group the pieces under the two sections into samples; free text explains, nothing more."""
    drafts: list[_Draft] = []
    section = ""
    for piece in pieces:
        if piece.level == 2:
            section = piece.text
            if section not in {FLAGS, CLEAN}:
                raise _At(piece.line, f"only '## {FLAGS}' and '## {CLEAN}' are sections")
        elif piece.level == 3:
            if not section:
                raise _At(piece.line, f"a sample stands under '## {FLAGS}' or '## {CLEAN}'")
            drafts.append(_Draft(piece.text, section == FLAGS, piece.line))
        elif piece.level == 1:
            raise _At(piece.line, "a page has one '# heading'")
        elif piece.level == -1:
            if not drafts or not section:
                raise _At(piece.line, "a file stands under a '### name'")
            _add(drafts[-1], piece)
    yield from _pair(drafts)


def _pair(drafts: list[_Draft]) -> Iterator[Sample]:
    """Join `name (before)` with `name (after)`."""
    before: dict[str, _Draft] = {}
    seen: set[str] = set()
    for draft in drafts:
        hit = _PAIR.match(draft.name)
        name = hit.group(1) if hit else draft.name
        if hit and hit.group(2) == "before":
            before[name] = draft
            continue
        if name in seen:
            raise _At(draft.line, f"two samples are called '{name}'")
        seen.add(name)
        if hit and name not in before:
            raise _At(draft.line, f"'{name} (after)' needs '{name} (before)' above it")
        old = before.pop(name, None)
        yield Sample(
            name=name,
            flagged=draft.flagged,
            package=draft.package(),
            before=old.package() if old else None,
            marks=tuple(draft.marks),
            line=draft.line,
        )
    for name, draft in before.items():
        raise _At(draft.line, f"'{name} (before)' has no '{name} (after)'")


def _add(draft: _Draft, block: _Piece) -> None:
    """Add a fenced block to a sample: metadata, facts or a file."""
    info = _FINDINGS.sub("", block.info).split()
    if info == ["toml", "metadata"]:
        draft.metadata.update(_toml(block))
        return
    if info == ["toml", "facts"]:
        given = _toml(block).get("fact", [])
        draft.facts.extend(_convert(given, list[Fact], block))
        return
    if len(info) != 2:
        raise _At(block.line, "a file's fence says its language and its path")
    name = info[1]
    if name in draft.files:
        raise _At(block.line, f"'{name}' stands twice in one sample")
    lines = block.text.split("\n")
    draft.marks.extend((name, n) for n, line in enumerate(lines, 1) if _MARK.search(line))
    for hit in _FINDINGS.finditer(block.info):
        draft.marks.extend((name, int(number)) for number in hit.group(1).split(","))
    draft.files[name] = "\n".join(_MARK.sub("", line) for line in lines).encode()


def _toml(block: _Piece) -> dict[str, Any]:
    try:
        return tomllib.loads(block.text)
    except tomllib.TOMLDecodeError as error:
        raise _At(block.line, f"not TOML: {error}") from None


def _convert(value: object, kind: type[T], block: _Piece) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _At(block.line, str(error)) from None


def _pieces(text: str) -> Iterator[_Piece]:
    """Cut Markdown into headings, paragraphs and fenced blocks; nothing else is needed here."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start = at
        fence = _FENCE.match(lines[at])
        if fence:
            at = _closing(lines, at, fence.group(1))
            body = "".join(f"{line}\n" for line in lines[start + 1 : at])
            yield _Piece(-1, start + 1, body, fence.group(2).strip())
        elif lines[at].startswith(("# ", "## ", "### ")):
            marks, _, title = lines[at].partition(" ")
            yield _Piece(len(marks), start + 1, title.strip())
        elif lines[at].strip():
            while at + 1 < len(lines) and _continues(lines[at + 1]):
                at += 1
            yield _Piece(0, start + 1, "\n".join(lines[start : at + 1]))
        at += 1


def _continues(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(("# ", "## ", "### ", "```"))


def _closing(lines: list[str], start: int, fence: str) -> int:
    for at in range(start + 1, len(lines)):
        stripped = lines[at].rstrip()
        if stripped.startswith(fence) and not stripped.strip("`"):
            return at
    raise _At(start + 1, "this fence is never closed")
