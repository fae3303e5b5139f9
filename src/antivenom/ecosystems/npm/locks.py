"""Lock files: ``package-lock.json``, ``pnpm-lock.yaml``, ``yarn.lock`` of both kinds, ``bun.lock``.

Each names versions and, mostly, hashes. What comes from an address or from the disk instead of a
registry is said and not fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec import DecodeError, json

from antivenom.ecosystems.npm.locate import Wanted, digests, parse_wanted
from antivenom.errors import TargetError

NAMES = ("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")
_MOST_BYTES = 64 << 20
_MOST = 50_000
_PNPM = re.compile(
    r"^  ['\"]?/?((?:@[^/\s'\"]{1,214}/)?[^@/\s'\"()]{1,214})[@/]([0-9][^\s:('\"]{0,100})"
    r"[^\n]{0,400}:[ \t]*$",
    re.MULTILINE,
)
_PNPM_HASH = re.compile(r"integrity: ([^\s,}]{1,300})")
_YARN_HEAD = re.compile(r'^"?((?:@[^/\s"]{1,214}/)?[^@\s"]{1,214})@(?:npm:)?[^\n]{0,2000}:$')
_ALIASED = re.compile(
    r'^"?(?:@[^/\s"]{1,214}/)?[^@\s"]{1,214}@npm:((?:@[^/\s"]{1,214}/)?[^@\s"]{1,214})@'
)
"""One name for another package: ``odd@npm:is-odd@2.0.0``."""
_BUN = re.compile(
    r'^    "[^"\n]{1,600}": \["((?:@[^/\s"]{1,214}/)?[^@\s"]{1,214})@([^"\n]{1,1000})"'
    r"([^\n]{0,20000})\],?$",
    re.MULTILINE,
)
_BUN_HASH = re.compile(r'"(sha\d{1,3}-[^"\s]{1,300})"$')
_PATCHED = re.compile(r"@patch:[^#]{1,400}@npm(?::|%3A)")
_FIELD = re.compile(r'^  "?(version|resolved|integrity|resolution)"?:?[ \t]+"?([^"\s]{1,1000})"?$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a lock names."""

    wanted: tuple[Wanted, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    """(what, why)."""


def read_lock(path: Path) -> Reading:
    """Read a lock file by its name."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise TargetError(f"{path}: {error.strerror or 'cannot be read'}") from None
    if len(data) > _MOST_BYTES:
        raise TargetError(f"{path}: larger than any lock file")
    text = data.decode("utf-8", "replace")
    if path.name.endswith(".json"):
        found = _npm(text, str(path))
    elif path.name == "bun.lock":
        found = _bun(text)
    else:
        found = _pnpm(text) if path.name == "pnpm-lock.yaml" else _yarn(text)
    return _collected(found, str(path))


def _collected(found: Iterator[Wanted | tuple[str, str]], path: str) -> Reading:
    wanted: dict[Wanted, None] = {}
    refused: dict[tuple[str, str], None] = {}
    for number, one in enumerate(found):
        if number >= _MOST:
            refused[path, f"only the first {_MOST:,} entries were read"] = None
            break
        if isinstance(one, Wanted):
            wanted[one] = None
        else:
            refused[one] = None
    if not wanted and not refused:
        raise TargetError(f"{path}: the lock names no packages")
    return Reading(wanted=tuple(wanted), refused=tuple(refused))


def _one(name: str, version: str, integrity: str) -> Wanted | tuple[str, str]:
    try:
        found = parse_wanted(f"{name}@{version}")
    except TargetError:
        return f"{name}@{version}"[:200], "names no version of a package"
    pins = frozenset(f"{a}:{digest}" for a, digest in digests(integrity).items())
    return Wanted(name=found.name, version=found.version, hashes=pins)


def _npm(text: str, path: str) -> Iterator[Wanted | tuple[str, str]]:
    try:
        lock = json.decode(text)
    except DecodeError:
        raise TargetError(f"{path}: not JSON") from None
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if isinstance(packages, dict):
        for place, entry in packages.items():
            if place and isinstance(entry, dict) and not entry.get("link"):
                name = str(entry.get("name") or place.rpartition("node_modules/")[2])
                yield from _entry(name, entry)
        return
    waiting = [lock.get("dependencies") if isinstance(lock, dict) else None]
    while waiting:
        group = waiting.pop()
        for name, entry in group.items() if isinstance(group, dict) else ():
            if isinstance(entry, dict):
                yield from _entry(str(name), entry)
                waiting.append(entry.get("dependencies"))


def _entry(name: str, entry: dict[str, object]) -> Iterator[Wanted | tuple[str, str]]:
    version, resolved = str(entry.get("version") or ""), str(entry.get("resolved") or "")
    if entry.get("inBundle") or entry.get("bundled"):
        return
    if resolved.startswith(("git", "file:")) or not version[:1].isdigit():
        yield f"{name} {version or resolved}"[:200], "does not come from a registry, not fetched"
        return
    yield _one(name, version, str(entry.get("integrity") or ""))


def _pnpm(text: str) -> Iterator[Wanted | tuple[str, str]]:
    starts = list(_PNPM.finditer(text))
    for number, found in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        hashed = _PNPM_HASH.search(text, found.end(), min(end, found.end() + 4000))
        if hashed:
            yield _one(found[1], found[2].partition("_")[0], hashed[1])


def _bun(text: str) -> Iterator[Wanted | tuple[str, str]]:
    for name, version, rest in _BUN.findall(text):
        hashed = _BUN_HASH.search(rest)
        if version[:1].isdigit():
            yield _one(name, version, hashed[1] if hashed else "")
        elif not version.startswith("workspace:"):
            yield f"{name}@{version}"[:200], "does not come from a registry, not fetched"


def _yarn(text: str) -> Iterator[Wanted | tuple[str, str]]:
    name, fields = "", dict[str, str]()
    for line in [*text.splitlines(), "end:"]:
        if line[:1] not in (" ", "#", "") and line:
            if name and name != "__metadata":
                yield from _yarn_entry(name, fields)
            found = _ALIASED.match(line) or _YARN_HEAD.match(line)
            name, fields = (found[1] if found else ""), {}
        elif found := _FIELD.match(line):
            fields.setdefault(found[1], found[2])


def _yarn_entry(name: str, fields: dict[str, str]) -> Iterator[Wanted | tuple[str, str]]:
    resolution = fields.get("resolution", "")
    if "@" in resolution[1:]:
        name = resolution[: resolution.index("@", 1)]
        if "@npm:" not in resolution:
            # A patched package stands a second time as it comes from the registry.
            if "@workspace:" not in resolution and not _PATCHED.search(resolution):
                yield resolution[:200], "does not come from a registry, not fetched"
            return
    version = fields.get("version", "")
    if version[:1].isdigit():
        yield _one(name, version, fields.get("integrity", ""))
