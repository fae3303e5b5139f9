"""What a release does that the one before it did not: facts marked new or same.

Compared are facts, never lines: what is done, with which host, kind of path or program, in which
function of which member. Code that only moved, was reformatted or slightly edited is the same.
A fact that runs with less help from the victim than before is new. A fact stays what it was on
its own merits; being the same as before excuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from antivenom.context import changes_parties as parties
from antivenom.context.matching import Matches
from antivenom.model.fact import Fact
from antivenom.model.profile import ManifestEntry, Profile

_EARLY = frozenset(["startup", "install", "build", "import", "open"])
_LATER = frozenset(["run", "call"])
_TELLING = 3
"""Characters a value needs to say what is done wherever it stands."""
_PLACED = frozenset(["text", "native", "archive"])
"""Kinds of facts about a member as a whole, whose values change with every edit."""

Key = tuple[object, ...]
Change = Literal["new", "same", "unknown"]


def mark(facts: Iterable[Fact], new: Profile, old: Profile, matches: Matches) -> tuple[Fact, ...]:
    """Return the facts of `new`, each with what `old` says of it.

    A new fact that reaches a host gets three details: ``party=new`` when the previous release
    named nobody who answers for that host, ``family=first`` when nothing in it used the network,
    and ``place=known`` when a function that stood there before and used no network now does.
    """
    known = _Known(new, old, matches)
    return tuple(known.marked(fact) for fact in facts)


class _Known:
    """The facts of the previous release, by everything they can be found by."""

    def __init__(self, new: Profile, old: Profile, matches: Matches) -> None:
        self._matches = matches
        self._old = old
        self._entries = {entry.path: entry for entry in new.manifest}
        self._levels: dict[Key, int] = {}
        self._hosts = {fact.host for fact in old.facts if fact.host}
        self._hashes = {h for entry in old.manifest for n, h in entry.functions.items() if n}
        self._unread = {p.member for p in old.coverage.problems}
        self._parties = parties.named(old)
        self._defined = {entry.path: _defined(entry) for entry in old.manifest}
        acting = [fact for fact in old.facts if _reaches(fact) and _level(fact)]
        self._quiet = not acting
        self._talking = {(fact.member, _bare(fact.scope)) for fact in acting}
        for fact in old.facts:
            for key in (*_telling(fact), *_placed(fact, fact.member)):
                self._levels[key] = max(self._levels.get(key, -1), _level(fact))

    def marked(self, fact: Fact) -> Fact:
        """Return the fact with its change, and what is to be known of a new recipient."""
        change = self.change(fact)
        details = self._details(fact) if change == "new" and _reaches(fact) else ()
        args = (*details, *fact.args) if details else fact.args
        return msgspec.structs.replace(fact, change=change, args=args)

    def _details(self, fact: Fact) -> tuple[str, ...]:
        details = []
        if parties.is_new(fact, self._parties):
            details.append("party=new")
        if self._quiet:
            details.append("family=first")
        member = self._matches.pairs.get(fact.member, "")
        name = _bare(fact.scope)
        stood = name in self._defined.get(member, ()) if name else member != ""
        if stood and not fact.layer and (member, name) not in self._talking:
            details.append("place=known")
        return tuple(details)

    def change(self, fact: Fact) -> Change:
        """Say whether the previous release had this fact already."""
        if fact.kind == "text" and fact.host in self._hosts:
            return "same"
        member = self._matches.pairs.get(fact.member)
        placed = _placed(fact, member) if member is not None else ()
        levels = [self._levels.get(key, -1) for key in (*_telling(fact), *placed)]
        if max(levels, default=-1) >= _level(fact):
            return "same"
        if max(levels, default=-1) < 0 and self._moved(fact):
            return "same"
        return "unknown" if self._may_have_been_missed(member) else "new"

    def _moved(self, fact: Fact) -> bool:
        """Whether the whole function around it stood somewhere in the previous release."""
        if fact.layer or (fact.host and fact.host not in self._hosts):
            return False
        hashed = owner(self._entries.get(fact.member), fact.scope)
        return hashed in self._hashes and _level(fact) < 2

    def _may_have_been_missed(self, member: str | None) -> bool:
        """Whether the previous release was not read well enough to say that it had none."""
        return self._old.overflow > 0 or (member is not None and member in self._unread)


def owner(entry: ManifestEntry | None, scope: str) -> str:
    """Return the hash of the outermost function that a scope stands in, "" when unknown."""
    if entry is None or not scope:
        return ""
    parts = scope.split(".")
    names = (".".join(parts[: n + 1]) for n in range(len(parts)))
    return next((entry.functions[name] for name in names if name in entry.functions), "")


def _telling(fact: Fact) -> Iterator[Key]:
    """Yield the keys under which a fact is the same wherever it stands."""
    if fact.host or len(fact.value) >= _TELLING:
        yield ("any", fact.id, fact.via, fact.value, fact.host, fact.path_class, fact.layer > 0)
    if fact.kind in {"meta", "name", "like"}:
        yield (fact.kind, fact.id, fact.value)


def _placed(fact: Fact, member: str) -> Iterator[Key]:
    """Yield the keys under which a fact is the same in one member of the previous release."""
    if fact.kind in _PLACED:
        if not (fact.kind == "text" and fact.host):
            yield ("member", fact.id, member)
        return
    decoded = fact.layer > 0
    yield (
        *("scope", fact.id, fact.via, fact.host, fact.path_class),
        *(_program(fact), member, fact.scope, decoded),
    )


def _program(fact: Fact) -> str:
    """Return the program a command starts, which is what matters of it."""
    if not fact.id.rpartition("->")[2].startswith("process."):
        return ""
    words = fact.value.split(None, 1)
    return words[0].replace("\\", "/").rpartition("/")[2] if words else ""


def _level(fact: Fact) -> int:
    """Return 2 for what runs by itself, 1 for what somebody calls, 0 for what nobody does."""
    if fact.kind not in {"behavior", "flow"}:
        return 0
    return 2 if fact.activation in _EARLY else int(fact.activation in _LATER)


def _reaches(fact: Fact) -> bool:
    """Whether a fact is about talking to somebody."""
    steps = fact.via or (fact.id,)
    return fact.kind in {"behavior", "flow"} and any(step.startswith("net.") for step in steps)


def _defined(entry: ManifestEntry) -> frozenset[str]:
    """Return the bare names of the functions a member defined."""
    return frozenset([*map(_bare, entry.functions), *entry.names])


def _bare(scope: str) -> str:
    return scope.rpartition(".")[2]
