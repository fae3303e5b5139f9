"""What people write to name packages: requirement specifiers, requirements files, lock files.

Only names, versions and hashes are taken. Addresses in such files are never followed: the file
may come from whoever is under review, and the index is the one the client is configured with.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from antivenom.ecosystems.pypi.locate import is_name
from antivenom.errors import TargetError
from antivenom.model.coordinate import normalize_pypi

_FILE_BYTES = 32 << 20
_LOOK = 8192
_DEPTH = 10
_PIN = re.compile(r"\s--hash[= ]\s{0,9}(\w{1,20}:[0-9A-Fa-f]{1,200})")
_TAIL = re.compile(r"\s--(hash|config-settings?|global-option)\b.*$", re.DOTALL)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,100}")
_COMMENT = re.compile(r"(^|\s)#.*$")
_URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]{0,30}:(//|\S)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A project, which versions of it, and which files if they were pinned."""

    name: str
    specifier: str = ""
    extras: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    """``algorithm:hexadecimal``; empty when any file of the release will do."""

    @property
    def exact(self) -> str:
        """The one version that is asked for, "" when there is a choice."""
        found = re.fullmatch(r"\s*={2,3}\s*([^\s,*]{1,200})\s*", self.specifier)
        return found[1] if found else ""

    def __str__(self) -> str:
        """Return it as a person would write it."""
        return f"{self.name}{self.specifier}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A line that names something we do not fetch."""

    text: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a requirements file and the files it includes came to."""

    wanted: list[Wanted] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    constraints: dict[str, list[str]] = field(default_factory=dict)
    seen: set[Path] = field(default_factory=set)


def parse(text: str) -> Wanted:
    """Read ``name``, ``name==version``, ``name[extra]>=1,<2``; markers are ignored."""
    try:
        found = Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise TargetError(
            f"{text[:200]!a} is neither a path on disk nor the name of a project"
        ) from None
    if found.url:
        raise TargetError(
            f"{found.name}: an address is not fetched",
            hint="download the file yourself and name its path",
        )
    if not is_name(found.name):
        raise TargetError(f"{text[:200]!a} is not the name of a project")
    return Wanted(name=found.name, specifier=str(found.specifier), extras=frozenset(found.extras))


def read_requirements(path: Path) -> Reading:
    """Read a requirements file in pip's syntax, the files it includes too."""
    reading = Reading()
    _read_file(path, reading, depth=0, constraint=False)
    reading.wanted = [_constrained(wanted, reading) for wanted in reading.wanted]
    return reading


def read_lock(path: Path) -> Reading:
    """Read ``pylock.toml`` or ``uv.lock``: exact versions and the hashes of their files."""
    try:
        table = tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        raise TargetError(f"{path}: not a lock file we can read (broken TOML)") from None
    rows = table.get("packages", table.get("package"))
    if not isinstance(rows, list):
        raise TargetError(f"{path}: not a lock file we can read (no packages)")
    reading = Reading()
    for row in rows:
        if isinstance(row, dict):
            _locked(row, reading)
    return reading


def _locked(row: Mapping[str, Any], reading: Reading) -> None:
    name, version = str(row.get("name", "")), row.get("version")
    source = row.get("source")
    source = source if isinstance(source, dict) else {}
    if {"editable", "virtual"} & set(source):
        reading.notes.append(f"{name[:100]}: the locked project itself is not fetched")
        return
    outside = next((k for k in ("vcs", "directory", "archive") if k in row), "") or next(
        (k for k in ("git", "url", "path", "directory") if k in source), ""
    )
    if outside:
        text = f"locked to a {outside}, not to a release of an index"
        reading.refused.append(Refused(text=name, reason=text))
    elif not is_name(name) or not _VERSION.fullmatch(str(version or "")):
        reading.refused.append(Refused(text=name or "?", reason="locked without a version"))
    else:
        files = [row.get("sdist"), *(row.get("wheels") or [])]
        hashes = frozenset(h for file in files if isinstance(file, dict) for h in _pins(file))
        reading.wanted.append(Wanted(name=name, specifier=f"=={version}", hashes=hashes))


def _pins(file: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(file.get("hash"), str):
        yield file["hash"].lower()
    hashes = file.get("hashes")
    if isinstance(hashes, dict):
        yield from (f"{k}:{v}".lower() for k, v in hashes.items())


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise TargetError(f"{path}: cannot be read ({reason})") from None
    except ValueError:
        raise TargetError(f"{str(path)!a}: not a path") from None
    if len(data) > _FILE_BYTES:
        raise TargetError(f"{path}: too large to be a list of requirements")
    if b"\0" in data[:_LOOK] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise TargetError(f"{path}: not a text file, so not a lock file or a list of requirements")
    return data.decode(_encoding(data), "replace")


def _encoding(data: bytes) -> str:
    """Return what a text is written in; PowerShell's redirection writes UTF-16."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if utf16 else "utf-8-sig"


def _read_file(path: Path, reading: Reading, *, depth: int, constraint: bool) -> None:
    if path.absolute() in reading.seen:
        return
    reading.seen.add(path.absolute())
    if depth > _DEPTH:
        reading.refused.append(Refused(text=str(path), reason="requirements nested too deeply"))
        return
    for line in logical_lines(_text(path)):
        included = re.match(r"(-r|--requirement|-c|--constraint)[\s=]*(\S.*)$", line)
        if included:
            target = path.parent / included[2].strip()
            limits = constraint or included[1] in ("-c", "--constraint")
            _include(target, line, reading, depth, limits=limits)
        else:
            _read_line(line, reading, constraint=constraint)


def _include(target: Path, line: str, reading: Reading, depth: int, *, limits: bool) -> None:
    try:
        _read_file(target, reading, depth=depth + 1, constraint=limits)
    except TargetError as error:
        reading.refused.append(Refused(text=line, reason=str(error)))


def _read_line(line: str, reading: Reading, *, constraint: bool) -> None:
    if line.startswith("-"):
        _option(line, reading)
        return
    text = _TAIL.sub("", line).strip()
    if _URL.match(text) or text.startswith((".", "/", "~")) or "\\" in text:
        reason = "an address or a path; name the file as a target of its own"
        reading.refused.append(Refused(text=text, reason=reason))
        return
    try:
        wanted = replace(parse(text), hashes=frozenset(h.lower() for h in _PIN.findall(line)))
    except TargetError as error:
        reading.refused.append(Refused(text=text, reason=str(error)))
        return
    if constraint:
        reading.constraints.setdefault(normalize_pypi(wanted.name), []).append(wanted.specifier)
    else:
        reading.wanted.append(wanted)


def _option(line: str, reading: Reading) -> None:
    if re.match(r"(-e|--editable)\b", line):
        reason = "an editable install; name its folder as a target of its own"
        reading.refused.append(Refused(text=line, reason=reason))
    elif re.match(r"(-i|--index-url|--extra-index-url|-f|--find-links|--pypi-url)\b", line):
        option = re.split(r"[\s=]", line, maxsplit=1)[0]
        reading.notes.append(f"{option} in the file is not followed; the configured index is asked")


def logical_lines(text: str) -> Iterator[str]:
    """Yield lines as pip reads them: continued ones joined, comments and blank ones gone."""
    pending: list[str] = []
    for raw in text.splitlines():
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            pending.append(raw[:-1])
            continue
        line = _COMMENT.sub("", " ".join([*pending, raw]).strip()).strip()
        pending = []
        if line:
            yield line
    if pending:
        yield " ".join(pending).strip()


def _constrained(wanted: Wanted, reading: Reading) -> Wanted:
    limits = reading.constraints.get(normalize_pypi(wanted.name))
    if not limits:
        return wanted
    try:
        combined = SpecifierSet(",".join(filter(None, [wanted.specifier, *limits])))
    except InvalidSpecifier:
        return wanted
    return replace(wanted, specifier=str(combined))
