"""Texts that the specimens of a campaign share and no ordinary package has: hints for a person.

A rule that quotes a campaign's texts finds that campaign and no other, so they never enter a rule
page; a YARA rule, which knows nothing but texts, is written on request. Every text is one line, at
most `LONGEST` characters, in printable ASCII.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from antivenom.model.fact import Fact

LONGEST = 120
"""Characters of a text; a longer one is a payload, and not quoted."""
_SHORTEST = 6
_SHARE = 0.3
"""Of a campaign's specimens."""
_MOST = 20
_KINDS = frozenset({"behavior", "flow", "text", "native"})
_ANYBODY = frozenset({"", "service", "local", "code-host"})
"""Classes of hosts that say nothing about who asks them."""
_PLAIN = re.compile(r"[ -\[\]-~]+")
"""Printable ASCII without a backslash: what was escaped does not stand so in a file."""
_NAME = re.compile(r"[^a-z0-9]+")


class Literal(Struct, frozen=True, kw_only=True):
    """A text and how many specimens have it."""

    kind: str
    """``host``, or the id of the fact it is the value of."""
    text: str
    specimens: tuple[int, ...]
    """Places of those that have it."""


def literals(
    hostile: Sequence[Sequence[Fact]], ordinary: Iterable[Iterable[Fact]]
) -> list[Literal]:
    """Return what at least two specimens (one, of a single one) and no ordinary package name."""
    where: dict[str, set[int]] = {}
    kinds: dict[str, Counter[str]] = {}
    for place, facts in enumerate(hostile):
        for kind, text in _texts(facts):
            where.setdefault(text, set()).add(place)
            kinds.setdefault(text, Counter())[kind] += 1
    least = max(min(2, len(hostile)), len(hostile) * _SHARE)
    wanted = {text for text, places in where.items() if len(places) >= least}
    for usual in ordinary:
        wanted -= {text for fact in usual for text in (fact.host.lower(), fact.value)}
    ranked = sorted(wanted, key=lambda text: (-len(where[text]), -len(text), text))
    return [
        Literal(
            kind=min(kinds[text], key=lambda kind: (-kinds[text][kind], kind)),
            text=text,
            specimens=tuple(sorted(where[text])),
        )
        for text in _once(ranked)
    ][:_MOST]


def _texts(facts: Iterable[Fact]) -> Iterator[tuple[str, str]]:
    for fact in facts:
        # What stands in decoded text is in no file, and what is done with a test is nobody's.
        if fact.layer or fact.kind not in _KINDS or fact.role in {"test", "docs"}:
            continue
        if fact.host and fact.hostclass not in _ANYBODY and _usable(fact.host):
            yield "host", fact.host.lower()
        if _usable(fact.value):
            yield fact.id, fact.value


def _usable(text: str) -> bool:
    return _SHORTEST <= len(text) <= LONGEST and _PLAIN.fullmatch(text) is not None


def _once(ranked: Iterable[str]) -> Iterator[str]:
    """Leave out what a text that comes earlier already says."""
    kept: list[str] = []
    for text in ranked:
        if not any(text in other for other in kept):
            kept.append(text)
            yield text


def yara(name: str, about: str, found: Sequence[Literal], specimens: int) -> str:
    """Return a YARA rule of literals; "" where there are none.

    It asks for as many as most of the specimens have, three at most. Values are what the engine
    saw after evaluating constants, so a person checks that they stand in the files like this.
    """
    if not found:
        return ""
    counts = sorted(sum(n in one.specimens for one in found) for n in range(specimens))
    wanted = max(1, min(3, counts[len(counts) // 4]))
    strings = [
        f"        $s{n} = {_quoted(one.text)} // {one.kind}, {len(one.specimens)} of {specimens}"
        for n, one in enumerate(found)
    ]
    lines = (
        f"rule suggested_{_NAME.sub('_', name.lower()).strip('_') or 'campaign'}",
        "{",
        "    meta:",
        f"        description = {_quoted(about)}",
        '        status = "draft: texts of one campaign, to be read by a person"',
        "    strings:",
        *strings,
        "    condition:",
        f"        filesize < 20MB and {wanted} of them",
        "}",
    )
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    plain = "".join(c if " " <= c <= "~" else "?" for c in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
