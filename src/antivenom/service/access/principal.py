"""Who asks. A role is a set of scopes; a token holds some of its owner's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["viewer", "reviewer", "admin"]
Scope = Literal["read", "osv", "metrics", "submit", "decide", "admin"]

SCOPES: Mapping[str, str] = {
    "read": "see reviews, cases and the catalog",
    "osv": "ask which releases are known to be malicious",
    "metrics": "read the figures of operation",
    "submit": "hand in uploads to be reviewed",
    "decide": "decide cases, comment, suppress, approve what registries are told",
    "admin": "accounts, tokens, webhooks",
}
_VIEWER = frozenset({"read", "osv", "metrics"})
_REVIEWER = _VIEWER | {"submit", "decide"}
SCOPES_OF: Mapping[str, frozenset[str]] = {
    "viewer": _VIEWER,
    "reviewer": _REVIEWER,
    "admin": _REVIEWER | {"admin"},
}
"""Role -> what it may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or a program that asks."""

    id: int
    """Of the account; 0 is nobody."""
    name: str
    role: str
    scopes: frozenset[str]
    via: Literal["session", "token", "nobody"]

    def may(self, scope: str) -> bool:
        """Whether it may do what the scope stands for."""
        return scope in self.scopes


NOBODY = Principal(id=0, name="", role="", scopes=frozenset(), via="nobody")
