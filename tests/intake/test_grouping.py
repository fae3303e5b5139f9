"""Files of one release are found by folder and name."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.intake import gather
from antivenom.intake.grouping import release_of, shared
from antivenom.intake.locator import Locator
from antivenom.session import Reviewed, run
from tests.builders.index import serve, wheel


@pytest.mark.parametrize(
    ("path", "release"),
    [
        ("dist/Demo_One-1.0-py3-none-any.whl", "dist/demo-one==1.0"),
        ("dist/demo-one-1.0.tar.gz", "dist/demo-one==1.0"),
        ("demo.one-1.0.zip", "/demo-one==1.0"),
        ("a/demo-1.0.tar.gz", "a/demo==1.0"),
        ("demo.whl", ""),
        ("demo.tar.gz", ""),
        ("notes.txt", ""),
        ("", ""),
    ],
)
def test_the_release_a_name_speaks_of(path: str, release: str) -> None:
    assert release_of(path) == release


def test_only_releases_with_several_files_are_shared() -> None:
    paths = ["d/demo-1.0-py3-none-any.whl", "d/demo-1.0.tar.gz", "d/demo-2.0.tar.gz", "x", ""]
    assert shared(paths) == {"d/demo==1.0"}


def _place(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in (
        "demo-1.0-py3-none-any.whl",
        "demo-1.0-cp311-cp311-win32.whl",
        "zoo-1.0-py3-none-any.whl",
    ):
        project = name.partition("-")[0]
        code = "x = 1\n" if "win32" in name else "x = 2\n"
        (folder / name).write_bytes(wheel(project, "1.0", code=code))


def _releases(requests: list[str]) -> list[str]:
    found = [item for item in gather(requests) if isinstance(item, Locator)]
    return [item.around.release if item.around else "" for item in found]


def test_a_folder_of_archives(tmp_path: Path) -> None:
    _place(tmp_path)
    assert sorted(filter(None, _releases([str(tmp_path)]))) == [f"{tmp_path}/demo==1.0"] * 2


def test_archives_named_one_by_one(tmp_path: Path) -> None:
    _place(tmp_path)
    requests = [str(path) for path in sorted(tmp_path.iterdir())]
    assert _releases(requests) == [f"{tmp_path}/demo==1.0", f"{tmp_path}/demo==1.0", ""]


def test_reviews_say_which_siblings_they_knew(tmp_path: Path) -> None:
    _place(tmp_path)
    found = [one.review for one in run([str(tmp_path)]) if isinstance(one, Reviewed)]
    by_name = {review.artifact.filename: review for review in found}
    assert len(by_name) == 3
    one, other = (by_name[name] for name in sorted(by_name)[:2])
    assert one.context.siblings == (other.artifact.sha256,)
    assert other.context.siblings == (one.artifact.sha256,)
    assert by_name["zoo-1.0-py3-none-any.whl"].context.siblings == ()


def test_the_files_of_a_release_of_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with serve() as index:
        index.wheel("demo", "1.0")
        index.add("demo", "demo-1.0-py2-none-any.whl", wheel("demo", "1.0", code="x = 3\n"))
        index.wheel("alone", "1.0")
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        assert _releases(["demo==1.0", "alone==1.0"]) == ["pkg:pypi/demo@1.0"] * 2 + [""]
