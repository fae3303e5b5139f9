"""What is new and what is only written otherwise."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from antivenom.context.changes_parties import party
from antivenom.context.changes_release import release_changes
from antivenom.context.changes_summary import summarise
from antivenom.context.matching import match_members
from antivenom.model.fact import Fact
from antivenom.model.profile import Coverage, Problem, Profile
from tests.context.releases import changes, marked, news, sdist, wheel

SEND = """
import requests


def tell(text):
    return requests.post("https://api.demo.example/v1", json={"t": text}).json()
"""
RUN = """
import subprocess


def start(name):
    value = "a constant that makes it long enough to be known again"
    return subprocess.run(["git", name, value])
"""


def of(facts: list[Fact], id: str) -> Fact:
    return next(fact for fact in facts if fact.id == id)


@pytest.mark.parametrize(
    "after",
    [
        SEND.replace("import requests", "import requests  # the client\nimport json"),
        SEND.replace("json={", "\n        json={"),
        SEND.replace("/v1", "/v2"),
        "X = 1\n\n\n" + SEND,
        SEND.replace("api.demo", "eu.demo").replace("json", "data") + SEND.replace("tell", "say"),
    ],
    ids=["a comment", "a line break", "another path", "moved down", "another host of theirs"],
)
def test_small_edits_are_silent_or_reach_nobody_new(after: str) -> None:
    old, new = wheel({"demo/a.py": SEND}), wheel({"demo/a.py": after}, "1.1")
    found = [fact for fact in marked(new, old) if fact.change == "new"]
    assert not any("party=new" in fact.args for fact in found)


def test_the_same_release_again_has_nothing_new() -> None:
    old, new = wheel({"demo/a.py": SEND + RUN}), wheel({"demo/a.py": SEND + RUN}, "1.1")
    assert news(new, old) == set()
    assert {fact.change for fact in marked(new, old)} == {"same"}


def test_code_that_moves_to_another_module_is_the_same() -> None:
    old = wheel({"demo/a.py": RUN, "demo/b.py": SEND})
    new = wheel({"demo/deep/c.py": RUN, "demo/b.py": SEND}, "1.1")
    assert news(new, old) == set()


def test_a_function_that_moves_between_modules_is_the_same() -> None:
    old = wheel({"demo/a.py": "X = 1\n" + RUN.replace('"git"', "name"), "demo/b.py": SEND})
    new = wheel({"demo/a.py": "X = 1\n", "demo/b.py": SEND + RUN.replace('"git"', "name")}, "1.1")
    assert "process.spawn" not in news(new, old)


def test_what_ran_on_call_and_now_runs_on_import_is_new() -> None:
    old = wheel({"demo/__init__.py": SEND})
    new = wheel({"demo/__init__.py": SEND + "\ntell('hello')\n"}, "1.1")
    assert "net.send" in news(new, old)


def test_another_program_in_the_same_function_is_new() -> None:
    old, new = wheel({"demo/a.py": RUN}), wheel({"demo/a.py": RUN.replace("git", "curl")}, "1.1")
    assert "process.spawn" in news(new, old)


def test_a_function_that_was_quiet_and_tells_a_stranger_says_all_of_it() -> None:
    old = wheel({"demo/a.py": "def tell(text):\n    return text\n"})
    fact = of(marked(wheel({"demo/a.py": SEND}, "1.1"), old), "net.send")
    assert {"party=new", "family=first", "place=known"} <= set(fact.args)


def test_a_new_function_stands_in_no_known_place() -> None:
    old = wheel({"demo/a.py": "def other(text):\n    return text\n"})
    fact = of(marked(wheel({"demo/a.py": SEND}, "1.1"), old), "net.send")
    assert "place=known" not in fact.args
    assert "family=first" in fact.args


def test_parties_named_in_metadata_are_known() -> None:
    old = wheel({"demo/a.py": ""}, metadata="Home-page: https://www.demo.example/docs\n")
    fact = of(marked(wheel({"demo/a.py": SEND}, "1.1"), old), "net.send")
    assert "party=new" not in fact.args


def test_parties_named_only_by_the_new_release_are_new() -> None:
    new = wheel({"demo/a.py": SEND}, "1.1", metadata="Home-page: https://www.demo.example/docs\n")
    fact = of(marked(new, wheel({"demo/a.py": ""})), "net.send")
    assert "party=new" in fact.args


def test_an_old_payload_is_the_same_and_still_there() -> None:
    old, new = (
        wheel({"demo/__init__.py": SEND + "tell('x')\n"}),
        wheel({"demo/__init__.py": SEND + "tell('x')\n"}, "1.1"),
    )
    fact = of(marked(new, old), "net.send")
    assert (fact.change, fact.activation) == ("same", "import")


def test_a_release_that_was_not_read_proves_nothing_new() -> None:
    import msgspec

    old = wheel({"demo/a.py": "def tell(text):\n    return text\n"})
    problem = Problem(member="demo/a.py", status="partial", reason="cut")
    unread = msgspec.structs.replace(old, coverage=Coverage(partial=1, problems=(problem,)))
    new = wheel({"demo/a.py": SEND}, "1.1")
    assert of(marked(new, unread), "net.send").change == "unknown"
    flooded = msgspec.structs.replace(old, overflow=3)
    assert of(marked(new, flooded), "net.send").change == "unknown"


@pytest.mark.parametrize(
    ("host", "hostclass", "answers"),
    [
        ("api.demo.example", "unknown", "demo.example"),
        ("DEMO.example.", "", "demo.example"),
        ("files.demo.co.uk", "unknown", "demo.co.uk"),
        ("somebody.pages.example", "free-hosting", "somebody.pages.example"),
        ("198.51.100.4", "raw-ip", "198.51.100.4"),
        ("198.51.100.4", "", "198.51.100.4"),
        ("api.demo.example:8443", "", "demo.example"),
    ],
)
def test_who_answers_for_a_host(host: str, hostclass: str, answers: str) -> None:
    assert party(host, hostclass) == answers


def test_new_kinds_of_files_are_told_once_a_kind_was_unknown() -> None:
    old = wheel({"demo/a.py": ""})
    new = wheel({"demo/a.py": "", "demo/run.js": "1\n", "tests/t.sh": "ls\n"}, "1.1")
    assert changes(new, old) == {"change.new-file-kind": "JavaScript"}
    assert changes(wheel({"demo/b.js": "2\n", "demo/run.js": "1\n"}, "1.2"), new) == {}


def test_startup_hooks_are_told_when_they_come_and_when_they_change() -> None:
    old = wheel({"demo/a.py": ""})
    new = wheel({"demo/a.py": "", "demo.pth": "import demo\n"}, "1.1")
    assert changes(new, old)["change.startup-hook"] == "demo.pth"
    assert "change.startup-hook" not in changes(new, new)
    other = wheel({"demo/a.py": "", "demo.pth": "import demo.a\n"}, "1.2")
    assert changes(other, new)["change.startup-hook"] == "demo.pth"


def test_new_dependencies_are_told_and_new_versions_are_not() -> None:
    old = wheel({}, metadata="Requires-Dist: requests>=2\n")
    new = wheel({}, "1.1", metadata="Requires-Dist: Requests>=3\nRequires-Dist: helper\n")
    assert changes(new, old) == {"change.dependency-added": "helper"}


def test_other_people_are_told_and_one_more_person_is_not() -> None:
    old = wheel({}, metadata="Author: Ann\n")
    assert changes(wheel({}, "1.1", metadata="Author: Ann, Bob\n"), old) == {}
    found = changes(wheel({}, "1.1", metadata="Author: Mallory\n"), old)
    assert found == {"change.maintainer": "ann -> mallory"}


def test_another_build_is_told_for_source_distributions() -> None:
    plain = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
    old = sdist({"pyproject.toml": plain})
    own = plain.replace("setuptools.build_meta", "_own") + 'backend-path = ["tools"]\n'
    new = sdist({"pyproject.toml": own, "tools/_own.py": "import os\n"}, "1.1")
    assert "change.build-backend" in changes(new, old)
    assert changes(sdist({"pyproject.toml": plain}, "1.1"), old) == {}
    assert changes(wheel({}), old) == {}


def _declares(entries: str, licence: str, version: str = "1.0") -> Profile:
    files = {"demo/cli.py": "def main():\n    pass\n"}
    if entries:
        files[f"demo-{version}.dist-info/entry_points.txt"] = entries
    return wheel(files, version, metadata=f"License: {licence}\n" if licence else "")


def test_new_commands_and_plug_ins_are_told_where_they_are_declared() -> None:
    old = _declares("[console_scripts]\ndemo = demo.cli:main\n", "")
    more = "[console_scripts]\ndemo=demo.cli:main\n[pytest11]\nquiet = demo.cli\n"
    new = _declares(more, "", "1.1")
    (found,) = release_changes(new, old, match_members(new, old))
    assert (found.id, found.value, found.change) == (
        "meta.mismatch",
        "pytest11:quiet=demo.cli",
        "new",
    )
    assert found.args == ("field=entry-point", "where=before")
    assert found.member == "demo-1.1.dist-info/entry_points.txt"
    assert list(release_changes(new, new, match_members(new, new))) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("MIT", "Commercial", True),
        ("BSD 3-Clause", "GPL-3.0-only", True),
        ("MIT License", "MIT", False),
        ("Apache License, Version 2.0", "Apache-2.0", False),
        ("BSD-3-Clause", "BSD", False),
        ("", "MIT", False),
    ],
)
def test_another_licence_is_told_and_another_spelling_is_not(
    before: str, after: str, told: bool
) -> None:
    new, old = _declares("", after, "1.1"), _declares("", before)
    found = [f.args[0] for f in release_changes(new, old, match_members(new, old))]
    assert found == (["field=licence"] if told else [])


def test_what_is_new_about_a_release_is_said_in_words() -> None:
    old = _declares("", "MIT")
    new = _declares("[console_scripts]\ndemo = demo.cli:main\n", "Proprietary", "1.1")
    matches = match_members(new, old)
    facts = [*release_changes(new, old, matches)]
    owner = replace(
        facts[0], id="change.maintainer", kind="change", value="eve", args=("how=owner",)
    )
    said = summarise(new, old, [*facts, owner], matches, ()).release
    assert said == (
        "new command or plug-in: console_scripts:demo=demo.cli:main",
        "another licence: MIT -> Proprietary",
        "new owner of the project: eve",
    )
