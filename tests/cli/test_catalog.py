"""`antivenom catalog`, from the command line."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antivenom import cli
from antivenom.cli import parser
from tests.catalog.sets import samples, sdist, sealed_set
from tests.likeness import known


@pytest.fixture
def run(machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]  # noqa: ANN201
    monkeypatch.setenv("XDG_DATA_HOME", str(machine / "data"))

    def command(*words: str) -> tuple[int, str, str]:
        status = cli.main(["catalog", *words])
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture
def filled(run, machine: Path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    sealed_set(machine / "set.zip", samples(2))
    status, out, _ = run("import", str(machine / "set.zip"), "--licence", "CC0-1.0", "-j", "1")
    assert status == 0
    assert "2 new specimens" in out
    assert (machine / "data" / "antivenom" / "catalog.db").is_file()
    return run


def test_importing_again_says_that_nothing_changed(filled, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    status, out, _ = filled("import", str(machine / "set.zip"))
    assert status == 0
    assert "0 new specimens, 0 known, 2 unchanged" in out


def test_show_search_stats(filled) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    _, out, _ = filled("show", "bad0")
    assert "bad0 1.0  malware (medium confidence)" in out
    assert "secrets.env->net.send at build" in out
    _, out, _ = filled("search", "--behavior", "secrets.*", "--format", "ids")
    assert len(out.split()) == 2
    assert filled("search", "thief1")[1].count("pkg:pypi/bad1@1.0") == 1
    assert filled("search", "--indicator", "nowhere.example")[0] == 1
    _, out, _ = filled("stats")
    assert "with bytes" in out
    assert json.loads(filled("stats", "--format", "json")[1])[1]["rows"] == {"malware": 2}


def test_label_and_withdraw(filled) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    said = ("label", "bad0", "benign", "--reason", "a test of ours", "--author", "ann")
    assert filled(*said)[1] == "1 statement added\n"
    assert filled(*said)[1] == "you said so before\n"
    shown = json.loads(filled("show", "bad0", "--format", "json")[1])[0]
    assert shown["label"] == "benign"
    _, text, _ = filled("show", "bad0")
    line = next(line for line in text.splitlines() if "ann: benign" in line)
    id = line.rpartition("#")[2]
    assert filled("withdraw", id, "--reason", "it was not", "--author", "ann")[0] == 0
    assert json.loads(filled("show", "bad0", "--format", "json")[1])[0]["label"] == "malware"
    assert "[withdrawn]" in filled("show", "bad0")[1]


def test_check(filled, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    path, data = next(iter(samples(1).items()))
    place = machine / path.rpartition("/")[2]
    place.write_bytes(data)
    status, out, _ = filled("check", str(place), "pkg:pypi/bad1", "0" * 64)
    assert status == 1
    assert "malware (medium confidence): pkg:pypi/bad0@1.0" in out
    assert "pkg:pypi/bad1: malware" in out
    assert "0: not known" in out
    assert hashlib.sha256(data).hexdigest() in filled("check", str(place), "--format", "json")[1]
    assert filled("check", "no-such-file")[0] == 2
    status, out, err = filled("check", "no-such-file", "pkg:pypi/nobody@1", str(place))
    assert (status, out.count("not known"), err.count("error: no-such-file")) == (1, 1, 1)


@pytest.mark.parametrize("words", [("stats",), ("check", "x")])
def test_without_the_extra_it_says_what_to_install(words: tuple[str, ...]) -> None:
    code = (
        "import sys; sys.modules['sqlalchemy'] = None; from antivenom.cli import main; "
        f"sys.exit(main(['catalog', *{words!r}]))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    asked = [sys.executable, "-c", code]
    done = subprocess.run(asked, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'antivenom[catalog]'" in done.stderr


def test_export_and_release(filled, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    for format in ("osv", "parquet", "jsonl", "stix", "misp"):
        status, out, _ = filled("export", "--format", format, "-o", str(machine / format))
        assert (status, "2 " in out) == (0, True), format
    status, out, _ = filled("release", "1.0", "-o", str(machine / "release"))
    assert status == 0
    assert "2 added" in out
    other = ("--store", str(machine / "other.db"), "import", str(machine / "jsonl"))
    assert filled(*other, "--as", "jsonl")[0] == 0
    found = filled("--store", str(machine / "other.db"), "search", "--label", "malware")
    assert found[1].count("malware") == 2


def test_reviews_and_decisions_come_in(run, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    (_, data), *_ = samples(1).items()
    (machine / "up.tar.gz").write_bytes(data)
    assert cli.main(["review", "up.tar.gz", "--format", "jsonl", "-o", "reviews.jsonl"]) == 1
    status, out, _ = run("import", "reviews.jsonl")
    assert (status, "1 new specimens" in out) == (0, True)
    sha256 = hashlib.sha256(data).hexdigest()
    decision = {"specimen": sha256, "label": "beacon", "author": "ann", "reason": "a bounty"}
    (machine / "decisions.jsonl").write_text(json.dumps(decision) + "\n{}\n")
    status, out, _ = run("import", "decisions.jsonl", "--as", "judgements")
    assert status == 3
    assert "broken: line 2" in out
    shown = json.loads(run("show", sha256[:10], "--format", "json")[1])[0]
    assert shown["label"] == "beacon"
    assert {s["author"] for s in shown["statements"]} == {"antivenom", "ann"}


@pytest.mark.parametrize(
    "words",
    [
        ("show", "nothing"),
        ("search",),
        ("withdraw", "abc", "--reason", "x"),
        ("import", "no-such-place"),
        ("import", "empty.jsonl"),
        ("--store", "/dev/null/x.db", "stats"),
        ("--store", "nothing://x", "stats"),
    ],
)
def test_what_people_get_wrong_is_one_line(run, machine: Path, words: tuple[str, ...]) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    (machine / "empty.jsonl").write_text("")
    status, _, err = run(*words)
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert "fault" not in err


def test_the_guide_names_every_command_and_flag() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text()
    top: Any = parser.build()._subparsers
    catalog: Any = top._group_actions[0].choices["catalog"]._subparsers
    commands = catalog._group_actions[0].choices
    missing = {name for name in commands if f"`{name}" not in guide}
    for command in commands.values():
        for action in command._actions:
            missing |= {f for f in action.option_strings if f.startswith("--") and f not in guide}
    assert missing - {"--help"} == set()


def near(n: int) -> bytes:
    text = known.THIEF.replace("demo", f"bad{n}").replace("drop.", f"drop{n}.") + f"x{n} = {n}\n"
    return sdist(f"bad{n}", text)


@pytest.fixture
def alike(run, machine: Path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    members = {f"bad{n}/1.0/bad{n}-1.0.tar.gz": near(n) for n in range(2)}
    sealed_set(machine / "set.zip", members)
    assert run("import", str(machine / "set.zip"), "-j", "1")[0] == 0
    (machine / "near-1.0.tar.gz").write_bytes(near(8))
    return run


def test_campaigns_index_and_check(alike, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    filled = alike
    status, out, _ = filled("campaigns")
    assert status == 0
    assert "2 specimens in 1 clusters" in out
    status, out, _ = filled("index", "build")
    assert status == 0
    assert (machine / "data" / "antivenom" / "likeness.index").is_file()
    assert "2 specimens, 1 campaigns" in filled("index", "show")[1]
    (machine / "plain.py").write_text("def add(a, b):\n    return a + b\n")
    status, out, _ = filled("check", str(machine / "near-1.0.tar.gz"), str(machine / "plain.py"))
    assert status == 1
    assert "setup.py is the code of campaign" in out
    assert "plain.py: not known" in out
    found = json.loads(filled("check", str(machine / "near-1.0.tar.gz"), "--format", "json")[1])
    assert found[0]["like"][0]["id"] == "like.specimen"


def test_good_code_is_left_out(alike, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    filled = alike
    (machine / "good").mkdir()
    (machine / "good" / "bad0-1.0.tar.gz").write_bytes(near(0))
    assert "code of 1 releases" in filled("index", "good", str(machine / "good"), "-j", "1")[1]
    assert filled("index", "build")[0] == 0
    assert "known good: bad0 1.0" in filled("index", "show")[1]
    status, out, _ = filled("check", str(machine / "near-1.0.tar.gz"))
    assert status == 0
    assert "not known" in out


def test_reviews_recognise_what_is_known(  # type: ignore[no-untyped-def]
    alike,  # noqa: ANN001
    machine: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from antivenom.judge.knowledge import local_knowledge

    alike("campaigns")
    alike("index", "build")
    local_knowledge.cache_clear()
    try:
        assert cli.main(["review", str(machine / "near-1.0.tar.gz"), "--format", "json"]) == 1
    finally:
        local_knowledge.cache_clear()
    found = json.loads(capsys.readouterr().out)["reviews"][0]["findings"]
    assert "supply/campaign-code" in {one["rule"] for one in found}


def test_something_else_is_no_index(run, machine: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    (machine / "other").write_bytes(b"other bytes")
    status, _, err = run("index", "show", "--index", str(machine / "other"))
    assert status == 2
    assert "not a likeness file" in err
