"""Same bytes, same digests, same JSON; and no verdict depends on a project's own name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antivenom.report.json import to_json
from tests.properties.specimens import FORMS, SPECIMENS, Specimen

ROOT = Path(__file__).parent.parent.parent
SCRIPT = """
import sys
from antivenom.report.json import to_json
from tests.properties.specimens import FORMS, SPECIMENS
for name, form in FORMS:
    sys.stdout.buffer.write(to_json(SPECIMENS[name].review(form)) + b"\\n")
"""


def _in_a_process(seed: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        },
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_two_processes_say_the_same_to_the_byte() -> None:
    one, other = _in_a_process("1"), _in_a_process("4711")
    assert len(one.splitlines()) == len(FORMS)
    assert one == other


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_twice_in_one_process(name: str, form: str) -> None:
    assert to_json(SPECIMENS[name].review(form)) == to_json(SPECIMENS[name].review(form))


def test_what_was_reviewed_before_does_not_matter() -> None:
    alone = to_json(SPECIMENS["parts"].review("wheel"))
    for name, form in FORMS:
        SPECIMENS[name].review(form)
    assert to_json(SPECIMENS["parts"].review("wheel")) == alone


def named(specimen: Specimen, name: str) -> Specimen:
    """The same package under another name: metadata, file names, folders and imports."""
    module = name.replace("-", "_").replace(".", "_")
    files = {
        path.replace("demo/", f"{module}/"): text.replace("from demo.", f"from {module}.")
        .replace('["demo"]', f'["{module}"]')
        .replace('name="demo"', f'name="{name}"')
        for path, text in specimen.files.items()
    }
    return replace(specimen, files=files, name=name)


# Letters and digits without meaning: look-alikes of known names would rightly raise suspicion.
names = st.from_regex(r"[b-df-hj-np-tv-xz]{3}[0-9]{2}[b-df-hj-np-tv-xz]{4,12}", fullmatch=True)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(other=names)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_name_decides_nothing(name: str, form: str, other: str) -> None:
    before = SPECIMENS[name].review(form)
    after = named(SPECIMENS[name], other).review(form)
    assert (after.verdict, after.score) == (before.verdict, before.score)
    assert [f.rule for f in after.findings] == [f.rule for f in before.findings]


@pytest.mark.parametrize("known", ["numpy", "requests", "pip", "setuptools", "antivenom"])
def test_a_well_known_name_clears_nothing(known: str) -> None:
    for name, form in FORMS:
        after = named(SPECIMENS[name], known).review(form)
        assert after.verdict.value == "malicious", (name, form, after.findings)


def test_the_path_and_the_time_stand_apart() -> None:
    said = json.loads(to_json(SPECIMENS["thief"].review("wheel")))
    assert {"took_ms", "artifact"} <= set(said)
    assert msgspec.json.encode(said["findings"])
