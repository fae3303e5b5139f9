"""What stands in examples/ is what the service understands."""

from __future__ import annotations

import shlex
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


def test_a_database_nobody_prepared_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIVENOM_SERVICE_DATA", str(tmp_path))
    monkeypatch.setenv("ANTIVENOM_SERVICE_SLOTS", "1")
    assert main(["work"]) == 2
    assert "antivenom migrate" in capsys.readouterr().err
