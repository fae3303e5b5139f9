"""A model is learnt, measured and compared from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("matplotlib")

import msgspec
from msgspec import structs

from antivenom.cli import main
from antivenom.judge.scorer import read
from antivenom.lab import dataset
from antivenom.lab.evaluation import Report
from tests.lab.test_evaluation import CARD, rows


@pytest.fixture
def data(tmp_path: Path) -> str:
    found = [structs.replace(one, kind="wheel", size=5000) for one in rows()]
    dataset.write(tmp_path / "ds", found, CARD)
    return str(tmp_path / "ds")


def test_a_model_is_learnt_measured_and_compared(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = str(tmp_path / "1.json"), str(tmp_path / "2.json")
    assert main(["lab", "train", data, "-o", first]) == 0
    assert main(["lab", "train", data, "-o", second, "--seed", "2"]) == 0
    assert Path(first).read_bytes() != Path(second).read_bytes()
    assert read(Path(first).read_bytes()).model.card.data == CARD.digest
    capsys.readouterr()
    assert main(["lab", "compare", data, data, "--models", first, first]) == 0
    assert "rose by 0.05 or more: none" in capsys.readouterr().out
    assert main(["lab", "compare", data, data, "--models", first, data]) == 2


def test_a_report_is_written(data: str, tmp_path: Path) -> None:
    where = tmp_path / "report"
    peers = tmp_path / "peers.csv"
    peers.write_text("sha256,gd,hx,hx_high\ns0,4.0,,2\ns1,0.0,0.9,0\n")
    asked = ["lab", "evaluate", data, "-o", str(where), "--base", "0.02", "--peers", str(peers)]
    assert main(asked) == 0
    report = msgspec.json.decode((where / "report.json").read_bytes(), type=Report)
    assert [day.base for day in report.parts[0].days] == [0.02]
    assert {one.shape: one.found.of for one in report.parts[1].shapes} == {
        "wheel": 30, "under 10 kB": 30,
    }  # fmt: skip
    said = report.peers["GuardDog, anything"]["check"]
    assert (said.found.hits, said.alarms.of, said.alarms.hits) == (1, 1, 0)
    assert report.peers["GuardDog, 5 or more"]["check"].found.hits == 0
    assert report.peers["hexora, by its model"]["check"].alarms.hits == 1
    page = (where / "report.html").read_text()
    for shown in ("By kind and size", "precision at 2.0% hostile", "hexora, high confidence"):
        assert shown in page


@pytest.mark.parametrize("share", ["0", "1", "much"])
def test_a_base_rate_is_a_share(data: str, share: str) -> None:
    with pytest.raises(SystemExit) as error:
        main(["lab", "evaluate", data, "-o", "x", "--base", share])
    assert error.value.code == 2


def test_what_is_no_data_set_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "train", str(tmp_path)]) == 2
    assert "no data set" in capsys.readouterr().err
