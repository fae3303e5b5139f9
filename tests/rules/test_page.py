"""Reading one page."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.errors import RuleError
from antivenom.rules.page import Page, parse_page

TOP = """# Bad thing
```toml rule
id = "execution/bad-thing"
severity = "high"
state = "draft"
when = ["install"]
match = "net.fetch -> code.run"
```
**{member} is bad {when}.** And this is
why.

"""
PATH = Path("execution/bad-thing.md")


def read(text: str) -> Page:
    return parse_page(TOP + text, PATH)


def test_the_top_of_a_page() -> None:
    page = read("")
    assert page.heading == "Bad thing"
    assert page.header.id == "execution/bad-thing"
    assert page.template == "{member} is bad {when}."
    assert page.summary == "And this is why."
    assert page.samples == ()


def test_the_first_sentence_need_not_be_bold() -> None:
    text = TOP.replace("**{member} is bad {when}.**", "`{member}` is bad.")
    assert parse_page(text, PATH).template == "{member} is bad."


def test_samples_files_marks_and_metadata() -> None:
    page = read(
        """## Flags
### one
Words explain.
```python setup.py
import os
os.system("x")  # finding
```
```js index.js
run()  // finding
```
```json data.json {finding=1,3}
{"a":
 1
}
```
```toml metadata
name = "demo"
```
## Does not flag
### two
````text notes.md
```
not a fence
```
````
"""
    )
    one, two = page.samples
    assert one.name == "one"
    assert one.flagged
    assert one.package.files["setup.py"] == b'import os\nos.system("x")\n'
    assert one.package.files["index.js"] == b"run()\n"
    assert one.package.metadata == {"name": "demo"}
    assert set(one.marks) == {("setup.py", 2), ("index.js", 1), ("data.json", 1), ("data.json", 3)}
    assert not two.flagged
    assert two.package.files["notes.md"] == b"```\nnot a fence\n```\n"


def test_a_heading_inside_a_file_is_text() -> None:
    page = read("## Flags\n### one\n```python a.py\n# Top\n## Flags\nrun()  # finding\n```\n")
    assert page.samples[0].package.files["a.py"] == b"# Top\n## Flags\nrun()\n"


def test_before_and_after_make_a_pair() -> None:
    page = read(
        "## Flags\n### grows (before)\n```python a.py\n```\n"
        "### grows (after)\n```python a.py\nrun()  # finding\n```\n"
    )
    (sample,) = page.samples
    assert sample.name == "grows"
    assert sample.before is not None
    assert sample.before.files == {"a.py": b""}
    assert sample.marks == (("a.py", 1),)


def test_facts_given_as_such() -> None:
    page = read(
        '## Flags\n### bomb\n```toml facts\n[[fact]]\nid = "archive.bomb"\nkind = "archive"\n'
        'member = "x"\n```\n'
    )
    assert page.samples[0].package.facts[0].id == "archive.bomb"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", ":1: expected a '# heading'"),
        ("# A\ntext\n", ":2: expected a ```toml rule block"),
        ("# A\n```toml other\n```\nText.\n", ":2: expected a ```toml rule block"),
        ("# A\n```toml rule\nid=\n```\nText.\n", ":2: not TOML"),
        ("# A\n```toml rule\nid='a'\n```\nText.\n", ":2: Object missing required field"),
        (TOP.replace("state", "weight = 3\nstate"), "unknown field `weight`"),
        (TOP.replace('"draft"', '"maybe"'), "Invalid enum value 'maybe'"),
        (TOP.split("**")[0] + "## Flags\n", "expected a paragraph"),
        (TOP.replace("**", "").replace(".", ""), "no first sentence"),
        (TOP + "## Detects\n", "only '## Flags' and '## Does not flag'"),
        (TOP + "### one\n", "a sample stands under"),
        (TOP + "# Two\n", "one '# heading'"),
        (TOP + "## Flags\n```python a.py\n```\n", "a file stands under a '### name'"),
        (TOP + "## Flags\n### one\n```python\n```\n", "its language and its path"),
        (TOP + "## Flags\n### one\n```python a.py\n```\n```python a.py\n```\n", "stands twice"),
        (TOP + "## Flags\n### one\n### one\n", "two samples are called 'one'"),
        (TOP + "## Flags\n### one (after)\n", "needs 'one (before)'"),
        (TOP + "## Flags\n### one (before)\n", "has no 'one (after)'"),
        (TOP + "## Flags\n### one\n```python a.py\nrun()\n", "never closed"),
        (TOP + "## Flags\n### one\n```toml facts\n[[fact]]\nid = 3\n```\n", "Expected `str`"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, why: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_page(text, PATH)
    assert str(caught.value).startswith("execution/bad-thing.md:")
    assert why in str(caught.value)
