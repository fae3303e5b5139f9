from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from antivenom.model.profile import Coverage
from antivenom.model.review import Review, Verdict
from antivenom.report import render
from antivenom.report.paint import cells, pad
from antivenom.report.text import review_to_text, summary
from tests.report.builders import (
    HOSTILE,
    dropper,
    excerpts,
    finding,
    hostile,
    ordinary,
    review,
    span,
    suspect,
    thief,
    typical,
    unread,
)

GOLDEN = Path(__file__).parent / "golden"
CODES = re.compile(r"\x1b\[[0-9;]*m")


def check(name: str, shown: str) -> None:
    """Compare with a golden file; ``ANTIVENOM_WRITE_GOLDEN=1`` writes it."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ANTIVENOM_WRITE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_dropper() -> None:
    check("dropper", render([dropper()], "text"))


def test_thief() -> None:
    check("thief", render([thief()], "text"))


def test_thief_verbose() -> None:
    check("thief-verbose", render([thief()], "text", verbose=True))


def test_unread() -> None:
    check("unread", render([unread()], "text"))


def test_many_end_in_a_summary() -> None:
    check("many", render(typical(), "text"))


@pytest.mark.parametrize("made", [dropper, thief, unread, suspect, ordinary])
def test_colour_changes_nothing_but_colour(made: Callable[[], Review]) -> None:
    plain = render([made()], "text")
    coloured = render([made()], "text", color=True)
    squeezed = [" ".join(line.split()) for line in CODES.sub("", coloured).splitlines()]
    assert squeezed == [" ".join(line.split()) for line in plain.splitlines()]
    assert "\x1b" not in plain


def test_the_verdict_comes_first() -> None:
    for made in typical():
        first = review_to_text(made).split()[0]
        assert first.lower() == made.verdict.value


def test_a_clean_review_is_one_line_and_says_what_was_not_read() -> None:
    assert review_to_text(ordinary()).count("\n") == 1
    partly = review(Verdict.CLEAN, 0.1, coverage=Coverage(complete=3, partial=1, skipped=2))
    assert "1 read in part · 2 skipped" in review_to_text(partly)


def test_weak_findings_of_a_clean_review_are_counted() -> None:
    weak = finding("evasion/waits", "waits", span("a.py", 1, "sleep(9)"), weight=0.1)
    shown = review_to_text(review(Verdict.CLEAN, 0.1, weak))
    assert "1 weak finding" in shown
    assert shown.count("\n") == 1


def hidden_only() -> Review:
    """Return the thief without the finding that shows the decoded text."""
    made = thief()
    return review(
        Verdict.MALICIOUS,
        0.95,
        made.findings[1],
        layers=made.layers,
        excerpts=made.excerpts,
        artifact=made.artifact,
    )


def test_hidden_text_is_shown_decoded() -> None:
    shown = render([hidden_only()], "text")
    assert "decoded by base64 → zlib → hex" in shown
    assert "│ import os, json" in shown
    assert render([thief()], "text").count("urlopen(Request(") == 1


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_commands_nothing(text: str, color: bool) -> None:
    shown = render([hostile(text), ordinary()], "text", color=color, verbose=True)
    rest = CODES.sub("", shown)
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", rest
    )
    if not color:
        assert "\x1b" not in shown
    shown.encode("utf-8")
    ours = {"1", "2", "31", "32", "33", "36", "0", "1;31", "1;37;41", "1;30;43", "1;30;46"}
    assert {code[2:-1] for code in CODES.findall(shown)} <= ours


def test_markup_of_the_upload_is_text() -> None:
    assert "[red]bold[/red]" in render([hostile("[red]bold[/red]")], "text", color=True)


def test_a_hostile_line_feed_starts_no_line() -> None:
    shown = render([hostile("x\nclean  safe 1.0")], "text", verbose=True)
    assert not any(line.startswith("clean") for line in shown.splitlines())


def test_lines_fit_the_terminal() -> None:
    long = "x = '" + "A" * 5000 + "'"
    made = review(
        Verdict.MALICIOUS,
        0.95,
        finding("obfuscation/decodes-then-runs", "It decodes", span("a.py", 1, long)),
        excerpts=excerpts("a.py", long),
    )
    for width in (60, 100, 160):
        shown = render([made], "text", width=width)
        body = [line for line in shown.splitlines() if line.startswith("   ")]
        assert max(map(cells, body)) <= width


def test_what_could_run_and_was_not_read_is_said_once() -> None:
    assert render([unread()], "text").count("the member is encrypted") == 1
    silent = review(Verdict.INCONCLUSIVE, 0.0, coverage=unread().coverage)
    assert "sealed-2.0/setup.py: failed, the member is encrypted (could run)" in render(
        [silent], "text"
    )


def test_many_places_and_problems_are_bounded() -> None:
    spans = [span(f"m{n}.py", 5, "exec(x)") for n in range(500)]
    shown = render(
        [review(Verdict.MALICIOUS, 0.95, finding("execution/runs-text", "It runs", *spans))],
        "text",
    )
    assert "497 more places" in shown
    assert len(shown.splitlines()) < 25


def test_the_summary_counts_every_verdict() -> None:
    shown = summary(typical())
    assert shown.splitlines()[-1] == (
        "5 artifacts reviewed: 2 malicious, 1 suspicious, 1 inconclusive, 1 clean"
    )
    order = [line.split()[0] for line in shown.splitlines()[:4]]
    assert order == ["MALICIOUS", "MALICIOUS", "SUSPICIOUS", "INCONCLUSIVE"]
    assert summary([ordinary()]) == "1 artifact reviewed: 1 clean\n"


def test_wide_characters_count_twice() -> None:
    assert cells("世界a") == 5
    assert pad("世", 4) == "世  "
