"""One observation. Facts are flat: one fact is one Parquet row (contracts 6)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FactKind = Literal[
    "behavior", "flow", "text", "archive", "meta", "name", "change", "like", "native"
]
HostClass = Literal[
    "",
    "service",
    "webhook",
    "bot-api",
    "paste",
    "oast",
    "tunnel",
    "free-hosting",
    "chat-cdn",
    "code-host",
    "raw-ip",
    "dyndns",
    "local",
    "unknown",
]


class Fact(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One thing observed in one place. At most one per (member, layer, scope, id, value)."""

    id: str
    """From the vocabulary: ``net.fetch``, ``text.endpoint``, ``archive.bomb``; for a flow the ids
    of the chain joined by ``->``."""
    kind: FactKind
    member: str
    line: int = 0
    """1-based; 0 when the place has no lines (an archive, a binary)."""
    end_line: int = 0
    sink_line: int = 0
    """Of a flow: where the value arrives."""
    layer: int = 0
    value: str = ""
    """What it was done with (a URL, a path, a command), escaped, at most 256 characters."""
    host: str = ""
    hostclass: HostClass = ""
    path_class: str = ""
    args: tuple[str, ...] = ()
    """Named details, ``key=value``, at most three: ``hidden=yes``, ``encoding=base64``."""
    via: tuple[str, ...] = ()
    """Of a flow: the behaviors passed through, in order, ends included."""
    scope: str = ""
    """Qualified function, "" at the top level."""
    activation: str = "call"
    role: str = "code"
    lang: str = ""
    change: Literal["new", "same", "unknown"] = "unknown"
    certainty: Literal["low", "high"] = "high"
    observer: str = ""
    """The module that saw it, for people who debug."""
    artifact: str = ""
    n: int = 0


class Sighting(Struct, frozen=True, kw_only=True, gc=False):
    """A fact before it has a place: what a text, command or host observer saw.

    Whoever called the observer knows the member, layer, scope and activation and adds them.
    """

    id: str
    kind: FactKind = "behavior"
    line: int = 0
    """1-based and relative to the text given; 0 when the whole text is meant."""
    end_line: int = 0
    value: str = ""
    host: str = ""
    hostclass: HostClass = ""
    path_class: str = ""
    args: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    certainty: Literal["low", "high"] = "high"


class Decoded(Struct, frozen=True, kw_only=True, gc=False):
    """Text that an observer decoded and that deserves a layer of its own."""

    via: tuple[str, ...]
    """Outermost first: ``("base64", "zlib")``."""
    data: bytes
    line: int = 0
    lang: str = ""
    """Language of the decoded text where the observer knows it."""


class Layer(Struct, frozen=True, kw_only=True):
    """A decoded text: which member and line it came from, how, and what it looks like."""

    id: int
    member: str
    line: int
    parent: int
    via: tuple[str, ...]
    sha256: str
    size: int
    excerpt: str


class Excerpt(Struct, frozen=True, kw_only=True, gc=False):
    """One source line near a fact, kept so that a review can show its evidence."""

    member: str
    layer: int
    line: int
    text: str
