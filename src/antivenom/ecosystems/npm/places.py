"""What a member of an npm package is for and whether it could run, judged by its place alone.

A role only ever lowers weight, and only where nothing but a test runner reaches the code.
"""

from __future__ import annotations

from antivenom.model.label import Activation, Label, Role


def words(text: str) -> frozenset[str]:
    """Return the words of a text: a table that a person can read and add to."""
    return frozenset(text.split())


SCRIPT = words("js mjs cjs jsx ts mts cts tsx")
"""Suffixes Node, Bun and Deno load."""
RUN = SCRIPT | words(
    """
    node wasm so dll dylib exe com scr elf sh bash zsh fish bat cmd ps1 psm1 vbs vbe jse wsf hta
    jar py pyw pyc pl rb php lua applescript command scpt desktop reg msi apk
    """
)
"""Suffixes of what something on a machine runs."""
_TESTS = words(
    "test tests __tests__ __mocks__ __snapshots__ spec specs testing e2e cypress integration"
)
_DOCS = words("doc docs documentation website")
_EXAMPLES = words("example examples sample samples demo demos benchmark benchmarks bench stories")
_EXAMPLE_FILES = words("example examples sample demo benchmark bench")
_TEST_ENDS = (".test", ".spec", ".stories", ".bench", "-test", "_test")
_PROSE = words("md markdown rst txt adoc")
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


def is_script(path: str) -> bool:
    """Whether the name is one that a JavaScript runtime loads; declarations are types alone."""
    return suffix(path) in SCRIPT and not path.endswith((".d.ts", ".d.mts", ".d.cts"))


def is_code(path: str) -> bool:
    """Whether the name is one that some interpreter or loader would take."""
    return suffix(path) in RUN and not path.endswith((".d.ts", ".d.mts", ".d.cts"))


def stem(path: str) -> str:
    """Return the name of a file without its last suffix, in lower case."""
    name = path.rpartition("/")[2].lower()
    return name.rpartition(".")[0] or name


def role(path: str) -> Role:
    """Return what a member is for; the first folder that says something decides."""
    folders = path.lower().split("/")
    folders.pop()
    for folder in folders:
        if folder == "node_modules":
            return Role.VENDORED
        if folder in _TESTS:
            return Role.TEST
        if folder in _EXAMPLES:
            return Role.EXAMPLE
        if folder in _DOCS:
            return Role.DOCS
    if not is_code(path):
        return Role.DOCS if suffix(path) in _PROSE else Role.DATA
    if stem(path).endswith(_TEST_ENDS) or stem(path) == "test":
        return Role.TEST
    if stem(path) in _EXAMPLE_FILES:
        return Role.EXAMPLE
    return Role.GENERATED if ".min." in path.rpartition("/")[2] else Role.CODE


def could_run(path: str, label: Label) -> bool:
    """Whether leaving this member unread leaves a way to run code unread."""
    if label.activation in _LOADED:
        return True
    return label.activation is Activation.CALL and is_code(path)
