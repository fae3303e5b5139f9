"""`antivenom explain RULE`."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator

from antivenom.errors import RuleError, UsageError
from antivenom.report import words
from antivenom.report.attack import technique
from antivenom.rules import book
from antivenom.rules.rule import Rule


def run(arguments: argparse.Namespace) -> int:
    """Print what a rule finds, why it is bad, and what was measured."""
    try:
        rule = book.load().rule(arguments.rule)
    except RuleError as error:
        raise UsageError(str(error), hint=error.hint or "see `antivenom rules`") from None
    sys.stdout.write("\n".join(_lines(rule)) + "\n")
    return 0


def _lines(rule: Rule) -> Iterator[str]:
    yield rule.title
    yield f"{rule.id} · {rule.severity}, {rule.confidence} confidence · {rule.kind} · {rule.state}"
    yield ""
    yield from textwrap.wrap(rule.template, 96)
    if rule.summary:
        yield from textwrap.wrap(rule.summary, 96)
    yield ""
    yield "looks at code that"
    yield from (f"  {words.activation(when)}" for when in rule.when)
    yield "matches"
    yield f"  {rule.match.strip()}"
    if rule.attack:
        yield "ATT&CK"
        yield from (f"  {technique(one)}" for one in rule.attack)
    yield "measured"
    yield f"  {_evidence(rule)}"


def _evidence(rule: Rule) -> str:
    evidence = rule.evidence
    if evidence is None:
        return "not yet"
    said = (
        f"{evidence.date}: {evidence.clusters} malware clusters, "
        f"{evidence.ordinary} ordinary packages"
    )
    return f"{said} ({evidence.explained})" if evidence.explained else said
