"""The previous release is found and fetched beside what was asked for, or the reason is noted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.ecosystems.pypi.previous import earlier
from antivenom.intake.baselines import paired
from antivenom.intake.files import locate
from antivenom.intake.locator import Locator, Surroundings
from tests.builders.index import FakeIndex, wheel
from tests.intake.conftest import Asking


def around(found: Sequence[object]) -> Surroundings:
    [locator] = found
    assert isinstance(locator, Locator)
    return locator.around or Surroundings()


def test_a_name_is_compared_with_the_release_before(fake: FakeIndex, ask: Asking) -> None:
    for version in ("1.0", "1.1", "1.2"):
        fake.wheel("demo", version)
    found = around(ask("demo", baseline=""))
    assert found.baseline is not None
    assert found.baseline.filename == "demo-1.1-py3-none-any.whl"
    assert found.baseline.coordinate is not None
    assert found.baseline.coordinate.version == "1.1"
    assert found.baseline.sha256
    assert found.notes == ()


def test_a_release_of_choice(fake: FakeIndex, ask: Asking) -> None:
    for version in ("1.0", "1.1", "1.2"):
        fake.wheel("demo", version)
    found = around(ask("demo==1.2", baseline="1.0"))
    assert found.baseline is not None
    assert found.baseline.filename == "demo-1.0-py3-none-any.whl"
    missing = around(ask("demo==1.2", baseline="7.0"))
    assert missing.baseline is None
    assert "no such version" in missing.notes[0]


def test_nothing_is_fetched_for_a_comparison_nobody_wants(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.wheel("demo", "1.1")
    assert around(ask("demo", baseline="none")) == Surroundings()
    assert not any("1.0" in path for path in fake.paths())


def test_the_first_release_says_so(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    found = around(ask("demo", baseline="auto"))
    assert found.baseline is None
    assert "no other release of demo" in found.notes[0]


def test_a_predecessor_that_cannot_be_had_is_a_note(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.wheel("demo", "1.1")
    fake.status["/files/demo-1.0-py3-none-any.whl"] = [-404]
    found = around(ask("demo", baseline=""))
    assert found.baseline is None
    assert "not compared" in found.notes[0]


def test_offline_compares_with_what_was_kept(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.wheel("demo", "1.1")
    ask("demo", baseline="")
    asked = len(fake.requests)
    assert around(ask("demo", baseline="", offline=True)).baseline is not None
    assert len(fake.requests) == asked


def test_dependencies_are_compared_only_on_request(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", requires=("helper",))
    fake.wheel("helper", "1.0")
    fake.wheel("helper", "1.1")
    found = {f.filename: f for f in ask("demo", deps=True, baseline="") if isinstance(f, Locator)}
    assert found["helper-1.1-py3-none-any.whl"].around is None
    found = {f.filename: f for f in ask("demo", deps=True, baseline="auto")
             if isinstance(f, Locator)}  # fmt: skip
    assert found["helper-1.1-py3-none-any.whl"].around is not None


def test_a_file_is_compared_with_the_index_when_asked(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    path = Path("demo-1.1-py3-none-any.whl")
    path.write_bytes(wheel("demo", "1.1"))
    assert around(ask(str(path), baseline="")) == Surroundings()
    found = around(ask(str(path), baseline="auto"))
    assert found.baseline is not None
    assert found.baseline.filename == "demo-1.0-py3-none-any.whl"
    chosen = around(ask(str(path), baseline="1.0"))
    assert chosen.baseline == found.baseline


def test_a_file_whose_name_says_nothing_is_not_compared(fake: FakeIndex, ask: Asking) -> None:
    Path("package.bin").write_bytes(wheel("demo", "1.1"))
    found = around(ask("package.bin", baseline="auto"))
    assert "does not say which release" in found.notes[0]


def test_a_path_is_compared_with_a_path(ask: Asking) -> None:
    for version in ("1.0", "1.1"):
        Path(f"demo-{version}.whl").write_bytes(wheel("demo", version))
    found = around(ask("demo-1.1.whl", baseline="demo-1.0.whl"))
    assert found.baseline is not None
    assert found.baseline.filename == "demo-1.0.whl"


def test_another_kind_of_file_is_said(fake: FakeIndex, ask: Asking) -> None:
    fake.sdist("demo", "1.0")
    fake.wheel("demo", "1.1")
    found = around(ask("demo", baseline=""))
    assert found.baseline is not None
    assert found.notes == ("compared with demo-1.0.tar.gz: it had no file of this kind",)


def test_pairs_are_of_one_project_and_alike(tmp_path: Path) -> None:
    names = ["demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl", "other-1.0-py3-none-any.whl"]
    for name in (*names, "demo-1.1-py3-none-any.whl"):
        (tmp_path / name).write_bytes(b"x")
    old = [locate(tmp_path / name) for name in names]
    found = paired(locate(tmp_path / "demo-1.1-py3-none-any.whl"), old)
    assert found.around is not None
    assert found.around.baseline == old[1]
    lonely = paired(locate(tmp_path / "demo-1.1-py3-none-any.whl"), [])
    assert lonely.around is not None
    assert "nothing was given" in lonely.around.notes[0]


def test_two_spellings_of_one_version_are_one_release() -> None:
    times = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-01T00:00:09Z")
    names = ("demo-1.1.tar.gz", "demo-1.2.tar.gz", "demo-1.2.0-py3-none-any.whl")
    files = [
        IndexFile(filename=name, url=f"/{name}", uploaded=time)
        for name, time in zip(names, times, strict=True)
    ]
    assert earlier(files, "demo", "1.2.0").version == "1.1"
    assert earlier(files, "demo", "1.2").version == "1.1"
    assert earlier(files[1:], "demo", "1.2").files == ()
