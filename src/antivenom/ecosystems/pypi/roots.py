"""Where execution starts: every way a PyPI distribution gets its code run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from antivenom.ecosystems.pypi.config import Config, Hook
from antivenom.ecosystems.pypi.headers import EntryPoint
from antivenom.ecosystems.pypi.imports import Modules
from antivenom.ecosystems.pypi.layout import Layout, Place
from antivenom.ecosystems.pypi.places import role, suffix, words
from antivenom.model.label import Activation, Role, Root

_STARTUP_MODULES = frozenset({"sitecustomize", "usercustomize"})
_OPENED = words(
    """
    .vscode/tasks.json .vscode/settings.json .vscode/launch.json .claude/settings.json
    .claude/settings.local.json .cursor/mcp.json .mcp.json .gemini/settings.json .envrc
    .devcontainer/devcontainer.json .devcontainer.json .idea/workspace.xml
    """
)
_COMMANDS = frozenset({"console_scripts", "gui_scripts"})
MOST_STARTS = 20_000
MOST_ROOTS = 400_000
"""Above what the members and entry points of the largest tree can give."""


def find_roots(
    layout: Layout,
    modules: Modules,
    configs: Mapping[str, Config],
    entry_points: Sequence[EntryPoint],
    peek: Callable[[str], bytes],
) -> tuple[Root, ...]:
    """Return every root once, in the order of the tree's members."""
    found: dict[tuple[str, Activation, str], Root] = {}
    for root in _all(layout, modules, configs, entry_points, peek):
        if len(found) < MOST_ROOTS:
            found.setdefault((root.member, root.activation, root.function), root)
    return tuple(found.values())


def _all(
    layout: Layout,
    modules: Modules,
    configs: Mapping[str, Config],
    entry_points: Sequence[EntryPoint],
    peek: Callable[[str], bytes],
) -> Iterator[Root]:
    for place in layout.places.values():
        config = configs.get(place.project) or Config()
        yield from _by_place(layout, place, modules, config)
        if suffix(place.inner) == "start" and "/" not in place.inner and place.site:
            yield from _start_file(place, modules, peek)
    for project, config in configs.items():
        for hook in config.hooks:
            yield from _by_hook(layout, modules, project, hook, peek)
    for entry in entry_points:
        project = layout.places[entry.member].project if entry.member in layout.places else ""
        yield from _by_entry(modules, project, entry)


def _by_place(layout: Layout, place: Place, modules: Modules, config: Config) -> Iterator[Root]:
    member, inner = place.member, place.inner
    name = inner.rpartition("/")[2]
    if not layout.installed and inner.lower() == "setup.py":
        yield Root(member=member, activation=Activation.BUILD, how="setup.py runs on build")
    if _starts_up(layout, place, modules.names.get(member, ""), config):
        yield Root(member=member, activation=Activation.STARTUP, how=f"{name} runs on every start")
    if member in modules.first:
        how = f"loaded by import {modules.names[member]}"
        yield Root(member=member, activation=Activation.IMPORT, how=how)
    if place.script or inner in config.scripts:
        yield Root(member=member, activation=Activation.RUN, how=f"installed as command {name}")
    if name in ("__main__.py", "__main__.pyc"):
        tested = role(inner) is Role.TEST
        when = Activation.TEST if tested and not layout.installed else Activation.RUN
        yield Root(member=member, activation=when, how="runs with python -m")
    if name == "conftest.py":
        yield Root(member=member, activation=Activation.TEST, how="pytest loads it")
    if not layout.installed and (inner in _OPENED or name.endswith(".code-workspace")):
        yield Root(member=member, activation=Activation.OPEN, how="read when the folder is opened")


def _starts_up(layout: Layout, place: Place, module: str, config: Config) -> bool:
    """Whether the interpreter runs it on start once installed; generous in source trees."""
    name = place.inner.rpartition("/")[2]
    top = "/" not in place.inner
    if suffix(name) == "pth":
        at_top = top and (place.site or not layout.installed)
        return at_top or (not layout.installed and (config.mentions(name) or _in_src(place)))
    if suffix(name) in ("py", "pyc", "so", "pyd"):
        stem = name.partition(".")[0]
        if module in _STARTUP_MODULES:
            return True
        mentioned = not layout.installed and config.mentions(name)
        return stem in _STARTUP_MODULES and mentioned
    return suffix(name) == "start" and top and place.site


def _in_src(place: Place) -> bool:
    return place.inner.count("/") == 1 and place.inner.startswith(("src/", "lib/"))


def _start_file(place: Place, modules: Modules, peek: Callable[[str], bytes]) -> Iterator[Root]:
    """Yield what a `.start` file (PEP 829) names: one `module:function` a line."""
    for row in peek(place.member).decode("utf-8", "replace").splitlines()[:MOST_STARTS]:
        module, _, function = row.strip().partition(":")
        for member in modules.find(place.project, module):
            how = f"{place.inner} runs it on every start"
            yield Root(member=member, activation=Activation.STARTUP, how=how)
            if function:
                yield Root(member=member, activation=Activation.STARTUP, function=function, how=how)


def _by_hook(
    layout: Layout, modules: Modules, project: str, hook: Hook, peek: Callable[[str], bytes]
) -> Iterator[Root]:
    if hook.path:
        found: tuple[str, ...] = tuple(filter(None, [layout.find(project, hook.path)]))
    else:
        found = _hooked(layout, modules, project, hook)
    if hook.static and found and _is_static(peek(found[0]), hook.static):
        return
    for number, member in enumerate(found):
        yield Root(member=member, activation=hook.activation, how=hook.how)
        if hook.function and number == 0:
            yield Root(
                member=member, activation=hook.activation, function=hook.function, how=hook.how
            )


def _hooked(layout: Layout, modules: Modules, project: str, hook: Hook) -> tuple[str, ...]:
    """Return the members a hook's module loads: where it is told to look, then anywhere."""
    path = hook.module.replace(".", "/")
    parts = path.split("/")
    for folder in hook.folders:
        parents = [f"{folder}{'/'.join(parts[:n])}/__init__.py" for n in range(1, len(parts))]
        tries = (f"{folder}{path}.py", f"{folder}{path}/__init__.py", f"{folder}{path}.pyc")
        named = [m for t in tries if (m := layout.find(project, t))]
        if named:
            return tuple(named + [m for p in parents if (m := layout.find(project, p))])
    return modules.find(project, hook.module)


def _is_static(data: bytes, name: str) -> bool:
    """Whether a module assigns the name a literal, so that a build reads without importing."""
    if not name.isidentifier():
        return False
    pattern = rb"(?m)^%s[ \t]{0,20}(?::[^=\n]{0,80})?=[ \t]{0,20}[(\[]?[ \t]{0,20}['\"\d]"
    return re.search(pattern % name.encode(), data[: 1 << 20]) is not None


def _by_entry(modules: Modules, project: str, entry: EntryPoint) -> Iterator[Root]:
    """Yield the module an entry point loads and the function that is called in it."""
    activation = Activation.RUN if entry.group in _COMMANDS else Activation.IMPORT
    how = f"command {entry.name}" if activation is Activation.RUN else f"plug-in of {entry.group}"
    members = modules.members.get((project, entry.module)) or modules.members.get(
        ("", entry.module), ()
    )
    for member in members:
        yield Root(member=member, activation=activation, how=how)
        if entry.function:
            yield Root(member=member, activation=activation, function=entry.function, how=how)
