"""What a rule would have said of history."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.cli import main
from antivenom.lab.backtest import backtest
from antivenom.lab.hunting import Where
from antivenom.lab.lake import Lake
from antivenom.rules import book
from tests.lab.lakes import reviewed
from tests.rules.made import fact, rule

THEFT = "secrets.env->net.send"


def test_rates_by_registry_and_verdict(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.append(
        [
            reviewed("a", fact(THEFT), fact(THEFT, line=9), verdict="malicious"),
            reviewed("b", fact("net.send")),
            reviewed("c", fact(THEFT), reviewed="2026-10-01T00:00:00+00:00"),
            reviewed("d", fact(THEFT), ecosystem="npm"),
        ]
    )
    wanted = rule("secrets.env -> net.send", state="draft")
    found = backtest(lake, wanted)
    assert (found.reviews, found.fits, found.months) == (4, 3, 2)
    rates = [(one.ecosystem, one.verdict, one.reviews, one.fits) for one in found.rates]
    assert rates == [("npm", "clean", 1, 1), ("pypi", "clean", 2, 1), ("pypi", "malicious", 1, 1)]
    assert [hit.name for hit in found.hits[-1:]] == ["c"]
    later = backtest(lake, wanted, Where(since="2026-11", ecosystem="pypi"))
    assert (later.reviews, later.fits, later.months) == (2, 1, 1)


def test_an_empty_history_has_no_rate(tmp_path: Path) -> None:
    found = backtest(Lake(str(tmp_path / "lake")), rule("net.send"))
    assert (found.reviews, found.fits, found.rates, found.hits) == (0, 0, (), ())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.append([reviewed("a", fact("net.send"))])
    rule_id = book.load().rules[0].id
    assert main(["lab", "backtest", rule_id, "--lake", lake.url]) == 0
    assert f"{rule_id} fits 0 of 1 reviews, 1 months" in capsys.readouterr().out
    assert main(["lab", "backtest", "no/rule", "--lake", lake.url]) == 2
