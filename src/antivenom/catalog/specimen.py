"""One row of the dataset, and what lies around it. The tables are in `store.schema`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from antivenom.catalog.statement import Statement

IndicatorKind = Literal[
    "host", "url", "ip", "webhook", "bot-token", "wallet", "file-sha256", "skeleton"
]


class Indicator(Struct, frozen=True, kw_only=True, order=True):
    """Something that ties specimens together, with the first place it was seen at."""

    kind: IndicatorKind
    value: str
    member: str = ""
    line: int = 0
    layer: int = 0


class Behavior(Struct, frozen=True, kw_only=True, order=True):
    """A fact id of a specimen: a behavior, a flow as ``a->b``, an observation."""

    id: str
    activation: str
    """The strongest that any of its facts has."""
    count: int = 1


class Claim(Struct, frozen=True, kw_only=True, order=True):
    """What a source says of a specimen besides its label."""

    source: str
    origin: str = ""
    """Where in the source it lies."""
    tags: tuple[str, ...] = ()
    cluster: str = ""
    family: str = ""
    part: str = ""


class MemberCode(Struct, frozen=True, kw_only=True):
    """A file of a specimen, as far as recognizing it again needs it."""

    path: str
    sha256: str
    size: int
    kind: str = ""
    role: str = ""
    lang: str = ""
    activation: str = ""
    skeleton: str = ""
    fingerprint: str = ""
    functions: dict[str, str] = {}
    """Qualified name -> hash of its normalised code."""


class Decoded(Struct, frozen=True, kw_only=True):
    """A text that was hidden in a specimen; the text itself is not kept."""

    layer: int
    member: str
    sha256: str
    size: int
    parent: int = 0
    line: int = 0
    via: tuple[str, ...] = ()
    skeleton: str = ""
    fingerprint: str = ""


class Membership(Struct, frozen=True, kw_only=True):
    """The campaign of a specimen and why it belongs there."""

    campaign: str
    cluster: str = ""
    reason: str = ""
    similarity: float = 1.0


class Specimen(Struct, frozen=True, kw_only=True):
    """One piece of known malware, or of what somebody took for it; see `label`."""

    id: str
    """sha256 of the bytes, or the package URL where nobody here has seen the bytes."""
    sha256: str = ""
    ecosystem: str = ""
    name: str = ""
    version: str = ""
    purl: str = ""
    project: str = ""
    """The package URL without the version."""
    filename: str = ""
    size: int = 0
    kind: str = ""
    source: str = ""
    """Who brought it first."""
    origin: str = ""
    first_seen: str = ""
    """Day, ``YYYY-MM-DD``; "" when nobody says."""
    added_at: str = ""
    kept: str = ""
    """``blob`` when the sealed bytes are in the blob store."""
    description: str = ""
    engine: str = ""
    """Digest of the code that observed it, "" when nothing did."""
    activations: tuple[str, ...] = ()
    """When what was found runs, strongest first."""
    layers: int = 0
    facts: int = 0
    verdict: str = ""
    score: float = 0.0
    problem: str = ""
    """Why it could not be observed."""
    label: str = "unknown"
    """Computed from `statements`."""
    confidence: str = "low"
    statements: tuple[Statement, ...] = ()
    claims: tuple[Claim, ...] = ()
    behaviors: tuple[Behavior, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    members: tuple[MemberCode, ...] = ()
    """Its files; empty where nobody asked for them."""
    decoded: tuple[Decoded, ...] = ()
    """Its hidden texts; empty where nobody asked for them."""
    reports: tuple[str, ...] = ()
    """Ids of OSV records that name it."""
    membership: Membership | None = None
