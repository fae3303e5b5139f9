"""Releases of an index: which files they have, and those files on disk, checked by hash.

Pages and files are kept in the cache folder, files under their sha256 without an extension, so
that a second run asks the index only whether its pages changed, and `offline` asks nothing.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from packaging.specifiers import SpecifierSet

from antivenom.ecosystems.pypi import locate as pypi
from antivenom.ecosystems.pypi.endpoints import Endpoints, endpoints
from antivenom.ecosystems.pypi.headers import parse_headers, to_metadata
from antivenom.ecosystems.pypi.history import registry_info
from antivenom.ecosystems.pypi.locate import ALGORITHMS, IndexFile, ProjectPage
from antivenom.ecosystems.pypi.previous import Earlier, earlier
from antivenom.ecosystems.pypi.requirements import Wanted, parse
from antivenom.errors import AntivenomError, IntegrityError, NetworkError, NotFoundError
from antivenom.http import Door, Manners, shown
from antivenom.intake import shelf
from antivenom.intake.locator import Locator, Options, printable
from antivenom.model.context import RegistryInfo, UploadInfo
from antivenom.model.coordinate import Coordinate, Ecosystem, normalize_pypi
from antivenom.model.label import Metadata

PAGE_BYTES = 128 << 20
METADATA_BYTES = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of a project with all its distributions, not yet fetched."""

    coordinate: Coordinate
    files: tuple[IndexFile, ...]
    pins: frozenset[str] = frozenset()
    extras: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    project: tuple[IndexFile, ...] = ()
    """Files of all releases of the project."""
    dependency: bool = False
    """Whether nobody named it: something else depends on it."""


class Index:
    """The configured indexes, seen as one."""

    ecosystem = Ecosystem.PYPI

    def __init__(
        self,
        options: Options,
        *,
        environ: Mapping[str, str] | None = None,
        manners: Manners | None = None,
        opening: Callable[[Manners], Door] = Door,
    ) -> None:
        """Read no configuration and open no connection before the first question."""
        self.options = options
        self._environ = environ
        self._manners = manners
        self._opening = opening

    @cached_property
    def endpoints(self) -> Endpoints:
        """The indexes a Python client on this machine would ask."""
        return endpoints(self._environ)

    @cached_property
    def door(self) -> Door:
        """The connection, with the credentials and certificates of the client's configuration."""
        if self._manners:
            return self._opening(self._manners)
        found = self.endpoints
        return self._opening(
            Manners(
                cert=found.cert,
                client_cert=found.client_cert,
                proxy=found.proxy,
                trusted_hosts=found.trusted_hosts,
                near=frozenset(urlsplit(url).netloc for url in found.indexes),
                credentials=found.credentials,
            )
        )

    def close(self) -> None:
        """Close connections that were opened."""
        if "door" in self.__dict__:
            self.door.close()

    def release(self, wanted: Wanted) -> Release:
        """Choose the version and list its files, or say why there is none."""
        pages = self._pages(wanted.name)
        files = _merge(pages)
        for page in pages:
            if page.status == "quarantined" and not page.files:
                raise NotFoundError(f"{wanted.name}: the index has quarantined this project")
        if not files:
            raise NotFoundError(f"{wanted.name}: the project has no files")
        version = wanted.exact or self._newest(wanted, files)
        found = pypi.release(files, wanted.name, version)
        if not found:
            raise pypi.missing(wanted.name, version, files)
        chosen, notes = _pinned(wanted, found)
        if len(pages) > 1:
            notes.append(f"{len(pages)} configured indexes serve this project")
        return Release(
            coordinate=_coordinate(wanted.name, version),
            files=chosen,
            pins=wanted.hashes,
            extras=wanted.extras,
            notes=tuple(notes),
            project=files,
        )

    def about(self, release: Release) -> RegistryInfo | None:
        """Return what the index says of a release's project, None when it gives no times."""
        return registry_info(release.project, release.coordinate.name, release.coordinate.version)

    def upload(self, release: Release, file: IndexFile) -> UploadInfo:
        """Return what the index recorded of the upload of a file."""
        return UploadInfo(uploaded=file.uploaded)

    def earlier(self, release: Release) -> Earlier:
        """Return the release that was the newest when this one was made, or why there is none."""
        return earlier(release.project, release.coordinate.name, release.coordinate.version)

    def described(self, name: str) -> Metadata | None:
        """Return the metadata an index serves beside the newest wheel of a project."""
        for file in self.release(parse(name)).files:
            served = self.metadata(file)
            if served is not None:
                return to_metadata(parse_headers(served))
        return None

    def history(self, name: str, version: str) -> Release:
        """Return a release that need not be in the index, with all that the index has."""
        return Release(
            coordinate=_coordinate(name, version),
            files=(),
            project=_merge(self._pages(normalize_pypi(name))),
        )

    def files_of(self, release: Release, version: str) -> tuple[IndexFile, ...]:
        """Return the files of another version of the same project, or say that it has none."""
        name = release.coordinate.name
        found = pypi.release(release.project, name, version)
        if not found:
            raise pypi.missing(name, version, release.project)
        return found

    def locator(self, release: Release, file: IndexFile) -> Locator:
        """Fetch one file unless it is kept already, and say where it lies."""
        return self.located(file, release.coordinate, release.pins)

    def located(
        self, file: IndexFile, coordinate: Coordinate, pins: frozenset[str] = frozenset()
    ) -> Locator:
        """Fetch one file of any release unless it is kept already, and say where it lies."""
        path, sha256 = self.fetch(file, pins)
        notes = []
        if file.yanked is not None:
            notes.append(f"yanked: {file.yanked[:300]}" if file.yanked else "yanked")
        if file.strongest is None:
            notes.append("the index announces no hash for this file")
        name = printable(file.filename.rpartition("/")[2].encode("utf-8", "surrogatepass"))
        return Locator(
            kind="file",
            location=os.fsencode(path),
            display=name,
            filename=name,
            coordinate=coordinate,
            ecosystem=coordinate.ecosystem,
            sha256=sha256,
            notes=tuple(notes),
        )

    def fetch(self, file: IndexFile, pins: frozenset[str] = frozenset()) -> tuple[Path, str]:
        """Return a file's place in the cache and its sha256, fetching it if need be."""
        known = file.hashes.get("sha256", "") or self._recalled(file)
        if known and (not pins or _allowed(pins, {"sha256": known})):
            kept = shelf.kept(known)
            if kept.is_file() and file.size in (None, kept.stat().st_size):
                return kept, known
        if self.options.offline:
            raise NetworkError(
                f"{file.filename[:200]!a} was not fetched before",
                hint="run once without --offline",
            )
        return self._download(file, pins)

    def metadata(self, file: IndexFile) -> bytes | None:
        """Return the metadata file an index serves beside a wheel (PEP 658), or None."""
        if file.metadata is None:
            return None
        beside = IndexFile(
            filename=f"{file.filename}.metadata", url=f"{file.url}.metadata", hashes=file.metadata
        )
        try:
            path, _ = self.fetch(beside)
            with path.open("rb") as kept:
                return kept.read(METADATA_BYTES)
        except (AntivenomError, OSError):
            return None

    def _newest(self, wanted: Wanted, files: tuple[IndexFile, ...]) -> str:
        version = pypi.newest(files, wanted.name, SpecifierSet(wanted.specifier))
        if version:
            return version
        known = pypi.versions(files, wanted.name)
        if known and all(file.yanked is not None for file in files):
            hint = f"ask for one by name: {wanted.name}=={known[0]}"
            raise NotFoundError(f"{wanted.name}: every release is yanked", hint=hint)
        hint = f"the newest are {', '.join(known[:3])}" if known else "no file names a version"
        raise NotFoundError(f"{wanted}: no release matches", hint=hint)

    def _pages(self, project: str) -> list[ProjectPage]:
        """Ask every index; one that does not know the project is no error if another does."""
        found = []
        for index in self.endpoints.indexes:
            try:
                found.append(self._page(pypi.page_url(index, project)))
            except NotFoundError:
                continue
        if not found:
            hosts = ", ".join(urlsplit(index).netloc for index in self.endpoints.indexes)
            raise NotFoundError(
                f"{project}: the index does not know this project",
                hint=f"check the spelling (asked: {hosts})",
            )
        return found

    def _page(self, url: str) -> ProjectPage:
        return pypi.parse_page(*self.answer(url, pypi.ACCEPT, PAGE_BYTES))

    def answer(self, url: str, accept: str, limit_bytes: int) -> tuple[bytes, str, str]:
        """Return what an index says at an address: body, its kind, and where it was found.

        What was said before is asked for only if it changed, and never when offline.
        """
        kept = shelf.read_page(url)
        if self.options.offline:
            if kept is None:
                raise NetworkError(
                    f"{shown(url)} was not fetched before", hint="run once without --offline"
                )
            return kept.body, kept.content_type, url
        known = {"If-None-Match": kept.etag} if kept and kept.etag else None
        answer = self.door.get(url, accept=accept, limit_bytes=limit_bytes, headers=known)
        if answer.status == 304 and kept:
            return kept.body, kept.content_type, url
        kind = answer.headers.get("content-type", "")
        if answer.url == url:
            etag = answer.headers.get("etag", "")
            shelf.keep_page(shelf.KeptPage(url=url, content_type=kind, etag=etag, body=answer.body))
        return answer.body, kind, answer.url

    def _download(self, file: IndexFile, pins: frozenset[str]) -> tuple[Path, str]:
        check_address(file, self.endpoints)
        algorithms = {file.strongest[0]} if file.strongest else set()
        algorithms |= {pin.partition(":")[0] for pin in pins} & set(ALGORITHMS)
        folder = shelf.writable(shelf.artifacts())
        handle, name = tempfile.mkstemp(dir=folder, prefix="partial-")
        os.close(handle)
        partial = Path(name)
        try:
            got = self.door.fetch(
                file.url,
                partial,
                limit_bytes=self.options.file_bytes,
                algorithms=tuple(algorithms - {"sha256"}),
            )
            _verify(file, got.size, {**got.digests, "sha256": got.sha256}, pins)
            kept = folder / got.sha256[:2] / got.sha256
            kept.parent.mkdir(exist_ok=True)
            partial.replace(kept)
        except OSError as error:
            reason = error.strerror or "unknown error"
            raise NetworkError(f"{file.filename[:200]!a} cannot be kept ({reason})") from None
        finally:
            partial.unlink(missing_ok=True)
        if "sha256" not in file.hashes:
            shelf.remember(file, got.sha256)
        return kept, got.sha256

    def _recalled(self, file: IndexFile) -> str:
        """Trust an address alone only offline: without any hash the file may have changed."""
        trusted = self.options.offline or file.strongest is not None
        return shelf.recall(file) if trusted else ""


def _coordinate(name: str, version: str) -> Coordinate:
    return Coordinate(ecosystem=Ecosystem.PYPI, name=normalize_pypi(name), version=version)


def _merge(pages: list[ProjectPage]) -> tuple[IndexFile, ...]:
    """Put the indexes' files together; the same file offered twice counts once."""
    found: dict[tuple[str, str], IndexFile] = {}
    for page in pages:
        for file in page.files:
            found.setdefault((file.filename, file.hashes.get("sha256", file.url)), file)
    return tuple(found.values())


def _pinned(
    wanted: Wanted, files: tuple[IndexFile, ...]
) -> tuple[tuple[IndexFile, ...], list[str]]:
    """Keep the files a lock allows; that none is served is an attack or the wrong index."""
    if not wanted.hashes:
        return files, []
    chosen = tuple(f for f in files if _allowed(wanted.hashes, f.hashes, unknown=True))
    if not chosen:
        raise IntegrityError(
            f"{wanted}: no file of the index has a pinned hash",
            hint="the lock was made with another index, or the files were replaced",
        )
    rest = len(files) - len(chosen)
    return chosen, [f"{rest} files of this release are not pinned, not reviewed"] if rest else []


def _allowed(pins: frozenset[str], hashes: Mapping[str, str], *, unknown: bool = False) -> bool:
    """Tell whether a file has a pinned hash; without a comparable one, `unknown` decides."""
    comparable = {pin.partition(":")[0] for pin in pins} & {a for a, h in hashes.items() if h}
    if not comparable:
        return unknown
    return any(f"{algorithm}:{hashes[algorithm]}" in pins for algorithm in comparable)


def _verify(file: IndexFile, size: int, digests: Mapping[str, str], pins: frozenset[str]) -> None:
    name = f"{file.filename[:200]!a}"
    if file.size is not None and size < file.size:
        raise IntegrityError(f"{name}: cut off, {size:,} of {file.size:,} bytes arrived")
    if file.strongest and digests.get(file.strongest[0]) != file.strongest[1]:
        raise IntegrityError(
            f"{name}: the {file.strongest[0]} of what arrived is not the one announced",
            hint="do not install it; report it to whoever runs the index",
        )
    if pins and not _allowed(pins, digests):
        raise IntegrityError(f"{name}: what arrived has none of the pinned hashes")


def check_address(file: IndexFile, asked: Endpoints) -> None:
    """Refuse a file without a usable address, or unencrypted where the indexes are encrypted."""
    scheme = urlsplit(file.url).scheme if file.url else ""
    if scheme not in ("http", "https"):
        raise NetworkError(f"{file.filename[:200]!a}: the index gives no usable address for it")
    if scheme == "http" and all(index.startswith("https:") for index in asked.indexes):
        raise NetworkError(f"{file.filename[:200]!a}: offered without encryption, refused")
