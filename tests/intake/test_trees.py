"""Files and folders on disk become artifacts; nothing is skipped in silence."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from antivenom.errors import IntegrityError, TargetError
from antivenom.intake import Locator, from_bytes, open_artifact, open_located
from antivenom.intake.trees import leftovers, locate_folder
from antivenom.model.tree import MemberError, MemberKind


def _zip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo/__init__.py", "x = 1\n")
    return path


def _write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_file_is_mapped_and_named_as_typed(tmp_path: Path) -> None:
    path = _zip(tmp_path / "demo-1.0-py3-none-any.whl")
    artifact = open_artifact(path)
    assert artifact.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert isinstance(artifact.data, memoryview)
    assert (artifact.path, artifact.filename) == (str(path), path.name)


def test_an_empty_file_is_an_artifact_without_bytes(tmp_path: Path) -> None:
    (tmp_path / "empty.whl").touch()
    artifact = open_artifact(tmp_path / "empty.whl")
    assert (artifact.size, artifact.data) == (0, b"")


def test_bytes_have_the_same_identity_as_the_file(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip")
    assert from_bytes(path.read_bytes(), "a.zip").sha256 == open_artifact(path).sha256


def test_a_missing_path_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no such file or folder"):
        open_artifact(tmp_path / "gone.whl")


def test_an_unreadable_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _zip(tmp_path / "a.whl")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the system's answer is played.
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(TargetError, match="permission denied") as caught:
        open_artifact(path)
    assert caught.value.hint


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.whl")
    with pytest.raises(TargetError, match="not a regular file"):
        open_artifact(tmp_path / "pipe.whl")


def test_a_source_tree_is_one_artifact_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    _write(tmp_path, setup_py="", demo__a_py="a = 1\n")
    _zip(tmp_path / "tests" / "data.zip")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").touch()
    [locator] = locate_folder(tmp_path)
    artifact = open_located(locator)
    assert [m.path for m in artifact.files or ()] == ["demo/a.py", "setup.py", "tests/data.zip"]
    assert [loss.member for loss in artifact.losses] == [".git/"]


def test_a_folder_only_named_like_version_control_is_read(tmp_path: Path) -> None:
    _write(tmp_path, setup_py="")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "payload.py").touch()
    assert ".git/payload.py" in [m.path for m in open_artifact(tmp_path).files or ()]


def test_a_tree_is_identified_by_paths_and_contents(tmp_path: Path) -> None:
    one = open_artifact(_write(tmp_path / "one", setup_py="", a_py="1"))
    two = open_artifact(_write(tmp_path / "two", a_py="1", setup_py=""))
    three = open_artifact(_write(tmp_path / "three", a_py="2", setup_py=""))
    assert one.sha256 == two.sha256 != three.sha256


def test_links_are_named_and_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("outside")
    tree = _write(tmp_path / "tree", setup_py="")
    (tree / "link.py").symlink_to(secret)
    (tree / "loop").symlink_to(tree)
    members = {m.path: m for m in open_artifact(tree).files or ()}
    assert members["link.py"].kind is members["loop"].kind is MemberKind.SYMLINK
    assert members["link.py"].target == str(secret)
    with pytest.raises(MemberError):
        members["link.py"].read()


def test_a_folder_of_archives_gives_each_and_the_code_beside_them(tmp_path: Path) -> None:
    _zip(tmp_path / "a.whl")
    _zip(tmp_path / "deep" / "renamed.bin")
    (tmp_path / "broken.tar.gz").write_bytes(b"not gzip")
    _write(tmp_path, stray_py="x = 1\n")
    found = list(locate_folder(tmp_path))
    assert [x.filename for x in found[:3]] == ["a.whl", "broken.tar.gz", "renamed.bin"]
    assert [m.path for m in open_located(found[3]).files or ()] == ["stray.py"]
    assert found[3].notes


def test_inert_files_beside_archives_are_listed_not_lost(tmp_path: Path) -> None:
    _zip(tmp_path / "a.whl")
    (tmp_path / "README.md").touch()
    assert len(list(locate_folder(tmp_path))) == 1
    assert leftovers(tmp_path) == ["README.md"]


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="holds no files"):
        list(locate_folder(tmp_path))


def test_a_locator_survives_the_way_to_a_child(tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.py")
    Path(odd).write_text("x = 1\n")
    [locator] = locate_folder(tmp_path)
    copy = msgspec.json.decode(msgspec.json.encode(locator), type=Locator)
    artifact = open_located(copy)
    assert [m.path for m in artifact.files or ()] == ["\\xff\n.py"]
    assert (artifact.files or ())[0].read() == b"x = 1\n"


def test_a_changed_file_in_the_cache_is_noticed(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.whl")
    locator = Locator(
        kind="file",
        location=os.fsencode(path),
        display="a.whl",
        filename="a.whl",
        sha256="0" * 64,
    )
    with pytest.raises(IntegrityError, match="changed on disk"):
        open_located(locator)
