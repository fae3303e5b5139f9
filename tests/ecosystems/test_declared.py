"""What declarations betray, and what they do not."""

from __future__ import annotations

import pytest

from antivenom.ecosystems.pypi import declared
from antivenom.ecosystems.pypi.label import label
from antivenom.model.artifact import ArtifactKind
from antivenom.model.fact import Sighting
from tests.ecosystems.trees import METADATA, sdist, seen, tree, wheel


@pytest.mark.parametrize("name", ["pip", "pip3", "pip3.11", "python", "python3.12", "SUDO", "ls"])
def test_commands_that_hide_others(name: str) -> None:
    labels = label(
        wheel(
            {"demo/__init__.py": "f()"}, {"entry_points.txt": f"[console_scripts]\n{name}=demo:f\n"}
        )
    )
    assert ("meta.shadowing-command", name) in seen(labels)
    (found,) = [s for s in labels.sightings if s[2].id == "meta.shadowing-command"]
    assert found[:2] == ("demo-1.0.dist-info/entry_points.txt", 2)


@pytest.mark.parametrize("name", ["pipx", "pip-audit", "ipython", "python-config", "lsof2", "gitk"])
def test_commands_of_their_own(name: str) -> None:
    assert not declared.shadows(name)


def test_script_files_hide_commands_too() -> None:
    labels = label(wheel({"demo/__init__.py": "f()", "demo-1.0.data/scripts/ssh": ""}))
    assert ("meta.shadowing-command", "ssh") in seen(labels)
    plugin = label(wheel({"demo/__init__.py": "f()"}, {"entry_points.txt": "[x]\npip = demo\n"}))
    assert not seen(plugin)


@pytest.mark.parametrize(
    ("spec", "value", "host"),
    [
        ("a @ https://files.invalid/a.whl", "https://files.invalid/a.whl", "files.invalid"),
        (
            "a[x] @ git+ssh://git@code.invalid/a ; extra == 'x'",
            "git+ssh://git@code.invalid/a",
            "code.invalid",
        ),
        ("a@file:///tmp/a.whl", "file:///tmp/a.whl", ""),
    ],
)
def test_dependency_by_address(spec: str, value: str, host: str) -> None:
    labels = label(
        wheel({"demo/__init__.py": "f()"}, {"METADATA": f"{METADATA}Requires-Dist: {spec}\n"})
    )
    ((member, line, sighting),) = labels.sightings
    assert (sighting.id, sighting.value, sighting.host) == ("meta.url-dependency", value, host)
    assert (member, line) == ("demo-1.0.dist-info/METADATA", 5)
    assert sighting.args == (("extra=yes",) if "extra" in spec else ())


def test_ordinary_dependencies() -> None:
    more = "Requires-Dist: a>=1 ; python_version < '3'\nRequires-Dist: b[c]~=2\n"
    more += "Author-email: a@b.invalid\n"
    assert not seen(label(wheel({"demo/__init__.py": "f()"}, {"METADATA": METADATA + more})))


@pytest.mark.parametrize("version", ["99.0.0", "9999.9", "100.1", "99", "v99.9.9", "1!99.0"])
def test_version_to_win_every_comparison(version: str) -> None:
    assert [s.value for _, _, s in declared.version_jump(version, "m", 3)] == [version]


@pytest.mark.parametrize("version", ["89.9", "2024.1", "20240131", "1999.9.9", "202401.1", "", "x"])
def test_ordinary_version(version: str) -> None:
    assert not list(declared.version_jump(version, "m", 3))


@pytest.mark.parametrize(
    ("files", "empty"),
    [
        ({}, True),
        ({"demo/__init__.py": ""}, True),
        ({"demo/__init__.py": '"""Words\nonly."""\n__version__ = "1"\n# more\n'}, True),
        ({"demo/__init__.py": "import os"}, False),
        ({"demo/__init__.py": "not python ("}, False),
        ({"demo/__init__.py": "x = 'a'\n" * 100}, False),
        ({"demo/a.so": b"\x7fELF"}, False),
        ({"demo/data.txt": "x" * 5000}, True),
    ],
)
def test_emptiness(files: dict[str, bytes | str], empty: bool) -> None:
    ids = {name for name, _ in seen(label(wheel(files)))}
    assert ("meta.empty" in ids) is empty


def test_names_and_versions_that_disagree() -> None:
    files = {"demo/__init__.py": "f()"}
    other = wheel(files, {"METADATA": METADATA.replace("demo", "other")})
    assert {s.args for _, _, s in label(other).sightings} == {("field=name",)}
    old = label(wheel(files), filename="demo-2.0-py3-none-any.whl")
    assert {s.args for _, _, s in old.sightings} == {("field=version",)}
    infos = {"PKG-INFO": METADATA, "demo.egg-info/PKG-INFO": METADATA.replace("1.0", "3"), **files}
    assert {s.args for _, _, s in label(sdist(infos)).sightings} == {("field=version",)}


@pytest.mark.parametrize(
    "filename",
    [
        "Demo-1.0.0-py3-none-any.whl",
        "demo-1-py3-none-any.whl",
        "anything.whl",
        "demo-1.0-1-py3-none-any.whl",
    ],
)
def test_spellings_of_one_name_and_version_agree(filename: str) -> None:
    assert not seen(label(wheel({"demo/__init__.py": "f()"}), filename=filename))


def test_local_versions_and_folded_names_agree() -> None:
    assert declared.same_version("1.0+cu118", "1.0_cu118")
    assert declared.same_version("1.0-rc1", "1.0rc1")
    assert not declared.same_version("1.0", "1.1")
    assert not declared.same_version("one", "two")
    info = METADATA.replace("demo", "My.Demo__x")
    files = {
        "my_demo_x-1.0/PKG-INFO": info,
        "my_demo_x-1.0/setup.py": "f()",
        "my_demo_x-1.0/a.py": "f()",
    }
    labels = label(tree(ArtifactKind.SDIST, files), filename="my-demo-x-1.0.tar.gz")
    assert not seen(labels)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("demo/__init__.py", "import os\n\n__version__ = '0.9'\n", ("demo/__init__.py", 3)),
        ("demo/_version.py", "__version__: str = version = '2.0'\n", ("demo/_version.py", 1)),
        ("demo.py", '__version__ = "1.0.1"\n', ("demo.py", 1)),
        ("demo/__init__.py", "__version__ = '1.0.0'\n", None),
        ("demo/__init__.py", "__version__ = '0.0.0'\n", None),
        ("demo/__init__.py", "__version__ = '1.1.dev3+g1234'\n", None),
        ("demo/__init__.py", "__version__ = 'unknown'\n", None),
        ("demo/__init__.py", "from ._version import __version__\n", None),
        ("other/__init__.py", "__version__ = '7.0'\n", None),
    ],
)
def test_a_version_in_the_code_that_the_metadata_contradicts(
    path: str, text: str, told: tuple[str, int] | None
) -> None:
    found = [(m, n) for m, n, s in label(wheel({path: text})).sightings if _stated(s)]
    assert found == ([told] if told else [])


def test_the_version_of_a_source_release_is_looked_for_below_src() -> None:
    files = {"PKG-INFO": METADATA, "src/demo/__init__.py": "__version__ = '0.9'\n"}
    (found,) = [s for _, _, s in label(sdist(files)).sightings if _stated(s)]
    assert found.value == "the code says 0.9, the metadata 1.0"


def _stated(one: Sighting) -> bool:
    return one.args == ("field=code-version",)
