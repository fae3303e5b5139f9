"""Targets come out as artifacts in input order, and each fault is one clear line."""

from __future__ import annotations

import hashlib
import io
import socket
import stat
from pathlib import Path

import pytest

from antivenom.errors import IntegrityError, NetworkError, NotFoundError, TargetError
from antivenom.intake import Failure, Locator, open_located
from tests.builders.index import FakeIndex, wheel
from tests.intake.conftest import Asking


@pytest.mark.parametrize("html", [False, True])
def test_a_name_is_every_file_of_the_newest_release(
    fake: FakeIndex, ask: Asking, html: bool
) -> None:
    fake.html = html
    fake.wheel("demo", "1.0")
    newest = fake.wheel("demo", "1.10")
    fake.sdist("demo", "1.10")
    fake.wheel("demo", "2.0rc1")
    fake.wheel("demo", "3.0", yanked="broken")
    found = ask("demo")
    assert [f.filename for f in found if isinstance(f, Locator)] == [
        "demo-1.10-py3-none-any.whl",
        "demo-1.10.tar.gz",
    ]
    artifact = open_located(found[0])  # type: ignore[arg-type]
    assert artifact.sha256 == hashlib.sha256(newest.data).hexdigest()
    assert artifact.coordinate is not None
    assert artifact.coordinate.purl == "pkg:pypi/demo@1.10"
    assert artifact.path == "demo-1.10-py3-none-any.whl"


def test_versions_purls_and_other_spellings(fake: FakeIndex, ask: Asking) -> None:
    fake.add("my-demo", "My_Demo-1.0.tar.gz", b"one")
    fake.add("my-demo", "my.demo-1.0.win32.exe", b"two")
    fake.add("my-demo", "my_demo-2.0-py2.7.egg", b"three")
    both = ["My_Demo-1.0.tar.gz", "my.demo-1.0.win32.exe"]
    assert ask.names("My.Demo==1.0") == both
    assert ask.names("pkg:pypi/my-demo@1") == both
    assert ask.names("my_demo>1") == ["my_demo-2.0-py2.7.egg"]


def test_one_bad_target_never_stops_the_others(
    fake: FakeIndex, ask: Asking, tmp_path: Path
) -> None:
    fake.wheel("demo", "1.0")
    here = tmp_path / "here.whl"
    here.write_bytes(wheel("here", "1.0"))
    assert ask.names(str(here), "unknown", "./gone.whl", "demo") == [
        "here.whl",
        "! unknown",
        "! ./gone.whl",
        "demo-1.0-py3-none-any.whl",
    ]


def test_a_second_run_asks_only_whether_the_page_changed(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    first = ask("demo")
    record = "/pypi/demo/1.0/json"
    assert fake.paths()[0] == "/simple/demo/"
    assert set(fake.paths()[1:]) == {record, "/files/demo-1.0-py3-none-any.whl"}
    fake.requests.clear()
    assert ask("demo") == first
    assert fake.paths() == ["/simple/demo/", record]
    assert "if-none-match" in fake.requests[0][1]


def test_offline_uses_what_is_kept_and_says_what_is_missing(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", announced={"md5": hashlib.md5(wheel("demo", "1.0")).hexdigest()})
    first = ask("demo")
    fake.requests.clear()
    assert ask("demo", offline=True) == first
    assert fake.requests == []
    failure = ask.failure("other", offline=True)
    assert "not fetched before" in str(failure.error)
    assert "--offline" in (failure.error.hint or "")


def test_kept_files_have_no_extension_and_cannot_be_run(
    fake: FakeIndex, ask: Asking, cache: Path
) -> None:
    served = fake.wheel("demo", "1.0")
    ask("demo")
    digest = hashlib.sha256(served.data).hexdigest()
    kept = cache / "antivenom" / "artifacts" / digest[:2] / digest
    assert kept.read_bytes() == served.data
    assert not kept.stat().st_mode & stat.S_IXUSR
    assert not list((cache / "antivenom" / "artifacts").glob("partial-*"))


def test_unknown_projects_and_versions(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.wheel("demo", "1.1")
    fake.empty.add("bare")
    unknown, version, bare = ask("nosuch", "demo==9", "bare")
    assert isinstance(unknown, Failure)
    assert isinstance(version, Failure)
    assert isinstance(bare, Failure)
    assert str(unknown.error) == "nosuch: the index does not know this project"
    assert "check the spelling" in (unknown.error.hint or "")
    assert str(version.error) == "demo==9: the index has no such version"
    assert version.error.hint == "the newest are 1.1, 1.0"
    assert str(bare.error) == "bare: the project has no files"
    assert all(isinstance(f.error, NotFoundError) for f in (unknown, version, bare))


def test_a_quarantined_project_is_said_to_be(fake: FakeIndex, ask: Asking) -> None:
    fake.empty.add("held")
    fake.project_status["held"] = "quarantined"
    assert "quarantined" in str(ask.failure("held").error)


def test_yanked_releases_need_an_exact_version(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", yanked="leaks memory")
    failure = ask.failure("demo")
    assert "every release is yanked" in str(failure.error)
    assert "demo==1.0" in (failure.error.hint or "")
    [found] = ask("demo==1.0")
    assert isinstance(found, Locator)
    assert found.notes == ("yanked: leaks memory",)


def test_a_wrong_hash_is_an_integrity_error(fake: FakeIndex, ask: Asking, cache: Path) -> None:
    fake.wheel("demo", "1.0", announced={"sha256": "0" * 64})
    failure = ask.failure("demo")
    assert isinstance(failure.error, IntegrityError)
    assert "not the one announced" in str(failure.error)
    assert failure.target == "demo-1.0-py3-none-any.whl"
    assert not [p for p in (cache / "antivenom" / "artifacts").rglob("*") if p.is_file()]


@pytest.mark.parametrize("announced", [{"md5": "0" * 32}, {"sha512": "0" * 128}])
def test_other_hashes_are_checked_too(
    fake: FakeIndex, ask: Asking, announced: dict[str, str]
) -> None:
    fake.wheel("demo", "1.0", announced=announced)
    assert isinstance(ask.failure("demo").error, IntegrityError)


def test_a_file_without_hash_is_noted(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", announced={})
    [found] = ask("demo")
    assert isinstance(found, Locator)
    assert found.notes == ("the index announces no hash for this file",)


def test_a_download_that_breaks_off_is_retried_then_said(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", truncate=100)
    failure = ask.failure("demo")
    assert "cut off (4 attempts)" in str(failure.error)
    assert len(ask.waits) == 3


def test_a_short_file_is_cut_off(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0", size=10**6)
    assert "of 1,000,000 bytes arrived" in str(ask.failure("demo").error)


def test_a_file_above_the_limit_is_refused(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    assert "larger than 64 bytes" in str(ask.failure("demo", file_bytes=64).error)


def test_server_errors_are_retried_and_bounded(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.status["/simple/demo/"] = [500, 503]
    assert ask.names("demo") == ["demo-1.0-py3-none-any.whl"]
    assert ask.waits == [0.25, 0.5]
    fake.status["/simple/demo/"] = [-500]
    assert "the server answered 500 (4 attempts)" in str(ask.failure("demo").error)


def test_nobody_listens(ask: Asking) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ask.environ["PIP_INDEX_URL"] = f"http://127.0.0.1:{taken.getsockname()[1]}/simple/"
        failure = ask.failure("demo")
    assert "connection refused" in str(failure.error)
    assert "proxy" in (failure.error.hint or "")


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("application/vnd.pypi.simple.v1+json", b'{"files": [', "broken JSON"),
        ("application/json", b"[1, 2]", "broken JSON"),
        ("application/json", b"[" * 100_000, "broken JSON"),
        ("application/json", b'{"files": [], "meta": {"api-version": "2.0"}}', "version '2.0'"),
        ("image/png", b"\x89PNG", "instead of a project page"),
        ("text/html", b"\xff<<a <a href='http://[bad/x.whl'>", "no files"),
    ],
)
def test_broken_pages(fake: FakeIndex, ask: Asking, kind: str, body: bytes, said: str) -> None:
    fake.raw["/simple/demo/"] = (kind, body)
    assert said in str(ask.failure("demo").error)


def test_rows_that_make_no_sense_are_passed_over(fake: FakeIndex, ask: Asking) -> None:
    body = b'{"files": [1, {"filename": 2}, {"filename": "demo-1.0.tar.gz", "url": "ftp://x/y"}]}'
    fake.raw["/simple/demo/"] = ("application/json", body)
    assert "no usable address" in str(ask.failure("demo").error)


@pytest.mark.parametrize(
    "odd",
    [
        *("", "a b c", "na\x1b[31mme", "-x", "...", "../gone", "pkg:cargo/left-pad@1", "pkg:"),
        *("demo @ https://host.invalid/a.whl", "https://u:secret@host.invalid/demo.whl"),
        *("demo==", "\0", "ü", "gone-1.0.tar.gz", "x" * 5000),
    ],
)
def test_odd_names_are_refused_in_one_line(ask: Asking, odd: str, fake: FakeIndex) -> None:
    failure = ask.failure(odd)
    assert isinstance(failure.error, TargetError)
    assert "secret" not in str(failure.error)
    assert "\x1b" not in str(failure.error)
    assert fake.requests == []


def test_credentials_are_sent_and_never_said(fake: FakeIndex, ask: Asking) -> None:
    fake.login = "user:hun:ter2"
    fake.wheel("demo", "1.0")
    failure = ask.failure("demo")
    assert "access denied (401)" in str(failure.error)
    ask.environ["PIP_INDEX_URL"] = fake.url.replace("http://", "http://user:wrong%20one@")
    assert "wrong" not in repr(ask.failure("demo"))


def test_a_list_on_standard_input(
    fake: FakeIndex, ask: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.wheel("demo", "1.0")
    monkeypatch.setattr("sys.stdin", io.StringIO("# comment\n\ndemo # why\n./gone.whl\n-\n"))
    assert ask.names("-") == ["demo-1.0-py3-none-any.whl", "! ./gone.whl", "! -"]


def test_a_folder_that_shadows_a_project_is_said(
    fake: FakeIndex, ask: Asking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.wheel("demo", "1.0")
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "setup.py").touch()
    monkeypatch.chdir(tmp_path)
    [found] = ask("demo")
    assert isinstance(found, Locator)
    assert found.kind == "tree"
    assert "pkg:pypi/demo" in ask.told[0]


def test_two_indexes_that_serve_one_name_are_both_read(fake: FakeIndex, ask: Asking) -> None:
    fake.wheel("demo", "1.0")
    fake.raw["/private/demo/"] = (
        "text/html",
        b'<a href="/files/demo-1.0.tar.gz">demo-1.0.tar.gz</a>',
    )
    fake.raw["/files/demo-1.0.tar.gz"] = ("application/gzip", b"other")
    ask.environ["PIP_EXTRA_INDEX_URL"] = fake.url.replace("/simple/", "/private")
    assert ask.names("demo") == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]
    assert ask.told == ["demo==1.0: 2 configured indexes serve this project"]


def test_network_errors_are_one_family() -> None:
    assert issubclass(NotFoundError, NetworkError)
    assert issubclass(IntegrityError, NetworkError)
