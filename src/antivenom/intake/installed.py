"""What is installed in an environment: one artifact per distribution, read by its RECORD.

The RECORD is a claim. Files it lists that are gone or changed, and files beside it that it does
not list, are anomalies; files that no distribution claims become an artifact of their own.
"""

from __future__ import annotations

import base64
import binascii
import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from antivenom.errors import TargetError
from antivenom.intake.files import locate
from antivenom.intake.locator import Locator, printable
from antivenom.intake.trees import Listing, assemble, content_digest, member_of, read_file, walk
from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.tree import Anomaly, AnomalyKind, Member, MemberError, MemberKind

_SITES = (
    *("lib/python*/site-packages", "lib64/python*/site-packages", "Lib/site-packages"),
    *("lib/pypy*/site-packages", "lib/python3/dist-packages", "lib/python*/dist-packages"),
)
_RECORD_BYTES = 32 << 20
_FOLDER = re.compile(r"(?P<name>[^-]{1,200})(-(?P<version>[^-]{1,100}))?([^/]{0,60})\.\w+-info$")


def locate_environment(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Locator]:
    """Yield every distribution installed below an environment, then the files nobody claims."""
    whole = locate(path)
    if whole.kind != "tree":
        raise TargetError(f"{whole.display}: an environment is a folder")
    sites = _sites(whole.place)
    if not sites:
        raise TargetError(
            f"{whole.display}: no installed Python packages here",
            hint="name the environment's folder or its site-packages",
        )
    for site in sites:
        yield from _site(site, limits)


def open_installed(locator: Locator, limits: Limits = DEFAULT_LIMITS) -> Artifact:
    """Return an installed distribution with what is wrong between it and its RECORD."""
    info = locator.place
    site, prefix = info.parent, _prefix(info.parent)
    found: list[tuple[Path, Member]] = []
    anomalies: list[Anomaly] = []
    rows = _record(info)
    if rows is None and _by_an_installer(info):
        missing = f"{info.name}: no RECORD, so nothing says what was installed"
        anomalies.append(_anomaly(AnomalyKind.RECORD_MISSING, info.name, missing))
    for name, digest in (rows or {}).items():
        path = Path(os.path.normpath(site / name))
        if not _inside(path, prefix):
            detail = "RECORD names a file outside the environment"
            anomalies.append(_anomaly(AnomalyKind.TRAVERSAL, name, detail))
            continue
        path = _followed(path)
        member = member_of(path, _wheel_path(info, name), limits)
        problem = _mismatch(path, member, digest, outside=not path.is_relative_to(site))
        if problem:
            anomalies.append(_anomaly(AnomalyKind.RECORD_MISMATCH, member.path, problem))
        if member.kind is not MemberKind.OTHER:
            found.append((path, member))
    for raw in locator.members:
        name = os.fsdecode(raw)
        path = _followed(site / name)
        member = member_of(path, printable(name), limits)
        if member.kind is not MemberKind.OTHER:
            found.append((path, member))
        if rows is not None and not _derived(name):
            detail = "not listed in RECORD"
            anomalies.append(_anomaly(AnomalyKind.RECORD_MISMATCH, member.path, detail))
    return assemble(locator, found, anomalies=anomalies)


def _followed(path: Path) -> Path:
    """Return the file the interpreter would open: installers may link files from their cache."""
    try:
        real = path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError):
        return path
    return path if real.is_dir() else real


def _anomaly(kind: AnomalyKind, member: str, detail: str) -> Anomaly:
    return Anomaly(kind=kind, member=member, detail=detail)


def _sites(root: Path) -> list[Path]:
    """Find the folders packages are installed in; a link to one already found is not another."""
    if any(root.glob("*.dist-info")) or root.name in ("site-packages", "dist-packages"):
        return [root]
    found: dict[Path, Path] = {}
    for pattern in _SITES:
        for site in sorted(root.glob(pattern)):
            if site.is_dir():
                found.setdefault(site.resolve(), site)
    return list(found.values())


def _site(site: Path, limits: Limits) -> Iterator[Locator]:
    infos = sorted(
        (p for p in site.iterdir() if p.is_dir() and p.name.endswith((".dist-info", ".egg-info"))),
        key=lambda p: p.name.lower(),
    )
    listing = walk(site, printable(site), limits)
    claims = {info: _claimed(info) for info in infos}
    beside, nobody = _unclaimed(listing, claims)
    for info in infos:
        yield _locator(info, beside.get(info, ()))
    if nobody or listing.losses:
        yield _strays(site, nobody, listing)


def _locator(info: Path, beside: tuple[str, ...] | list[str]) -> Locator:
    match = _FOLDER.fullmatch(info.name)
    name, version = (match["name"], match["version"] or "") if match else (info.stem, "")
    coordinate = Coordinate(
        ecosystem=Ecosystem.PYPI, name=printable(name), version=printable(version)
    )
    return Locator(
        kind="installed",
        location=os.fsencode(info.absolute()),
        display=printable(info),
        filename=printable(info.name),
        coordinate=coordinate,
        ecosystem=Ecosystem.PYPI,
        members=tuple(os.fsencode(name) for name in beside),
    )


def _strays(site: Path, names: list[str], listing: Listing) -> Locator:
    notes = [f"{len(names)} files that no installed distribution claims"] if names else []
    notes += [f"{loss.member}: {loss.reason}" for loss in listing.losses]
    return Locator(
        kind="tree",
        location=os.fsencode(site.absolute()),
        display=printable(site),
        filename=printable(site.name),
        ecosystem=Ecosystem.PYPI,
        members=tuple(os.fsencode(name) for name in names),
        notes=tuple(notes),
    )


def _claimed(info: Path) -> set[str]:
    """Return every path below the site that RECORD lists; empty without one."""
    return {os.path.normpath(name).replace(os.sep, "/") for name in _record(info) or {}}


def _unclaimed(
    listing: Listing, claims: dict[Path, set[str]]
) -> tuple[dict[Path, list[str]], list[str]]:
    """Give each unlisted file to the only distribution in its folder, else to nobody."""
    owners: dict[str, set[Path]] = {}
    for info, names in claims.items():
        folders = {name.rpartition("/")[0] for name in names} | {info.name}
        for place in folders | set(_tops(info, names)):
            owners.setdefault(place, set()).add(info)
    taken: set[str] = set().union(*claims.values())
    beside: dict[Path, list[str]] = {}
    nobody: list[str] = []
    for name in listing.files:
        if name in taken:
            continue
        owner = _owner(name, owners)
        (beside.setdefault(owner, []) if owner else nobody).append(name)
    return beside, nobody


def _owner(name: str, owners: dict[str, set[Path]]) -> Path | None:
    """Find the nearest place that distributions claim; two claimants are none."""
    place = name
    while place:
        if place in owners:
            return next(iter(owners[place])) if len(owners[place]) == 1 else None
        place = place.rpartition("/")[0]
    return None


def _tops(info: Path, names: set[str]) -> list[str]:
    """Return the modules a distribution without RECORD says it has."""
    if names:
        return []
    try:
        lines = read_file(info / "top_level.txt", 1 << 16).decode("utf-8", "replace").split()
    except MemberError:
        return []
    return [place for line in lines for place in (line, f"{line}.py")]


def _by_an_installer(info: Path) -> bool:
    """Tell whether pip or uv put it here: system packages have no RECORD by policy."""
    try:
        return read_file(info / "INSTALLER", 100).split()[:1] in ([b"pip"], [b"uv"])
    except MemberError:
        return False


def _record(info: Path) -> dict[str, str] | None:
    """Return path -> digest as RECORD lists them, or None where there is no readable RECORD."""
    try:
        text = read_file(info / "RECORD", _RECORD_BYTES).decode("utf-8", "surrogateescape")
    except MemberError:
        return None
    rows: dict[str, str] = {}
    try:
        for row in csv.reader(text.splitlines()):
            if row and row[0] and "\0" not in row[0]:
                rows.setdefault(row[0], row[1] if len(row) > 1 else "")
    except csv.Error:
        return rows or None
    return rows


def _wheel_path(info: Path, name: str) -> str:
    """Return where a wheel would have carried a file that was installed outside the site."""
    parts = PurePosixPath(name).parts
    if ".." not in parts and not name.startswith("/"):
        return printable(name)
    data = info.name.removesuffix(".dist-info") + ".data"
    if {"bin", "Scripts", "scripts"} & set(parts):
        return printable(f"{data}/scripts/{parts[-1]}")
    rest = "/".join(part for part in parts if part not in ("..", "/"))
    return printable(f"{data}/data/{rest}")


def _mismatch(path: Path, member: Member, claimed: str, *, outside: bool) -> str:
    """Say how a file differs from its RECORD row, "" when it does not.

    Commands and data outside the site are moved by whoever packs for a whole system; what is not
    there does not run.
    """
    if member.kind is MemberKind.OTHER:
        return "" if outside or _derived(member.path) else "listed in RECORD but missing"
    algorithm, _, value = claimed.partition("=")
    if not value or algorithm not in ("sha256", "sha384", "sha512"):
        return ""
    try:
        expected = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        if content_digest(path, algorithm) != expected:
            return "differs from its RECORD"
    except (MemberError, binascii.Error, ValueError):
        return "cannot be compared with its RECORD"
    return ""


def _derived(name: str) -> bool:
    """Tell files that installers write later: byte code and their own notes."""
    tail = name.rpartition("/")[2]
    return "__pycache__/" in name or tail in ("INSTALLER", "REQUESTED", "direct_url.json", "RECORD")


def _inside(path: Path, prefix: Path) -> bool:
    """Tell whether a path stays in the environment, folders that are links included."""
    if not path.is_relative_to(prefix):
        return False
    try:
        return path.parent.resolve().is_relative_to(prefix.resolve())
    except (OSError, RuntimeError):
        return False


def _prefix(site: Path) -> Path:
    """Return the environment a site folder belongs to: the farthest a RECORD may point."""
    parts = site.parts
    for n in range(len(parts) - 1, 0, -1):
        if parts[n].lower() in ("lib", "lib64"):
            return Path(*parts[:n])
    return site
