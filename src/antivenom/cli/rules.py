"""`antivenom rules`."""

from __future__ import annotations

import argparse
import json
import sys

from antivenom.rules import book
from antivenom.rules.rule import Rule


def run(arguments: argparse.Namespace) -> int:
    """List the rules, one line each, or as JSON."""
    rules = book.load().rules
    if arguments.format == "json":
        sys.stdout.write(json.dumps({"schema": 1, "rules": [_row(r) for r in rules]}, indent=1))
        sys.stdout.write("\n")
        return 0
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        sys.stdout.write(
            f"{rule.id:<{width}}  {rule.severity:<8}  {rule.state:<10}  {rule.title}\n"
        )
    enabled = sum(rule.state == "enabled" for rule in rules)
    sys.stdout.write(f"\n{len(rules)} rules, {enabled} enabled; see `antivenom explain RULE`\n")
    return 0


def _row(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "kind": rule.kind,
        "severity": rule.severity,
        "confidence": rule.confidence,
        "state": rule.state,
        "when": list(rule.when),
        "match": rule.match,
        "attack": list(rule.attack),
    }
