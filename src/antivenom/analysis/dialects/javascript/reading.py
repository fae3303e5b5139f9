"""Where a JavaScript text names something that matters, without parsing it.

Bundles are one line of megabytes, so places count instead of lines; and nearly every package
names ``require`` and ``process.env``, so what follows a name decides whether it counts.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from antivenom.analysis import api, environment
from antivenom.analysis.needles import is_word, seamless, seams
from antivenom.analysis.secretwords import secret_words

if TYPE_CHECKING:
    from antivenom.analysis.package import Source
    from antivenom.model.program import Module

_PRIMITIVES = [
    "eval", "Function", "constructor", "fromCharCode", "atob", "unescape", "process.env",
    "process.binding", "mainModule", "child_process", "runInThisContext", "runInNewContext",
    "base64", "createRequire", "ethereum", "XMLHttpRequest", "sendBeacon",
    "homedir", "leveldb", "User Data", "_0x", "createElement", "import", "document.write",
    "createObjectURL", "document.writeln",
]  # fmt: skip
"""Ways to run text, to reach any function without naming it, or to hide a text."""
_CALLED = frozenset(["eval", "Function", "atob", "unescape", "fetch"])
"""Words that prose and types hold too: only a call counts."""
_AFTER = re.compile(rb"\s{0,4}(?:\(|\.(?:call|apply|bind)\b|\[|`)")
_VARIABLE = re.compile(rb"""(?:\?)?\.([A-Za-z_]\w{0,60})|\[\s{0,3}["'](\w{1,60})["']""")
_MODULES = re.compile(
    rb"""["'](?:node:)?(child_process|https?|http2|net|dns(?:/promises)?|dgram|tls|vm|worker_threads"""
    rb"""|axios|got|node-fetch|undici|request|superagent|needle|ws|execa|shelljs|cross-spawn"""
    rb"""|readline(?:/promises)?|readline-sync|inquirer|enquirer|prompts|octokit|@octokit/[a-z]{1,20}"""
    rb"""|node-telegram-bot-api|telegraf|discord\.js|nodemailer)["']"""
)
_BOUND = re.compile(
    rb"""(?:([A-Za-z_$][\w$]{1,60})|\{([^{}]{1,400})\})\s{0,20}=\s{0,20}[\w$.(]{0,60}?"""
    rb"""(?:require|import)\s{0,4}\(\s{0,4}$"""
    rb"""|import\s{1,20}(?:\*\s{0,9}as\s{1,9})?([A-Za-z_$][\w$]{0,60})?\s{0,9},?\s{0,9}"""
    rb"""(?:\{([^{}]{0,600})\})?\s{0,20}from\s{0,9}$"""
)
_NAME = re.compile(rb"([A-Za-z_$][\w$]{1,60})\s{0,9}(?:,|\}|$|=)")
_BACK = 700
_MOST_ALIASES = 60
_CALLED_BY_NAME = 400_000
"""Bytes of a text in which callers of telling functions are looked for too."""


@cache
def needles() -> tuple[object, list[str]]:
    """Return the automaton over identifiers and its words."""
    from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

    names = {*api.table("javascript").strong, *_PRIMITIVES}
    # ``window.ethereum`` is a property, not a folder.
    words = sorted(names | {w for w in secret_words() if w[1:] not in names})
    automaton = BytesAhoCorasick(
        [w.encode() for w in words],
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.ContiguousNFA,
    )
    return automaton, words


def telling_places(data: bytes) -> Iterator[int]:
    """Yield where a text names something that some behavior needs."""
    automaton, words = needles()
    data = seamless(data)
    for number, start, end in automaton.find_matches_as_indexes(data):  # type: ignore[attr-defined]
        if _counts(data, words[number], start, end):
            yield start


def is_hot(data: bytes) -> bool:
    """Return whether a text names anything that some behavior needs."""
    return next(telling_places(data), None) is not None


def _counts(data: bytes, word: str, start: int, end: int) -> bool:
    if word == "_0x":
        return start == 0 or data[start - 1] not in _LETTERS
    if not is_word(data, start, end):
        return False
    if word in _quoted():
        # Prose and property names hold them too: a module is loaded by its name as a text.
        return data[start - 1 : start] in _MARKS and data[end : end + 1] in _MARKS
    if word in _SHAPES:
        return _SHAPES[word].match(data, end) is not None
    if word == "process.env":
        return _telling_variable(data, end)
    if word == "constructor":
        return data[start - 1 : start] in _REACHED
    return word not in _CALLED or _AFTER.match(data, end) is not None


_SHAPES = {
    # Of elements only scripts count, and those whose kind is put together; of imports addresses.
    "createElement": re.compile(
        rb"""\s{0,4}\(\s{0,4}(?:["'`](?i:script)["'`]|\[|atob|String\b|["'`][^"'`]{0,20}["'`]\s{0,4}[+.])"""
    ),
    "import": re.compile(rb"""\s{0,4}\(\s{0,4}["'`](?:https?:|data:|//)"""),
}
_REACHED = (b".", b'"', b"'", b"`")
"""In front of a name that is looked up, not declared."""
_MARKS = (b'"', b"'", b"`", b":", b"/")


@cache
def _quoted() -> frozenset[str]:
    """Return the words that are names of modules and nothing else."""
    return frozenset(w for w in api.table("javascript").modules if w not in _CALLED) - _BARE


_BARE = frozenset(["Bun", "Deno", "WebSocket", "CryptoJS", "ethereum", "ActiveXObject", "FormData"])
_LETTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789$")


def _telling_variable(data: bytes, end: int) -> bool:
    """``process.env.NODE_ENV`` stands in every bundle; the name decides."""
    found = _VARIABLE.match(data, end)
    if found is None:
        return True
    name = (found.group(1) or found.group(2)).decode()
    return environment.classify(name)[0].startswith("secrets.")


def mark(source: Source, module: Module) -> None:
    """Find the places that make a function around them worth evaluating."""
    data = module.text.encode("utf-8", "replace")
    places = _unseamed(data)
    aliases = _aliases(data)
    places += _uses(data, aliases) if aliases else []
    if len(data) <= _CALLED_BY_NAME:
        for _ in range(2):
            names = _names_around(module, sorted(places))
            more = set(_uses(data, names)) - set(places) if names else set()
            if not more:
                break
            places += more
    source.hot_lines = sorted(set(places))


def _unseamed(data: bytes) -> list[int]:
    """Return telling places, also of texts written as sums, as places in the text itself."""
    places = list(telling_places(data))
    taken = seams(data)
    if not taken:
        return places
    joints, removed = [], [0]
    for start, end in taken:
        joints.append(start - removed[-1])
        removed.append(removed[-1] + end - start)
    return [at + removed[bisect_right(joints, at)] for at in places]


def _aliases(data: bytes) -> set[bytes]:
    """Return the names that stand for modules worth watching."""
    found: set[bytes] = set()
    for use in _MODULES.finditer(data):
        before = _BOUND.search(data, max(0, use.start() - _BACK), use.start())
        if before is None or len(found) > _MOST_ALIASES:
            continue
        one, several, name, names = before.groups()
        found |= {n for n in (one, name) if n}
        for listed in (several, names):
            found |= set(_NAME.findall(listed or b""))
    return {n for n in found if len(n) > 1}


def _names_around(module: Module, places: list[int]) -> set[bytes]:
    """Return the names of the functions around places, of those that are known without a look
    into functions."""
    found: set[bytes] = set()
    for function in module.functions[1:]:
        at = bisect_left(places, function.start)
        if at < len(places) and places[at] <= function.end:
            name = function.name.rpartition(".")[2].encode()
            found |= {name} if len(name) > _SHORTEST and name[:1] not in b"<" else set()
    return found - _KEYWORDS


_SHORTEST = 3


_KEYWORDS = frozenset([b"function", b"switch", b"while", b"return", b"catch", b"constructor"])


def _uses(data: bytes, names: set[bytes]) -> list[int]:
    from ahocorasick_rs import BytesAhoCorasick

    automaton = BytesAhoCorasick(sorted(names))
    hits = automaton.find_matches_as_indexes(data)
    return [s for _, s, e in hits if is_word(data, s, e)]
