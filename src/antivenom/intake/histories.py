"""What a registry knows of a release goes with its files: facts that raise, never excuse."""

from __future__ import annotations

import msgspec

from antivenom.intake.locator import Locator, Surroundings
from antivenom.model.context import RegistryInfo, UploadInfo


def with_history(locator: Locator, upload: UploadInfo, known: RegistryInfo | None) -> Locator:
    """Return a file's locator with what the index knows of the upload and of the project."""
    if known is None and upload.declared is None:
        return locator
    around = locator.around or Surroundings()
    around = msgspec.structs.replace(around, registry=known, upload=upload)
    return msgspec.structs.replace(locator, around=around)
