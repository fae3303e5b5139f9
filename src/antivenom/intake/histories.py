"""What a registry knows of a release goes with its files: facts that raise, never excuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from antivenom.intake.locator import Locator, Surroundings
from antivenom.model.context import RegistryInfo, UploadInfo

if TYPE_CHECKING:
    from antivenom.ecosystems.pypi.locate import IndexFile
    from antivenom.intake.releases import Release


def history(release: Release) -> RegistryInfo | None:
    """Return what the index's page says of a release's project, None when it gives no times."""
    from antivenom.ecosystems.pypi.history import registry_info

    return registry_info(release.project, release.coordinate.name, release.coordinate.version)


def with_history(locator: Locator, file: IndexFile, known: RegistryInfo | None) -> Locator:
    """Return a file's locator with what the index knows of the upload and of the project."""
    if known is None:
        return locator
    upload = UploadInfo(uploaded=file.uploaded)
    around = locator.around or Surroundings()
    around = msgspec.structs.replace(around, registry=known, upload=upload)
    return msgspec.structs.replace(locator, around=around)
