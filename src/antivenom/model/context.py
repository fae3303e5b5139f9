"""What surrounds one upload: gathered before the review, frozen, every part optional.

A review says which of it was known. Context may raise suspicion; nothing in it clears anything.
"""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.label import Metadata
from antivenom.model.profile import Profile


class UploadInfo(Struct, frozen=True, kw_only=True):
    """What the registry recorded of the upload itself."""

    declared: Metadata | None = None
    """As the index serves it, which need not be what lies in the file."""
    first: bool = True
    """Whether it was declared with this very file; an index keeps what came with the first one."""
    uploaded: str = ""
    """ISO 8601, UTC."""
    publisher: str = ""


class RegistryInfo(Struct, frozen=True, kw_only=True):
    """What only the registry knows of the project."""

    first_release: str = ""
    """ISO 8601, UTC."""
    releases: int = 0
    previous_release: str = ""
    """When the release before this one was uploaded."""
    recent_releases: int = 0
    """Releases in the hour before this one, this one left out."""
    owners: tuple[str, ...] = ()
    new_owners: tuple[str, ...] = ()
    """Owners the previous release did not have."""
    attested: bool | None = None
    """Whether this release carries provenance; None when nobody knows."""
    attested_before: bool | None = None


class Imitated(Struct, frozen=True, kw_only=True):
    """The project a name resembles, as its registry describes it."""

    metadata: Metadata


class Context(Struct, frozen=True, kw_only=True):
    """Everything around one upload that was known when it was judged."""

    upload: UploadInfo | None = None
    baseline: Profile | None = None
    """Of the previous release; the change is judged against it."""
    siblings: tuple[Profile, ...] = ()
    """Of the other files of the same release."""
    registry: RegistryInfo | None = None
    imitated: tuple[Imitated, ...] = ()
    offline: bool = False
    notes: tuple[str, ...] = ()
    """For people: what was looked for and not found, in clear words."""

    @property
    def digest(self) -> str:
        """Identify what was known; "" when it was nothing. Notes for people are no part of it."""
        profiles = [p for p in (self.baseline, *self.siblings) if p is not None]
        facts = (self.upload, self.registry, self.imitated)
        if not profiles and facts == (None, None, ()):
            return ""
        keys = [(p.sha256, p.ecosystem, p.filename, p.engine) for p in profiles]
        known = (self.baseline is not None, keys, *facts)
        return hashlib.sha256(msgspec.json.encode(known, order="deterministic")).hexdigest()


def release_purl(profile: Profile) -> str | None:
    """Return the package URL a profile's own metadata claims, None without a name."""
    metadata = profile.metadata
    if not metadata.name or not profile.ecosystem:
        return None
    ecosystem = Ecosystem(profile.ecosystem)
    return Coordinate(ecosystem=ecosystem, name=metadata.name, version=metadata.version).purl


NOTHING = Context()
"""No surroundings at all: a file by itself."""
