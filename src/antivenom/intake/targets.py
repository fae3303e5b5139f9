"""The grammar of TARGET: what exists on disk is a path, anything else names packages."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from antivenom.errors import TargetError
from antivenom.intake.files import locate
from antivenom.intake.locator import Failure, Locator, Options
from antivenom.intake.trees import ARCHIVE_SUFFIXES, leftovers, locate_folder

if TYPE_CHECKING:
    from antivenom.ecosystems.npm.locate import Wanted as NpmWanted
    from antivenom.ecosystems.pypi.requirements import Reading, Wanted

_LINES = 100_000
_LINE = 8192
_FILE = re.compile(r"(-r|--requirement)[\s=]*(\S.*)$", re.DOTALL)
_ENVIRONMENT = re.compile(r"--environment[\s=]+(\S.*)$", re.DOTALL)
_NPM_LOCK = re.compile(
    r"package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lock"
)
_LOCK = re.compile(r"pylock(\.[^.]{1,100})?\.toml|uv\.lock")

Item: TypeAlias = "Locator | Wanted | NpmWanted | Failure | str"
"""A string is a sentence for the person."""


def expand(request: str, options: Options) -> Iterator[Item]:
    """Yield what one target means; raises `TargetError` where it means nothing."""
    if request == "-":
        yield from _listed(options)
    elif found := _FILE.match(request):
        yield from _listing(Path(found[2]))
    elif found := _ENVIRONMENT.match(request):
        from antivenom.intake.installed import locate_environment

        yield from locate_environment(found[1], options.limits)
    elif exists(request):
        yield from _path(request, options)
    elif request.startswith("pkg:"):
        yield _purl(request)
    elif request.startswith("npm:"):
        yield _npm(request)
    else:
        yield _name(request)


def exists(request: str) -> bool:
    """Return whether something of that name is on disk, a link that leads nowhere included."""
    try:
        path = Path(request)
        return bool(request) and (path.exists() or path.is_symlink())
    except (OSError, ValueError):
        return False


def _path(request: str, options: Options) -> Iterator[Item]:
    path = Path(request)
    if path.is_dir():
        yield from _folder(request, options)
    elif _LOCK.fullmatch(path.name):
        yield from _listing(path)
    elif _NPM_LOCK.fullmatch(path.name):
        yield from _npm_listing(path)
    else:
        if re.search(r"requirements[^/]*\.(txt|in)$", path.name):
            yield f"{request}: reviewed as a file; `-r {request}` reviews the packages it names"
        yield locate(request)


def _folder(request: str, options: Options) -> Iterator[Item]:
    if request.isidentifier():
        yield f"{request} is a folder here; `pkg:pypi/{request}` is the project of that name"
    yield from locate_folder(request, options.limits)
    rest = leftovers(request, options.limits)
    if rest:
        few = ", ".join(rest[:3]) + (", ..." if len(rest) > 3 else "")
        yield f"{request}: {len(rest)} files beside the archives hold no code, not reviewed: {few}"


def _listing(path: Path) -> Iterator[Item]:
    from antivenom.ecosystems.pypi.requirements import read_lock, read_requirements

    reading = read_lock(path) if _LOCK.fullmatch(path.name) else read_requirements(path)
    if not (reading.wanted or reading.refused):
        yield f"{path}: names nothing to review"
    yield from _read(reading)


def _npm_listing(path: Path) -> Iterator[Item]:
    from antivenom.ecosystems.npm.locks import read_lock

    reading = read_lock(path)
    yield from reading.wanted
    for what, why in reading.refused:
        yield Failure(target=what, error=TargetError(f"{what}: {why}"))


def _read(reading: Reading) -> Iterator[Item]:
    yield from reading.notes
    yield from reading.wanted
    for line in reading.refused:
        named = line.reason.startswith(ascii(line.text[:10])[:-1])
        said = line.reason if named else f"{line.text[:200]}: {line.reason}"
        yield Failure(target=line.text, error=TargetError(said))


def _listed(options: Options) -> Iterator[Item]:
    """Read one target a line from standard input; a bad line does not stop the others.

    Nothing at all is a mistake: the program before us in the pipe may have failed.
    """
    named = False
    for _ in range(_LINES):
        line = sys.stdin.readline(_LINE)
        if not line:
            if not named:
                raise TargetError("standard input names nothing to review")
            return
        request = line.partition(" #")[0].strip()
        if not request or request.startswith("#"):
            continue
        named = True
        if request == "-":
            yield Failure(target=request, error=TargetError("a list cannot name itself"))
            continue
        try:
            yield from expand(request, options)
        except TargetError as error:
            yield Failure(target=request, error=error)
    yield f"standard input: only the first {_LINES:,} lines were read"


def _npm(request: str) -> NpmWanted:
    from antivenom.ecosystems.npm.locate import parse_wanted

    return parse_wanted(request)


def _purl(request: str) -> Wanted | NpmWanted:
    from packageurl import PackageURL

    from antivenom.ecosystems.pypi.requirements import parse

    try:
        purl = PackageURL.from_string(request)
    except ValueError:
        raise TargetError(f"{request[:200]!a} is not a package URL") from None
    if purl.type == "npm":
        name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
        return _npm(f"npm:{name}@{purl.version}" if purl.version else f"npm:{name}")
    if purl.type != "pypi":
        raise TargetError(f"{request[:200]}: only packages of PyPI and npm can be fetched yet")
    if purl.namespace:
        raise TargetError(f"{request[:200]}: PyPI has no namespaces")
    return parse(f"{purl.name}=={purl.version}" if purl.version else purl.name)


def looks_like_path(request: str) -> bool:
    """Return whether a target that is not on disk was meant to be."""
    marked = any(mark in request for mark in ("/", "\\", "\0")) or request[:1] in ".~"
    return marked or request.lower().endswith(ARCHIVE_SUFFIXES)


def _name(request: str) -> Wanted:
    from antivenom.ecosystems.pypi.requirements import parse

    if re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://", request):
        raise TargetError(
            f"{request.partition('?')[0].rpartition('@')[2][:200]!a}: an address is not fetched",
            hint="name the project, or download the file yourself and name its path",
        )
    if looks_like_path(request):
        raise TargetError(f"{request[:300]}: no such file or folder")
    return parse(request)
