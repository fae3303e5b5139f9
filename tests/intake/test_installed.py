"""What is installed is read by RECORD, and RECORD is not believed."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from antivenom.errors import TargetError
from antivenom.intake import Locator, open_located
from antivenom.intake.installed import locate_environment
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.tree import AnomalyKind, MemberKind
from antivenom.unpack import unpack


def _install(root: Path, name: str, files: dict[str, str], *, record: bool = True) -> Path:
    site = root / "lib" / "python3.11" / "site-packages"
    info = f"{name}-1.0.dist-info"
    rows = []
    for path, text in {**files, f"{info}/METADATA": f"Name: {name}\n"}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
        rows.append(f"{path},sha256={digest.rstrip('=')},{len(text)}")
    if record:
        (site / info / "RECORD").write_text("\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    return site


def _by_name(root: Path) -> dict[str, Locator]:
    return {locator.filename: locator for locator in locate_environment(root)}


def test_each_distribution_is_one_artifact_without_anomalies(tmp_path: Path) -> None:
    _install(tmp_path, "alpha", {"alpha/__init__.py": "a = 1\n"})
    _install(tmp_path, "beta", {"beta.py": "b = 1\n", "../../../bin/beta": "#!python\n"})
    found = _by_name(tmp_path)
    assert list(found) == ["alpha-1.0.dist-info", "beta-1.0.dist-info"]
    beta = open_located(found["beta-1.0.dist-info"])
    assert "beta-1.0.data/scripts/beta" in [m.path for m in beta.files or ()]
    assert beta.anomalies == ()
    assert beta.coordinate is not None
    assert beta.coordinate.purl == "pkg:pypi/beta@1.0"


def test_changed_missing_and_added_files_are_anomalies(tmp_path: Path) -> None:
    site = _install(tmp_path, "alpha", {"alpha/a.py": "a", "alpha/b.py": "b", "alpha/c.py": "c"})
    (site / "alpha" / "a.py").write_text("changed")
    (site / "alpha" / "b.py").unlink()
    (site / "alpha" / "extra.py").write_text("added")
    (site / "alpha" / "__pycache__").mkdir()
    (site / "alpha" / "__pycache__" / "c.cpython-311.pyc").write_bytes(b"")
    artifact = open_located(_by_name(tmp_path)["alpha-1.0.dist-info"])
    assert {(a.member, a.detail) for a in artifact.anomalies} == {
        ("alpha/a.py", "differs from its RECORD"),
        ("alpha/b.py", "listed in RECORD but missing"),
        ("alpha/extra.py", "not listed in RECORD"),
    }
    paths = [m.path for m in artifact.files or ()]
    assert "alpha/extra.py" in paths
    assert "alpha/__pycache__/c.cpython-311.pyc" in paths


def test_commands_that_a_system_keeps_elsewhere_are_no_anomalies(tmp_path: Path) -> None:
    site = _install(tmp_path, "beta", {"beta.py": "b = 1\n", "../../../bin/beta": "#!python\n"})
    (site / "../../../bin/beta").unlink()
    assert open_located(_by_name(tmp_path)["beta-1.0.dist-info"]).anomalies == ()


def test_files_linked_from_an_installers_cache_are_read(tmp_path: Path) -> None:
    site = _install(tmp_path / "env", "alpha", {"alpha/a.py": "a = 1\n"})
    (site / "alpha" / "beside.py").write_text("b = 1\n")
    for name in ("a.py", "beside.py"):
        (site / "alpha" / name).rename(tmp_path / name)
        (site / "alpha" / name).symlink_to(tmp_path / name)
    (site / "alpha" / "gone.py").symlink_to(tmp_path / "nowhere")
    (site / "alpha" / "endless.py").symlink_to("/dev/zero")
    (site / "alpha" / "folder").symlink_to(tmp_path)
    artifact = open_located(_by_name(tmp_path / "env")["alpha-1.0.dist-info"])
    members = {m.path: m for m in artifact.files or ()}
    assert members["alpha/a.py"].read() == b"a = 1\n"
    assert members["alpha/beside.py"].read() == b"b = 1\n"
    assert "alpha/gone.py" not in members
    assert members["alpha/endless.py"].kind is MemberKind.DEVICE
    assert members["alpha/folder"].kind is MemberKind.SYMLINK
    assert [a.member for a in artifact.anomalies if "differs" in a.detail] == []


def test_a_file_nobody_claims_is_reviewed_too(tmp_path: Path) -> None:
    site = _install(tmp_path, "alpha", {"alpha/a.py": "a"})
    (site / "zzz.pth").write_text("import os\n")
    stray = _by_name(tmp_path)["site-packages"]
    assert [m.path for m in open_located(stray).files or ()] == ["zzz.pth"]


def test_record_cannot_reach_outside_the_environment(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside")
    env = tmp_path / "env"
    site = _install(env, "alpha", {"alpha/a.py": "a"})
    record = site / "alpha-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "../../../../secret,,\n/etc/hostname,,\n")
    artifact = open_located(_by_name(env)["alpha-1.0.dist-info"])
    outside = [a for a in artifact.anomalies if a.kind is AnomalyKind.TRAVERSAL]
    assert len(outside) == 2
    assert not any("secret" in m.path or "hostname" in m.path for m in artifact.files or ())


def test_a_distribution_without_record_still_has_its_files(tmp_path: Path) -> None:
    site = _install(tmp_path, "alpha", {"alpha/a.py": "a"}, record=False)
    _install(tmp_path, "beta", {"beta.py": "b", "beta/b.py": "b"}, record=False)
    (site / "beta-1.0.dist-info" / "top_level.txt").write_text("beta\n")
    (site / "beta-1.0.dist-info" / "INSTALLER").write_text("pip\n")
    found = _by_name(tmp_path)
    alpha, beta = (open_located(found[f"{name}-1.0.dist-info"]) for name in ("alpha", "beta"))
    assert alpha.anomalies == ()
    assert [m.path for m in open_located(found["site-packages"]).files or ()] == ["alpha/a.py"]
    assert [a.kind for a in beta.anomalies] == [AnomalyKind.RECORD_MISSING]
    assert {"beta.py", "beta/b.py"} < {m.path for m in beta.files or ()}


def test_a_folder_without_packages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no installed Python packages") as caught:
        list(locate_environment(tmp_path))
    assert caught.value.hint


def test_what_intake_saw_reaches_the_tree(tmp_path: Path) -> None:
    site = _install(tmp_path, "alpha", {"alpha/a.py": "a"})
    (site / "alpha" / "a.py").write_text("changed")
    tree = unpack(open_located(_by_name(tmp_path)["alpha-1.0.dist-info"]), DEFAULT_LIMITS)
    assert [a.member for a in tree.anomalies if a.kind is AnomalyKind.RECORD_MISMATCH] == [
        "alpha/a.py"
    ]
