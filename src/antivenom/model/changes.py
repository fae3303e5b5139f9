"""What changed between two releases, for a person: counts, and the few places that matter."""

from __future__ import annotations

from msgspec import Struct


class ShownLine(Struct, frozen=True, kw_only=True, gc=False):
    """One source line of a release."""

    number: int
    """1-based; 0 when the place has no lines."""
    text: str
    changed: bool = True
    """False for a line that is shown so that one sees where the others stand."""


class ChangedPlace(Struct, frozen=True, kw_only=True):
    """One place of the new release that the old one did not have like this."""

    member: str
    was: str = ""
    """The member's path in the old release, "" for a new one."""
    line: int = 0
    end_line: int = 0
    layer: int = 0
    scope: str = ""
    """Qualified function, "" at the top level or where nothing was observed."""
    activation: str = "never"
    does: tuple[str, ...] = ()
    """Ids of the new facts, worst first; empty where code changed that does nothing we know."""
    said: str = ""
    """What is new there, in words."""
    before: tuple[ShownLine, ...] = ()
    after: tuple[ShownLine, ...] = ()


class Changes(Struct, frozen=True, kw_only=True):
    """A release against the one before it."""

    baseline: str
    """Package URL or file name of the old release."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0
    functions: int = 0
    """Functions of parsed code that are new or were altered."""
    new_facts: int = 0
    release: tuple[str, ...] = ()
    """What changed about the release as a whole, in words."""
    hosts: tuple[str, ...] = ()
    """Hosts that the old release did not name."""
    places: tuple[ChangedPlace, ...] = ()
    """Worst first."""
    more: int = 0
    """Places beyond those."""
