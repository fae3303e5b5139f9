"""Modules: what ``require`` and ``import`` load, from the package's own files or by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import normpath
from typing import TYPE_CHECKING

import msgspec

from antivenom.analysis.dialects.javascript.names import module_path
from antivenom.analysis.package import FAR
from antivenom.analysis.value import Value, join

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.objects import ModuleRef
    from antivenom.analysis.flow.site import Site
    from antivenom.analysis.package import Source

_ENDS = (
    "", ".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".json", "/index.js", "/index.mjs",
    "/index.cjs", "/index.ts",
)  # fmt: skip
_LOADED = re.compile(
    r"""(?:\brequire\s{0,4}\(\s{0,4}|\bfrom\s{0,4}|\bimport\s{0,4}\(?\s{0,4})(["'])([^"'\n]{1,300})\1"""
)
_MOST_LOADED = 400
_LARGEST_DATA = 1 << 20


def begin(m: Machine, ref: ModuleRef) -> None:
    """Give a module its ``module`` and ``exports``."""
    if "module" not in ref.env.vars:
        exports = Value(table={})
        ref.env.vars["exports"] = ref.env.vars["this"] = exports
        ref.env.vars["module"] = Value(table={"exports": exports}, path="module")


def exports(ref: ModuleRef) -> Value:
    """Return what a module gives to whoever loads it."""
    module = ref.env.vars.get("module")
    found = module.table.get("exports") if module is not None and module.table else None
    return found if found is not None else Value()


def find(m: Machine, path: str, importer: Source) -> str | None:
    """Return the member that a relative path names from a member's folder."""
    if path.startswith("."):
        folder = importer.member.rpartition("/")[0]
        stem = normpath(f"{folder}/{path}" if folder else path)
    elif path.startswith("/"):
        return None
    else:
        top = importer.member.partition("/")[0]
        stem = f"{top}/node_modules/{path}"
    for end in _ENDS:
        if stem + end in m.package.by_member:
            return stem + end
    if stem.endswith(".js") and f"{stem[:-3]}.ts" in m.package.by_member:
        return f"{stem[:-3]}.ts"  # TypeScript imports what it will be compiled to
    return None


def require(m: Machine, site: Site) -> Value | None:
    """``require(path)`` and ``import(path)``."""
    key = site.args[0] if site.args else Value()
    options = [v for v in (key, *key.alts) if isinstance(v.const, str)]
    if not options:
        if key.taints or key.hint:
            m.effects.emit(m, "code.import", site.line, certainty="low")
        return Value(taints=key.taints)
    if key.coded and _hidden(key):
        m.effects.emit(m, "data.assemble", site.line, value=str(options[0].const))
    result: Value | None = None
    from antivenom.analysis.dialects.javascript import programs

    for option in options:
        found = programs.remote(m, option, site.line) or load(m, str(option.const))
        result = join(result, found) if result is not None else found
    return result


def _hidden(key: Value) -> bool:
    return key.coded != ("assembled",) or not str(key.const).startswith(".")


def load(m: Machine, path: str) -> Value:
    """Load a module by the path in the code."""
    importer = m.frame.home.source
    member = find(m, path, importer)
    if member is None:
        data = _data(m, path, importer)
        return data if data is not None else Value(path=module_path(path))
    ref = m.module_ref(m.package.by_member[member])
    m.run_module(ref)
    return exports(ref)


def _data(m: Machine, path: str, importer: Source) -> Value | None:
    """Load ``./data.json`` of the package itself."""
    if not path.startswith(".") or not path.endswith(".json"):
        return None
    folder = importer.member.rpartition("/")[0]
    raw = m.package.read(normpath(f"{folder}/{path}" if folder else path))
    if raw is None or len(raw) > _LARGEST_DATA:
        return Value()
    try:
        return Value(const=msgspec.json.decode(raw), coded=("bundled-file",))
    except (msgspec.DecodeError, RecursionError):
        return Value()


def run_cold(m: Machine, ref: ModuleRef) -> int:
    """Run what a module without needles loads; return how far away what matters is."""
    away = FAR
    for path in _paths(ref.source.data):
        m.step()
        member = find(m, path, ref.source)
        if member is not None:
            loaded = m.module_ref(m.package.by_member[member])
            m.run_module(loaded)
            away = 0 if loaded.source.hot else away
    return away


def _paths(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8", "replace")
    for number, found in enumerate(_LOADED.finditer(text)):
        if number >= _MOST_LOADED:
            return
        if found.group(2).startswith("."):
            yield found.group(2)
