"""The bench writes into pages; nothing but two lines of the header may change."""

from __future__ import annotations

import pytest

from antivenom.errors import RuleError
from antivenom.rules.book import page_paths
from antivenom.rules.evidence import earned_state, with_evidence
from antivenom.rules.page import parse_page
from antivenom.rules.rule import Evidence

SEEN = Evidence(date="2026-01-02", data="ab12", clusters=7, ordinary=1, explained='A "twin".')


def test_evidence_is_written_and_replaced() -> None:
    for path in page_paths():
        text = path.read_text(encoding="utf-8")
        before = parse_page(text, path)
        once = with_evidence(text, SEEN, "enabled")
        after = parse_page(once, path)
        assert after.header.evidence == SEEN
        assert after.header.state == "enabled"
        assert after.template == before.template
        assert [one.package for one in after.samples] == [one.package for one in before.samples]
        assert with_evidence(once, SEEN, "enabled") == once


def test_a_page_without_a_header_is_refused() -> None:
    with pytest.raises(RuleError):
        with_evidence("# Title\n", SEEN, "enabled")


def test_a_state_is_earned() -> None:
    silent = Evidence(date="", data="", clusters=1, ordinary=0)
    loud = Evidence(date="", data="", clusters=9, ordinary=1)
    idle = Evidence(date="", data="", clusters=0, ordinary=0)
    assert earned_state(silent, "evaluation") == "enabled"
    assert earned_state(SEEN, "evaluation") == "enabled"
    assert earned_state(loud, "enabled") == "evaluation"
    assert earned_state(idle, "enabled") == "evaluation"
    assert earned_state(silent, "draft") == "draft"
    assert earned_state(silent, "retired") == "retired"
