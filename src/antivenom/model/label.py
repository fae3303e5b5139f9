"""When does this member run, and what is it for? The answer an ecosystem gives for a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from antivenom.model.fact import Sighting


class Activation(StrEnum):
    """When code runs, strongest first; closed."""

    STARTUP = "startup"
    INSTALL = "install"
    BUILD = "build"
    IMPORT = "import"
    OPEN = "open"
    RUN = "run"
    CALL = "call"
    TEST = "test"
    NEVER = "never"


STRENGTH: Mapping[str, int] = {a.value: n for n, a in enumerate(reversed(Activation))}
"""Higher runs with less help from the victim."""


def strongest(one: Activation, other: Activation) -> Activation:
    """Return the activation that needs less of the victim."""
    return one if STRENGTH[one] >= STRENGTH[other] else other


class Role(StrEnum):
    """What a member is for, judged by its place; lowers weight, never decides."""

    CODE = "code"
    TEST = "test"
    DOCS = "docs"
    EXAMPLE = "example"
    VENDORED = "vendored"
    GENERATED = "generated"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A place where execution starts."""

    member: str
    activation: Activation
    function: str = ""
    """A qualified function inside (an entry point); "" is the member's top level."""
    how: str = ""
    """For people: ``setup.py runs on build``, ``console script demo``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command line that the package has other people's machines run."""

    member: str
    """Where it is written."""
    line: int
    activation: Activation
    command: str
    name: str = ""
    """Which hook it is, for people and as the facts' scope: ``scripts.postinstall``."""
    folder: str = ""
    """Where it runs, a path inside the package that ends in a slash, or ""."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What an ecosystem says of one member."""

    role: Role = Role.CODE
    module: str = ""
    """Dotted import name where the member can be imported, "" otherwise."""
    activation: Activation = Activation.CALL
    """Of the member as a file: IMPORT only for what loading the package itself reaches (a root);
    CALL for an importable module that somebody must import by name; NEVER for data and docs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Declared inside the artifact. Written by the uploader: it may raise, never clear."""

    name: str = ""
    version: str = ""
    summary: str = ""
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    home_page: str = ""
    urls: tuple[str, ...] = ()
    licence: str = ""
    requires: tuple[str, ...] = ()
    """Dependency specifiers as written."""
    requires_python: str = ""
    entry_points: tuple[str, ...] = ()
    """``group:name = module:function``."""
    build_backend: str = ""
    description: str = field(default="", repr=False)
    """README text, at most 20 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The answer for a whole tree."""

    metadata: Metadata
    roots: tuple[Root, ...] = ()
    hooks: tuple[Hook, ...] = ()
    members: Mapping[str, Label] = field(default_factory=dict)
    """By member path; a member that is missing has the default label."""
    sightings: tuple[tuple[str, int, Sighting], ...] = ()
    """Facts the labelling itself saw, as (member, line, sighting)."""
    unread: tuple[tuple[str, str], ...] = ()
    """(member, why): declarations of what runs that were not read, or not to their end."""
