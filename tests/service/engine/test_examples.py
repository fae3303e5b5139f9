"""What stands in examples/ is what the service understands."""

from __future__ import annotations

import shlex
import sqlite3
import tomllib
from pathlib import Path

import pytest
import yaml

from antivenom.cli import main, parser
from antivenom.service import settings

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_the_settings_are_settings() -> None:
    found = settings.read(EXAMPLES / "antivenom.toml", environ={})
    assert found.feed("pypi") == settings.Feed()
    plain = settings.Settings()
    for name in ("keep", "listen", "attempts", "baseline", "keep_bytes_days", "review_seconds"):
        assert getattr(found, name) == getattr(plain, name), name


def test_the_commands_are_commands() -> None:
    unit = (EXAMPLES / "antivenom.service").read_text("utf-8")
    [line] = [one for one in unit.splitlines() if one.startswith("ExecStart=")]
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text("utf-8"))
    parts = [one["command"] for one in compose["services"].values() if "command" in one]
    assert len(parts) == 4
    for command in [shlex.split(line)[1:], *parts]:
        assert parser.build().parse_args(command).run
    given = compose["services"]["work"]["environment"]
    known = {f"ANTIVENOM_SERVICE_{name.upper()}" for name in settings.Settings.__struct_fields__}
    assert set(given) <= known


def test_the_parts_of_the_examples_fit_each_other() -> None:
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text("utf-8"))
    services, volumes = compose["services"], compose["volumes"]
    for name, one in services.items():
        for volume in one.get("volumes", []):
            assert volume.partition(":")[0] in volumes, name
        assert set(one.get("depends_on", {})) <= set(services), name
    assert "migrate" in {need for one in services.values() for need in one.get("depends_on", {})}
    image = (EXAMPLES / "Dockerfile").read_text("utf-8")
    assert 'ENTRYPOINT ["antivenom"]' in image, "commands of the compose file are ours alone"
    data = image.partition("ANTIVENOM_SERVICE_DATA=")[2].split()[0]
    for name in ("watch", "work", "api"):
        [place] = services[name]["volumes"]
        assert place.partition(":")[2] == data
        assert services[name]["environment"]["ANTIVENOM_SERVICE_BLOBS"].startswith(data)
        given = {k: str(v) for k, v in services[name]["environment"].items()}
        assert settings.read(environ=given).database_url.startswith("postgresql://")
    # What the unit may write to is where the settings beside it keep everything.
    unit = (EXAMPLES / "antivenom.service").read_text("utf-8")
    assert f"/var/lib/{unit.partition('StateDirectory=')[2].split()[0]}" == data
    assert settings.read(EXAMPLES / "antivenom.toml", environ={}).data == data


def test_the_image_installs_what_the_package_offers() -> None:
    image = (EXAMPLES / "Dockerfile").read_text("utf-8")
    extra = image.partition("/src[")[2].partition("]")[0]
    project = tomllib.loads((EXAMPLES.parent / "pyproject.toml").read_text("utf-8"))["project"]
    assert extra in project["optional-dependencies"]
    version = image.partition("FROM python:")[2].split("-")[0]
    assert tuple(map(int, version.split("."))) >= (3, 11)


def test_tables_are_made_once_however_often_one_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIVENOM_SERVICE_DATA", str(tmp_path))

    def shape() -> list[tuple[str, str]]:
        with sqlite3.connect(tmp_path / "service.db") as connection:
            rows = connection.execute("select name, sql from sqlite_master order by name")
            found = [(str(name), str(sql)) for name, sql in rows]
        connection.close()
        return found

    assert main(["migrate"]) == 0
    first = shape()
    assert {"uploads", "reviews", "cases", "workflow_status"} <= {name for name, _ in first}
    assert main(["migrate"]) == 0
    assert shape() == first


def test_a_database_nobody_prepared_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIVENOM_SERVICE_DATA", str(tmp_path))
    monkeypatch.setenv("ANTIVENOM_SERVICE_SLOTS", "1")
    assert main(["work"]) == 2
    assert "antivenom migrate" in capsys.readouterr().err
