"""The sentence a moderator reads: a page's template filled from the facts that were bound."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.vocabulary import BEHAVIORS

LONGEST = 160
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_ROOM = (90, 50, 24)
"""Characters a filled-in value may have, tried until the sentence fits."""

WHEN: Mapping[str, str] = {
    "startup": "whenever the interpreter starts",
    "install": "when installed",
    "build": "when built or installed from source",
    "import": "when imported",
    "open": "when its folder is opened",
    "run": "when its command is run",
    "call": "when called",
    "test": "when tested",
    "never": "if anything runs it",
}
_NOTHING: Mapping[str, str] = {
    "member": "the archive",
    "host": "a computed address",
    "value": "something",
    "path": "private files",
    "when": "",
    "does": "does something",
    "then": "does something",
    "share": "most",
    "specimens": "several",
    "said": "something",
    "place": "the archive",
}
PLACEHOLDERS = frozenset(_NOTHING)
"""``{member}`` where, ``{value}`` and ``{host}`` with what, ``{path}`` the class of path,
``{when}`` it runs, ``{does}`` and ``{then}`` the first and the last behavior in words,
``{share}`` in per cent and ``{specimens}`` of a likeness; where a page joins what is said of a
release with what its code does, ``{said}`` the value of the first and ``{place}`` the member of
the second."""
_ACTING = frozenset({"behavior", "flow"})


def reason(template: str, facts: Sequence[Fact]) -> str:
    """Return the sentence for a binding, at most `LONGEST` characters."""
    known = {name: find(facts) for name, find in _FIND.items()}
    text = ""
    for room in _ROOM:
        text = _fill(template, known, room)
        if len(text) <= LONGEST:
            return text
    return text[: LONGEST - 1].rstrip() + "…"


def activation(facts: Sequence[Fact]) -> str:
    """Return when a binding acts: when the last of its behaviors does.

    Texts and names run never; they only say so when nothing else was bound.
    """
    acting = [fact for fact in facts if fact.kind in _ACTING] or facts
    return min((fact.activation for fact in acting), key=lambda one: STRENGTH.get(one, 0))


def unknown_placeholders(template: str) -> list[str]:
    """Return what a template asks for that no fact can give."""
    return [name for name in _PLACEHOLDER.findall(template) if name not in PLACEHOLDERS]


def _fill(template: str, known: Mapping[str, str], room: int) -> str:
    def put(hit: re.Match[str]) -> str:
        name = hit.group(1)
        if not known.get(name):
            return _NOTHING.get(name, "")
        keep_end = name in {"member", "place"}
        return _shorten(known[name], room, keep_end=keep_end)

    text = " ".join(_PLACEHOLDER.sub(put, template).split())
    return text.rstrip(" .")


def _shorten(text: str, room: int, *, keep_end: bool) -> str:
    if len(text) <= room:
        return text
    return "…" + text[1 - room :] if keep_end else text[: room - 1] + "…"


def _first(field: str) -> Callable[[Sequence[Fact]], str]:
    """Read a field of the first fact that knows it, flows before others."""

    def find(facts: Sequence[Fact]) -> str:
        ordered = sorted(facts, key=lambda fact: fact.kind != "flow")
        return next((text for fact in ordered if (text := str(getattr(fact, field)))), "")

    return find


def _of(field: str, *, acting: bool) -> Callable[[Sequence[Fact]], str]:
    """Read a field of the first fact that is, or is not, something code does; else of any."""

    def find(facts: Sequence[Fact]) -> str:
        ordered = sorted(facts, key=lambda fact: (fact.kind in _ACTING) != acting)
        return next((text for fact in ordered if (text := str(getattr(fact, field)))), "")

    return find


def _detail(name: str) -> Callable[[Sequence[Fact]], str]:
    """Read a number of `args`, ``name=value``; large ones get their commas."""
    prefix = f"{name}="

    def find(facts: Sequence[Fact]) -> str:
        every = (arg[len(prefix) :] for f in facts for arg in f.args if arg.startswith(prefix))
        found = next((text for text in every if text.isdecimal() and len(text) < 12), "")
        return f"{int(found):,}" if found else ""

    return find


def _does(end: int) -> Callable[[Sequence[Fact]], str]:
    def find(facts: Sequence[Fact]) -> str:
        flows = [fact for fact in facts if fact.via]
        one = flows[0].via[end] if flows else facts[end].id
        return BEHAVIORS.get(one, "")

    return find


_FIND: Mapping[str, Callable[[Sequence[Fact]], str]] = {
    "member": _first("member"),
    "host": _first("host"),
    "value": _first("value"),
    "path": _first("path_class"),
    "when": lambda facts: WHEN.get(activation(facts), ""),
    "share": _detail("share"),
    "specimens": _detail("specimens"),
    "does": _does(0),
    "then": _does(-1),
    "said": _of("value", acting=False),
    "place": _of("member", acting=True),
}
