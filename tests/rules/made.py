"""Facts and rules for tests, with everything filled in that a test does not name."""

from __future__ import annotations

from typing import Any

from antivenom.model.fact import Fact
from antivenom.rules.language import parse
from antivenom.rules.rule import Rule

EVERY_RUN = ("startup", "install", "build", "import", "open", "run", "call")


def fact(one: str, **fields: Any) -> Fact:
    """Return a behavior, or a flow when the id holds an arrow."""
    given: dict[str, Any] = {"member": "setup.py", "line": 1, "activation": "build", **fields}
    if "->" in one:
        return Fact(id=one, kind="flow", via=tuple(one.split("->")), **given)
    return Fact(id=one, **{"kind": "behavior", **given})


def rule(match: str, **fields: Any) -> Rule:
    """Return a rule of this expression."""
    given: dict[str, Any] = {
        "id": "execution/made",
        "title": "Made for a test",
        "kind": "malware",
        "severity": "high",
        "confidence": "high",
        "state": "enabled",
        "when": EVERY_RUN,
        "template": "{member} acts.",
        "summary": "Because.",
        **fields,
    }
    return Rule(match=match, tree=parse(match), **given)
