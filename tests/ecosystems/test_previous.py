"""Which release came before, and which of its files is compared."""

from __future__ import annotations

import pytest

from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.ecosystems.pypi.previous import counterpart, earlier


def files(*rows: str) -> list[IndexFile]:
    """Make files from ``version``, ``version day``, ``version day yanked``; day is of May."""
    found = []
    for row in rows:
        version, day, yanked = (*row.split(), "", "")[:3]
        found.append(
            IndexFile(
                filename=f"demo-{version}-py3-none-any.whl",
                url="",
                uploaded=f"2026-05-{day}T10:00:00.5Z" if day else "",
                yanked="" if yanked else None,
            )
        )
    return found


@pytest.mark.parametrize(
    ("version", "rows", "before"),
    [
        ("1.2", ["1.0", "1.1", "1.2", "1.3"], "1.1"),
        ("1.10", ["1.9", "1.10", "1.2"], "1.9"),
        ("1.2", ["1.0 01", "1.1 20", "1.2 10"], "1.0"),
        ("1.9.1", ["1.9 01", "2.0 05", "1.9.1 10"], "1.9"),
        ("1.2", ["1.0", "1.1rc1", "1.2"], "1.0"),
        ("1.2rc2", ["1.0", "1.2rc1", "1.2rc2"], "1.2rc1"),
        ("1.2", ["1.1rc1", "1.2"], "1.1rc1"),
        ("1.2", ["1.0 01", "1.1 02 yanked", "1.2 10"], "1.0"),
        ("99.0", ["1.0 01", "99.0 10"], "1.0"),
        ("0.1", ["1.0 01", "2.0 05", "0.1 10"], "2.0"),
        ("1.3", ["1.0 01", "1.1 10", "1.2 10", "1.3 10"], "1.0"),
        ("1.1", ["1.0 10", "1.1 10"], ""),
        ("1.1", ["1.0", "1.1.post1", "1.1"], "1.0"),
        ("1.0+local", ["0.9", "1.0+local"], "0.9"),
        ("unusual", ["0.9 01", "unusual 10"], "0.9"),
        ("1.1", ["1.0 01", "1.1"], "1.0"),
    ],
)
def test_the_release_before(version: str, rows: list[str], before: str) -> None:
    assert earlier(files(*rows), "demo", version).version == before


def test_a_release_within_the_day_is_better_than_none() -> None:
    found = files("1.0 10", "1.1 11")
    close = [found[0], IndexFile(filename=found[1].filename, url="",
                                 uploaded="2026-05-10T12:00:00Z")]  # fmt: skip
    assert earlier(close, "demo", "1.1").version == "1.0"


@pytest.mark.parametrize(
    ("version", "rows", "words"),
    [
        ("1.0", ["1.0"], "no other release"),
        ("1.0", [], "no other release"),
        ("1.0", ["1.0", "2.0"], "no earlier release"),
        ("1.1", ["1.0 01 yanked", "1.1 10"], "withdrawn"),
    ],
)
def test_why_there_is_none(version: str, rows: list[str], words: str) -> None:
    found = earlier(files(*rows), "demo", version)
    assert words in found.note
    assert found.files == ()


def test_odd_times_and_names_are_no_failure() -> None:
    odd = [
        IndexFile(filename="demo-1.0.tar.gz", url="", uploaded="yesterday"),
        IndexFile(filename="demo-1.1.tar.gz", url="", uploaded="2026-05-01T00:00:00"),
        IndexFile(filename="other.txt", url=""),
    ]
    assert earlier(odd, "demo", "1.1").version == "1.0"


@pytest.mark.parametrize(
    ("filename", "names", "chosen"),
    [
        ("demo-2-py3-none-any.whl", ["demo-1.tar.gz", "demo-1-py3-none-any.whl"], 1),
        ("demo-2.tar.gz", ["demo-1-py3-none-any.whl", "demo-1.tar.gz"], 1),
        (
            "demo-2-cp312-cp312-win_amd64.whl",
            ["demo-1-cp312-cp312-manylinux_2_17_x86_64.whl", "demo-1-cp311-cp311-win_amd64.whl",
             "demo-1-cp312-cp312-win_amd64.whl"],
            2,
        ),
        ("demo-2-py3-none-any.whl", ["demo-1.exe", "demo-1.tar.gz"], 1),
        ("demo-2.tar.gz", ["demo-1-cp312-cp312-win_amd64.whl", "demo-1-py3-none-any.whl"], 1),
    ],
)  # fmt: skip
def test_the_file_that_was_built_alike(filename: str, names: list[str], chosen: int) -> None:
    found = counterpart(filename, [IndexFile(filename=name, url="") for name in names])
    assert found is not None
    assert found.filename == names[chosen]


def test_no_file_to_compare() -> None:
    assert counterpart("demo-2.tar.gz", []) is None
    assert counterpart("demo-2.tar.gz", [IndexFile(filename="demo-1.msi", url="")]) is None
