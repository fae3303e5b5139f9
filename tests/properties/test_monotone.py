"""Nothing harmless that is added, and nothing that means the same, weakens a verdict."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antivenom.model.review import Review
from tests.properties import rewriting as rw
from tests.properties.specimens import FORMS, SPECIMENS, Specimen

STRENGTH = ["clean", "inconclusive", "suspicious", "malicious"]
FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def base(name: str, form: str) -> Review:
    return SPECIMENS[name].review(form)


def not_weaker(name: str, form: str, changed: Specimen, slack: float = 0.0) -> None:
    before, after = base(name, form), changed.review(form)
    assert STRENGTH.index(after.verdict.value) >= STRENGTH.index(before.verdict.value)
    assert after.score >= before.score - slack, (
        {f.rule for f in before.findings} - {f.rule for f in after.findings}
    )  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_samples_are_malicious(name: str, form: str) -> None:
    assert base(name, form).verdict.value == "malicious"


LINES = {
    "comment": "# nothing to see",
    "blank": "",
    "constant": "ANSWER = 42",
    "text": 'GREETING = "hello there, this is only a text"',
    "function": "def add(one, other):\n    return one + other",
    "class": "class Shape:\n    sides = 4\n    def area(self, a, b):\n        return a * b",
    "import": "import collections",
    "call": "len([1, 2, 3])",
    "loop": "for number in range(3):\n    number += 1",
    "branch": "if 1 > 2:\n    pass",
    "try": "try:\n    value = int('7')\nexcept ValueError:\n    value = 0",
    "assert": "assert True",
    "lambda": "double = lambda x: x * 2",
    "comprehension": "squares = [n * n for n in range(10)]",
    "main": 'if __name__ == "__main__":\n    print("hi")',
    "docstring": '"""A text that stands alone."""',
    "print": "print('hello')",
    "type": "Pair = tuple",
    "del": "temporary = 1\ndel temporary",
    "global": "def touch():\n    global TOUCHED\n    TOUCHED = True",
    "read own file": "HERE = open(__file__).read()",
    "log": "import logging\nlogging.getLogger(__name__).debug('loaded')",
}


@pytest.mark.parametrize("added", LINES)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_added_lines(name: str, form: str, added: str) -> None:
    not_weaker(name, form, rw.everywhere(SPECIMENS[name], rw.between(LINES[added])))


FILES = {
    "readme": {"README.md": "# demo\n\nA library that does things.\n"},
    "module": {"demo/shapes.py": "def area(a, b):\n    return a * b\n"},
    "many modules": {f"demo/part{n}.py": f"def f{n}():\n    return {n}\n" for n in range(200)},
    "tests": {"tests/test_demo.py": "def test_one():\n    assert 1 + 1 == 2\n"},
    "data": {"demo/table.csv": "a,b\n" + "1,2\n" * 5000},
    "a broken file": {"demo/broken.py": "def (:\n"},
    "a large file": {"demo/large.py": "\n".join(f"X{n} = {n}" for n in range(5000))},
    "a reputable file": {"demo/LICENSE.txt": "Permission is hereby granted, free of charge\n"},
    "a binary": {"demo/noise.bin": "\0\1\2" * 1000},
    "its own imports": {"demo/use.py": "import requests\nrequests.get('https://docs.example')\n"},
    "a name of the standard library": {"demo/os.py": "def system(x):\n    return x\n"},
    "a copy of a client": {"requests/__init__.py": "def post(url, data=None):\n    return None\n"},
}


@pytest.mark.parametrize("added", FILES)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_added_files(name: str, form: str, added: str) -> None:
    not_weaker(name, form, SPECIMENS[name].changed(**FILES[added]))


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_added_dependencies(name: str, form: str) -> None:
    one = SPECIMENS[name]
    changed = Specimen(
        files=one.files, requires=("numpy>=1.2", "rich", "click; python_version<'4'")
    )
    not_weaker(name, form, changed)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_reordered_members(name: str, form: str) -> None:
    one = SPECIMENS[name]
    files = {**one.files, **FILES["module"], **FILES["readme"]}
    not_weaker(name, form, Specimen(files=files, backwards=True))


@pytest.mark.parametrize("wrap", ["in_function", "in_class", "in_try", "in_branch"])
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_wrapped(name: str, form: str, wrap: str) -> None:
    rewrite = getattr(rw, wrap)
    rewrite = rewrite("Wrapper") if wrap in {"in_function", "in_class"} else rewrite
    not_weaker(name, form, rw.everywhere(SPECIMENS[name], rewrite))


@pytest.mark.parametrize("levels", [2, 5])
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_wrapped_again_and_again(name: str, form: str, levels: int) -> None:
    changed = SPECIMENS[name]
    for n in range(levels):
        changed = rw.everywhere(changed, rw.in_function(f"level{n}"))
    not_weaker(name, form, changed)


def _many(line: str) -> dict[str, str]:
    return {
        f"aaa{k}/part.py": "".join(line.format(n=f"{k}x{n}") + "\n" for n in range(70))
        for k in range(100)
    }


FLOODS = {
    "addresses": _many("U{n} = 'https://host{n}.example/path'"),
    "requests": _many("def f{n}():\n    import requests\n    requests.get('https://h{n}.example')"),
    "programs": _many("def f{n}():\n    import subprocess\n    subprocess.run(['ls', '{n}'])"),
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("name", ["thief", "parts"])
def test_a_flood_of_facts_hides_nothing(name: str, flood: str) -> None:
    not_weaker(name, "wheel", SPECIMENS[name].changed(**FLOODS[flood]))


@FEW
@given(seed=st.integers(0, 2**32), style=st.sampled_from(["short", "long", "alike", "wide"]))
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_renamed_identifiers(name: str, form: str, seed: int, style: str) -> None:
    names = rw.own_names(SPECIMENS[name])
    order = random.Random(seed).sample(range(len(names)), len(names))
    make: Callable[[int], str] = {
        "short": lambda n: f"v{n}",
        "long": lambda n: f"a_rather_long_and_innocent_name_{n}",
        "alike": lambda n: "_" + "".join("lI"[(n >> bit) & 1] for bit in range(6)),
        "wide": lambda n: f"\u03b1\u03b2{n}",
    }[style]
    table = {name: make(n) for name, n in zip(names, order, strict=True)}
    not_weaker(name, form, rw.everywhere(SPECIMENS[name], rw.renamed(table)))


@FEW
@given(at=st.integers(0, 200))
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_split_texts(name: str, form: str, at: int) -> None:
    # A long text in pieces is no long text any more: a weak finding may go, no strong one.
    not_weaker(name, form, rw.everywhere(SPECIMENS[name], rw.split(at)), slack=0.01)


@FEW
@given(
    lines=st.lists(st.sampled_from(sorted(LINES)), max_size=4),
    files=st.lists(st.sampled_from(sorted(FILES)), max_size=3),
    wrap=st.booleans(),
    backwards=st.booleans(),
)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_everything_together(
    name: str, form: str, lines: list[str], files: list[str], wrap: bool, backwards: bool
) -> None:
    changed = SPECIMENS[name]
    if wrap:
        changed = rw.everywhere(changed, rw.in_function("wrapper"))
    for line in lines:
        changed = rw.everywhere(changed, rw.between(LINES[line]))
    added = {**changed.files}
    for file in files:
        added.update(FILES[file])
    not_weaker(name, form, Specimen(files=added, backwards=backwards))
