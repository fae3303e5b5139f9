from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antivenom.catalog.importing import Options
from antivenom.catalog.records import import_records
from antivenom.ecosystems.pypi.endpoints import default_index
from antivenom.service.affected import affects, same_version
from tests.service.api.known import call_malware, record
from tests.service.running import running
from tests.service.site import Site, silent, site

UV = Path(sysconfig.get_path("scripts")) / "uv"
QUESTION = {"package": {"name": "Bad.Thing", "ecosystem": "PyPI"}, "version": "1.0"}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        call_malware(made.store, "bad-thing", "1.0", "2.0")
        yield made


def _ask(here: Site, question: object, path: str = "/v1/query") -> Any:
    answer = here.client.post(path, content=json.dumps(question))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_people_called_malware_is_told(here: Site) -> None:
    [found] = _ask(here, QUESTION)["vulns"]
    assert found["id"].startswith("MAL-0000-antivenom-")
    assert found["affected"][0]["versions"] == ["1.0", "2.0"]
    assert here.client.get(f"/v1/vulns/{found['id']}").json() == found
    assert here.client.get("/v1/vulns/MAL-0000-none").status_code == 404


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ({"package": {"name": "bad_thing", "ecosystem": "PyPI"}, "version": "1"}, True),
        ({"package": {"name": "bad-thing", "ecosystem": "PyPI"}, "version": "3.0"}, False),
        ({"package": {"name": "bad-thing", "ecosystem": "PyPI"}}, True),
        ({"package": {"name": "bad-thing", "ecosystem": "npm"}, "version": "1.0"}, False),
        ({"package": {"purl": "pkg:pypi/bad-thing@2.0"}}, True),
        ({"package": {"purl": "pkg:pypi/bad-thing"}, "version": "1.0"}, True),
        ({"package": {"purl": "pkg:pypi/good-thing@1.0"}}, False),
        ({"commit": "0" * 40}, False),
        ({**QUESTION, "something": "of a later version"}, True),
    ],
)
def test_questions_of_every_shape(here: Site, question: dict[str, Any], *, known: bool) -> None:
    assert bool(_ask(here, question)) == known


def test_many_questions_are_answered_in_their_order(here: Site) -> None:
    good = {"package": {"name": "good", "ecosystem": "PyPI"}, "version": "1.0"}
    answer = _ask(here, {"queries": [good, QUESTION, good]}, "/v1/querybatch")
    assert [bool(one) for one in answer["results"]] == [False, True, False]
    [named] = answer["results"][1]["vulns"]
    assert set(named) == {"id", "modified"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"{}",
        b'{"package":{"name":"x"}}',
        b'{"package":{"purl":"nonsense"}}',
        b'{"package":{"purl":"pkg:pypi/x@1"},"version":"1"}',
        b'{"package":{"name":"\\ud800","ecosystem":"PyPI"}}',
    ],
)
def test_what_is_no_question_is_refused(here: Site, body: bytes) -> None:
    assert here.client.post("/v1/query", content=body).status_code == 400


def test_too_many_questions_are_refused(here: Site) -> None:
    many = json.dumps({"queries": [QUESTION] * 1001})
    assert here.client.post("/v1/querybatch", content=many).status_code == 400


def test_a_published_record_leaves_as_it_came_and_withdrawn_ones_are_silent(
    here: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "osv"
    folder.mkdir()
    kept = record("MAL-2026-1", "other", versions=["1.0"])
    gone = record("MAL-2026-2", "gone", versions=["1.0"]) | {"withdrawn": "2026-11-21T00:00:00Z"}
    for one in (kept, gone):
        (folder / f"{one['id']}.json").write_text(json.dumps(one))
    import_records(here.store, folder, Options(source="ossf"))
    assert _ask(here, {"package": {"purl": "pkg:pypi/other@1.0"}}) == {"vulns": [kept]}
    assert _ask(here, {"package": {"purl": "pkg:pypi/gone@1.0"}}) == {}
    assert here.client.get("/v1/vulns/MAL-2026-2").json() == gone


def _range(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}]}


@pytest.mark.parametrize(
    ("affected", "version", "expected"),
    [
        (_range({"introduced": "0"}), "1.0", True),
        (_range({"introduced": "0"}), "not a version", True),
        (_range({"introduced": "1.2"}, {"fixed": "1.4"}), "1.3rc1", True),
        (_range({"introduced": "1.2"}, {"fixed": "1.4"}), "1.4", False),
        (_range({"introduced": "1.2"}, {"last_affected": "1.4"}), "1.4", True),
        (_range({"introduced": "1.2"}, {"last_affected": "1.4"}), "1.4.1", False),
        (_range({"introduced": "1.2"}, {"fixed": "1.4"}), "1.1", False),
        (_range({"introduced": "1.2"}, {"fixed": "1.4"}), "not a version", False),
        (_range({"fixed": "1"}, {"introduced": "0"}, {"introduced": "3"}), "2", False),
        (_range({"fixed": "1"}, {"introduced": "0"}, {"introduced": "3"}), "3.1", True),
        (_range({"introduced": "0"}, kind="GIT"), "1.0", True),
        ({"versions": ["1.0"], **_range({"introduced": "5"})}, "1.0.0", True),
        ({"versions": ["1.0"]}, "2.0", False),
        ({}, "2.0", True),
    ],
)
def test_ranges_are_read_as_osv_says(
    affected: dict[str, Any], version: str, *, expected: bool
) -> None:
    assert affects(record("X", "thing", **affected), "pypi", "thing", version) == expected


def test_versions_of_npm_sort_as_npm_sorts_them() -> None:
    package = {"ecosystem": "npm", "name": "thing"}
    events = _range({"introduced": "1.2.0-beta.2"}, {"fixed": "1.10.0"}, kind="SEMVER")
    document = {"affected": [{"package": package, **events}]}
    inside = {
        version: affects(document, "npm", "thing", version)
        for version in ("1.2.0-beta.1", "1.2.0-beta.11", "1.2.0", "1.9.9", "1.10.0", "1.10.0-rc")
    }
    assert list(inside.values()) == [False, True, True, True, False, True]
    assert not same_version("npm", "1.0", "1.0.0")


def test_a_service_may_keep_it_for_those_with_a_token(tmp_path: Path) -> None:
    with site(tmp_path, **{"open-osv": False}) as here:
        body = json.dumps(QUESTION)
        assert here.client.post("/v1/query", content=body).status_code == 401
        headers = here.headers("viewer", "osv")
        assert here.client.post("/v1/query", content=body, headers=headers).status_code == 200
        other = here.headers("viewer", "read")
        assert here.client.post("/v1/query", content=body, headers=other).status_code == 403


# --- real clients ------------------------------------------------------------------------------

LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "bad-thing"
version = "{version}"
source = {{ registry = "{index}" }}
sdist = {{ url = "http://127.0.0.1:9/bad_thing-{version}.tar.gz", hash = "{hash}", size = 3 }}

[[package]]
name = "proj"
version = "0"
source = {{ virtual = "." }}
dependencies = [{{ name = "bad-thing" }}]

[package.metadata]
requires-dist = [{{ name = "bad-thing" }}]
"""
PROJECT = """[project]
name = "proj"
version = "0"
requires-python = ">=3.11"
dependencies = ["bad-thing"]
"""


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[str]:
    """The address of a service that knows a bad thing."""
    with silent(tmp_path / "service") as made:
        call_malware(made.store, "bad-thing", "1.0")
        with running(made.app) as url:
            yield url


def _project(folder: Path, version: str, index: str = "http://127.0.0.1:9/simple") -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    lock = LOCK.format(version=version, index=index, hash=f"sha256:{'0' * 64}")
    (folder / "uv.lock").write_text(lock)
    return folder


def _run(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a client with nothing of this machine's configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    cache = {"UV_CACHE_DIR": str(folder / ".cache"), "UV_NO_CONFIG": "1", "UV_HTTP_RETRIES": "0"}
    return subprocess.run(
        command,
        cwd=folder,
        env=kept | cache | more,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(("version", "status"), [("1.0", 1), ("1.1", 0)])
def test_uv_audit_asks_us(asked: str, tmp_path: Path, version: str, status: int) -> None:
    folder = _project(tmp_path / "proj", version)
    command = [str(UV), "audit", "--preview-features", "audit", "--frozen"]
    ran = _run([*command, "--service-url", asked], folder, UV_PYTHON=sys.executable)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert ("Malicious code in bad-thing" in ran.stdout) == bool(status)


def test_uv_sync_stops_before_it_installs_malware(asked: str, tmp_path: Path) -> None:
    # uv checks what comes from the default index alone; the file itself would come from loopback.
    folder = _project(tmp_path / "proj", "1.0", default_index().rstrip("/"))
    command = [str(UV), "sync", "--frozen", "--python", sys.executable]
    switches = {"UV_MALWARE_CHECK": "1", "UV_MALWARE_CHECK_URL": asked}
    ran = _run(command, folder, **switches, UV_PREVIEW_FEATURES="malware-check")
    assert ran.returncode != 0
    assert "Malware detected" in ran.stderr, ran.stderr


@pytest.mark.parametrize(("version", "status"), [("1.0", 1), ("1.1", 0)])
def test_pip_audit_asks_us(asked: str, tmp_path: Path, version: str, status: int) -> None:
    (tmp_path / "requirements.txt").write_text(f"bad-thing=={version} --hash=sha256:{'0' * 64}\n")
    options = ["-r", "requirements.txt", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    service = ["--vulnerability-service", "osv", "--osv-url", f"{asked}/v1/query"]
    command = [sys.executable, "-m", "pip_audit", *options, *service]
    ran = _run([*command, "--cache-dir", str(tmp_path / "cache")], tmp_path)
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert ("MAL-0000-antivenom-" in ran.stdout) == bool(status)
