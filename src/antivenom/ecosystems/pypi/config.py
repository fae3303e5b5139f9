"""What a source tree's build files declare: hooks, folders, entry points, dependencies.

pyproject.toml and setup.cfg are parsed. setup.py is a program and is only skimmed for literals
here; `analysis` reads it properly. Everything found adds: a declaration never removes a root.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from antivenom.ecosystems.pypi.headers import EntryPoint, decode, entry_point, sections
from antivenom.model.label import Activation

CONFIG_BYTES = 256 << 10
MOST = 500


_MOST_PARTS = 100
_STRING = re.compile(r""" "(?:[^"\\\n]|\\.)*+"? | '[^'\n]*+'? """, re.VERBOSE)
_SEPARATORS = re.compile(r"[\s'\"/\\,=()\[\]{}:]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Code that a build file names: by module, or by path below the project."""

    activation: Activation
    module: str = ""
    path: str = ""
    function: str = ""
    folders: tuple[str, ...] = ("",)
    """Where the module is looked for, below the project."""
    how: str
    static: str = ""
    """An attribute: when the module assigns it a literal, nothing is imported."""


@dataclass(slots=True, kw_only=True)
class Config:
    """The declarations of one project's build files."""

    name: str = ""
    version: str = ""
    summary: str = ""
    build_backend: str = ""
    folders: list[tuple[str, str]] = field(default_factory=list)
    """(folder below the project, package it stands for)."""
    names: set[str] = field(default_factory=set)
    """Top-level modules and packages declared to be installed."""
    scripts: set[str] = field(default_factory=set)
    """Paths below the project that become commands."""
    hooks: list[Hook] = field(default_factory=list)
    entry_points: list[EntryPoint] = field(default_factory=list)
    requires: list[tuple[str, str, int]] = field(default_factory=list)
    """(specifier, member, line)."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    """(member, why): declarations of what runs that were not read, or not to their end."""
    text: str = ""
    """All build files, to look for mentions of a file's name."""
    _words: frozenset[str] | None = None

    def mentions(self, name: str) -> bool:
        """Whether a build file speaks of a file of this name."""
        if self._words is None:
            self._words = frozenset(_SEPARATORS.split(self.text))
        return name in self._words or f"*.{name.rpartition('.')[2]}" in self._words


# --------------------------------------------------------------------------- pyproject.toml


def read_pyproject(data: bytes, member: str, config: Config) -> None:
    """Add what pyproject.toml declares."""
    text = decode(data[:CONFIG_BYTES])
    found = _load_toml(text)
    _cut(data, member, config)
    if found is None:
        config.unread.append((member, "it is nested too deeply to be read"))
    table = found or {}
    project, tool = _table(table, "project"), _table(table, "tool")
    config.text += text
    config.name = config.name or _text(project.get("name"))
    config.version = config.version or _text(project.get("version"))
    config.summary = config.summary or _text(project.get("description"))
    _read_build_system(_table(table, "build-system"), config)
    _read_scripts(project, tool, text, member, config)
    _read_dependencies(project, text, member, config)
    _read_setuptools(_table(tool, "setuptools"), config)
    _read_other_backends(tool, config)


def _cut(data: bytes, member: str, config: Config) -> None:
    if len(data) > CONFIG_BYTES:
        config.unread.append((member, f"only its first {CONFIG_BYTES:,} bytes were read"))


def _load_toml(text: str) -> dict[str, Any] | None:
    """Parse TOML: {} where it is broken, so that no tool builds from it; None where we give up.

    The parser is quadratic in the parts of a key, so keys of hundreds are refused.
    """
    bare = _STRING.sub("s", text)
    for piece in re.split(r"[=\n,{}#]", bare):
        if piece.count(".") > _MOST_PARTS and ".." not in piece:
            return None
    try:
        return tomllib.loads(text)
    except ValueError:
        return {}
    except RecursionError:
        return None


def _table(value: Any, *path: str) -> dict[str, Any]:  # noqa: ANN401  parsed TOML has any shape
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:  # noqa: ANN401
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:  # noqa: ANN401
    values = value if isinstance(value, list) else [value]
    return [v for v in values[:MOST] if isinstance(v, str)]


def _line(text: str, needle: str) -> int:
    at = text.find(needle)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _read_build_system(table: dict[str, Any], config: Config) -> None:
    config.build_backend = _text(table.get("build-backend"))
    folders = tuple(_below(folder) for folder in _texts(table.get("backend-path")))
    if config.build_backend:
        module, _, _ = config.build_backend.partition(":")
        # Without backend-path the backend comes from an installed package, so a module of that
        # name in the tree is looked for only where backend-path points.
        if folders:
            how = f"build backend {config.build_backend}"
            hook = Hook(activation=Activation.BUILD, module=module, folders=folders, how=how)
            config.hooks.append(hook)


def _below(folder: str) -> str:
    """Return a folder below the project with its slash, "" for the project itself."""
    parts = [p for p in folder.replace("\\", "/").split("/") if p not in ("", ".")]
    return "/".join(parts) + "/" if parts else ""


def _read_scripts(
    project: dict[str, Any], tool: dict[str, Any], text: str, member: str, config: Config
) -> None:
    groups: list[tuple[str, dict[str, Any]]] = [
        ("console_scripts", _table(project, "scripts")),
        ("gui_scripts", _table(project, "gui-scripts")),
        ("console_scripts", _table(tool, "poetry", "scripts")),
        ("console_scripts", _table(tool, "flit", "scripts")),
    ]
    for plugins in (_table(project, "entry-points"), _table(tool, "poetry", "plugins")):
        groups += [(group, _table(plugins, group)) for group in list(plugins)[:MOST]]
    for group, entries in groups:
        for name, target in list(entries.items())[:MOST]:
            reference = _text(target) or _text(_table(target).get("reference"))
            entry = entry_point(group, name, reference, member, _line(text, name))
            if entry is not None:
                config.entry_points.append(entry)


def _read_dependencies(project: dict[str, Any], text: str, member: str, config: Config) -> None:
    specs = _texts(project.get("dependencies", []))
    for extra, listed in list(_table(project, "optional-dependencies").items())[:MOST]:
        specs += [f"{spec} ; extra == '{extra}'" for spec in _texts(listed)]
    for spec in specs[:MOST]:
        config.requires.append((spec, member, _line(text, spec.partition(" ; extra")[0])))


def _read_setuptools(table: dict[str, Any], config: Config) -> None:
    for package, folder in _table(table, "package-dir").items():
        config.folders.append((_below(_text(folder)), package))
    packages = table.get("packages")
    if isinstance(packages, list):
        config.names.update(name.partition(".")[0] for name in _texts(packages))
    for folder in _texts(_table(packages, "find").get("where", [])):
        config.folders.append((_below(folder), ""))
    config.names.update(_texts(table.get("py-modules", [])))
    config.scripts.update(_texts(table.get("script-files", [])))
    for command, target in _table(table, "cmdclass").items():
        _add_command(config, command, _text(target))
    for key, value in _table(table, "dynamic").items():
        _add_attribute(config, key, _text(_table(value).get("attr")))


def _add_command(config: Config, command: str, target: str) -> None:
    module, _, name = target.replace(":", ".").rpartition(".")
    if module:
        how = f"command {command[:40]} of the build runs on install"
        hook = Hook(activation=Activation.INSTALL, module=module, function=f"{name}.run", how=how)
        config.hooks.append(hook)
        config.hooks.append(Hook(activation=Activation.BUILD, module=module, how=how))


def _add_attribute(config: Config, key: str, target: str) -> None:
    module, _, name = target.rpartition(".")
    if module:
        how = f"imported to read {key[:40]}"
        config.hooks.append(Hook(activation=Activation.BUILD, module=module, how=how, static=name))


def _read_other_backends(tool: dict[str, Any], config: Config) -> None:
    """Add the build scripts that hatch, poetry and pdm run, and where they find packages."""
    hatch, poetry, pdm = _table(tool, "hatch"), _table(tool, "poetry"), _table(tool, "pdm")
    build = _table(hatch, "build")
    for target in (build, *(_table(t) for t in _table(build, "targets").values())):
        hook = _table(target, "hooks")
        if "custom" in hook:
            _add_script(config, _text(_table(hook, "custom").get("path")) or "hatch_build.py")
        for folder in _texts(target.get("packages", [])):
            config.folders.append((_below(folder.rpartition("/")[0]), ""))
        for old, new in _table(target, "sources").items():
            config.folders.append((_below(old), _text(new).replace("/", ".")))
    if "custom" in _table(hatch, "metadata", "hooks"):
        path = _text(_table(hatch, "metadata", "hooks", "custom").get("path"))
        _add_script(config, path or "hatch_build.py")
    if _text(_table(hatch, "version").get("source")) == "code":
        _add_script(config, _text(_table(hatch, "version").get("path")))
    script = poetry.get("build")
    _add_script(config, _text(script) or _text(_table(script).get("script")))
    _add_script(config, _text(_table(pdm, "build").get("custom-hook")) or "pdm_build.py")
    module, _, function = _text(_table(pdm, "version").get("getter")).partition(":")
    if module:
        getter = Hook(activation=Activation.BUILD, module=module, function=function, how="version")
        config.hooks.append(getter)
    for package in poetry.get("packages", []) if isinstance(poetry.get("packages"), list) else []:
        config.folders.append((_below(_text(_table(package).get("from"))), ""))
    config.folders.append((_below(_text(_table(tool, "maturin").get("python-source"))), ""))
    config.folders.append((_below(_text(_table(pdm, "build").get("package-dir"))), ""))


def _add_script(config: Config, path: str) -> None:
    if path:
        how = f"{path[:80]} runs on build"
        config.hooks.append(Hook(activation=Activation.BUILD, path=_below(path)[:-1], how=how))


# --------------------------------------------------------------------------- setup.cfg


def read_setup_cfg(data: bytes, member: str, config: Config) -> None:
    """Add what setup.cfg declares."""
    _cut(data, member, config)
    config.text += decode(data[:CONFIG_BYTES])
    for section, key, values, line in _ini(data[:CONFIG_BYTES]):
        value = values[0] if values else ""
        if section == "metadata":
            _read_metadata_option(key, value, config)
        elif section in ("options.entry_points", "entry_points"):
            _read_entry_points(key, values, member, line, config)
        elif section == "options":
            _read_option(key, values, member, line, config)
        elif section == "options.extras_require":
            config.requires += [(f"{v} ; extra == '{key}'", member, line) for v in values]
        elif section == "global" and key == "setup_hooks":
            _add_setup_hooks(config, values)
        elif section == "options.packages.find" and key == "where":
            config.folders.append((_below(value), ""))


def _add_setup_hooks(config: Config, values: list[str]) -> None:
    """Add functions that pbr calls while setup.py runs."""
    for target in values[:MOST]:
        module, _, function = target.strip().rpartition(".")
        if module:
            how = f"setup hook {target[:80]}"
            config.hooks.append(
                Hook(activation=Activation.BUILD, module=module, function=function, how=how)
            )


def _ini(data: bytes) -> list[tuple[str, str, list[str], int]]:
    """Return (section, key, lines of the value, line) of an ini file."""
    found: list[tuple[str, str, list[str], int]] = []
    for section, row, line in sections(data):
        if row[:1] in (" ", "\t") and found and found[-1][0] == section:
            found[-1][2].append(row.strip())
            continue
        key, _, value = row.partition("=") if "=" in row else row.partition(":")
        values = [value.strip()] if value.strip() else []
        found.append((section, key.strip().replace("-", "_"), values, line))
    return found


def _read_metadata_option(key: str, value: str, config: Config) -> None:
    kind, _, target = value.partition(":")
    if kind.strip() == "attr" and target:
        _add_attribute(config, key, target.strip())
    elif key == "name":
        config.name = config.name or value
    elif key == "version":
        config.version = config.version or value


def _read_entry_points(
    group: str, values: list[str], member: str, line: int, config: Config
) -> None:
    for number, row in enumerate(values[:MOST], 1):
        name, _, target = row.partition("=")
        entry = entry_point(group, name, target, member, line + number)
        if entry is not None:
            config.entry_points.append(entry)


def _read_option(key: str, values: list[str], member: str, line: int, config: Config) -> None:
    if key == "cmdclass":
        for row in values[:MOST]:
            command, _, target = row.partition("=")
            _add_command(config, command.strip(), target.strip())
    elif key == "package_dir":
        for row in values[:MOST]:
            package, _, folder = row.partition("=")
            config.folders.append((_below(folder.strip()), package.strip()))
    elif key in ("py_modules", "packages"):
        words = " ".join(values).replace(",", " ").split()
        config.names.update(word.partition(".")[0] for word in words if word[-1:] != ":")
    elif key == "scripts":
        config.scripts.update(" ".join(values).replace(",", " ").split())
    elif key == "install_requires":
        config.requires += [(v, member, line + n) for n, v in enumerate(values, 1)]


# --------------------------------------------------------------------------- setup.py

_FOLDERS = re.compile(r"package_dir\s{0,20}=\s{0,20}\{([^}]{0,1000})\}")
_PAIR = re.compile(r"['\"]([\w.]{0,100})['\"]\s{0,20}:\s{0,20}['\"]([\w./-]{0,200})['\"]")
_FIND = re.compile(
    r"find_(?:namespace_)?packages\(\s{0,20}(?:where\s{0,9}=\s{0,9})?['\"]([\w./-]{1,200})"
)
_LISTS = re.compile(r"\b(py_modules|packages|scripts)\s{0,20}=\s{0,20}[\[(]([^\])]{0,4000})[\])]")
_REQUIRES = re.compile(r"\binstall_requires\s{0,20}=\s{0,20}\[([^\]]{0,4000})\]")
_QUOTED = re.compile(r"['\"]([^'\"\n]{1,300})['\"]")
_FIELD = re.compile(r"\b(name|version)\s{0,20}=\s{0,20}['\"]([^'\"\n]{1,200})['\"]")
_ENTRY = re.compile(
    r"['\"]([\w.-]{1,80})['\"]\s{0,20}:\s{0,20}(?=[\[('\"])"
    r"|['\"\n]\s{0,20}([\w.-]{1,80})\s{0,9}=\s{0,9}([A-Za-z_][\w.]{0,200}:[A-Za-z_][\w.]{0,200})"
)


def read_setup_py(data: bytes, member: str, config: Config) -> None:
    """Skim setup.py for literals that say where things are."""
    text = decode(data[:CONFIG_BYTES])
    config.text += text
    for found in list(_FOLDERS.finditer(text))[:20]:
        config.folders += [(_below(d), p) for p, d in _PAIR.findall(found[1])[:MOST]]
    config.folders += [(_below(folder), "") for folder in _FIND.findall(text)[:20]]
    for kind, listed in _LISTS.findall(text)[:20]:
        words = _QUOTED.findall(listed)[:MOST]
        if kind == "scripts":
            config.scripts.update(words)
        else:
            config.names.update(word.partition(".")[0] for word in words)
    for needed in list(_REQUIRES.finditer(text))[:5]:
        line = text.count("\n", 0, needed.start()) + 1
        config.requires += [(spec, member, line) for spec in _QUOTED.findall(needed[1])[:MOST]]
    call = text.rfind("setup(")
    for key, value in _FIELD.findall(text, max(call, 0))[:20]:
        if key == "name":
            config.name = config.name or value
        else:
            config.version = config.version or value
    _skim_entry_points(text, member, config)


def _skim_entry_points(text: str, member: str, config: Config) -> None:
    if "entry_points" not in text:
        return
    group, at, line = "console_scripts", 0, 1
    for count, found in enumerate(_ENTRY.finditer(text, text.find("entry_points"))):
        if count > MOST:
            return
        if found[1]:
            group = found[1]
            continue
        line += text.count("\n", at, found.start(2))
        at = found.start(2)
        entry = entry_point(group, found[2], found[3], member, line)
        if entry is not None:
            config.entry_points.append(entry)
