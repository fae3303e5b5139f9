"""Programs that a package brings along, or puts where no tool of the machine lives."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from antivenom.analysis.tools import command_class
from antivenom.intake.files import from_bytes
from antivenom.model.fact import Fact
from antivenom.pipeline import observe

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00\x01\x00\x00\x00" + bytes(400)


def facts(files: dict[str, bytes], **scripts: str) -> list[Fact]:
    """Observe demo 1.0.0 with these scripts."""
    manifest = json.dumps({"name": "demo", "version": "1.0.0", "scripts": scripts})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in {"package.json": manifest.encode(), **files}.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return list(observe(from_bytes(out.getvalue(), "demo-1.0.0.tgz")).facts)


def test_machine_code_that_an_install_script_starts() -> None:
    found = facts({"tools/setup": ELF}, preinstall="./tools/setup --quiet")
    (started,) = (f for f in found if f.path_class == "bundled")
    assert (started.id, started.value, started.activation) == (
        "process.spawn",
        "./tools/setup",
        "install",
    )


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"tools/setup": b"#!/bin/sh\necho hello\n"}, "./tools/setup"),
        ({"tools/setup": ELF}, "node tools/choose.js"),
    ],
)
def test_scripts_are_read_instead(files: dict[str, bytes], command: str) -> None:
    assert not [f for f in facts(files, preinstall=command) if f.path_class == "bundled"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["/tmp/bun", "run", "x.js"], "other"),
        ("/var/tmp/b-1/make all", "other"),
        (["/tmp/build/env/bin/cmake", ".."], "tool"),
        (["/usr/bin/make"], "tool"),
        (["bun", "run", "x.js"], "tool"),
        (["/tmp/venv/bin/python", "x.py"], "python"),
    ],
)
def test_no_tool_lives_in_the_temporary_folder(command: str | list[str], expected: str) -> None:
    assert command_class(command) == expected
