"""The index is the one the person's own client uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.ecosystems.pypi.endpoints import default_index, endpoints
from antivenom.errors import ConfigError
from tests.builders.index import FakeIndex
from tests.intake.conftest import Asking


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home without configuration."""
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    return {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}


def _conf(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_pip_conf_decides_where_packages_come_from(
    fake: FakeIndex, ask: Asking, tmp_path: Path
) -> None:
    fake.wheel("demo", "1.0")
    conf = _conf(tmp_path / "pip.conf", f"[global]\nindex-url = {fake.url}\n")
    ask.environ = {"PIP_CONFIG_FILE": str(conf), "HOME": str(tmp_path)}
    assert ask.names("demo") == ["demo-1.0-py3-none-any.whl"]


def test_the_nearer_file_wins_and_the_environment_over_all(
    environ: dict[str, str], tmp_path: Path
) -> None:
    _conf(tmp_path / "xdg/pip/pip.conf", "[global]\nindex-url = http://a.example/simple\n")
    assert endpoints(environ).indexes == ("http://a.example/simple/",)
    _conf(tmp_path / ".config/pip/pip.conf", "[install]\nindex_url = http://b.example/simple\n")
    assert endpoints(environ).indexes == ("http://b.example/simple/",)
    _conf(tmp_path / "prefix/pip.conf", "[global]\nindex-url = http://c.example/\n[install]\n")
    assert endpoints(environ).indexes == ("http://c.example/",)
    environ["PIP_INDEX_URL"] = "http://d.example/x/"
    assert endpoints(environ).indexes == ("http://d.example/x/",)


def test_everything_else_pip_needs_to_reach_it(environ: dict[str, str], tmp_path: Path) -> None:
    _conf(
        tmp_path / ".config/pip/pip.conf",
        "[global]\nindex-url = https://me:p%40ss@a.example:8443/simple\n"
        "extra-index-url =\n    https://b.example/simple\n    https://c.example/simple\n"
        "cert = /ca.pem\nproxy = http://proxy.example:3128\ntrusted-host = a.example\n",
    )
    found = endpoints(environ)
    assert found.indexes == (
        "https://a.example:8443/simple/",
        "https://b.example/simple/",
        "https://c.example/simple/",
    )
    assert found.credentials == {"a.example:8443": ("me", "p@ss")}
    assert (found.cert, found.proxy) == ("/ca.pem", "http://proxy.example:3128")
    assert found.trusted_hosts == {"a.example"}
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    ("more", "indexes"),
    [
        ({"UV_DEFAULT_INDEX": "http://a.example/"}, ["http://a.example/"]),
        ({"UV_INDEX_URL": "http://a.example"}, ["http://a.example/"]),
        (
            {"UV_INDEX": "own=http://b.example/", "UV_DEFAULT_INDEX": "http://a.example/"},
            ["http://b.example/", "http://a.example/"],
        ),
    ],
)
def test_uv_is_asked_when_pip_says_nothing(
    environ: dict[str, str], more: dict[str, str], indexes: list[str]
) -> None:
    assert list(endpoints(environ | more).indexes) == indexes


def test_uv_toml_and_its_credentials(environ: dict[str, str], tmp_path: Path) -> None:
    _conf(
        tmp_path / ".config/uv/uv.toml",
        '[[index]]\nname = "in-house"\nurl = "https://a.example/simple"\ndefault = true\n'
        '[[index]]\nname = "own"\nurl = "https://b.example/simple"\n',
    )
    environ |= {"UV_INDEX_OWN_USERNAME": "me", "UV_INDEX_OWN_PASSWORD": "p@ss"}
    found = endpoints(environ)
    assert found.indexes == ("https://b.example/simple/", "https://a.example/simple/")
    assert found.credentials == {"b.example": ("me", "p@ss")}


def test_the_default_comes_from_a_library(environ: dict[str, str]) -> None:
    found = endpoints(environ)
    assert found.indexes == (default_index(),)
    assert default_index().startswith("https://")
    assert default_index().endswith("/simple/")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"PIP_NO_INDEX": "1"}, "no-index"),
        ({"PIP_INDEX_URL": "ftp://a.example/"}, "not an http or https address"),
        ({"PIP_INDEX_URL": "http://[bad/"}, "not an http or https address"),
    ],
)
def test_configurations_that_cannot_work(
    environ: dict[str, str], more: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        endpoints(environ | more)


def test_nothing_is_read_from_the_working_folder(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "hostile"
    _conf(work / "pip.conf", "[global]\nindex-url = http://evil.example/\n")
    _conf(work / "uv.toml", 'index-url = "http://evil.example/"\n')
    monkeypatch.chdir(work)
    assert endpoints(environ).indexes == (default_index(),)
