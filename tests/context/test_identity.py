"""Whose name and identity a release carries."""

from __future__ import annotations

import time

import pytest

from antivenom.context.identity import identities
from antivenom.context.known_names import KnownNames
from antivenom.context.resemblance import resemblances
from antivenom.model.fact import Fact
from tests.context.made import profile

KNOWN = KnownNames(
    {"pypi": ["requests", "flask", "pyyaml", "python-dateutil"], "npm": ["requests", "lodash"]},
    {"pypi": {"yaml": "pyyaml"}},
)


def told(facts: list[Fact]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(fact.id, fact.value, fact.args) for fact in facts]


def test_its_own_name_and_those_it_needs_are_compared() -> None:
    one = profile("demo/METADATA", name="Reqeusts", requires=("flsak>=1", "requests (>=2)", "demo"))
    assert told(list(resemblances(one, KNOWN))) == [
        ("name.lookalike", "requests", ("how=transposed", "what=own", "rank=1")),
        ("name.lookalike", "flask", ("how=transposed", "name=flsak", "what=dependency")),
    ]


def test_a_popular_name_resembles_nobody() -> None:
    assert list(resemblances(profile(name="requests"), KNOWN)) == []


def test_a_name_known_elsewhere_and_a_name_people_import() -> None:
    assert told(list(resemblances(profile(name="lodash"), KNOWN))) == [
        ("name.other-registry", "npm: lodash", ("rank=2",))
    ]
    assert told(list(resemblances(profile(name="yaml"), KNOWN)))[-1] == (
        "name.import-name",
        "pyyaml",
        ("how=called",),
    )


def test_npm_requirements_are_read_as_npm_writes_them() -> None:
    one = profile(ecosystem="npm", name="demo", requires=("lodahs@^1", "@scope/lodash@2"))
    assert [fact.args[1] for fact in resemblances(one, KNOWN)] == ["name=lodahs"]


def test_a_copy_under_a_slip_is_close() -> None:
    one = profile(
        "flask/__init__.py",
        "flsak-1.0.dist-info/METADATA",
        name="flsak",
        home_page="https://github.com/pallets/flask",
    )
    found = list(identities(one, KNOWN))
    assert told(found) == [
        ("meta.copied-readme", "flask", ("how=address+package", "look=close", "count=2"))
    ]
    assert found[0].member == "flsak-1.0.dist-info/METADATA"


@pytest.mark.parametrize(
    "text",
    [
        "# Requests\n\nHTTP for humans",
        "Requests\n========\n",
        "Install:\n\n    pip install -U requests\n",
        "![v](https://img.shields.io/pypi/v/requests.svg)",
        "[1]: https://badge.fury.io/py/requests",
    ],
)
def test_a_readme_that_names_only_another_project(text: str) -> None:
    one = profile(name="requests-plus", description=text)
    assert [fact.args for fact in identities(one, KNOWN)] == [("how=readme", "look=kin", "count=1")]


@pytest.mark.parametrize(
    "text",
    [
        "# requests-plus\n\npip install requests-plus",
        "pip install requests\npip install requests-plus",
        "Uses requests.",
        "",
    ],
)
def test_a_readme_that_names_itself(text: str) -> None:
    assert list(identities(profile(name="requests-plus", description=text), KNOWN)) == []


def test_an_unrelated_name_needs_two_signs() -> None:
    single = profile(name="unrelated", description="# Requests")
    both = profile("requests/api.py", name="unrelated", description="# Requests")
    assert list(identities(single, KNOWN)) == []
    assert [fact.args[1] for fact in identities(both, KNOWN)] == ["look=none"]


def test_a_popular_project_has_its_own_identity() -> None:
    one = profile("yaml/__init__.py", name="PyYAML", description="# requests")
    assert list(identities(one, KNOWN)) == []


def test_hostile_texts_cost_little() -> None:
    texts = [
        "pip install " * 1700,
        "# " * 10_000,
        "-" * 20_000,
        "a\n=" * 6000,
        "github.com/" * 1800,
    ]
    started = time.process_time()
    for text in texts:
        list(identities(profile(name="x" * 90, description=text, urls=(text[:1000],)), KNOWN))
    assert time.process_time() - started < 1
