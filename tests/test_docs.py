"""What the documentation tells people to type is accepted, and what it points at is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from antivenom.cli import parser
from antivenom.rules import book

ROOT = Path(__file__).parents[1]
PAGES = [
    page
    for page in [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
    if page.name not in ("CHANGELOG.md", "rules.md")
]
EXAMPLES = sorted(path for path in ROOT.glob("examples/**/*") if path.is_file())
_BLOCK = re.compile(r"^```(?:console|sh|bash|yaml)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(?:^|[|$&(]\s*|run: |/bin/|\s)antivenom ([a-z-].*)")
_WHOLE = {"serve", "watch", "work", "migrate", "review", "hunt", "rules"}


def _typed(page: Path) -> Iterator[str]:
    """Yield what stands behind ``antivenom`` in the blocks of a page, or in a file of settings."""
    text = page.read_text("utf-8")
    blocks = _BLOCK.findall(text) if page.suffix == ".md" else [text]
    for line in "\n".join(blocks).replace("\\\n", " ").splitlines():
        found = _COMMAND.search(line)
        if found and not line.lstrip().startswith(("from ", "#", "[")):
            yield found[1]


def _arguments(line: str) -> list[str]:
    words = shlex.split(line, comments=True)
    for number, word in enumerate(words):
        if word in ("|", "&&", ";", ">", "<") or word.startswith((">", "|")):
            return words[:number]
    return words


COMMANDS = [(page.name, line) for page in [*PAGES, *EXAMPLES] for line in _typed(page)]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_in_the_documentation_is_accepted(page: str, line: str) -> None:
    parser.build().parse_args([word.rstrip(")") for word in _arguments(line)])


def test_the_documentation_is_looked_through() -> None:
    shown = {_arguments(line)[0] for _, line in COMMANDS}
    assert _WHOLE - shown <= {"rules", "explain"}
    assert len(COMMANDS) > 50


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_in_a_sentence_exists(page: Path) -> None:
    known = parser.build()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    named = [
        quoted.split()[1]
        for quoted in _INLINE.findall(page.read_text("utf-8"))
        if quoted.startswith("antivenom ") and quoted.split()[1].isalpha()
    ]
    assert [word for word in named if word not in known] == []  # type: ignore[operator]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    inside = [target for target in targets if "://" not in target]
    assert [target for target in inside if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_rules_that_are_named_exist(page: Path) -> None:
    folders = "|".join(sorted({rule.id.partition("/")[0] for rule in book.load().rules}))
    text = re.sub(r"\w+(/[\w.-]+)*\.\w+", "", page.read_text("utf-8"))  # paths are no rules
    named = set(re.findall(rf"[`\"' (]((?:{folders})/[a-z][a-z0-9-]+)[`\"') ]", text))
    known = {rule.id for rule in book.load().rules} | {"theft/some-rule"}
    assert named <= known
