"""The import contracts name everything they must, and the closed vocabularies stay closed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from antivenom.model.artifact import ArtifactKind
from antivenom.model.coordinate import Ecosystem
from antivenom.model.label import Activation, Role
from antivenom.model.review import MALICIOUS_AT, SUSPICIOUS_AT, WEAK_CEILING, Verdict
from antivenom.model.vocabulary import BEHAVIORS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "antivenom"
MAY_RUN_OR_FETCH = {
    "cli", "service", "lab", "gate", "catalog", "store", "session", "intake", "isolate", "http",
    "sandbox", "errors", "compiled",
}  # fmt: skip
"""Everything else reads uploads and stands under both safety contracts."""


def contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {c["name"]: c for c in settings["tool"]["importlinter"]["contracts"]}


def modules() -> set[str]:
    found = {p.stem for p in PACKAGE.glob("*.py")} | {
        p.parent.name for p in PACKAGE.glob("*/__init__.py")
    }
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize(
    "name", ["Nothing that reads an upload can run it", "The network has one door"]
)
def test_every_reader_stands_under_the_safety_contracts(name: str) -> None:
    covered = {module.removeprefix("antivenom.") for module in contracts()[name]["source_modules"]}
    assert covered == modules() - MAY_RUN_OR_FETCH


def test_every_package_is_one() -> None:
    folders = {p.parent for p in PACKAGE.rglob("*.py")}
    assert {f for f in folders if not (f / "__init__.py").is_file()} == set()


def test_closed_lists_are_as_the_contracts_fix_them() -> None:
    assert [v.value for v in Verdict] == ["malicious", "suspicious", "inconclusive", "clean"]
    assert [a.value for a in Activation] == [
        "startup", "install", "build", "import", "open", "run", "call", "test", "never",
    ]  # fmt: skip
    assert [r.value for r in Role] == [
        "code", "test", "docs", "example", "vendored", "generated", "data",
    ]  # fmt: skip
    assert [e.value for e in Ecosystem] == ["pypi", "npm", "crates", "maven"]
    assert [k.value for k in ArtifactKind] == [
        "sdist", "wheel", "egg", "npm", "crate", "jar", "archive", "tree", "file",
    ]  # fmt: skip
    assert len(BEHAVIORS) == 60
    assert (MALICIOUS_AT, SUSPICIOUS_AT, WEAK_CEILING) == (0.9, 0.5, 0.89)


def _texts() -> list[Path]:
    skipped = {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".hypothesis", "dist"}
    endings = {".py", ".md", ".toml", ".txt", ".json", ".yaml", ".css", ".in", ""}
    found = []
    for path in ROOT.rglob("*"):
        inside = set(path.relative_to(ROOT).parts)
        if path.is_file() and path.suffix in endings and not inside & skipped:
            found.append(path)
    return found


def test_no_registry_host_stands_in_the_repository() -> None:
    # Spelled in parts, so that this file does not break its own rule.
    ends = ["pypi." + "org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com",
            "crates." + "io", "maven." + "org", "repo1." + "maven"]  # fmt: skip
    hosts = re.compile("|".join(rf"(?<![\w-]){re.escape(end)}" for end in ends))
    allowed = "inspector." + "pypi.io"
    found = {}
    for path in _texts():
        text = path.read_text("utf-8", "replace").replace(allowed, "")
        hits = [m.group() for m in hosts.finditer(text)]
        if hits:
            found[str(path.relative_to(ROOT))] = hits[:3]
    assert found == {}


def test_no_module_is_a_grab_bag() -> None:
    names = {p.stem for p in PACKAGE.rglob("*.py")} | {
        p.name for p in PACKAGE.rglob("*") if p.is_dir()
    }
    assert names & {"utils", "helpers", "common", "manager", "core"} == set()


def test_no_file_grows_past_the_limit() -> None:
    long = {
        p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text().splitlines())) > 500
    }
    assert long == {}
