"""The linter catches each kind of wrong page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from antivenom.errors import RuleError
from antivenom.model.fact import Fact
from antivenom.rules.coverage import read_coverage
from antivenom.rules.lint import Observe, lint
from antivenom.rules.page import Package
from tests.rules.made import fact

GOOD = """# Runs what it fetched
```toml rule
id = "execution/runs-fetched"
severity = "high"
state = "enabled"
when = ["build"]
match = "net.fetch -> code.run"
attack = ["T1105"]
evidence = { date = "2026-01-01", data = "0", clusters = 3, ordinary = 0 }
```
**{member} runs {value} {when}.** Nobody has read it.

## Flags
### plain
```python setup.py
import x
x.bad()  # finding
```

## Does not flag
### nothing
```python setup.py
import x
```
"""


def observe(package: Package, before: Package | None) -> Sequence[Fact]:
    """See a flow wherever a line says so."""
    return [
        fact("net.fetch->code.run", member=member, line=number)
        for member, data in package.files.items()
        for number, line in enumerate(data.decode().splitlines(), 1)
        if "bad()" in line and not (before and line in before.files.get(member, b"").decode())
    ]


def complaints(
    folder: Path, text: str, name: str = "execution/runs-fetched.md", see: Observe | None = observe
) -> list[str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return [str(one) for one in lint(see, folder)]


def test_a_good_page(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "execution/runs-fetched"', 'id = "execution/other"', "the path says"),
        ("net.fetch ->", "net.fech ->", "match: column 1: unknown id 'net.fech'"),
        ('["build"]', '["building"]', "no activation 'building'"),
        ('["build"]', "[]", "at least one activation"),
        ('["T1105"]', '["T9999"]', "no 'T9999'"),
        ('["T1105"]', "[]", "names at least one ATT&CK technique"),
        ("{value}", "{colour}", "asks for '{colour}'"),
        (" Nobody has read it.", "", "say why it is bad"),
        ("evidence = {", "# {", "evidence is missing"),
        ("ordinary = 0", "ordinary = 2", "2 ordinary archives are hit"),
        ('attack = ["T1105"]', 'attack = ["T1105"]\nspecimens = ["ab"]', "is not a sha256"),
        ("  # finding", "", "marks no line"),
        ("## Does not flag\n", "", "shows what it does not flag"),
        ("### plain\n", "### empty\n### plain\n", "'empty' has no file"),
        ("x.bad()  #", "x.good()  #", "'plain' is not found"),
        ("import x\nx.bad()", "x.bad()\nimport x", "found, but not at setup.py:2"),
        ("### nothing\n```python setup.py\nimport x", "### nothing\n```python setup.py\nx.bad()",
         "'nothing' is flagged by execution/runs-fetched at setup.py:1"),
        ("### nothing\n```python setup.py\nimport x", "### nothing\n```python a.py\nx  # finding",
         "is clean and yet marks a line"),
        ("```python setup.py\nimport x\nx", "```python ../setup.py\nimport x\nx",
         "not a path inside a package"),
    ],
)  # fmt: skip
def test_each_wrong_page(tmp_path: Path, old: str, new: str, why: str) -> None:
    assert old in GOOD
    found = complaints(tmp_path, GOOD.replace(old, new))
    assert any(why in one for one in found), found


def test_an_explained_ordinary_hit_is_fine(tmp_path: Path) -> None:
    text = GOOD.replace("ordinary = 0", 'ordinary = 2, explained = "They do run it."')
    assert complaints(tmp_path, text) == []


def test_no_flagged_sample(tmp_path: Path) -> None:
    text = GOOD.partition("## Flags")[0] + "## Does not flag" + GOOD.partition("not flag")[2]
    assert any("shows what it flags" in one for one in complaints(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("mischief/runs-fetched.md", "'mischief' is no folder"),
        ("execution/Runs_Fetched.md", "not in kebab-case"),
    ],
)
def test_wrong_places(tmp_path: Path, name: str, why: str) -> None:
    assert any(why in one for one in complaints(tmp_path, GOOD, name))


def test_a_page_that_cannot_be_read_is_one_complaint(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, "# Only a title\n")
    assert "expected a ```toml rule block" in found


def test_another_enabled_rule_must_not_flag_a_clean_sample(tmp_path: Path) -> None:
    other = GOOD.replace("runs-fetched", "runs-other").replace("net.fetch ->", "net.* ->")
    clean = "### nothing\n```python setup.py\n"
    found = complaints(
        tmp_path,
        GOOD.replace("net.fetch ->", "net.send ->").replace("enabled", "evaluation")
        .replace(clean, clean + "x.bad()\n"),
    )  # fmt: skip
    assert not any("nothing" in one for one in found)
    found = complaints(tmp_path, other, "execution/runs-other.md")
    assert any("'nothing' is flagged by execution/runs-other" in one for one in found)


def test_without_an_observer_only_given_facts_are_matched(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD.replace("x.bad()", "x.good()"), see=None) == []
    text = GOOD + (
        '### given\n```toml facts\n[[fact]]\nid = "net.fetch->code.run"\nkind = "flow"\n'
        'via = ["net.fetch", "code.run"]\nmember = "m"\nactivation = "build"\n```\n'
    )
    assert any("'given' is flagged" in one for one in complaints(tmp_path, text, see=None))


def test_a_pair_is_seen_with_its_past(tmp_path: Path) -> None:
    pair = (
        "### old news (before)\n```python setup.py\nx.bad()\n```\n"
        "### old news (after)\n```python setup.py\nx.bad()\n```\n"
    )
    assert complaints(tmp_path, GOOD + pair) == []


def test_coverage_names_pages_that_exist(tmp_path: Path) -> None:
    coverage = tmp_path / "coverage.toml"
    coverage.write_text('[[attack]]\nkey = "1"\ntitle = "t"\nrules = ["execution/nope"]\n')
    found = complaints(tmp_path, GOOD)
    assert found == ["coverage.toml: 1 names 'execution/nope', which is no page"]


@pytest.mark.parametrize(
    "text",
    [
        '[[attack]]\nkey = "1"\ntitle = "a"\n[[attack]]\nkey = "1"\ntitle = "b"\n',
        '[[attack]]\nkey = "1"\n',
        "[[attack",
    ],
)
def test_a_broken_coverage_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "coverage.toml").write_text(text)
    with pytest.raises(RuleError, match=r"^coverage"):
        read_coverage(tmp_path)
