"""Registries as a worker asks them: where an upload's bytes are, and what surrounds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from antivenom.ecosystems.npm.locate import Wanted as NpmWanted
from antivenom.ecosystems.pypi import locate as pypi
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.ecosystems.pypi.previous import counterpart, earlier
from antivenom.errors import NotFoundError
from antivenom.http import Door, Manners
from antivenom.intake.forms import filed, with_form
from antivenom.intake.histories import history, with_history
from antivenom.intake.imitations import imitations, with_imitated
from antivenom.intake.locator import AUTO, Locator, Options, Surroundings
from antivenom.intake.npm_releases import Registry
from antivenom.intake.releases import Index, Release
from antivenom.model.coordinate import Coordinate
from antivenom.service.clock import Clock
from antivenom.service.pacing import Pace, PacedDoor
from antivenom.service.settings import Settings

Found = tuple[Release, IndexFile]
Before = tuple[Coordinate, IndexFile]
"""A file of an earlier release."""


class Source(Protocol):
    """One registry."""

    @property
    def door(self) -> Door:
        """How it is reached."""

    @property
    def hosts(self) -> frozenset[str]:
        """``host[:port]`` of the addresses it is configured with."""

    def find(self, project: str, version: str, filename: str) -> Found:
        """Return a file as the registry lists it now; raises `NotFoundError` and `NetworkError`."""

    def around(self, found: Found, locator: Locator) -> Surroundings:
        """Return what the registry knows of a file and its project, previous release left out."""

    def before(self, found: Found) -> Before | str:
        """Return the file an upload is compared with, or why there is none."""

    def close(self) -> None:
        """Close connections."""


class PyPI:
    """PyPI, or whichever index pip on this machine is configured with."""

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        options = Options(baseline=AUTO, file_bytes=settings.file_bytes)
        opening = _Opening(settings, "pypi", clock)
        self._index = Index(options, environ=environ, opening=opening)

    @property
    def door(self) -> Door:
        """How it is reached."""
        return self._index.door

    @property
    def hosts(self) -> frozenset[str]:
        """Of the configured indexes."""
        return frozenset(urlsplit(url).netloc for url in self._index.endpoints.indexes)

    def find(self, project: str, version: str, filename: str) -> Found:
        """Look a file up on its project's page."""
        listed = self._index.history(project, version)
        file = next((one for one in listed.project if one.filename == filename), None)
        if file is None:
            raise NotFoundError(f"{project}: the index lists no file {filename[:200]!a}")
        version = version or pypi.version_of(filename, project)
        coordinate = Coordinate(
            ecosystem=listed.coordinate.ecosystem, name=listed.coordinate.name, version=version
        )
        files = pypi.release(listed.project, project, version) or (file,)
        return Release(coordinate=coordinate, files=files, project=listed.project), file

    def around(self, found: Found, locator: Locator) -> Surroundings:
        """Return times, owners, what was declared, and the project a name resembles."""
        release, file = found
        located = with_history(locator, file, history(release))
        located = with_imitated(located, *imitations(release.coordinate.name, self._index))
        located = with_form(located, file, filed(release, self._index), self._index)
        return located.around or Surroundings()

    def before(self, found: Found) -> Before | str:
        """Return the counterpart of a file in the release before its own."""
        release, file = found
        name, version = release.coordinate.name, release.coordinate.version
        previous = earlier(release.project, name, version)
        if previous.note:
            return previous.note
        other = counterpart(file.filename, previous.files)
        if other is None:
            return f"{name} {previous.version} has no file that can be compared"
        ecosystem = release.coordinate.ecosystem
        return Coordinate(ecosystem=ecosystem, name=name, version=previous.version), other

    def close(self) -> None:
        """Close connections."""
        self._index.close()


class Npm:
    """npm, or whichever registry npm on this machine is configured with."""

    def __init__(
        self, settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
    ) -> None:
        options = Options(file_bytes=settings.file_bytes)
        opening = _Opening(settings, "npm", clock)
        self._registry = Registry(options, environ=environ, opening=opening)

    @property
    def door(self) -> Door:
        """How it is reached."""
        return self._registry.door

    @property
    def hosts(self) -> frozenset[str]:
        """Of the configured registries."""
        return frozenset(urlsplit(url).netloc for url in self._registry.endpoints.indexes)

    def find(self, project: str, version: str, filename: str) -> Found:
        """Look a version up in its packument; it has one file."""
        release = self._registry.tarball(NpmWanted(name=project, version=version))
        return release, release.files[0]

    def around(self, found: Found, locator: Locator) -> Surroundings:
        """Return nothing yet: packuments are not read for it."""
        return Surroundings()

    def before(self, found: Found) -> Before | str:
        """Say that releases of npm are not compared yet."""
        return "releases of npm are not compared by the service yet"

    def close(self) -> None:
        """Close connections."""
        self._registry.close()


def sources(
    settings: Settings, clock: Clock, environ: Mapping[str, str] | None = None
) -> dict[str, Source]:
    """Return the registries that can be asked, by the name of their ecosystem."""
    return {
        "pypi": PyPI(settings, clock, environ),
        "npm": Npm(settings, clock, environ),
    }


class _Opening:
    def __init__(self, settings: Settings, name: str, clock: Clock) -> None:
        self._pace = Pace(settings.feed(name).requests_per_second, clock)
        self._clock = clock

    def __call__(self, manners: Manners) -> Door:
        return PacedDoor(manners, self._pace, self._clock)
