"""Registries as a worker asks them: where an upload's bytes are, and what surrounds it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

import msgspec

from antivenom.ecosystems.npm.locate import Wanted as NpmWanted
from antivenom.ecosystems.pypi import locate as pypi
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.ecosystems.pypi.previous import counterpart
from antivenom.errors import NotFoundError
from antivenom.http import Door, Manners
from antivenom.intake.forms import filed, with_form
from antivenom.intake.histories import with_history
from antivenom.intake.imitations import imitations, with_imitated
from antivenom.intake.locator import AUTO, Locator, Options, Surroundings
from antivenom.intake.npm_releases import Registry
from antivenom.intake.releases import Index, Release
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.service.clock import Clock
from antivenom.service.pacing import Pace, PacedDoor
from antivenom.service.settings import Settings

Found = tuple[Release, IndexFile]
Before = tuple[Coordinate, IndexFile]
"""A file of an earlier release."""


class Source(ABC):
    """One registry, as the package manager on this machine is configured to reach it."""

    index: Index

    @property
    def door(self) -> Door:
        """How it is reached."""
        return self.index.door

    @property
    def hosts(self) -> frozenset[str]:
        """``host[:port]`` of the addresses it is configured with."""
        return frozenset(urlsplit(url).netloc for url in self.index.endpoints.indexes)

    @abstractmethod
    def find(self, project: str, version: str, filename: str) -> Found:
        """Return a file as the registry lists it now; raises `NotFoundError` and `NetworkError`."""

    def around(self, found: Found, locator: Locator) -> Surroundings:
        """Return what the registry knows of a file and its project, previous release left out."""
        release, file = found
        index = self.index
        locator = with_history(locator, index.upload(release, file), index.about(release))
        locator = with_imitated(locator, *imitations(release.coordinate.name, index))
        return locator.around or Surroundings()

    def before(self, found: Found) -> Before | str:
        """Return the file an upload is compared with, or why there is none."""
        release, file = found
        previous = self.index.earlier(release)
        if previous.note:
            return previous.note
        other = counterpart(file.filename, previous.files)
        if other is None:
            named = f"{release.coordinate.name} {previous.version}"
            return f"{named} has no file that can be compared"
        return replace(release.coordinate, version=previous.version), other

    def close(self) -> None:
        """Close connections."""
        self.index.close()


class PyPI(Source):
    """PyPI, or whichever index pip is configured with."""

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        options = Options(baseline=AUTO, file_bytes=settings.file_bytes)
        opening = Opening(settings, "pypi", clock)
        self.index = Index(options, environ=environ, opening=opening)

    def find(self, project: str, version: str, filename: str) -> Found:
        """Look a file up on its project's page."""
        listed = self.index.history(project, version)
        file = next((one for one in listed.project if one.filename == filename), None)
        if file is None:
            raise NotFoundError(f"{project}: the index lists no file {filename[:200]!a}")
        version = version or pypi.version_of(filename, project)
        coordinate = Coordinate(
            ecosystem=Ecosystem.PYPI, name=listed.coordinate.name, version=version
        )
        files = pypi.release(listed.project, project, version) or (file,)
        return Release(coordinate=coordinate, files=files, project=listed.project), file

    def around(self, found: Found, locator: Locator) -> Surroundings:
        """Return also what was declared when the file was uploaded, and who may publish."""
        release, file = found
        known = super().around(found, locator)
        locator = msgspec.structs.replace(locator, around=known)
        locator = with_form(locator, file, filed(release, self.index), self.index)
        return locator.around or Surroundings()


class Npm(Source):
    """npm, or whichever registry npm is configured with."""

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        options = Options(baseline=AUTO, file_bytes=settings.file_bytes)
        opening = Opening(settings, "npm", clock)
        self.registry = Registry(options, environ=environ, opening=opening)
        self.index = self.registry

    def find(self, project: str, version: str, filename: str) -> Found:
        """Look a version up in its packument; it has one file."""
        release = self.registry.tarball(NpmWanted(name=project, version=version))
        return release, release.files[0]


def sources(
    settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
) -> dict[str, Source]:
    """Return the registries that can be asked, by the name of their ecosystem."""
    return {"pypi": PyPI(settings, clock, environ), "npm": Npm(settings, clock, environ)}


class Opening:
    """Opens doors to one registry that share one pace."""

    def __init__(self, settings: Settings, name: str, clock: Clock) -> None:
        self._pace = Pace(settings.feed(name).requests_per_second, clock)
        self._clock = clock

    def __call__(self, manners: Manners) -> Door:
        """Open one."""
        return PacedDoor(manners, self._pace, self._clock)
