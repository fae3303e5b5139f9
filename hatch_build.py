"""Ship data tables compiled: a wheel holds what programs read fast, not the pages people write.

The loaders compile into a cache folder; the build points them at an empty one and ships what they
put there. Rule pages themselves stay out, since their samples look like attacks to other scanners.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "antivenom/_compiled"
API_LANGUAGES = "antivenom/analysis/api"
"""The one loader with an argument is called for each folder here."""


class CompileTables(BuildHookInterface[Any]):
    """Adds `_compiled/*.json` to wheel and sdist; an sdist already has them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a temporary folder, never into the checkout, where it could go stale."""
        source = Path(self.root) / "src"
        if version == "editable" or (source / PLACE).is_dir():
            return
        self._folder = tempfile.TemporaryDirectory()
        prefix = "src/" if self.target_name == "sdist" else ""
        for table in compile_tables(source, Path(self._folder.name)):
            build_data["force_include"][str(table)] = f"{prefix}{PLACE}/{table.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary folder."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def loaders(source: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Find every top-level function that loads a table: a new one needs no line here."""
    for path in sorted((source / "antivenom").rglob("*.py")):
        text = path.read_text("utf-8")
        if "compiled.load(" not in text:
            continue
        module = ".".join(path.relative_to(source).with_suffix("").parts)
        for node in ast.parse(text).body:
            if not isinstance(node, ast.FunctionDef) or "compiled.load(" not in ast.unparse(node):
                continue
            if module.endswith(".engine"):
                continue  # the engine's digest is taken below, over everything
            if not node.args.args:
                yield module, node.name, []
                continue
            for folder in sorted((source / API_LANGUAGES).glob("*/*.toml")):
                yield module, node.name, [folder.parent.name]


def _calls(source: Path) -> Iterator[str]:
    for module, function, arguments in loaders(source):
        yield f"import {module} as module; module.{function}(*{arguments!r})"


def compile_tables(source: Path, folder: Path) -> list[Path]:
    """Let every loader build its table, and return the tables under their shipped names."""
    # A process of its own: loaders keep what they loaded, and a build may ask twice.
    script = [*_calls(source), "from antivenom.analysis import engine", "print(engine.digest())"]
    digest = subprocess.run(
        [sys.executable, "-c", "\n".join(script)],
        env={**os.environ, "XDG_CACHE_HOME": str(folder), "PYTHONPATH": str(source)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    tables = sorted((folder / "antivenom" / "compiled").glob("*.json"))
    # The cache keys a table by its sources: name-digest.json.
    found = [t.rename(t.with_name(f"{t.stem.rpartition('-')[0]}.json")) for t in tables]
    engine = folder / "engine.json"
    engine.write_text(json.dumps(digest))
    return [*found, engine]
