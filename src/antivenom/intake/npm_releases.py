"""Releases of npm: one tarball each, fetched from the registry npm is configured with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from antivenom.ecosystems.npm import history, packument, previous
from antivenom.ecosystems.npm import locate as npm
from antivenom.ecosystems.npm.endpoints import Registries, registries
from antivenom.ecosystems.npm.locate import Tarball, Wanted
from antivenom.ecosystems.npm.packument import Packument
from antivenom.ecosystems.pypi.endpoints import Endpoints
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.ecosystems.pypi.previous import Earlier
from antivenom.errors import NotFoundError
from antivenom.http import Door, Manners
from antivenom.intake.releases import PAGE_BYTES, Index, Release
from antivenom.model.context import RegistryInfo, UploadInfo
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.label import Metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Release):
    """One version of a package, with all that its registry says of the package."""

    page: Packument = field(repr=False)


class Registry(Index):
    """The configured registries of npm."""

    ecosystem = Ecosystem.NPM

    @cached_property
    def registries(self) -> Registries:
        """The registries npm on this machine would ask."""
        return registries(self._environ)

    @cached_property
    def endpoints(self) -> Endpoints:
        """The same, as the checks of addresses know them."""
        found = self.registries
        return Endpoints(
            indexes=found.all,
            credentials=found.logins,
            cert=found.cert,
            proxy=found.proxy,
            trusted_hosts=found.trusted_hosts,
            source="npm",
        )

    @cached_property
    def door(self) -> Door:
        """The connection, with the credentials and certificates of npm's configuration."""
        if self._manners:
            return self._opening(self._manners)
        found = self.registries
        return self._opening(
            Manners(
                cert=found.cert,
                proxy=found.proxy,
                trusted_hosts=found.trusted_hosts,
                near=frozenset(urlsplit(url).netloc for url in found.all),
                credentials=found.logins,
                tokens=found.tokens,
            )
        )

    def tarball(self, wanted: Wanted) -> Published:
        """Choose the version and name its tarball, or say why there is none."""
        page = self.package(wanted)
        chosen = page.tarball(page.version(wanted))
        return Published(
            coordinate=Coordinate(
                ecosystem=Ecosystem.NPM, name=wanted.name, version=chosen.version
            ),
            files=(_file(wanted.name, chosen),),
            pins=wanted.hashes,
            notes=(f"deprecated: {chosen.deprecated}",) if chosen.deprecated else (),
            page=page,
        )

    def about(self, release: Release) -> RegistryInfo | None:
        """Return what the packument says of the package's releases, None without times."""
        page = _page(release)
        return history.registry_info(page, release.coordinate.version) if page else None

    def upload(self, release: Release, file: IndexFile) -> UploadInfo:
        """Return what the registry recorded of the upload: its declaration, time, publisher."""
        page = _page(release)
        if page is None:
            return super().upload(release, file)
        return history.upload_info(page, release.coordinate.version)

    def earlier(self, release: Release) -> Earlier:
        """Return the release that was the newest when this one was made, or why there is none."""
        page, named = _page(release), release.coordinate
        version = previous.earlier(page, named.version) if page else ""
        if page is None or not version:
            note = f"the registry has no earlier release of {named.name} to compare with"
            return Earlier(note=note)
        return Earlier(version=version, files=(_file(named.name, page.tarball(version)),))

    def files_of(self, release: Release, version: str) -> tuple[IndexFile, ...]:
        """Return the tarball of another version of the same package, or say that it has none."""
        page, name = _page(release), release.coordinate.name
        if page is None:
            raise NotFoundError(f"{name}: the registry was not asked")
        found = page.version(Wanted(name=name, version=version))
        return (_file(name, page.tarball(found)),)

    def described(self, name: str) -> Metadata | None:
        """Return what the registry shows of a package, its README included."""
        return self.package(Wanted(name=name)).described()

    def package(self, wanted: Wanted) -> Packument:
        """Return all that the registry of a package says of it."""
        url = npm.page_url(self.registries.of(wanted.name), wanted.name)
        body, _, _ = self.answer(url, npm.ACCEPT, PAGE_BYTES)
        return packument.read(body, wanted)


def _page(release: Release) -> Packument | None:
    return release.page if isinstance(release, Published) else None


def _file(name: str, found: Tarball) -> IndexFile:
    plain = name.removeprefix("@").replace("/", "-")
    return IndexFile(
        filename=f"{plain}-{found.version}.tgz",
        url=found.url,
        hashes=found.hashes,
        uploaded=found.uploaded,
    )
