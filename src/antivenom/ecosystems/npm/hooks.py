"""Scripts that a package has other people's machines run, and the scripts those start."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_MOST = 100


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
        command = named[event][: 2 << 20]
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
