"""Secrets that a host is told without waiting, and is asked about elsewhere.

A client trades an account's secret for a token and later tells the same host to forget it; only
of the second nobody reads the answer. Where the same secret is also sent for an answer, the host
is the one that the account is with, and the quiet message is no sign of a stranger.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from antivenom.model.fact import Fact

_SILENT = "silent=yes"


def settled(facts: Iterable[Fact]) -> list[Fact]:
    """Return facts, those of unanswered secrets without that remark where the host is asked too."""
    found = list(facts)
    asked = {f.host for f in found if _hands_over(f) and f.host and _SILENT not in f.args}
    return [_spoken(f) if f.host in asked and _hands_over(f) else f for f in found]


def _hands_over(fact: Fact) -> bool:
    return fact.kind == "flow" and fact.via[0] == "secrets.given" and fact.via[-1] == "net.send"


def _spoken(fact: Fact) -> Fact:
    if _SILENT not in fact.args:
        return fact
    return msgspec.structs.replace(fact, args=tuple(a for a in fact.args if a != _SILENT))
