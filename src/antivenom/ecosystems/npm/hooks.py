"""Command lines a package has other people's machines run: scripts, gyp files, folder hooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from antivenom.ecosystems.npm.manifest import Manifest
from antivenom.model.label import Activation, Hook

EVENTS = {
    "preinstall": Activation.INSTALL,
    "install": Activation.INSTALL,
    "postinstall": Activation.INSTALL,
    "prepublish": Activation.BUILD,
    "preprepare": Activation.BUILD,
    "prepare": Activation.BUILD,
    "postprepare": Activation.BUILD,
}
"""Scripts a client runs without being asked; ``prepare`` for packages from git and in the folder
itself, ``prepublish`` there by npm before version 7."""
_RUNS = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)(?: {1,4}-[\w=-]{1,40}){0,4} {1,4}(?:run(?:-script)? {1,4})?"
    r"(?:-s {1,4}|--silent {1,4})?([\w:.@/-]{1,100})"
)
_EXPANSION = re.compile(
    r"""<[!|]@?\(((?:[^()'"\n]|'[^'\n]{0,400}'|"[^"\n]{0,400}"|\([^()\n]{0,400}\)){1,2000})\)"""
)
_ACTION = re.compile(r"""["']action["']\s{0,50}:\s{0,50}\[([^\]]{1,2000})\]""")
_WORD = re.compile(r"""["']([^"'\n]{1,500})["']""")
_MOST = 100
_DEPTH = 8
Peek = Callable[[str], bytes]


def scripts(manifest: Manifest) -> Iterator[Hook]:
    """Yield the scripts that run by themselves, and those they start by name."""
    named = dict(manifest.scripts())
    done: set[tuple[str, Activation]] = set()
    waiting = [(event, EVENTS[event]) for event in named if event in EVENTS]
    while waiting and len(done) < _MOST:
        event, activation = waiting.pop(0)
        if (event, activation) in done:
            continue
        done.add((event, activation))
        command = named[event][:65536]
        yield Hook(
            member=manifest.member,
            line=manifest.line_of(event, command),
            activation=activation,
            command=command,
            name=f"scripts.{event}",
            folder=manifest.folder,
        )
        for other in _RUNS.findall(command)[:_MOST]:
            waiting += [
                (e, activation) for e in (f"pre{other}", other, f"post{other}") if e in named
            ]


def gyp(manifest: Manifest, path: str, data: bytes) -> Iterator[Hook]:
    """Yield what building the native part runs: without a script of its own npm builds it."""
    named = {event for event, _ in manifest.scripts()}
    if manifest.fields.get("gypfile") is False:
        return
    implicit = not named & {"install", "preinstall"}
    activation = Activation.INSTALL if implicit or named & {"install"} else Activation.BUILD
    text = data[: 1 << 20].decode("utf-8", "replace")
    found = [(m.start(), m.group(1)) for m in _EXPANSION.finditer(text)]
    found += [(a.start(), " ".join(_WORD.findall(a.group(1)))) for a in _ACTION.finditer(text)]
    for at, command in found[:_MOST]:
        yield Hook(
            member=path,
            line=text.count("\n", 0, at) + 1,
            activation=activation,
            command=command.strip(),
            name="binding.gyp",
            folder=manifest.folder,
        )


def opened(path: str, inner: str, peek: Peek) -> Iterator[Hook]:
    """Yield what an editor or agent runs when the folder is opened."""
    reader = _OPENED.get(inner)
    if reader is None:
        return
    text = peek(path)[: 1 << 20].decode("utf-8", "replace")
    for number, command in enumerate(reader(_json(text))):
        if number >= _MOST:
            return
        yield Hook(
            member=path,
            line=_line(text, command),
            activation=Activation.OPEN,
            command=command[:65536],
            name=inner,
        )


def _line(text: str, command: str) -> int:
    at = text.find(msgspec.json.encode(command[:60]).decode()[1:-1])
    return text.count("\n", 0, max(at, 0)) + 1


_COMMENT = re.compile(r"^\s*//[^\n]*$", re.MULTILINE)
_TRAILING = re.compile(r",(\s{0,400}[}\]])")


def _json(text: str) -> object:
    """Read JSON with comments, as editors write it; None when it cannot be read."""
    for attempt in (text, _TRAILING.sub(r"\1", _COMMENT.sub("", text))):
        try:
            return msgspec.json.decode(attempt)
        except (msgspec.DecodeError, RecursionError):
            continue
    return None


def _tasks(found: object) -> Iterator[str]:
    """Tasks of an editor that start with the folder."""
    for task in _list(_get(found, "tasks")):
        if _get(_get(task, "runOptions"), "runOn") == "folderOpen":
            for part in (task, _get(task, "linux"), _get(task, "osx"), _get(task, "windows")):
                command = _get(part, "command")
                words = [w for w in _list(_get(part, "args")) if isinstance(w, str)]
                if isinstance(command, str):
                    yield " ".join([command, *words])


def _agent(found: object) -> Iterator[str]:
    """Hooks of a coding agent, and the servers it starts."""
    waiting: list[tuple[object, int]] = [(_get(found, "hooks"), 0), (_get(found, "mcpServers"), 0)]
    while waiting:
        one, depth = waiting.pop(0)
        if depth > _DEPTH:
            continue
        if isinstance(one, dict):
            command = one.get("command")
            if isinstance(command, str):
                words = [w for w in _list(one.get("args")) if isinstance(w, str)]
                yield " ".join([command, *words])
            waiting += [(v, depth + 1) for v in list(one.values())[:_MOST]]
        elif isinstance(one, list):
            waiting += [(v, depth + 1) for v in one[:_MOST]]


def _container(found: object) -> Iterator[str]:
    """Commands of a development container."""
    for key in ("initializeCommand", "postCreateCommand", "postStartCommand", "onCreateCommand"):
        value = _get(found, key)
        if isinstance(value, str):
            yield value


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _list(value: object) -> list[object]:
    return value[:_MOST] if isinstance(value, list) else []


_OPENED: dict[str, Callable[[object], Iterator[str]]] = {
    ".vscode/tasks.json": _tasks,
    ".claude/settings.json": _agent,
    ".claude/settings.local.json": _agent,
    ".gemini/settings.json": _agent,
    ".cursor/hooks.json": _agent,
    ".cursor/mcp.json": _agent,
    ".mcp.json": _agent,
    ".devcontainer/devcontainer.json": _container,
    ".devcontainer.json": _container,
}
OPENED = frozenset(_OPENED)
"""Files that an editor or agent obeys when the folder is opened."""
