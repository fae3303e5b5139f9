"""Which members a package's fields name: entry points, commands, and files of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath

from antivenom.ecosystems.npm.manifest import Manifest
from antivenom.ecosystems.npm.places import is_script

_MAIN = ("main", "module", "browser", "jsnext:main", "es2015", "esnext", "unpkg", "jsdelivr",
         "react-native", "worker", "runkitExampleFilename")  # fmt: skip
_ENDS = ("", ".js", ".mjs", ".cjs", ".json", ".node", ".ts", ".tsx", ".jsx", "/index.js",
         "/index.mjs", "/index.cjs", "/index.node", "/index.ts")  # fmt: skip
_MOST_TARGETS = 2000
_MOST_MATCHES = 2000
_DEPTH = 12


class Files:
    """The members of one tree by the path a package gives them."""

    def __init__(self, members: Mapping[str, str]) -> None:
        self.members = members
        """Path inside the package -> member of the tree."""

    def find(self, path: str, folder: str = "") -> str | None:
        """Return the member that Node loads for a path of the package in `folder`."""
        plain = path.split("?")[0].replace("\\", "/")[:1000]
        inner = normpath(folder + plain.removeprefix("/")).removeprefix("./")
        if inner.startswith("../"):
            return None
        if inner in (".", ""):
            inner = "index"
        for end in _ENDS:
            found = self.members.get(inner + end)
            if found is not None:
                return found
        return None

    def matching(self, pattern: str, folder: str) -> Iterator[str]:
        """Yield the scripts that an export pattern (``./lib/*.js``) opens."""
        head, _, tail = pattern.removeprefix("./").partition("*")
        for count, (path, member) in enumerate(self.members.items()):
            if count > 100_000:
                return
            if path.startswith(folder + head) and path.endswith(tail) and is_script(path):
                yield member


def entry_points(manifest: Manifest, files: Files) -> dict[str, str]:
    """Return member -> the field that names it, of everything importing the package can load."""
    found: dict[str, str] = {}
    for key in _MAIN:
        value = manifest.fields.get(key)
        targets = [value] if isinstance(value, str) else _leaves(value)
        for target in targets:
            _note(found, files.find(target, manifest.folder), key)
    for target in _leaves(manifest.fields.get("exports")):
        if "*" in target:
            for number, member in enumerate(files.matching(target, manifest.folder)):
                if number >= _MOST_MATCHES:
                    break
                _note(found, member, "exports")
        else:
            _note(found, files.find(target, manifest.folder), "exports")
    _note(found, files.find("index", manifest.folder), "main")
    return found


def commands(manifest: Manifest, files: Files) -> Iterator[tuple[str, str]]:
    """Yield (command, member) of what installing puts on the path."""
    value = manifest.fields.get("bin")
    if isinstance(value, str):
        name = manifest.name.rpartition("/")[2]
        yield from _command(name, value, manifest, files)
    elif isinstance(value, dict):
        for name, target in list(value.items())[:_MOST_TARGETS]:
            if isinstance(target, str):
                yield from _command(name, target, manifest, files)
    folder = manifest.mapping("directories").get("bin")
    if isinstance(folder, str):
        start = normpath(manifest.folder + folder) + "/"
        for path, member in files.members.items():
            if path.startswith(start):
                yield path.rpartition("/")[2].partition(".")[0], member


def _command(name: str, target: str, manifest: Manifest, files: Files) -> Iterator[tuple[str, str]]:
    member = files.find(target, manifest.folder)
    if member is not None:
        yield name, member


def _note(found: dict[str, str], member: str | None, key: str) -> None:
    if member is not None and not member.endswith((".d.ts", ".json")):
        found.setdefault(member, key)


def _leaves(value: object) -> list[str]:
    """Return the texts in a nest of conditions, in order, types left out."""
    out: list[str] = []
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting and len(out) < _MOST_TARGETS:
        one, depth = waiting.pop(0)
        if isinstance(one, str):
            out.append(one)
        elif isinstance(one, dict) and depth < _DEPTH:
            waiting[:0] = [(v, depth + 1) for k, v in one.items() if k != "types"]
        elif isinstance(one, list) and depth < _DEPTH:
            waiting[:0] = [(v, depth + 1) for v in one]
    return out
