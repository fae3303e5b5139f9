"""A suppression hides one finding in exactly these bytes until a day, and never the record."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec
import pytest

from antivenom.model.profile import Problem
from antivenom.model.review import Finding, Verdict
from antivenom.session import Reviewed
from antivenom.session.suppressions import Suppression, apply
from tests.builders.reviews import finding, review

TODAY = datetime.date(2026, 5, 1)
HASHES = {"": "a" * 64, "x.py": "b" * 64, "y.py": "c" * 64}


def reviewed(*findings: Finding, problems: tuple[Problem, ...] = ()) -> Reviewed:
    return Reviewed(review=review("malicious", *findings, problems=problems), members=HASHES)


def suppression(**changes: Any) -> Suppression:
    given: dict[str, Any] = {
        "rule": "theft/a", "member": "x.py", "sha256": "b" * 64, "reason": "ours",
        "author": "me", "expires": TODAY,
    }  # fmt: skip
    return Suppression(**{**given, **changes})


def test_a_covered_finding_is_hidden() -> None:
    shown = apply(reviewed(finding("theft/a", "x.py")), [suppression()], TODAY)
    assert shown.review.verdict is Verdict.CLEAN
    assert shown.review.findings == ()
    assert shown.review.reasons == ()
    assert [s.author for _, s in shown.hidden] == ["me"]


def test_the_record_stays() -> None:
    outcome = reviewed(finding("theft/a", "x.py"))
    before = msgspec.json.encode(outcome.review)
    apply(outcome, [suppression()], TODAY)
    assert msgspec.json.encode(outcome.review) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "theft/b"},
        {"member": "y.py"},
        {"sha256": "c" * 64},
        {"sha256": ""},
        {"expires": TODAY - datetime.timedelta(days=1)},
    ],
)
def test_anything_else_hides_nothing(changes: dict[str, Any]) -> None:
    outcome = reviewed(finding("theft/a", "x.py"))
    assert apply(outcome, [suppression(**changes)], TODAY).review is outcome.review


def test_every_member_needs_its_own() -> None:
    outcome = reviewed(finding("theft/a", "x.py", "y.py"))
    assert not apply(outcome, [suppression()], TODAY).hidden
    other = suppression(member="y.py", sha256="c" * 64)
    assert apply(outcome, [suppression(), other], TODAY).hidden


def test_what_remains_decides() -> None:
    outcome = reviewed(finding("theft/a", "x.py"), finding("theft/b", "x.py", weight=0.6))
    shown = apply(outcome, [suppression()], TODAY)
    assert shown.review.verdict is Verdict.SUSPICIOUS
    assert shown.review.reasons == ("theft/b happens",)


def test_what_was_not_read_stays_inconclusive() -> None:
    problem = Problem(member="z.py", status="failed", reason="broken", blocking=True)
    outcome = reviewed(finding("theft/a", "x.py"), problems=(problem,))
    shown = apply(outcome, [suppression()], TODAY)
    assert shown.review.verdict is Verdict.INCONCLUSIVE
