"""Lists and locks name packages; addresses in them are refused, pins are kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from antivenom.ecosystems.pypi.requirements import read_requirements
from antivenom.intake import Failure
from tests.builders.index import FakeIndex
from tests.intake.conftest import Asking


def test_pips_syntax_is_read(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("-r requirements.txt\nbeta~=2.0\n")
    (tmp_path / "limits.txt").write_text("Gamma<3\nunused==1\n")
    (tmp_path / "requirements.txt").write_text(
        "\ufeff# comment\n--index-url http://other.example/\n-r more.txt\n-c limits.txt\n"
        "alpha[fast]==1.0 ; python_version < '3' \\\n"
        "    --hash=sha256:" + "A" * 64 + " \\\n    --hash=sha256:" + "b" * 64 + "  # why\n"
        "gamma>1\n-e .\n./local.whl\nhttps://host.invalid/x.whl\ndelta @ git+https://h.invalid/d\n"
        "!!!\n-r gone.txt\n",
        encoding="utf-8",
    )
    reading = read_requirements(tmp_path / "requirements.txt")
    assert [str(w) for w in reading.wanted] == ["beta~=2.0", "alpha==1.0", "gamma<3,>1"]
    assert reading.wanted[1].hashes == {"sha256:" + "a" * 64, "sha256:" + "b" * 64}
    assert reading.wanted[1].extras == {"fast"}
    assert len(reading.refused) == 6
    assert any("--index-url" in note for note in reading.notes)


def test_a_list_gives_its_packages_and_its_failures(
    fake: FakeIndex, ask: Asking, tmp_path: Path
) -> None:
    fake.wheel("alpha", "1.0")
    fake.wheel("alpha", "2.0")
    fake.wheel("beta", "1.0")
    path = tmp_path / "requirements.txt"
    path.write_text("alpha<2\nnosuch\nbeta\nhttps://host.invalid/x.whl\n")
    expected = [
        "alpha-1.0-py3-none-any.whl",
        "! nosuch",
        "beta-1.0-py3-none-any.whl",
        "! https://host.invalid/x.whl",
    ]
    assert ask.names("-r", str(path)) != expected
    for spelled in (f"-r {path}", f"-r{path}", f"--requirement={path}"):
        assert ask.names(spelled) == expected
    assert ask.names(str(path)) == ["requirements.txt"]
    assert any("-r" in line for line in ask.told)


def test_pins_choose_files_and_a_replaced_file_fails(
    fake: FakeIndex, ask: Asking, tmp_path: Path
) -> None:
    pinned = fake.wheel("demo", "1.0")
    fake.sdist("demo", "1.0")
    path = tmp_path / "requirements.txt"
    path.write_text(f"demo==1.0 --hash=sha256:{hashlib.sha256(pinned.data).hexdigest()}\n")
    assert ask.names(f"-r {path}") == [pinned.filename]
    assert ask.told == ["demo==1.0: 1 files of this release are not pinned, not reviewed"]
    path.write_text(f"demo==1.0 --hash=sha256:{'0' * 64}\n")
    assert "no file of the index has a pinned hash" in str(ask.failure(f"-r {path}").error)


def test_pins_are_checked_where_the_index_announces_another_hash(
    fake: FakeIndex, ask: Asking, tmp_path: Path
) -> None:
    fake.wheel("demo", "1.0", announced={})
    path = tmp_path / "requirements.txt"
    path.write_text(f"demo==1.0 --hash=sha256:{'0' * 64}\n")
    assert "none of the pinned hashes" in str(ask.failure(f"-r {path}").error)


def test_lock_files(fake: FakeIndex, ask: Asking, tmp_path: Path) -> None:
    served = fake.wheel("demo", "1.0")
    digest = hashlib.sha256(served.data).hexdigest()
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\n[[packages]]\nname = "demo"\nversion = "1.0"\n'
        f'[[packages.wheels]]\nname = "x"\nhashes = {{sha256 = "{digest}"}}\n'
        '[[packages]]\nname = "other"\n[packages.vcs]\ntype = "git"\n'
    )
    (tmp_path / "uv.lock").write_text(
        'version = 1\n[[package]]\nname = "me"\nversion = "0"\nsource = { editable = "." }\n'
        '[[package]]\nname = "demo"\nversion = "1.0"\n'
        'source = { registry = "https://host.invalid/simple" }\n'
        f'wheels = [{{ url = "https://host.invalid/x.whl", hash = "sha256:{digest}" }}]\n'
        '[[package]]\nname = "fork"\nversion = "1"\nsource = { git = "https://host.invalid/" }\n'
    )
    assert ask.names(str(tmp_path / "pylock.toml")) == [served.filename, "! other"]
    assert ask.names(str(tmp_path / "uv.lock")) == [served.filename, "! fork"]
    assert ask.told == ["me: the locked project itself is not fetched"]


@pytest.mark.parametrize("text", ["[[", "a = 1\n", "package = 3\n", "\0"])
def test_broken_locks(ask: Asking, tmp_path: Path, text: str) -> None:
    (tmp_path / "uv.lock").write_text(text)
    assert "not a lock file" in str(ask.failure(str(tmp_path / "uv.lock")).error)


def test_a_list_that_is_gone(ask: Asking, tmp_path: Path) -> None:
    failure = ask.failure(f"-r {tmp_path / 'gone.txt'}")
    assert isinstance(failure, Failure)
    assert "cannot be read (No such file or directory)" in str(failure.error)


def test_hostile_locks_are_refused_row_by_row(ask: Asking, tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(
        '[[package]]\nname = "a"\nversion = "* , >1"\n[[package]]\nname = "../b"\nversion = "1"\n'
        "[[package]]\nname = 3\n[[package]]\n"
    )
    assert len(ask(str(tmp_path / "uv.lock"))) == 4
    assert "not a path" in str(ask.failure("-r a\0b").error)
