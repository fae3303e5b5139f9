"""What a member is for and whether it could run, judged by its place and name alone.

A role only ever lowers weight, and only where nothing but a test runner reaches the code; so a
path that lies about its role costs the liar nothing and us nothing.
"""

from __future__ import annotations

from antivenom.model.label import Activation, Label, Role


def words(text: str) -> frozenset[str]:
    """Return the words of a text: a table that a person can read and add to."""
    return frozenset(text.split())


PYTHON = frozenset({"py", "pyw", "pyc", "pyo", "pyx", "pth", "pye", "pyz", "pyzw", "start"})
"""Suffixes an interpreter loads, or that become what it loads."""
NATIVE = frozenset({"so", "pyd", "dll", "dylib", "exe", "com", "scr", "elf", "node", "sys"})
"""Suffixes of machine code."""
SCRIPT = words(
    """
    sh bash zsh fish csh bat cmd ps1 psm1 psd1 vbs vbe js mjs cjs jse wsf hta jar class pl rb
    php lua applescript command scpt desktop reg inf lnk msi apk ipynb
    """
)
"""Suffixes of text or containers that something on a machine runs."""
CODE = PYTHON | NATIVE | SCRIPT

_SOURCE = words(
    """
    c cc cpp cxx h hpp pxd pxi pyi rs go java kt swift m mm f f90 cu ts tsx
    """
)
_PROSE = frozenset(["md", "rst", "adoc", "textile", "pod"])
_PROSE_NAMES = words(
    """
    readme license licence copying notice authors changelog changes history news contributing
    todo thanks install upgrading security citation
    """
)
_TEST_FOLDERS = words("test tests testing _test _tests unittests testsuite test_data")
_DOC_FOLDERS = frozenset(["doc", "docs", "documentation"])
_EXAMPLE_FOLDERS = words(
    """
    example examples sample samples demo demos tutorial tutorials notebooks benchmark benchmarks
    """
)
_VENDOR_FOLDERS = words(
    """
    _vendor vendor vendored _vendored third_party thirdparty third-party 3rdparty extern
    externals _extern node_modules bower_components
    """
)
NOT_PACKAGES = (
    _TEST_FOLDERS
    | _DOC_FOLDERS
    | _EXAMPLE_FOLDERS
    | words(
        """
    scripts script tools tool bin ci build dist etc share contrib misc hack
    """
    )
)
"""Folders of a source tree that are rarely installed, whatever they hold."""

_GENERATED_ENDINGS = ("_pb2.py", "_pb2_grpc.py", "_pb2.pyi", ".min.js", "parsetab.py", "lextab.py")
_LOADED = frozenset(
    {
        Activation.STARTUP,
        Activation.INSTALL,
        Activation.BUILD,
        Activation.IMPORT,
        Activation.OPEN,
        Activation.RUN,
    }
)


def suffix(path: str) -> str:
    """Return the lower-case last suffix of a path without its dot, or ""."""
    name = path.rpartition("/")[2]
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def is_code(path: str) -> bool:
    """Whether the name is one that some interpreter or loader would take."""
    return suffix(path) in CODE or ".so." in path.rpartition("/")[2]


def role(path: str) -> Role:
    """Return what a member is for; the first folder that says something decides."""
    folders = path.lower().split("/")
    name = folders.pop()
    if any(folder.endswith((".dist-info", ".egg-info")) for folder in folders):
        return Role.DATA
    for folder in folders:
        found = _folder_role(folder)
        if found is not None:
            return found if is_code(name) or found is not Role.VENDORED else _kind_role(name)
    if name == "conftest.py" or (
        name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))
    ):
        return Role.TEST
    return _kind_role(name)


def _folder_role(folder: str) -> Role | None:
    if folder in _TEST_FOLDERS:
        return Role.TEST
    if folder in _VENDOR_FOLDERS:
        return Role.VENDORED
    if folder in _EXAMPLE_FOLDERS:
        return Role.EXAMPLE
    return Role.DOCS if folder in _DOC_FOLDERS else None


def _kind_role(name: str) -> Role:
    if name.endswith(_GENERATED_ENDINGS):
        return Role.GENERATED
    if is_code(name) or suffix(name) in _SOURCE:
        return Role.CODE
    stem = name.partition(".")[0]
    return Role.DOCS if suffix(name) in _PROSE or stem in _PROSE_NAMES else Role.DATA


def could_run(path: str, label: Label) -> bool:
    """Whether leaving this member unread leaves a way to run code unread.

    True for every root, and for importable or runnable files that a root may reach; false for
    tests and for data, which only run when a root reads them (and that root is read).
    """
    if label.activation in _LOADED:
        return True
    return label.activation is Activation.CALL and is_code(path)
