"""Writes `docs/rules.md`: all rules, and which attack is answered by which.

Run as ``python -m antivenom.rules.index``; with ``--check`` it writes nothing and fails when the
file on disk is not what it would write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from antivenom.model.attack import load_attack
from antivenom.rules.book import PAGES, build
from antivenom.rules.coverage import Attack, read_coverage
from antivenom.rules.rule import FOLDERS, Rule

DOCUMENT = Path(__file__).parents[3] / "docs" / "rules.md"
_LINK = "../src/antivenom/rules/book/{}.md"


def document(rules: Sequence[Rule], attacks: Sequence[Attack]) -> str:
    """Return the text of the page."""
    return (
        "\n".join([*_head(rules), *_rules(rules), *_attacks(attacks), *_techniques(rules)]) + "\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Write the page, or compare it."""
    text = document(build(PAGES).rules, read_coverage())
    if "--check" not in arguments:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    current = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.is_file() else ""
    if current == text:
        return 0
    sys.stderr.write("docs/rules.md is not up to date; run python -m antivenom.rules.index\n")
    return 1


def _head(rules: Sequence[Rule]) -> Iterator[str]:
    enabled = sum(rule.state == "enabled" for rule in rules)
    yield "# The rules"
    yield ""
    yield "<!-- Written by `python -m antivenom.rules.index`; edit the pages, not this file. -->"
    yield ""
    yield f"{len(rules)} rules, {enabled} enabled. Each links to its page, which is also its test."
    yield ""


def _rules(rules: Sequence[Rule]) -> Iterator[str]:
    for folder in FOLDERS:
        here = [rule for rule in rules if rule.id.startswith(f"{folder}/")]
        if not here:
            continue
        yield f"## {folder.capitalize()}"
        yield ""
        yield "| rule | what it finds | kind | severity | state | clusters | ordinary |"
        yield "|---|---|---|---|---|---|---|"
        yield from map(_row, here)
        yield ""


def _row(rule: Rule) -> str:
    seen = rule.evidence
    clusters, ordinary = (str(seen.clusters), str(seen.ordinary)) if seen else ("", "")
    cells = (_link(rule.id), rule.title, rule.kind, rule.severity, rule.state, clusters, ordinary)
    return f"| {' | '.join(cells)} |"


def _attacks(attacks: Sequence[Attack]) -> Iterator[str]:
    if not attacks:
        return
    yield "## Attacks and the rules that answer them"
    yield ""
    yield "| | attack | ecosystems | rules |"
    yield "|---|---|---|---|"
    for attack in attacks:
        rules = ", ".join(map(_link, attack.rules)) or "none yet"
        if attack.silent:
            rules = "stays silent: " + rules if attack.rules else "stays silent"
        note = f" ({attack.note})" if attack.note else ""
        yield f"| {attack.key} | {attack.title}{note} | {', '.join(attack.ecosystems)} | {rules} |"
    yield ""


def _techniques(rules: Sequence[Rule]) -> Iterator[str]:
    attack = load_attack()
    named = sorted({one for rule in rules for one in rule.attack})
    yield f"## MITRE ATT&CK {attack.version}"
    yield ""
    yield "| technique | name | rules |"
    yield "|---|---|---|"
    for one in named:
        links = ", ".join(_link(rule.id) for rule in rules if one in rule.attack)
        yield f"| {one} | {attack.title(one)} | {links} |"


def _link(rule_id: str) -> str:
    return f"[`{rule_id}`]({_LINK.format(rule_id)})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
