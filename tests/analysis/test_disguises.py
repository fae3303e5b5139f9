"""Every disguise in `disguises.toml` is seen through: the verdict is never weaker than written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.pipeline import judge, observe
from tests.builders.archives import sdist

CASES = tomllib.loads(Path(__file__).with_name("disguises.toml").read_text("utf-8"))["case"]
ORDER = ["clean", "inconclusive", "suspicious", "malicious"]
SETUP = "from setuptools import setup\n{}\nsetup(name='demo', version='1.0', packages=['demo'])\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_is_seen_through(case: dict[str, object]) -> None:
    code = str(case["code"])
    built = case["place"] == "build"
    files = {
        "setup.py": SETUP.format(code if built else ""),
        "demo/__init__.py": "" if built else code,
        **dict(case.get("files") or {}),  # type: ignore[call-overload]
    }
    review = judge(observe(from_bytes(sdist(files), "demo-1.0.tar.gz")), NOTHING, load_knowledge())
    assert ORDER.index(review.verdict.value) >= ORDER.index(str(case["verdict"])), review.reasons
