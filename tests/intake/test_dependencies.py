"""Dependencies are what wheels name, up to caps that are said."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from antivenom.ecosystems.pypi.locate import requires_dist
from antivenom.intake.dependencies import wheel_metadata
from tests.builders.index import FakeIndex, wheel
from tests.intake.conftest import Asking


def test_dependencies_follow_the_targets_each_once(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("top", "1.0", requires=("left", "right>1", "never; python_version < '3'"))
    fake.wheel("left", "1.0", requires=("shared", "extra-only; extra == 'x'", "top"))
    fake.wheel("right", "1.0")
    fake.wheel("right", "2.0", requires=("shared>=1", "gone"))
    fake.wheel("shared", "1.0")
    assert ask.names("top") == ["top-1.0-py3-none-any.whl"]
    assert ask.names("top", deps=True) == [
        "top-1.0-py3-none-any.whl",
        "left-1.0-py3-none-any.whl",
        "right-2.0-py3-none-any.whl",
        "shared-1.0-py3-none-any.whl",
        "! gone",
    ]


def test_extras_that_were_asked_for_count(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("top", "1.0", requires=("more; extra == 'x'",))
    fake.wheel("more", "1.0")
    assert ask.names("top[x]", deps=True)[1:] == ["more-1.0-py3-none-any.whl"]


def test_metadata_beside_the_wheel_is_used_and_checked(fake: FakeIndex, ask: Asking) -> None:
    served = fake.wheel("top", "1.0", requires=("inside",))
    served.metadata = b"Metadata-Version: 2.1\nName: top\nVersion: 1.0\nRequires-Dist: beside\n"
    fake.wheel("beside", "1.0")
    assert ask.names("top", deps=True)[1:] == ["beside-1.0-py3-none-any.whl"]
    assert "/files/top-1.0-py3-none-any.whl.metadata" in fake.paths()


def test_a_local_wheel_has_dependencies_too(fake: FakeIndex, ask: Asking, tmp_path: Path) -> None:
    fake.wheel("dep", "1.0")
    path = tmp_path / "mine-1.0-py3-none-any.whl"
    path.write_bytes(wheel("mine", "1.0", requires=("dep",)))
    assert ask.names(str(path), deps=True) == [path.name, "dep-1.0-py3-none-any.whl"]


def test_only_an_sdist_means_not_known(fake: FakeIndex, ask: Asking) -> None:
    fake.sdist("top", "1.0")
    ask("top", deps=True)
    assert ask.told == ["top==1.0: no wheel, so its dependencies are not known without building it"]


def test_the_caps_are_said(fake: FakeIndex, ask: Asking) -> None:
    for number in range(6):
        fake.wheel(f"d{number}", "1.0", requires=(f"d{number + 1}",))
    assert len(ask("d0", deps=True, dependency_count=3)) == 4
    assert ask.told.pop() == "dependencies: stopped after 3 releases"
    assert len(ask("d0", deps=True, dependency_depth=2)) == 3
    assert ask.told.pop() == "dependencies: stopped 2 steps from the targets"


def test_requirements_are_read_from_headers_only() -> None:
    lines = (
        b" odd\nname: x\nREQUIRES-DIST: a >1\n  ; extra == 'x'\nRequires-Dist:b\n\nRequires-Dist: c"
    )
    assert requires_dist(lines) == ["a >1 ; extra == 'x'", "b"]
    assert requires_dist(b"\xff\0\n") == []


def test_metadata_of_broken_wheels_is_none(tmp_path: Path) -> None:
    whole = wheel("demo", "1.0")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("demo/__init__.py", "")
    for number, data in enumerate([b"", b"PK\x05\x06", whole[:-30], out.getvalue(), b"PK" * 99]):
        path = tmp_path / f"{number}.whl"
        path.write_bytes(data)
        assert wheel_metadata(path) is None
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        wheel_metadata(path)
