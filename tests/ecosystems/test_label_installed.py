"""Wheels, eggs and other trees that are laid out as they are installed."""

from __future__ import annotations

import pytest

from antivenom.ecosystems.pypi.label import could_run, label, platform_tag
from antivenom.model.artifact import ArtifactKind
from antivenom.model.label import Activation, Label, Role
from tests.ecosystems.trees import METADATA, roots, seen, tree, wheel


def test_importing_a_wheel_loads_top_level_packages_and_modules_only() -> None:
    labels = label(wheel({"demo/__init__.py": "x = f()", "demo/sub/__init__.py": "", "one.py": ""}))
    assert roots(labels) == {("demo/__init__.py", "import", ""), ("one.py", "import", "")}
    assert labels.members["demo/sub/__init__.py"] == Label(
        module="demo.sub", activation=Activation.CALL
    )


def test_namespace_packages_start_at_their_first_real_package() -> None:
    labels = label(wheel({"big/part/__init__.py": "f()", "big/part/a.py": "", "big/loose.py": ""}))
    assert roots(labels) == {("big/part/__init__.py", "import", ""), ("big/loose.py", "import", "")}
    assert labels.members["big/part/a.py"].module == "big.part.a"


@pytest.mark.parametrize(
    "path",
    [
        "demo.pth",
        "demo-1.0.data/purelib/demo.pth",
        "demo-1.0.data/platlib/demo.pth",
        "demo-1.0.data/data/lib/python3.11/site-packages/demo.pth",
        "sitecustomize.py",
        "demo-1.0.data/purelib/usercustomize.py",
        "sitecustomize/__init__.py",
    ],
)
def test_what_lands_beside_the_interpreter_starts_with_it(path: str) -> None:
    labels = label(wheel({path: "import demo"}))
    assert (path, "startup", "") in roots(labels)
    assert labels.members[path].activation is Activation.STARTUP


def test_pth_below_a_package_is_data() -> None:
    labels = label(wheel({"demo/__init__.py": "f()", "demo/weights.pth": b"\x80\x02"}))
    assert {root[1] for root in roots(labels)} == {"import"}


def test_start_file_names_a_function() -> None:
    labels = label(wheel({"demo/__init__.py": "", "demo/a.py": "", "demo.start": "demo.a:go\n"}))
    assert ("demo/a.py", "startup", "go") in roots(labels)
    assert ("demo/__init__.py", "startup", "") in roots(labels)


def test_data_folders_of_a_wheel_are_on_the_import_path_only_where_installers_look() -> None:
    labels = label(
        wheel({"demo-1.0.data/purelib/demo/__init__.py": "", "demo-1.0.data/data/x.py": ""})
    )
    assert labels.members["demo-1.0.data/purelib/demo/__init__.py"].module == "demo"
    assert labels.members["demo-1.0.data/data/x.py"].module == ""


def test_entry_points_are_commands_or_plug_ins() -> None:
    entries = (
        "[console_scripts]\ndemo = demo.cli:main\n[pytest11]\ndemo = demo.plug\n"
        "[other.group]\nx = demo.plug:Thing.make [extra]\n"
    )
    files = {"demo/__init__.py": "f()", "demo/cli.py": "f()", "demo/plug.py": "f()"}
    labels = label(wheel(files, {"entry_points.txt": entries}))
    assert roots(labels) == {
        ("demo/__init__.py", "import", ""),
        ("demo/cli.py", "run", ""),
        ("demo/cli.py", "run", "main"),
        ("demo/plug.py", "import", ""),
        ("demo/plug.py", "import", "Thing.make"),
    }
    assert "console_scripts:demo = demo.cli:main" in labels.metadata.entry_points


def test_scripts_and_main_modules_run() -> None:
    labels = label(
        wheel(
            {"demo/__init__.py": "", "demo/__main__.py": "", "demo-1.0.data/scripts/go": "#!python"}
        )
    )
    assert ("demo/__main__.py", "run", "") in roots(labels)
    assert ("demo-1.0.data/scripts/go", "run", "") in roots(labels)
    assert labels.members["demo-1.0.data/scripts/go"].role is Role.CODE


def test_compiled_and_native_modules_count_as_modules() -> None:
    labels = label(
        wheel(
            {
                "demo/__init__.py": "",
                "demo/__pycache__/__init__.cpython-311.pyc": b"",
                "fast.cpython-311-x86_64-linux-gnu.so": b"",
            }
        )
    )
    assert labels.members["fast.cpython-311-x86_64-linux-gnu.so"].module == "fast"
    assert ("demo/__pycache__/__init__.cpython-311.pyc", "import", "") in roots(labels)


def test_setup_py_inside_a_wheel_is_a_module_like_any_other() -> None:
    assert ("setup.py", "import", "") in roots(label(wheel({"setup.py": ""})))


def test_egg() -> None:
    files = {
        "EGG-INFO/PKG-INFO": METADATA,
        "EGG-INFO/entry_points.txt": "[console_scripts]\nls = demo:main\n",
        "EGG-INFO/requires.txt": "six\n[fast:python_version<'3']\nlib @ https://files.invalid/l.zip\n",
        "EGG-INFO/scripts/go": "",
        "demo/__init__.py": "f()",
    }
    labels = label(tree(ArtifactKind.EGG, files))
    assert ("demo/__init__.py", "run", "main") in roots(labels)
    assert ("EGG-INFO/scripts/go", "run", "") in roots(labels)
    assert labels.metadata.requires[0] == "six"
    assert ("meta.url-dependency", "https://files.invalid/l.zip") in seen(labels)
    assert ("meta.shadowing-command", "ls") in seen(labels)


def test_dumb_distribution_is_laid_out_by_its_site_packages() -> None:
    path = "usr/lib/python3/dist-packages/demo/__init__.py"
    labels = label(tree(ArtifactKind.ARCHIVE, {path: "f()"}))
    assert labels.members[path].module == "demo"
    assert roots(labels) == {(path, "import", "")}


@pytest.mark.parametrize(
    ("name", "activation", "module"),
    [
        ("evil.py", "import", "evil"),
        ("setup.py", "build", ""),
        ("evil.pth", "startup", ""),
        ("sitecustomize.py", "startup", ""),
        ("evil.pyc", "import", "evil"),
        ("evil.sh", "run", ""),
    ],
)
def test_single_file_is_labelled_by_where_it_would_go(
    name: str, activation: str, module: str
) -> None:
    labels = label(tree(ArtifactKind.FILE, {name: "x"}))
    assert roots(labels) == {(name, activation, "")}
    assert labels.members[name].module == module


def test_second_file_of_one_name_gets_the_label_of_that_name() -> None:
    made = wheel({"demo/__init__.py": "f()", "demo/__init__#2.py": "g()"})
    for one in made.members:
        if "#" in one.path:
            one.given = "demo/__init__.py"
    assert ("demo/__init__#2.py", "import", "") in roots(label(made))


def test_platform_is_read_from_inside_and_otherwise_from_the_name() -> None:
    assert platform_tag(wheel({}), filename="demo-1.0-py3-none-win32.whl") == "any"
    bare = tree(ArtifactKind.ARCHIVE, {"x.py": ""})
    assert platform_tag(bare, filename="demo-1.0-py3-none-win32.whl") == "win32"
    assert platform_tag(bare) == ""


def test_roles_follow_folders_but_an_installed_tests_package_is_importable() -> None:
    labels = label(
        wheel(
            {
                "demo/__init__.py": "",
                "demo/_vendor/six.py": "",
                "demo/tests/test_a.py": "",
                "demo/data.json": "",
                "demo/x_pb2.py": "",
                "tests/__init__.py": "",
                "demo/docs/conf.py": "",
                "docs/conf.py": "",
            }
        )
    )
    role = {path: found.role for path, found in labels.members.items()}
    assert role["demo/_vendor/six.py"] is Role.VENDORED
    assert role["demo/tests/test_a.py"] is Role.TEST
    assert role["demo/data.json"] is Role.DATA
    assert role["demo/x_pb2.py"] is Role.GENERATED
    assert role["demo/docs/conf.py"] is Role.DOCS
    assert role["docs/conf.py"] is Role.CODE  # at the top of a wheel it is a package
    assert role["demo-1.0.dist-info/METADATA"] is Role.DATA
    assert labels.members["demo/tests/test_a.py"].activation is Activation.TEST
    assert labels.members["demo/tests/test_a.py"].module == "demo.tests.test_a"
    assert ("tests/__init__.py", "import", "") in roots(labels)


def test_what_could_run() -> None:
    assert could_run("demo/a.py", Label(activation=Activation.CALL))
    assert could_run("demo/lib.so.1", Label(activation=Activation.CALL))
    assert could_run("data", Label(activation=Activation.RUN))
    assert not could_run("demo/a.png", Label(activation=Activation.NEVER))
    assert not could_run("tests/a.py", Label(activation=Activation.TEST, role=Role.TEST))
