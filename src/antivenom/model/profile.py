"""Everything observed in one artifact; cacheable, without the artifact's bytes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from antivenom.model.fact import Excerpt, Fact, Layer
from antivenom.model.label import Metadata

Status = Literal["complete", "partial", "failed", "skipped"]


class Problem(Struct, frozen=True, kw_only=True):
    """A member that was not read completely, and whether that blocks a verdict."""

    member: str
    """"" is the artifact itself."""
    status: Status
    reason: str
    blocking: bool = False
    """True when something that could run was not read: no `clean` is possible any more."""


class Coverage(Struct, frozen=True, kw_only=True):
    """What was read: silence about a member is never a statement about it."""

    complete: int = 0
    partial: int = 0
    failed: int = 0
    skipped: int = 0
    problems: tuple[Problem, ...] = ()


class ManifestEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One member as the profile remembers it."""

    path: str
    sha256: str
    size: int
    kind: str
    role: str = "code"
    lang: str = ""
    activation: str = "never"
    functions: dict[str, str] = {}
    """Qualified name of an outermost function -> hash of its code without comments and blank
    lines, names and literals kept; "" is the code outside of functions. Small ones are missing."""
    names: tuple[str, ...] = ()
    """Functions of code that nothing made worth parsing: bare names, unordered otherwise."""
    skeleton: str = ""
    """Hash of the member's code with names and literals masked."""
    fingerprint: str = ""
    """`model.fingerprint` of the normalised code, base64; "" where none was taken."""


class LayerPrint(Struct, frozen=True, kw_only=True):
    """What a decoded text is recognised by."""

    layer: int
    """`Layer.id`."""
    skeleton: str
    fingerprint: str


class Profile(Struct, frozen=True, kw_only=True):
    """The result of `observe`."""

    sha256: str
    filename: str
    ecosystem: str | None
    kind: str
    size: int
    engine: str
    """Digest of the observing code and its tables."""
    metadata: Metadata
    manifest: tuple[ManifestEntry, ...] = ()
    facts: tuple[Fact, ...] = ()
    overflow: int = 0
    """Facts and members that did not fit the limit."""
    layers: tuple[Layer, ...] = ()
    layer_prints: tuple[LayerPrint, ...] = ()
    unhashed: int = 0
    """Functions and texts that got no hash or fingerprint since there were too many."""
    excerpts: tuple[Excerpt, ...] = ()
    coverage: Coverage = Coverage()
