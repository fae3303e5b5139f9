"""A rule in plain text, for `antivenom explain` and `antivenom rules`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from antivenom.model.attack import load_attack
from antivenom.model.label import Activation
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules.language import AllOf, AnyOf, Chain, Group, Node
from antivenom.rules.page import Sample
from antivenom.rules.reason import WHEN
from antivenom.rules.rule import Rule

WIDTH = 88
_WORDS = {
    "member": "the file",
    "host": "a host",
    "value": "something",
    "path": "private files",
    "when": "",
}
_TABLE = ("id", "state", "severity", "confidence", "title")


def describe(rule: Rule, samples: Iterable[Sample] = ()) -> str:
    """Return what a rule looks for and why, with its samples where the pages are at hand."""
    blocks = [
        f"{rule.title}\n{rule.id}\n{_grade(rule)}",
        _wrap(f"{sentence(rule)} {rule.summary}".strip()),
        "Looks for\n" + "\n".join(f"  {line}" for line in _looks_for(rule)),
        "Written as\n" + textwrap.indent(rule.match.strip(), "  "),
        *_known_as(rule),
        *_measured(rule),
        *_shown(list(samples)),
    ]
    return "\n\n".join(blocks) + "\n"


def sentence(rule: Rule) -> str:
    """Return the reason's template for any package; empty where only facts can fill it."""
    text = rule.template
    for name, word in _WORDS.items():
        text = text.replace("{" + name + "}", word)
    if "{" in text:
        return ""
    text = " ".join(text.split()).replace(" ,", ",").rstrip(" .")
    return f"{text[:1].upper()}{text[1:]}."


def table(rules: Iterable[Rule]) -> list[tuple[str, ...]]:
    """Return the rows of a list of rules, the heading first."""
    return [_TABLE, *(tuple(str(getattr(rule, key)) for key in _TABLE) for rule in rules)]


def in_words(node: Node) -> str:
    """Return a match expression in words."""
    if isinstance(node, Chain):
        return _chain(node)
    if isinstance(node, Group):
        return f"{in_words(node.body)}" + (f", all in one {node.same}" if node.same else "")
    word = " and " if isinstance(node, AllOf) else " or "
    return word.join(in_words(item) for item in node.items)


def _looks_for(rule: Rule) -> Iterator[str]:
    tree = rule.tree
    items = tree.items if isinstance(tree, AnyOf) else (tree,)
    for item in items:
        lines = textwrap.wrap(in_words(item), WIDTH - 4, break_on_hyphens=False)
        yield from (("- " if number == 0 else "  ") + line for number, line in enumerate(lines))
    everything = len(rule.when) == len(Activation)
    when = "whenever it runs" if everything else ", ".join(WHEN[one] for one in rule.when)
    yield from textwrap.wrap(when, WIDTH - 4)


def _chain(chain: Chain) -> str:
    steps = [" or ".join(_name(one) for one in atom.ids) for atom in chain.atoms]
    text = ", then ".join(steps)
    if chain.count > 1:
        text = f"at least {chain.count} times with different values: {text}"
    if chain.new:
        text = f"new in this release: {text}"
    tests = [
        f"{test.field} {test.op} {' or '.join(test.values)}"
        for atom in chain.atoms
        for test in atom.tests
    ]
    return f"{text} ({', '.join(tests)})" if tests else text


def _name(one: str) -> str:
    family, _, name = one.partition(".")
    if name == "*":
        return f"anything of the family {family}"
    return BEHAVIORS.get(one, one)


def _grade(rule: Rule) -> str:
    where = ", ".join(rule.ecosystems) or "all ecosystems"
    return (
        f"{rule.kind} · severity {rule.severity} · confidence {rule.confidence}"
        f" · {rule.state} · {where}"
    )


def _known_as(rule: Rule) -> Iterator[str]:
    if rule.attack:
        attack = load_attack()
        lines = (f"  {one}  {attack.title(one)}" for one in rule.attack)
        yield f"MITRE ATT&CK {attack.version}\n" + "\n".join(lines)


def _measured(rule: Rule) -> Iterator[str]:
    seen = rule.evidence
    if seen is not None:
        why = f" ({seen.explained})" if seen.explained else ""
        yield (
            f"Measured on {seen.date}: {seen.clusters} malware clusters and"
            f" {seen.ordinary} ordinary archives hit{why}"
        )


def _shown(samples: list[Sample]) -> Iterator[str]:
    for title, flagged in (("Flags", True), ("Does not flag", False)):
        names = [f"  - {sample.name}" for sample in samples if sample.flagged is flagged]
        if names:
            yield f"{title}\n" + "\n".join(names)


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, WIDTH))
