"""What the index says was declared for a release goes with its files, to be compared with them.

From the index's own record of the release, else from the metadata it serves beside a wheel
(PEP 658). An index that has neither is no failure and no note: mirrors seldom do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from antivenom.errors import AntivenomError, NotFoundError
from antivenom.intake import shelf
from antivenom.intake.locator import Locator, Surroundings
from antivenom.model.context import RegistryInfo, UploadInfo

if TYPE_CHECKING:
    from antivenom.ecosystems.pypi.form import Form
    from antivenom.ecosystems.pypi.locate import IndexFile
    from antivenom.intake.releases import Index, Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The record of a release, or why there is none."""

    form: Form | None = None
    new_owners: tuple[str, ...] = ()
    """Owners that were none when the release before was looked at from this machine."""
    note: str = ""


def filed(release: Release, index: Index) -> Filed:
    """Return what the first index that has files of this release keeps of it."""
    from antivenom.ecosystems.pypi.form import FORM_BYTES, parse_form

    for url in _addresses(release, release.coordinate.version, index):
        try:
            body, _, _ = index.answer(url, "application/json", FORM_BYTES)
        except NotFoundError:
            continue
        except AntivenomError as error:
            note = "" if index.options.offline else f"what was declared is not known: {error}"
            return Filed(note=note[:300])
        form = parse_form(body)
        if form and any(_known(file, form) for file in release.files):
            return Filed(form=form, new_owners=_joined(release, form, index))
    return Filed()


def with_form(locator: Locator, file: IndexFile, found: Filed, index: Index) -> Locator:
    """Return a file's locator with what was declared for it, and who may publish."""
    around = locator.around or Surroundings()
    upload, registry = _upload(file, found, index), around.registry
    if found.form and found.form.owners:
        registry = msgspec.structs.replace(
            registry or RegistryInfo(), owners=found.form.owners, new_owners=found.new_owners
        )
    notes = (*around.notes, found.note) if found.note else around.notes
    if (upload or around.upload, registry, notes) == (None, None, ()):
        return locator
    around = msgspec.structs.replace(
        around, upload=upload or around.upload, registry=registry, notes=notes
    )
    return msgspec.structs.replace(locator, around=around)


def _upload(file: IndexFile, found: Filed, index: Index) -> UploadInfo | None:
    if found.form and _known(file, found.form):
        key = _key(file, found.form)
        first = found.form.first == key or len(found.form.files) == 1
        declared = found.form.declared
        return UploadInfo(declared=declared, uploaded=file.uploaded, first=first)
    if found.form is not None:
        return None
    served = index.metadata(file)
    if served is None:
        return None
    from antivenom.ecosystems.pypi.headers import parse_headers, to_metadata

    return UploadInfo(declared=to_metadata(parse_headers(served)), uploaded=file.uploaded)


def _joined(release: Release, form: Form, index: Index) -> tuple[str, ...]:
    """Return who was no owner yet when the release before was looked at; nothing is fetched."""
    from antivenom.ecosystems.pypi.form import parse_form
    from antivenom.ecosystems.pypi.previous import earlier

    version = earlier(release.project, release.coordinate.name, release.coordinate.version).version
    for url in _addresses(release, version, index) if version and form.owners else ():
        page = shelf.read_page(url)
        before = parse_form(page.body) if page else None
        if before and before.owners:
            return tuple(owner for owner in form.owners if owner not in before.owners)
    return ()


def _addresses(release: Release, version: str, index: Index) -> list[str]:
    from antivenom.ecosystems.pypi.form import form_url

    name = release.coordinate.name
    urls = (form_url(base, name, version) for base in index.endpoints.indexes)
    return [url for url in urls if url]


def _known(file: IndexFile, form: Form) -> bool:
    """Whether a record is about this file, and not about another index's project of the name."""
    return _key(file, form) != ""


def _key(file: IndexFile, form: Form) -> str:
    keys = (file.hashes.get("sha256", ""), file.filename)
    return next((key for key in keys if key and key in form.files), "")
