"""A folder stands for one package in source form, or holds archives, or both.

Nothing is skipped in silence: what a tree leaves out is a `Loss`, what a folder of archives holds
besides them is a tree of its own or a note.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BufferedReader
from pathlib import Path

from antivenom.errors import TargetError
from antivenom.intake.files import locate, refusal
from antivenom.intake.grouping import joined
from antivenom.intake.locator import Locator, printable
from antivenom.model.artifact import Artifact
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.tree import Anomaly, Loss, Member, MemberError, MemberKind

MARKERS = ("setup.py", "pyproject.toml", "setup.cfg", "package.json", "Cargo.toml", "pom.xml")
"""A folder that has one of these is one package, whatever archives lie deeper."""
ARCHIVE_SUFFIXES = (
    *(".whl", ".zip", ".egg", ".jar", ".crate", ".tgz", ".tbz2", ".txz", ".tar"),
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.z", ".exe", ".rpm", ".deb"),
)
INERT_SUFFIXES = (
    *(".md", ".rst", ".txt", ".csv", ".json", ".jsonl", ".asc", ".sig", ".sha256", ".attestation"),
    *(".png", ".jpg", ".gif", ".svg", ".html", ".pdf", ".log", ".parquet"),
)
"""Beside archives, such files alone are not worth an artifact of their own; they are noted."""
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
_VERSION_CONTROL = {".git": "HEAD", ".hg": "requires", ".svn": "wc.db", ".bzr": "README"}


@dataclass(slots=True)
class Listing:
    """The files below a folder, and what was left out."""

    files: list[str] = field(default_factory=list)
    """Paths relative to the folder, in the file system's own spelling, sorted."""
    losses: list[Loss] = field(default_factory=list)


def locate_folder(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Locator]:
    """Yield what a folder holds: itself as one source tree, or one locator per archive."""
    whole = locate(path)
    listing = walk(whole.place, whole.display, limits)
    if not listing.files:
        reason = f"; {listing.losses[0].reason}" if listing.losses else ""
        raise TargetError(f"{whole.display}: the folder holds no files{reason}")
    archives = [] if _is_package(whole.place) else _archives(whole.place, listing.files)
    if not archives:
        yield whole
        return
    found = [locate(whole.place / n, display=printable(Path(path) / n)) for n in archives]
    yield from joined(found)
    yield from _besides(whole, sorted(set(listing.files) - set(archives)))


def leftovers(path: str | Path, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Return the inert files a folder of archives holds, which no locator covers."""
    place = Path(path)
    files = walk(place, printable(place), limits).files
    archives = [] if _is_package(place) else _archives(place, files)
    rest = sorted(set(files) - set(archives)) if archives else []
    return [] if _could_run(rest) else [printable(name) for name in rest]


def open_tree(locator: Locator, limits: Limits = DEFAULT_LIMITS) -> Artifact:
    """Return a source tree as one artifact whose files are read on demand."""
    root = locator.place
    listing = walk(root, locator.display, limits)
    names = [os.fsdecode(m) for m in locator.members] or listing.files
    found = [(root / name, member_of(root / name, printable(name), limits)) for name in names]
    return assemble(locator, found, losses=listing.losses)


def assemble(
    locator: Locator,
    found: list[tuple[Path, Member]],
    *,
    losses: Sequence[Loss] = (),
    anomalies: Sequence[Anomaly] = (),
) -> Artifact:
    """Return an artifact over files; one that cannot be read is a member whose `read` says so."""
    return Artifact(
        path=locator.display,
        filename=locator.filename,
        sha256=tree_digest((member.path, _identity(path, member)) for path, member in found),
        size=sum(member.size for _, member in found),
        files=tuple(member for _, member in found),
        ecosystem=locator.ecosystem,
        coordinate=locator.coordinate,
        losses=tuple(losses),
        anomalies=tuple(anomalies),
    )


def tree_digest(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the identity of a tree: a sha256 over its sorted (path, sha256) pairs."""
    total = hashlib.sha256()
    for path, identity in sorted(pairs):
        total.update(f"{path}\0{identity}\n".encode())
    return total.hexdigest()


def member_of(path: Path, name: str, limits: Limits) -> Member:
    """Describe one file of a tree; links are named, never followed."""
    try:
        status = path.lstat()
    except OSError:
        return _member(path, name, 0, MemberKind.OTHER, limits)
    if stat.S_ISLNK(status.st_mode):
        target = printable(path.readlink())
        return _member(path, name, 0, MemberKind.SYMLINK, limits, target=target)
    kind = MemberKind.FILE if stat.S_ISREG(status.st_mode) else MemberKind.DEVICE
    size = status.st_size if kind is MemberKind.FILE else 0
    return _member(path, name, size, kind, limits, mode=stat.S_IMODE(status.st_mode))


def walk(root: Path, shown: str, limits: Limits = DEFAULT_LIMITS) -> Listing:
    """List the files below a folder without following links, in a fixed order, within limits."""
    listing = Listing()
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                found = sorted(entries, key=lambda entry: os.fsencode(entry.name), reverse=True)
        except OSError as error:
            if not folder:
                raise refusal(error, shown) from None
            listing.losses.append(Loss(member=printable(folder), reason="cannot be listed"))
            continue
        for entry in found:
            _take(root, folder, entry, pending, listing)
        if len(listing.files) + len(pending) > limits.members:
            _cut(listing, limits.members)
            break
    listing.files.sort(key=os.fsencode)
    return listing


def _take(
    root: Path, folder: str, entry: os.DirEntry[str], pending: list[str], listing: Listing
) -> None:
    name = f"{folder}/{entry.name}" if folder else entry.name
    if not entry.is_dir(follow_symlinks=False):
        listing.files.append(name)
        return
    reason = _left_out(root / name, entry.name)
    if reason:
        listing.losses.append(Loss(member=f"{printable(name)}/", reason=reason))
    else:
        pending.append(name)


def _cut(listing: Listing, most: int) -> None:
    del listing.files[most:]
    listing.losses.append(Loss(member="", reason=f"the folder holds more than {most:,} files"))


def _left_out(path: Path, name: str) -> str:
    """Say why a folder is no part of the package, judged by what it holds, not by name alone."""
    if name in _VERSION_CONTROL and (path / _VERSION_CONTROL[name]).exists():
        return "version control, not part of the package"
    if (path / "pyvenv.cfg").is_file():
        return "a virtual environment; review it with --environment"
    if name == "node_modules":
        return "installed dependencies, not part of the package"
    if name.startswith(".") and (path / "CACHEDIR.TAG").is_file():
        return "a tool's cache"
    return ""


def _is_package(folder: Path) -> bool:
    return any((folder / marker).is_file() for marker in MARKERS)


def _archives(root: Path, files: list[str]) -> list[str]:
    return [name for name in files if _is_archive(root / name)]


def _is_archive(path: Path) -> bool:
    """Judge by the first bytes; by name only where a broken archive would otherwise hide."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        if path.name.lower().endswith(ARCHIVE_SUFFIXES):
            return True
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return False
    return head.startswith(_MAGIC) or head[257:262] == b"ustar"


def _besides(whole: Locator, rest: list[str]) -> Iterator[Locator]:
    if not _could_run(rest):
        return
    yield Locator(
        kind="tree",
        location=whole.location,
        display=whole.display,
        filename=whole.filename,
        members=tuple(os.fsencode(name) for name in rest),
        notes=(f"{len(rest)} files beside the archives, reviewed together",),
    )


def _could_run(names: list[str]) -> bool:
    return any(not name.lower().endswith(INERT_SUFFIXES) for name in names)


def _member(
    path: Path,
    name: str,
    size: int,
    kind: MemberKind,
    limits: Limits,
    *,
    mode: int = 0o644,
    target: str = "",
) -> Member:
    read = partial(read_file, path, limits.member_bytes)
    return Member(path=name, size=size, kind=kind, read=read, mode=mode, target=target)


def read_file(path: Path, most: int) -> bytes:
    """Return a regular file's bytes, never following a link; `MemberError` says why not."""
    try:
        with _open(path) as file:
            data = file.read(most + 1)
    except OSError as error:
        raise MemberError(error.strerror or "cannot be read") from None
    if len(data) > most:
        raise MemberError(f"larger than {most:,} bytes")
    return data


def content_digest(path: Path, algorithm: str = "sha256") -> bytes:
    """Return the digest of a regular file of any size, or raise `MemberError`."""
    try:
        with _open(path) as file:
            return hashlib.file_digest(file, algorithm).digest()
    except OSError as error:
        raise MemberError(error.strerror or "cannot be read") from None


def _open(path: Path) -> BufferedReader:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise MemberError("not a regular file")


def _identity(path: Path, member: Member) -> str:
    if member.kind is not MemberKind.FILE:
        return f"{member.kind}:{member.target}"
    try:
        return content_digest(path).hex()
    except MemberError as error:
        return f"unread:{error}"
