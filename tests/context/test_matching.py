"""Members are matched by path without version, by content, by functions, by name."""

from __future__ import annotations

import time

import msgspec

from antivenom.context.matching import match_members
from antivenom.model.profile import ManifestEntry, Profile
from tests.context.releases import sdist, wheel

LONG = "\n\n\n".join(
    f"def step_{n}(value):\n    text = str(value) + 'a longer constant {n}'\n    exec(text)"
    for n in range(6)
)


def test_paths_match_without_their_version() -> None:
    new = sdist({"demo/a.py": "x = 2\n", "demo/b.py": "y = 1\n"}, "1.1")
    old = sdist({"demo/a.py": "x = 1\n", "demo/b.py": "y = 1\n"}, "1.0")
    found = match_members(new, old)
    assert found.pairs["demo-1.1/demo/a.py"] == "demo-1.0/demo/a.py"
    assert found.changed == ("demo-1.1/PKG-INFO", "demo-1.1/demo/a.py")
    assert not (found.added or found.removed or found.moved)


def test_the_metadata_folder_of_a_wheel_is_the_same_one() -> None:
    found = match_members(wheel({}, "2.0"), wheel({}, "1.9"))
    assert found.pairs["demo-2.0.dist-info/RECORD"] == "demo-1.9.dist-info/RECORD"
    assert not found.added


def test_a_wheel_is_matched_with_a_source_distribution() -> None:
    old = sdist({"src/demo/a.py": "x = 1\n", "setup.py": "import setuptools\n"})
    new = wheel({"demo/a.py": "x = 1\n"}, "1.1")
    assert match_members(new, old).pairs["demo/a.py"] == "demo-1.0/src/demo/a.py"


def test_renamed_files_are_found_by_content_and_moved_ones_by_functions() -> None:
    old = wheel({"demo/a.py": "x = 1\n", "demo/b.py": LONG})
    edited = LONG.replace("step_0", "renamed")
    new = wheel({"demo/core/c.py": "x = 1\n", "demo/core/d.py": edited}, "1.1")
    found = match_members(new, old)
    assert found.pairs["demo/core/c.py"] == "demo/a.py"
    assert found.pairs["demo/core/d.py"] == "demo/b.py"
    assert set(found.moved) == {"demo/core/c.py", "demo/core/d.py"}


def test_a_name_that_stands_once_is_the_same_file_edited() -> None:
    old = wheel({"demo/only.py": "x = 1\n", "demo/__init__.py": ""})
    new = wheel({"demo/lib/only.py": "x = 2\n", "demo/lib/__init__.py": "import a\n"}, "1.1")
    found = match_members(new, old)
    assert found.pairs["demo/lib/only.py"] == "demo/only.py"
    assert found.added == ("demo/lib/__init__.py",)


def test_what_is_nowhere_was_added_and_what_is_gone_was_removed() -> None:
    found = match_members(wheel({"demo/new.py": "x = 1\n"}, "1.1"), wheel({"demo/old.sh": "ls\n"}))
    assert found.added == ("demo/new.py",)
    assert found.removed == ("demo/old.sh",)


def test_a_second_member_of_a_name_is_a_new_one() -> None:
    old = wheel({"demo/a.py": "x = 1\n"})
    twice = [("demo/a.py", "x = 1\n"), ("demo/a.py", "x = 2\n")]
    from antivenom.intake.files import from_bytes
    from antivenom.pipeline import observe
    from tests.builders import archives

    new = observe(from_bytes(archives.make_zip(twice), "x.zip"))
    assert len(match_members(new, old).added) == 1


def test_floods_of_members_cost_no_more_than_their_number() -> None:
    def flood(folder: str, sha256: str) -> Profile:
        entries = tuple(
            ManifestEntry(
                path=f"{folder}{n}/m{n}.py", sha256=sha256, size=9, kind="file", lang="python",
                functions={f"f{n}": str(n % 7)},
            )
            for n in range(40_000)
        )  # fmt: skip
        return msgspec.structs.replace(wheel({}), manifest=entries)

    started = time.perf_counter()
    found = match_members(flood("a", "x"), flood("b", "x"))
    assert len(found.pairs) == 40_000
    match_members(flood("a", "x"), flood("b", "y"))
    assert time.perf_counter() - started < 6
