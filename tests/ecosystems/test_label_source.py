"""Source distributions, source trees and archives of any shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.ecosystems.pypi.label import label
from antivenom.model.artifact import ArtifactKind
from antivenom.model.label import Activation, Role
from tests.ecosystems.trees import METADATA, roots, sdist, tree, wheel


def test_sdist_runs_setup_py_on_build_and_loads_its_package() -> None:
    labels = label(
        sdist({"PKG-INFO": METADATA, "setup.py": "f()", "demo/__init__.py": "", "demo/a.py": ""})
    )
    assert roots(labels) == {
        ("demo-1.0/setup.py", "build", ""),
        ("demo-1.0/demo/__init__.py", "import", ""),
    }
    assert labels.members["demo-1.0/demo/a.py"].module == "demo.a"
    assert (labels.metadata.name, labels.metadata.version) == ("demo", "1.0")


def test_setup_py_alone_is_the_only_root() -> None:
    assert roots(label(sdist({"setup.py": "f()"}))) == {("demo-1.0/setup.py", "build", "")}


@pytest.mark.parametrize(
    "declaration",
    [
        {},
        {"setup.py": "setup(package_dir={'': 'src'})"},
        {"setup.cfg": "[options]\npackage_dir =\n    = src\n"},
        {"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["src"]\n'},
    ],
)
def test_src_layout(declaration: dict[str, str]) -> None:
    labels = label(sdist({"setup.py": "", **declaration, "src/demo/__init__.py": ""}))
    assert ("demo-1.0/src/demo/__init__.py", "import", "") in roots(labels)
    assert labels.members["demo-1.0/src/demo/__init__.py"].module == "demo"


def test_package_named_src_still_loads_what_is_in_it() -> None:
    files = {"setup.py": "", "src/__init__.py": "", "src/demo/__init__.py": "f()"}
    labels = label(sdist(files))
    assert ("demo-1.0/src/demo/__init__.py", "import", "") in roots(labels)
    assert labels.members["demo-1.0/src/demo/__init__.py"].module == "src.demo"


def test_renamed_package_folder() -> None:
    labels = label(
        sdist({"setup.py": "setup(package_dir={'demo': 'code/main'})", "code/main/__init__.py": ""})
    )
    assert labels.members["demo-1.0/code/main/__init__.py"].module == "demo"


def test_packages_are_roots_whatever_they_are_called() -> None:
    files = {"setup.py": "", "demo/__init__.py": "", "tests/__init__.py": "f()"}
    assert ("demo-1.0/tests/__init__.py", "import", "") in roots(label(sdist(files)))


def test_folders_that_are_no_packages_are_roots_as_back_ends_take_them() -> None:
    files = {"setup.py": "", "space/a.py": "", "scripts/b.py": "", "noxfile.py": "", "c.py": ""}
    found = {
        member for member, activation, _ in roots(label(sdist(files))) if activation == "import"
    }
    assert found == {"demo-1.0/space/a.py", "demo-1.0/c.py"}
    declared = {**files, "setup.py": "setup(packages=['scripts'], py_modules=['noxfile'])"}
    found = {m for m, activation, _ in roots(label(sdist(declared))) if activation == "import"}
    assert {"demo-1.0/scripts/b.py", "demo-1.0/noxfile.py"} <= found


def test_in_tree_backend_runs_on_build() -> None:
    project = '[build-system]\nbuild-backend = "make.it:backend"\nbackend-path = ["tools"]\n'
    labels = label(
        sdist(
            {
                "pyproject.toml": project,
                "tools/make/__init__.py": "",
                "tools/make/it.py": "",
                "demo/__init__.py": "",
            }
        )
    )
    assert ("demo-1.0/tools/make/it.py", "build", "") in roots(labels)
    assert ("demo-1.0/tools/make/__init__.py", "build", "") in roots(labels)
    assert labels.metadata.build_backend == "make.it:backend"


@pytest.mark.parametrize(
    ("project", "path"),
    [
        ("[tool.hatch.build.hooks.custom]\n", "hatch_build.py"),
        ('[tool.hatch.build.targets.wheel.hooks.custom]\npath = "b/h.py"\n', "b/h.py"),
        ('[tool.hatch.metadata.hooks.custom]\npath = "m.py"\n', "m.py"),
        ('[tool.poetry.build]\nscript = "build.py"\n', "build.py"),
        ('[tool.poetry]\nbuild = "build.py"\n', "build.py"),
        ('[tool.pdm.build]\ncustom-hook = "hook.py"\n', "hook.py"),
        ('[tool.pdm.version]\nsource = "call"\ngetter = "vers:get"\n', "vers.py"),
    ],
)
def test_build_scripts_of_other_backends(project: str, path: str) -> None:
    labels = label(sdist({"pyproject.toml": project, path: "f()", "demo/__init__.py": ""}))
    assert (f"demo-1.0/{path}", "build", "") in roots(labels)


@pytest.mark.parametrize(
    "files",
    [
        {"setup.cfg": "[options]\ncmdclass =\n    install = hooks.Install\n"},
        {"pyproject.toml": '[tool.setuptools.cmdclass]\ninstall = "hooks.Install"\n'},
    ],
)
def test_declared_command_runs_on_install(files: dict[str, str]) -> None:
    labels = label(sdist({**files, "setup.py": "", "hooks.py": "", "demo/__init__.py": ""}))
    assert ("demo-1.0/hooks.py", "install", "Install.run") in roots(labels)
    assert ("demo-1.0/hooks.py", "build", "") in roots(labels)


def test_setup_hooks_of_pbr() -> None:
    config = (
        "[global]\nsetup-hooks =\n    hooks.go\n[entry_points]\nconsole_scripts =\n    x = a:b\n"
    )
    labels = label(sdist({"setup.py": "", "setup.cfg": config, "hooks.py": "", "a.py": ""}))
    assert ("demo-1.0/hooks.py", "build", "go") in roots(labels)
    assert ("demo-1.0/a.py", "run", "b") in roots(labels)


@pytest.mark.parametrize(("text", "built"), [("__version__ = '1'\n", False), ("f()\n", True)])
def test_version_attribute_imports_only_what_is_not_literal(text: str, built: bool) -> None:
    config = "[metadata]\nname = demo\nversion = attr: demo.__version__\n"
    labels = label(sdist({"setup.py": "", "setup.cfg": config, "demo/__init__.py": text}))
    assert (("demo-1.0/demo/__init__.py", "build", "") in roots(labels)) is built


@pytest.mark.parametrize(
    "files",
    [
        {"evil.pth": "import x"},
        {"src/evil.pth": "import x"},
        {"setup.py": "setup(data_files=[('', ['d/evil.pth'])])", "d/evil.pth": "import x"},
        {"MANIFEST.in": "include d/*.pth\n", "d/evil.pth": "import x"},
        {"sitecustomize.py": "f()"},
    ],
)
def test_startup_files_of_a_source_tree(files: dict[str, str]) -> None:
    labels = label(sdist({"setup.py": "", **files}))
    assert "startup" in {activation for _, activation, _ in roots(labels)}


def test_weights_in_a_folder_do_not_start_anything() -> None:
    labels = label(sdist({"setup.py": "", "demo/__init__.py": "", "models/net.pth": b"\x80"}))
    assert "startup" not in {activation for _, activation, _ in roots(labels)}


def test_entry_points_of_every_build_file() -> None:
    setup = (
        "setup(entry_points={'console_scripts': ['a = demo.a:main'], 'pytest11': ['p=demo.p:q']})"
    )
    config = "[options.entry_points]\nconsole_scripts =\n    b = demo.b:main\n"
    project = '[project.scripts]\nc = "demo.c:main"\n[project.entry-points.host]\nd = "demo.d"\n'
    names = "abcdp"
    files = {"setup.py": setup, "setup.cfg": config, "pyproject.toml": project}
    files |= {f"demo/{name}.py": "" for name in names} | {"demo/__init__.py": ""}
    found = roots(label(sdist(files)))
    for name in "abc":
        assert (f"demo-1.0/demo/{name}.py", "run", "main") in found
    assert ("demo-1.0/demo/d.py", "import", "") in found
    assert ("demo-1.0/demo/p.py", "import", "q") in found


def test_scripts_tests_and_editor_files() -> None:
    labels = label(
        sdist(
            {
                "setup.py": "setup(scripts=['bin/go'])",
                "bin/go": "",
                "conftest.py": "",
                "tests/test_a.py": "",
                "tests/__main__.py": "",
                ".vscode/tasks.json": "{}",
                "demo/__init__.py": "",
            }
        )
    )
    found = roots(labels)
    assert ("demo-1.0/bin/go", "run", "") in found
    assert ("demo-1.0/conftest.py", "test", "") in found
    assert ("demo-1.0/.vscode/tasks.json", "open", "") in found
    assert ("demo-1.0/tests/__main__.py", "test", "") in found
    assert labels.members["demo-1.0/tests/test_a.py"].activation is Activation.TEST
    assert labels.members["demo-1.0/tests/test_a.py"].role is Role.TEST


def test_project_is_found_below_any_number_of_folders_and_clutter() -> None:
    files = {"home/me/work/setup.py": "f()", "home/me/work/demo/__init__.py": "", "._x": ""}
    labels = label(tree(ArtifactKind.ARCHIVE, files))
    assert ("home/me/work/setup.py", "build", "") in roots(labels)
    assert labels.members["home/me/work/demo/__init__.py"].module == "demo"


def test_archive_without_any_project_is_a_folder_of_modules() -> None:
    labels = label(tree(ArtifactKind.ARCHIVE, {"demo/__init__.py": "f()", "demo/a.py": ""}))
    assert labels.members["demo/a.py"].module == "demo.a"


def test_wheel_inside_an_otherwise_empty_archive_is_labelled_too() -> None:
    inner = {f"w.whl!/{m.path}": m.read() for m in wheel({"demo/__init__.py": "f()"}).members}
    labels = label(tree(ArtifactKind.ARCHIVE, {"w.whl": b"PK", **inner}))
    assert ("w.whl!/demo/__init__.py", "import", "") in roots(labels)
    assert labels.metadata.name == "demo"


def test_files_of_a_nested_archive_beside_real_code_are_not_roots() -> None:
    labels = label(
        wheel({"demo/__init__.py": "f()", "demo/b.whl": b"PK", "demo/b.whl!/x/__init__.py": "f()"})
    )
    assert labels.members["demo/b.whl!/x/__init__.py"].activation is Activation.CALL
    assert {root[0] for root in roots(labels)} == {"demo/__init__.py"}


def test_another_harmless_file_never_takes_a_root_away() -> None:
    files = {"setup.py": "f()", "demo/__init__.py": "f()", "evil.pth": "import x"}
    before = roots(label(sdist(files)))
    for extra in ("README.md", "docs/setup.py", "other/__init__.py", "examples/setup.py", "a.txt"):
        assert before <= roots(label(sdist({**files, extra: "x = 1"}))), extra


_PARTS = """setup.py setup.cfg pyproject.toml PKG-INFO x.pth demo src tests a.py __init__.py .. \\
METADATA demo-1.0.dist-info RECORD entry_points.txt demo-1.0.data purelib e!"""
_PATHS = st.lists(st.sampled_from(_PARTS.split()), min_size=1, max_size=4).map("/".join)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(_PATHS, st.one_of(st.binary(max_size=60), st.text(max_size=60)), max_size=8),
    st.sampled_from(ArtifactKind),
)
def test_any_tree_gets_labels_for_every_member(
    files: dict[str, bytes | str], kind: ArtifactKind
) -> None:
    usable = {
        p: d if isinstance(d, bytes) else d.encode("utf-8", "replace") for p, d in files.items()
    }
    labels = label(tree(kind, usable), hashes=True)
    assert set(labels.members) == set(usable)
    assert {root.member for root in labels.roots} <= set(usable)
