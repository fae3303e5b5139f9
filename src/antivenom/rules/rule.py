"""One rule as it is matched: what its page says, without the samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from msgspec import Struct

from antivenom.model.fact import Fact
from antivenom.model.review import Confidence, Kind, Severity
from antivenom.rules.language import Node
from antivenom.rules.reason import reason

State = Literal["draft", "evaluation", "enabled", "retired"]
Folder = Literal[
    "execution",
    "theft",
    "exfiltration",
    "obfuscation",
    "persistence",
    "evasion",
    "impersonation",
    "tampering",
    "archive",
    "supply",
]
FOLDERS: tuple[str, ...] = get_args(Folder)
"""What is bad; closed."""
MATCHED: frozenset[str] = frozenset({"evaluation", "enabled"})
"""States in which a rule is matched at all; what an `evaluation` match weighs, the judge says."""


class Evidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the bench measured, written into the page by the bench."""

    date: str
    data: str
    """Hash of the corpus."""
    clusters: int
    """Malware clusters hit."""
    ordinary: int
    """Ordinary archives hit."""
    explained: str = ""
    """Why the ordinary hits are right, written by a person; empty: not looked at."""


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ```` ```toml rule ```` block of a page; the keys are closed."""

    id: str
    severity: Severity
    state: State
    when: tuple[str, ...]
    match: str
    title: str = ""
    """Empty: the page's heading."""
    kind: Kind = "malware"
    confidence: Confidence = "medium"
    attack: tuple[str, ...] = ()
    ecosystems: tuple[str, ...] = ()
    """Empty: all."""
    languages: tuple[str, ...] = ()
    """Empty: all. Facts of other languages do not bind; facts of no language do."""
    specimens: tuple[str, ...] = ()
    since: str = ""
    evidence: Evidence | None = None


class Rule(Struct, frozen=True, kw_only=True):
    """A page of the rule book, ready to be matched."""

    id: str
    title: str
    kind: Kind
    severity: Severity
    confidence: Confidence
    state: State
    when: tuple[str, ...]
    match: str
    tree: Node
    template: str
    """The sentence `reason` fills: the first one of the page's paragraph."""
    summary: str
    """The rest of that paragraph."""
    attack: tuple[str, ...] = ()
    ecosystems: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    since: str = ""
    evidence: Evidence | None = None

    def reason(self, facts: Sequence[Fact]) -> str:
        """Return what these facts mean, in one sentence of at most 160 characters."""
        return reason(self.template, facts)
