"""What editors and coding agents run when a folder is opened; the same in every registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from antivenom.model.label import Activation, Hook

Peek = Callable[[str], bytes]
_MOST = 100
_DEPTH = 8


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
            command=command[: 1 << 20],
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
