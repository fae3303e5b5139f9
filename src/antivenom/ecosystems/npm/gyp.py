"""Commands of native builds: ``binding.gyp`` and what it includes.

A gyp file is a Python literal with comments. Its texts may hold ``<!(command)``, which runs while
the file is read, and the lists under ``action`` are commands of the build.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from posixpath import normpath

from antivenom.ecosystems.npm.manifest import Manifest
from antivenom.model.label import Activation, Hook

_TOKEN = re.compile(
    r"""'((?:[^'\\]|\\.){0,20000})'|"((?:[^"\\]|\\.){0,20000})"|\#[^\n]*|([\[\]])""", re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_EXPANDS = re.compile(r"<[!|]@?\(")
_OTHER = re.compile(r"([\w./-]{1,300}\.gypi?)(?:$|:[\w*-]{0,100}(?:#\w{0,20})?$)")
_MOST = 100
_MOST_FILES = 40
MOST_BYTES = 1 << 20


def hooks(
    manifest: Manifest, inner: str, member: Callable[[str], str | None],
    read: Callable[[str], bytes],
) -> Iterator[Hook]:  # fmt: skip
    """Yield the commands of a gyp file and of those it names; without a script npm builds it.

    `inner` is its path inside the package, `member` gives the member of such a path.
    """
    if manifest.fields.get("gypfile") is False:
        return
    named = {event for event, _ in manifest.scripts()}
    installs = "install" in named or "preinstall" not in named
    activation = Activation.INSTALL if installs else Activation.BUILD
    waiting, seen = [inner], {inner}
    while waiting and len(seen) <= _MOST_FILES:
        path = waiting.pop(0)
        found = member(path)
        text = read(found)[:MOST_BYTES].decode("utf-8", "replace") if found else ""
        for at, command in _commands(text) if found else ():
            yield Hook(
                member=found or "",
                line=text.count("\n", 0, at) + 1,
                activation=activation,
                command=command,
                name="binding.gyp",
                folder=manifest.folder,
            )
        folder = path.rpartition("/")[0]
        for other in _others(text):
            beside = normpath(f"{folder}/{other}" if folder else other)
            if beside not in seen:
                seen.add(beside)
                waiting.append(beside)


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, command line), at most so many of one file."""
    count = 0
    action: list[str] | None = None
    last, depth, began = "", 0, 0
    for token in _TOKEN.finditer(text):
        if count >= _MOST:
            return
        bracket = token[3]
        if bracket == "[":
            depth += 1
            if last == "action" and action is None:
                action, began, depth = [], token.start(), 1
        elif bracket == "]":
            depth -= 1
            if action is not None and depth <= 0:
                count += 1
                yield began, shlex.join(action)
                action = None
        elif (said := _said(token)) is not None:
            if action is not None:
                action.append(said)
            for command in _expansions(said):
                count += 1
                yield token.start(), command
            last = said


def _said(token: re.Match[str]) -> str | None:
    raw = token[1] if token[1] is not None else token[2]
    return _ESCAPE.sub(r"\1", raw) if raw is not None else None


def _expansions(text: str) -> Iterator[str]:
    """Yield the commands in one text; parentheses inside them are counted."""
    at = 0
    while found := _EXPANDS.search(text, at):
        depth, end = 1, found.end()
        while end < len(text) and depth:
            depth += (text[end] == "(") - (text[end] == ")")
            end += 1
        command = text[found.end() : end - 1 if not depth else end].strip()
        if command:
            yield command
        at = end


def _others(text: str) -> Iterator[str]:
    """Yield the gyp files that a text includes or depends on."""
    for number, token in enumerate(_TOKEN.finditer(text)):
        if number > 20_000:
            return
        other = _OTHER.fullmatch(_said(token) or "")
        if other:
            yield other[1]
