"""What casework is about: states, decisions, and what a list shows of a case."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from antivenom.model.review import Kind

State = Literal["open", "unsure", "decided", "lapsed"]
"""`open` waits for a person; `unsure` had one and waits for another; `decided` is ruled on;
`lapsed` was never ruled on, since a later review of the same bytes found nothing."""
STATES: tuple[State, ...] = ("open", "unsure", "decided", "lapsed")
STANDING: tuple[State, ...] = ("open", "unsure")
"""States in which a case is somebody's work."""

Ruling = Literal["malicious", "not-malicious", "unsure"]
RULINGS: tuple[Ruling, ...] = ("malicious", "not-malicious", "unsure")
UNDONE = "undone"
KINDS: tuple[Kind, ...] = ("malware", "dependency-confusion", "spam", "policy")

REASON_LIMIT = 2_000
"""Characters of a reason or comment that are kept."""


class Place(Struct, frozen=True, kw_only=True):
    """Lines of an upload that a list shows."""

    member: str
    line: int
    layer: int
    text: str


class Glance(Struct, frozen=True, kw_only=True):
    """What a person sees of a case before opening it: the finding that carries it."""

    rule: str = ""
    title: str = ""
    activation: str = ""
    change: str = "unknown"
    chain: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    also: int = 0
    """Other findings that carry the verdict."""


class Decision(Struct, frozen=True, kw_only=True):
    """One row of what people ruled."""

    id: int
    case: int
    decision: str
    kind: str
    reason: str
    author: str
    at: str
    via: str
    undoes: int


class Comment(Struct, frozen=True, kw_only=True):
    """One thing said about a case."""

    id: int
    author: str
    at: str
    text: str


class CaseRow(Struct, frozen=True, kw_only=True):
    """A case as its row has it, `evidence` decoded."""

    id: int
    ecosystem: str
    project: str
    version: str
    state: State
    verdict: str
    score: float
    kind: str
    rule: str
    reason: str
    activation: str
    evidence: Glance
    review: str
    publisher: str
    campaign: str
    files: int
    popular: int
    rank: float
    opened_at: str
    updated_at: str
    holder: str
    held_at: str
    decision: str
    decided_at: str
    decided_by: str
