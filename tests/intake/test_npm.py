"""Packages of npm by name, package URL and lock file, from a registry on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

from antivenom.ecosystems.npm.endpoints import registries
from antivenom.ecosystems.npm.locate import digests, parse_wanted
from antivenom.ecosystems.npm.locks import read_lock
from antivenom.errors import TargetError
from antivenom.intake.locator import Failure, Locator
from antivenom.model.coordinate import Ecosystem
from tests.builders.index import FakeIndex
from tests.intake.conftest import Asking

TARBALL = b"the bytes of a tarball"


def integrity(data: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


@pytest.fixture
def root(fake: FakeIndex, tmp_path: Path) -> str:
    """The registry's address; the package demo and one in a scope."""
    base = fake.url.split("/simple")[0] + "/npm/"
    for name, path in {"demo": "demo", "@a/b": "@a%2Fb"}.items():
        versions = {
            version: {
                "dist": {
                    "tarball": f"{base}{name}/-/x-{version}.tgz",
                    "integrity": integrity(TARBALL),
                }
            }
            for version in ("1.0.0", "2.0.0")
        }
        page = {
            "name": name,
            "dist-tags": {"latest": "2.0.0", "old": "1.0.0"},
            "versions": versions,
        }
        fake.raw[f"/npm/{path}"] = ("application/json", json.dumps(page).encode())
        for version in versions:
            fake.raw[f"/npm/{name}/-/x-{version}.tgz"] = ("application/octet-stream", TARBALL)
    return base


@pytest.fixture
def npm(fake: FakeIndex, root: str, tmp_path: Path) -> Asking:
    asking = Asking(fake)
    asking.environ |= {"npm_config_registry": root, "HOME": str(tmp_path / "nobody")}
    return asking


@pytest.mark.parametrize(
    ("request_", "version"),
    [
        ("npm:demo", "2.0.0"), ("npm:demo@1.0.0", "1.0.0"), ("npm:demo@old", "1.0.0"),
        ("pkg:npm/demo@1.0.0", "1.0.0"), ("npm:@a/b@2.0.0", "2.0.0"), ("pkg:npm/%40a/b", "2.0.0"),
    ],
)  # fmt: skip
def test_packages_are_fetched_by_name(npm: Asking, request_: str, version: str) -> None:
    (found,) = npm(request_)
    assert isinstance(found, Locator), found
    assert found.ecosystem is Ecosystem.NPM
    assert found.coordinate is not None and found.coordinate.version == version
    assert found.place.read_bytes() == TARBALL
    assert found.filename.endswith(f"-{version}.tgz")


def test_another_file_than_announced_is_refused(npm: Asking, fake: FakeIndex) -> None:
    fake.raw["/npm/demo/-/x-2.0.0.tgz"] = ("application/octet-stream", b"something else")
    (found,) = npm("npm:demo")
    assert isinstance(found, Failure)
    assert "sha512" in str(found.error)


def test_a_lock_pins_more_than_the_registry(npm: Asking, tmp_path: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "app"},
            "node_modules/demo": {"version": "1.0.0", "integrity": integrity(TARBALL)},
            "node_modules/demo/node_modules/@a/b": {
                "version": "2.0.0", "integrity": integrity(b"other bytes"),
            },
            "node_modules/local": {"resolved": "../local", "link": True},
            "node_modules/fork": {"version": "1.2.3", "resolved": "git+ssh://git.example/f.git"},
        },
    }  # fmt: skip
    place = tmp_path / "work" / "package-lock.json"
    place.write_text(json.dumps(lock))
    good, bad, refused = npm(str(place))
    assert isinstance(good, Locator)
    assert isinstance(bad, Failure)
    # What was named and not reviewed is no note: nothing may end as if all had been looked at.
    assert isinstance(refused, Failure)
    assert "fork" in str(refused.error) and "not fetched" in str(refused.error)


@pytest.mark.parametrize("text", ["npm:demo@^1.0.0", "npm:../x", "npm:", "npm:@a", "npm:a b"])
def test_what_names_no_version_is_refused(npm: Asking, text: str) -> None:
    (found,) = npm(text)
    assert isinstance(found, Failure)
    assert isinstance(found.error, TargetError)


@pytest.mark.parametrize("text", ["npm:missing", "npm:demo@9.9.9"])
def test_what_is_not_there_is_said(npm: Asking, text: str) -> None:
    (found,) = npm(text)
    assert isinstance(found, Failure)


def test_settings_are_read_as_npm_reads_them(tmp_path: Path) -> None:
    user = tmp_path / "npmrc"
    user.write_text(
        "; mine\nregistry=https://mirror.example/npm\n@corp:registry = https://corp.example/\n"
        "//mirror.example/npm/:_authToken=${TOKEN}\n//corp.example/:username=jo\n"
        f"//corp.example/:_password={base64.b64encode(b'pw').decode()}\nstrict-ssl=false\n"
    )
    found = registries({"NPM_CONFIG_USERCONFIG": str(user), "TOKEN": "t0"})
    assert found.default == "https://mirror.example/npm/"
    assert (found.of("@corp/x"), found.of("@other/x")) == ("https://corp.example/", found.default)
    assert found.tokens == {"mirror.example": "t0"}
    assert found.logins == {"corp.example": ("jo", "pw")}
    assert found.trusted_hosts == {"mirror.example", "corp.example"}
    assert "t0" not in repr(found)


def test_a_file_in_the_working_folder_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "work" / ".npmrc").write_text("registry=https://evil.invalid/\n")
    found = registries({"HOME": str(tmp_path / "nobody"), "PREFIX": str(tmp_path)})
    assert "evil" not in found.default


def test_tokens_are_sent_to_their_host(npm: Asking, fake: FakeIndex, root: str) -> None:
    host = root.split("/")[2]
    npm.environ[f"npm_config_//{host}/npm/:_authToken"] = "s3cret"
    npm("npm:demo")
    assert {headers.get("authorization") or headers.get("Authorization")
            for _, headers in fake.requests} == {"Bearer s3cret"}  # fmt: skip


YARN = """# yarn lockfile v1
"@a/b@^2.0.0", "@a/b@~2.0":
  version "2.0.0"
  resolved "https://r.example/x.tgz#abc"
  integrity {0}
demo@^1.0.0:
  version "1.0.0"
"""
BERRY = """__metadata:
  version: 6
"@a/b@npm:^2.0.0":
  version: 2.0.0
  resolution: "@a/b@npm:2.0.0"
  checksum: 10/abc
"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
"fork@https://git.example/f.git":
  version: 1.0.0
  resolution: "fork@https://git.example/f.git#commit=1"
"""
PNPM = """lockfileVersion: '9.0'
packages:
  '@a/b@2.0.0':
    resolution: {{integrity: {0}}}
  demo@1.0.0:
    resolution: {{integrity: {0}}}
snapshots:
  '@a/b@2.0.0': {{}}
"""


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("yarn.lock", YARN, {"npm:@a/b@2.0.0", "npm:demo@1.0.0"}),
        ("yarn.lock", BERRY, {"npm:@a/b@2.0.0"}),
        ("pnpm-lock.yaml", PNPM, {"npm:@a/b@2.0.0", "npm:demo@1.0.0"}),
    ],
)
def test_locks_of_other_clients(tmp_path: Path, name: str, text: str, wanted: set[str]) -> None:
    place = tmp_path / name
    place.write_text(text.format(integrity(TARBALL)) if "{0}" in text else text)
    reading = read_lock(place)
    assert {str(one) for one in reading.wanted} == wanted
    if "fork" in text:
        assert [what.partition("@")[0] for what, _ in reading.refused] == ["fork"]


def test_integrity_texts() -> None:
    assert digests("sha512-AAAA sha1-//8= md5-AAAA sha256-?") == {
        "sha512": "000000",
        "sha1": "ffff",
    }
    assert parse_wanted("@a/b@1.0.0").name == "@a/b"
