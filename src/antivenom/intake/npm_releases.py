"""Releases of npm: one tarball each, fetched from the registry npm is configured with."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from antivenom.ecosystems.npm import locate as npm
from antivenom.ecosystems.npm.endpoints import Registries, registries
from antivenom.ecosystems.pypi.endpoints import Endpoints
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.errors import NetworkError
from antivenom.http import Door, Manners, shown
from antivenom.intake import shelf
from antivenom.intake.releases import PAGE_BYTES, Index, Release
from antivenom.model.coordinate import Coordinate, Ecosystem

if TYPE_CHECKING:
    from antivenom.ecosystems.npm.locate import Tarball, Wanted


class Registry(Index):
    """The configured registries of npm."""

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
            return Door(self._manners)
        found = self.registries
        return Door(
            Manners(
                cert=found.cert,
                proxy=found.proxy,
                trusted_hosts=found.trusted_hosts,
                credentials=found.logins,
                tokens=found.tokens,
            )
        )

    def tarball(self, wanted: Wanted) -> Release:
        """Choose the version and name its tarball, or say why there is none."""
        body = self._packument(npm.page_url(self.registries.of(wanted.name), wanted.name))
        chosen, _ = npm.choose(body, wanted)
        notes = (f"deprecated: {chosen.deprecated}",) if chosen.deprecated else ()
        return Release(
            coordinate=Coordinate(
                ecosystem=Ecosystem.NPM, name=wanted.name, version=chosen.version
            ),
            files=(_file(wanted.name, chosen),),
            pins=wanted.hashes,
            notes=notes,
        )

    def _packument(self, url: str) -> bytes:
        kept = shelf.read_page(url)
        if self.options.offline:
            if kept is None:
                raise NetworkError(
                    f"{shown(url)} was not fetched before", hint="run once without --offline"
                )
            return kept.body
        known = {"If-None-Match": kept.etag} if kept and kept.etag else None
        answer = self.door.get(url, accept=npm.ACCEPT, limit_bytes=PAGE_BYTES, headers=known)
        if answer.status == 304 and kept:
            return kept.body
        if answer.url == url:
            kind = answer.headers.get("content-type", "")
            etag = answer.headers.get("etag", "")
            shelf.keep_page(shelf.KeptPage(url=url, content_type=kind, etag=etag, body=answer.body))
        return answer.body


def _file(name: str, found: Tarball) -> IndexFile:
    plain = name.removeprefix("@").replace("/", "-")
    return IndexFile(
        filename=f"{plain}-{found.version}.tgz",
        url=found.url,
        hashes=found.hashes,
        uploaded=found.uploaded,
    )
