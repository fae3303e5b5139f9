"""Artifacts with surroundings: baselines and siblings are observed first, once, and in children."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from antivenom import pipeline, session
from antivenom.analysis import engine
from antivenom.errors import TargetError
from antivenom.intake import Failure, Locator
from antivenom.intake.files import locate
from antivenom.intake.locator import Surroundings
from antivenom.isolate import Bounds, Pool
from antivenom.model.review import Review, Verdict
from antivenom.session import cases as session_cases
from antivenom.session.answer import reviewer
from antivenom.session.profiles import Profiles, identified
from antivenom.session.task import decoded
from tests.builders import archives


def release(folder: Path, version: str, code: str, tag: str = "py3") -> Locator:
    path = folder / f"demo-{version}-{tag}-none-any.whl"
    path.write_bytes(archives.wheel({"demo/__init__.py": code}, name="demo", version=version))
    return locate(path)


def placed(locator: Locator, *, baseline: Locator | None = None, release: str = "") -> Locator:
    around = Surroundings(baseline=baseline, release=release)
    return msgspec.structs.replace(locator, around=around)


def judged(*locators: Locator, jobs: int = 2, profiles: Profiles | None = None) -> list[Review]:
    found = []
    with Pool(reviewer(), jobs=jobs, bounds=Bounds(seconds=20)) as pool:
        line = session_cases.Cases(iter(locators), pool, jobs=jobs, offline=True, profiles=profiles)
        for case in line.run():
            review = session_cases.reviewed(case)
            assert isinstance(review, Review)
            found.append(review)
    return found


@pytest.fixture
def kept(machine: Path) -> Iterator[Profiles]:
    yield Profiles(engine.digest())


def test_the_previous_release_enters_the_review(machine: Path, kept: Profiles) -> None:
    old = release(machine, "1.0", "x = 1\n")
    new = release(machine, "1.1", "x = 2\n")
    (review,) = judged(placed(new, baseline=old), profiles=kept)
    assert review.context.baseline == "pkg:pypi/demo@1.0"
    assert review.artifact.version == "1.1"
    assert review.context.offline


def test_the_profile_of_the_previous_release_is_kept(machine: Path, kept: Profiles) -> None:
    old = release(machine, "1.0", "x = 1\n")
    new = placed(release(machine, "1.1", "x = 2\n"), baseline=old)
    (first,) = judged(new, profiles=kept)
    profile = decoded(kept.get(identified(old)))
    assert profile.metadata.version == "1.0"
    assert profile.sha256 == identified(old).sha256
    Path(old.place).write_bytes(b"")
    (other,) = judged(
        placed(new, baseline=msgspec.structs.replace(old, sha256=profile.sha256)), profiles=kept
    )
    assert (first.context, first.digests) == (other.context, other.digests)


def test_a_kept_profile_that_is_damaged_is_made_again(machine: Path, kept: Profiles) -> None:
    old = identified(release(machine, "1.0", "x = 1\n"))
    kept.keep(old, b"profile")
    assert kept.get(old) == b"profile"
    for place in (machine.parent / "xdg_cache_home").rglob("profiles/*/*"):
        place.write_bytes(b"damaged")
    assert kept.get(old) == b""


def test_the_cache_is_bounded(machine: Path) -> None:
    small = Profiles(engine.digest(), most_bytes=1)
    old, new = (identified(release(machine, v, f"x = {v}\n")) for v in ("1.0", "1.1"))
    small.keep(old, b"a" * 100)
    assert small.get(old) == b""
    small.keep(new, b"b" * 100)
    assert small.get(new)  # swept now and then, not at each write


def test_what_is_no_file_has_no_key(machine: Path, kept: Profiles) -> None:
    (machine / "tree").mkdir()
    tree = identified(locate(machine / "tree"))
    kept.keep(tree, b"profile")
    assert kept.get(tree) == b""


def test_an_unreadable_previous_release_is_said(machine: Path, kept: Profiles) -> None:
    new = release(machine, "1.1", "x = 2\n")
    gone = msgspec.structs.replace(new, location=b"/nonexistent/demo-1.0.whl", display="demo 1.0")
    (review,) = judged(placed(new, baseline=gone), profiles=kept)
    assert review.verdict is Verdict.CLEAN
    assert review.context.baseline is None
    assert "previous release could not be read" in review.context.notes[0]


def test_a_previous_release_that_kills_its_child_costs_only_the_comparison(
    machine: Path, kept: Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = pipeline.observe

    def observe(artifact: object, *rest: object) -> object:
        if "1.0" in artifact.filename:  # type: ignore[attr-defined]
            raise RuntimeError("no")
        return honest(artifact, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "observe", observe)
    old, new = release(machine, "1.0", "x = 1\n"), release(machine, "1.1", "x = 2\n")
    (review,) = judged(placed(new, baseline=old), profiles=kept)
    assert review.verdict is Verdict.CLEAN
    assert "could not be read" in review.context.notes[0]


def test_files_of_one_release_know_each_other(machine: Path, kept: Profiles) -> None:
    one = release(machine, "1.0", "x = 1\n")
    two = release(machine, "1.0", "x = 2\n", tag="py2")
    alone = release(machine, "2.0", "x = 3\n")
    reviews = judged(
        placed(one, release="demo 1.0"), placed(two, release="demo 1.0"), alone, profiles=kept
    )
    assert [len(r.context.siblings) for r in reviews] == [1, 1, 0]
    assert reviews[0].context.siblings == (reviews[1].artifact.sha256,)


@pytest.mark.parametrize("jobs", [1, 2])
def test_releases_that_follow_each_other_keep_their_order(machine: Path, jobs: int) -> None:
    versions = [f"1.{n}" for n in range(6)]
    files = [
        placed(release(machine, v, f"x = {n}\n", tag=tag), release=v)
        for n, v in enumerate(versions)
        for tag in ("py2", "py3")
    ]
    reviews = judged(*files, jobs=jobs)
    assert [r.artifact.version for r in reviews] == [v for v in versions for _ in "ab"]
    assert all(len(r.context.siblings) == 1 for r in reviews)


def test_the_same_release_twice_is_two_groups(machine: Path) -> None:
    one = placed(release(machine, "1.0", "x = 1\n"), release="demo 1.0")
    plain = release(machine, "3.0", "x = 1\n")
    reviews = judged(one, plain, one, jobs=1)
    assert [len(r.context.siblings) for r in reviews] == [0, 0, 0]


def test_a_failure_between_files_keeps_its_place(machine: Path) -> None:
    one, two = (placed(release(machine, v, "x = 1\n"), release="demo") for v in ("1.0", "1.1"))
    failure = Failure(target="x", error=TargetError("no"))
    with Pool(reviewer(), jobs=1) as pool:
        line = session_cases.Cases(
            iter([one, failure, two]), pool, jobs=1, offline=True, profiles=None
        )
        kinds = [type(session_cases.reviewed(case)) for case in line.run()]
    assert kinds == [Review, Failure, Review]


def test_plain_targets_keep_nothing(machine: Path) -> None:
    path = release(machine, "1.0", "x = 1\n").place
    assert len(list(session.run([str(path)]))) == 1
    assert not list((machine.parent / "xdg_cache_home").rglob("profiles/*/*"))
