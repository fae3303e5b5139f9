"""The book that ships: it loads, it is honest, its index is current."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from antivenom.errors import RuleError
from antivenom.model.attack import load_attack
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules import load_book
from antivenom.rules.book import Book, build, make_book, page_paths, samples
from antivenom.rules.coverage import read_coverage
from antivenom.rules.describe import describe, in_words, table
from antivenom.rules.index import DOCUMENT, document
from antivenom.rules.lint import lint
from antivenom.rules.rule import Evidence
from tests.rules.made import rule


def test_the_book_has_no_complaint() -> None:
    assert [str(complaint) for complaint in lint()] == []


def test_the_index_is_current() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(build().rules, read_coverage())


def test_the_compiled_form_is_the_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = build()
    assert load_book() == built
    assert load_book() == built
    assert msgspec.json.decode(msgspec.json.encode(built), type=Book) == built
    assert len(built.rules) == len(page_paths())


def test_the_compiled_form_holds_no_sample() -> None:
    compiled = msgspec.json.encode(build())
    for path in page_paths():
        for sample in samples(f"{path.parent.name}/{path.stem}"):
            for data in sample.package.files.values():
                longest = max(data.decode().splitlines(), key=len, default="")
                assert len(longest) < 20 or longest.encode() not in compiled


def test_a_rule_is_found_by_id_or_the_nearest_is_named() -> None:
    book = make_book([rule("code.run", id="execution/runs-code")])
    assert book.rule("execution/runs-code").match == "code.run"
    with pytest.raises(RuleError) as caught:
        book.rule("execution/run-code")
    assert caught.value.hint == "did you mean 'execution/runs-code'?"


def test_the_digest_names_what_is_matched() -> None:
    plain = make_book([rule("code.run")])
    seen = Evidence(date="2026-01-01", data="x", clusters=1, ordinary=0)
    assert make_book([rule("code.run", evidence=seen, summary="Other.")]).digest == plain.digest
    assert make_book([rule("code.run", severity="low")]).digest != plain.digest
    assert make_book([rule("code.import")]).digest != plain.digest


def test_every_behavior_has_techniques_that_exist() -> None:
    attack = load_attack()
    assert set(attack.behaviors) == set(BEHAVIORS)
    for techniques in attack.behaviors.values():
        assert techniques
        assert set(techniques) <= set(attack.techniques)
    for technique in attack.techniques:
        assert technique.partition(".")[0] in attack.techniques
    assert attack.title("T1546.018") == "Event Triggered Execution: Python Startup Hooks"


def test_every_attack_of_the_list_is_in_the_table() -> None:
    keys = [attack.key for attack in read_coverage()]
    assert {str(number) for number in range(1, 54)} <= set(keys)


def test_a_rule_describes_itself() -> None:
    for one in build().rules:
        text = describe(one, samples(one.id))
        assert one.title in text
        assert one.match.strip().splitlines()[0].strip() in text
        assert "Does not flag" in text
        assert "{" not in text.partition("Written as")[0]


def test_expressions_in_words() -> None:
    made = rule("(new 2+ secrets.key -> net.send[class=paste] or persist.*) in same file")
    words = in_words(made.tree)
    assert "new in this release" in words
    assert "at least 2 times" in words
    assert "reads private keys, then sends data out (hostclass = paste)" in words
    assert "all in one file" in words


def test_the_table_of_rules() -> None:
    rows = table([rule("code.run")])
    assert rows[0][0] == "id"
    assert rows[1] == ("execution/made", "enabled", "high", "high", "Made for a test")
