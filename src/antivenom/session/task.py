"""What the parent asks a child, as plain data; profiles cross the line as bytes."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from antivenom.intake.locator import Locator
from antivenom.model.context import Context, Imitated, RegistryInfo, UploadInfo
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile

PROFILE_BYTES = 32 << 20
"""Largest encoded profile that is believed; an ordinary one has less than one megabyte."""


class Around(Struct, frozen=True, kw_only=True):
    """A context whose profiles are still encoded: the parent never looks inside one."""

    baseline: bytes = b""
    siblings: tuple[bytes, ...] = ()
    upload: UploadInfo | None = None
    registry: RegistryInfo | None = None
    imitated: tuple[Imitated, ...] = ()
    offline: bool = False
    notes: tuple[str, ...] = ()

    def context(self) -> Context:
        """Return the context a pipeline judges in."""
        return Context(
            upload=self.upload,
            baseline=decoded(self.baseline) if self.baseline else None,
            siblings=tuple(map(decoded, self.siblings)),
            registry=self.registry,
            imitated=self.imitated,
            offline=self.offline,
            notes=self.notes,
        )


class Task(Struct, frozen=True, kw_only=True):
    """One request: observe an artifact, judge it, or both."""

    locator: Locator
    around: Around | None = None
    """What to judge it in; None to observe and not to judge."""
    profile: bytes = b""
    """What was observed before; b"" to observe now."""
    keep: bool = False
    """Whether the answer is to hold the profile."""
    against: Locator | None = None
    """The previous release, to show the source of what changed."""
    show: bool = False
    """Show it even of a review that is clean."""
    facts: bool = False
    """Whether the answer is to hold the facts that were judged."""


def encoded(profile: Profile) -> bytes:
    """Return a profile as bytes."""
    return msgspec.msgpack.encode(profile)


def decoded(data: bytes) -> Profile:
    """Return the profile again; raises `msgspec.DecodeError` when it is none."""
    return _PROFILE.decode(data)


def facts_of(data: bytes) -> tuple[Fact, ...]:
    """Return the facts of an answer; raises `msgspec.DecodeError` when they are none."""
    return _FACTS.decode(data) if data else ()


_FACTS = msgspec.msgpack.Decoder(tuple[Fact, ...])
_PROFILE = msgspec.msgpack.Decoder(Profile)
