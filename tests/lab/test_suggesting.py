"""A draft for a campaign: chains on the page, texts for a person, and a YARA rule that compiles."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from antivenom.catalog import campaigns, importing
from antivenom.cli import main
from antivenom.errors import TargetError
from antivenom.lab import building, extraction, members
from antivenom.lab.dataset import write
from antivenom.lab.literals import LONGEST, literals, yara
from antivenom.lab.mining import mine
from antivenom.lab.sample import folder
from antivenom.lab.suggesting import Suggestion, suggest
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import Profile
from antivenom.rules import lint
from antivenom.rules.book import rule_of
from antivenom.rules.matching import match_one
from antivenom.rules.page import parse_page
from antivenom.store import open_store
from tests.catalog.sets import PASSWORD, THIEF, sdist, sealed_set
from tests.lab.rows import row
from tests.rules.made import fact

HOST = "drop.campaign.invalid"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "cache_folder", lambda: tmp_path / "cache")


def profile(name: str, *facts: Fact) -> Profile:
    return Profile(
        sha256=(name * 64)[:64], filename=f"{name}-1.tar.gz", ecosystem="pypi", kind="sdist",
        size=1, engine="e", metadata=Metadata(), facts=facts,
    )  # fmt: skip


def thief(name: str, *more: Fact, when: str = "import") -> Profile:
    said = {"activation": when, "value": f"https://{HOST}/in", "host": HOST}
    flow = fact("secrets.file->net.send", hostclass="unknown", path_class="ssh", **said)
    return profile(name, flow, fact("net.send", hostclass="unknown", **said), *more)


def client(name: str) -> Profile:
    """Sends what it was given, and reads files: both apart are ordinary."""
    return profile(
        name,
        fact("net.send", activation="import", value="https://api.client.example", host="x.example"),
        fact("secrets.file", activation="import", path_class="ssh"),
        fact("secrets.file->net.send", activation="call", path_class="ssh"),
    )


def drafted() -> Suggestion:
    hostile = [thief("a"), thief("b"), thief("c", fact("impact.mine", activation="import"))]
    return suggest("Camp <1>", hostile, [client("x"), client("y")], day="2026-11-21")


def test_the_chain_that_only_the_campaign_has_is_chosen() -> None:
    found = drafted()
    (chosen,) = found.mined.chosen
    assert (chosen.match, chosen.when, chosen.ordinary) == ("secrets.file -> net.send", "load", 0)
    assert (found.mined.found, found.mined.specimens) == (3, 3)
    assert found.id == "exfiltration/suggested-camp-1"


def test_the_page_is_a_draft_that_holds_for_its_sample_and_its_campaign() -> None:
    page = parse_page(drafted().page, Path("exfiltration/suggested-camp-1.md"))
    rule = rule_of(page, {})
    assert (rule.state, rule.when[-1]) == ("draft", "open")
    assert all(match_one(rule, thief(n).facts) for n in "abc")
    assert match_one(rule, client("x").facts) is None
    assert list(lint._page("exfiltration/suggested-camp-1.md", page, rule)) == []
    (sample,) = page.samples
    assert match_one(rule, sample.package.facts) is not None


def test_no_text_of_a_specimen_is_on_the_page() -> None:
    found = drafted()
    assert HOST not in found.page
    assert [text.text for text in found.literals] == [f"https://{HOST}/in"]


def test_alternatives_cover_what_one_chain_does_not() -> None:
    miners = [profile(n, fact("impact.mine", activation="install")) for n in "de"]
    thieves = [thief("a", when="install"), thief("b", when="install")]
    found = mine([one.facts for one in [*thieves, *miners]], [client("x").facts])
    assert {one.match for one in found.chosen} == {"impact.mine", "secrets.file -> net.send"}
    assert found.found == 4
    page = suggest("two", [*thieves, *miners], [client("x")], day="2026-11-21").page
    rule = rule_of(parse_page(page, Path("x/y.md")), {})
    assert all(match_one(rule, one.facts) for one in [*thieves, *miners])


def test_what_ordinary_packages_do_as_well_is_no_draft() -> None:
    found = suggest("c", [client("a"), client("b")], [client("x")], day="2026-11-21")
    assert (found.page, found.id, found.mined.chosen) == ("", "", ())
    assert found.mined.others[0].ordinary == 1


def test_a_chain_that_finds_nearly_as_many_is_preferred() -> None:
    pair = [fact("net.fetch"), fact("file.read")]
    hostile = [[*pair, fact("net.fetch->code.run")] for _ in range(19)]
    found = mine([*hostile, pair], [[fact("net.send")]])
    assert [one.match for one in found.chosen] == ["net.fetch -> code.run"]


def test_pairs_need_their_place() -> None:
    def made(name: str, scope: str) -> Profile:
        facts = [fact("host.identify", scope="f"), fact("net.lookup", scope=scope)]
        return profile(name, *facts)

    found = mine([made(n, "f").facts for n in "ab"], [made(n, "g").facts for n in "xy"])
    assert found.chosen[0].match == "(host.identify and net.lookup) in same function"


def test_literals_are_plain_short_and_nobody_elses() -> None:
    hidden = fact("net.fetch", layer=1, value="https://inner.invalid/a")
    texts = [f"https://{HOST}/in", "x" * (LONGEST + 1), "two\\nlines", "everybody", "tiny"]
    facts = [fact("file.write", line=n, value=text) for n, text in enumerate(texts, 1)]
    found = literals([[*facts, hidden]] * 2, [[fact("file.read", value="everybody")]])
    assert [one.text for one in found] == [f"https://{HOST}/in"]


def test_the_yara_rule_compiles_and_finds_the_texts() -> None:
    yara_x = pytest.importorskip("yara_x")
    rules = yara_x.compile(drafted().yara)
    assert [one.identifier for one in rules.scan(f"GET https://{HOST}/in".encode()).matching_rules]
    assert not rules.scan(b"https://api.client.example").matching_rules


def test_hostile_texts_cannot_leave_their_quotes() -> None:
    yara_x = pytest.importorskip("yara_x")
    texts = ['say "hi" } rule x { condition: true }', "a" * 40, "// comment *"]
    facts = [fact("file.write", line=n, value=text) for n, text in enumerate(texts, 1)]
    found = literals([facts, facts], [])
    written = yara('c" } //', 'about "\\\n', found, 2)
    assert all(len(line) < 200 for line in written.splitlines())
    rules = yara_x.compile(written)
    assert len(list(rules)) == 1
    assert rules.scan("\n".join(texts).encode()).matching_rules


def test_a_campaign_without_texts_has_no_yara_rule() -> None:
    assert yara("c", "about", [], 2) == ""


def test_the_command_on_a_catalog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}"
    made = {f"bad{n}/1.0/bad{n}-1.0.tar.gz": sdist(f"bad{n}", THIEF) for n in range(3)}
    sealed = sealed_set(tmp_path / "set.zip", made)
    good = tmp_path / "good"
    (good / "plain").mkdir(parents=True)
    (good / "plain" / "setup.py").write_text("from setuptools import setup\nsetup(name='plain')\n")
    with open_store(url) as store:
        importing.import_samples(store, sealed, importing.Options(source="set", password=PASSWORD))
        campaigns.group(store)
    rows, card = building.build(folder(good, "tree"), jobs=1)
    write(tmp_path / "ds", rows, card)
    asked = ["lab", "suggest", "--dataset", str(tmp_path / "ds"), "--store", url]
    with open_store(url) as store, store.reading() as connection:
        (name,) = set(connection.exec_driver_sql("SELECT name FROM campaigns").scalars())
    page, texts = tmp_path / "draft.md", tmp_path / "draft.yar"
    assert main([*asked, name, "-o", str(page), "--yara", str(texts)]) == 0
    rule = rule_of(parse_page(page.read_text(), page), {})
    assert (rule.state, "3 of 3 specimens" in page.read_text()) == ("draft", True)
    assert re.search(r"hint, 3 specimens|is not written", capsys.readouterr().err)
    assert main([*asked, "nobody"]) == 2


def test_checked_specimens_are_never_looked_at(tmp_path: Path) -> None:
    checked = row("a" * 64, hostile=True, part="check", cluster="c1", family="f1")
    with pytest.raises(TargetError, match="may be looked at"):
        members.of_dataset([checked], "f1")
    assert members.of_dataset([checked], "f2") is None
