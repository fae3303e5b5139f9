"""Words that honest projects and squats alike put before or behind another project's name."""

from __future__ import annotations

from collections.abc import Iterator


def words(text: str) -> frozenset[str]:
    """Return the words of a list as people write it."""
    return frozenset(text.split())


WORDS = words(
    """
    a the my your new next old best real official original true fast easy simple better super
    ultra mega free full mini lite light pro plus premium extra advanced enhanced improved fixed
    fix patch patched update updated upgrade stable beta alpha dev test demo sample example
    py python python2 python3 py2 py3 lib libs library sdk api client core base utils util tool
    tools toolkit helper helpers kit module package pkg wrapper async aio fork ng v2 v3 cli app
    web secure safe security internal private custom ext extension addon plus plugin cpu gpu
    sys system install installer setup
    """
)
_GLUED_BEFORE = ("python3", "python", "py3", "py", "my", "lib", "the", "new", "pip", "aio", "async")
_GLUED_BEHIND = (
    *("python3", "python", "py3", "py", "lib", "libs", "plus", "pro", "sdk", "api", "tools"),
    *("tool", "utils", "util", "kit", "dev", "x", "js", "client", "core", "ing", "er"),
)
SHORTEST = 4
"""Of what must remain of a name."""


def _without_words(name: str) -> str:
    """Return a name without the words of the list, "" when it has none or nothing remains."""
    words = name.split("-")
    kept = [word for word in words if word not in WORDS]
    return "-".join(kept) if len(kept) < len(words) else ""


def without_end(name: str) -> Iterator[str]:
    """Yield a name without its first or its last word, where that is a word of the list."""
    first, dash, rest = name.partition("-")
    if dash and first in WORDS:
        yield rest
    rest, dash, last = name.rpartition("-")
    if dash and last in WORDS:
        yield rest


def stripped(name: str) -> Iterator[str]:
    """Yield what a name was, perhaps, before something was put around it."""
    for rest in (_without_words(name), *without_end(name)):
        yield from _spelled(rest)
    for before in _GLUED_BEFORE:
        if name.startswith(before):
            yield from _long(name[len(before) :].lstrip("-"))
    for behind in _GLUED_BEHIND:
        if name.endswith(behind):
            yield from _long(name[: -len(behind)].rstrip("-"))
    yield from _long(name.rstrip("0123456789").rstrip("-"), unless=name)


def _spelled(name: str) -> Iterator[str]:
    yield from _long(name)
    yield from _long(name + "s")


def _long(name: str, *, unless: str = "") -> Iterator[str]:
    if len(name) >= SHORTEST and name != unless:
        yield name
