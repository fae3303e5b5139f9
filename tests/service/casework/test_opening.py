"""Cases open by themselves, once for a project, and end when nothing is left of them."""

from __future__ import annotations

import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from antivenom.model.profile import Coverage, Problem
from antivenom.model.review import Verdict
from antivenom.service import audit, casework
from antivenom.service.casework.rows import some_cases
from antivenom.service.casework.suppressing import suppress
from antivenom.store.schema_cases import case_reviews
from tests.report.builders import artifact, review, sha
from tests.service.recorded import NOW, after, clean, record, thief, with_digests, writing


def test_a_clean_review_opens_nothing(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        assert record(connection, clean()) is None
        assert casework.counts(connection).review == 0


def test_the_files_of_a_project_are_one_case_that_shows_the_worst(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        first = record(connection, thief(version="1.0", score=0.6))
        second = record(connection, thief(version="1.1", score=0.97), now=after(5))
        assert first is not None
        assert first == second
        case = some_cases(connection, [first])[first]
        assert (case.version, case.verdict, case.files) == ("1.1", "malicious", 2)
        assert case.reason.startswith("setup.py reads credential files")
        assert case.evidence.places[0].line == 4
        assert "~/.netrc" in case.evidence.places[0].text
        assert (case.opened_at, case.updated_at) == ("2026-11-21T12:00:00Z", "2026-11-21T12:05:00Z")


def test_the_same_project_elsewhere_is_another_case(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        npm = msgspec.structs.replace(
            thief(), artifact=artifact(ecosystem="npm", purl="pkg:npm/demo-pkg@1.0")
        )
        assert record(connection, thief()) != record(connection, npm)


def test_considering_twice_changes_nothing(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        one = thief()
        case = record(connection, one)
        assert case is not None
        before = some_cases(connection, [case])
        row = connection.execute(select(case_reviews)).mappings().one()
        again = casework.consider(
            connection, review=one, members={}, review_id=row["review"], now=NOW
        )
        assert again == case
        assert some_cases(connection, [case]) == before


def test_a_better_rule_book_ends_the_case(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(score=0.6))
        assert case is not None
        assert record(connection, clean(), now=after(60)) == case
        found = some_cases(connection, [case])[case]
        assert (found.state, found.files) == ("lapsed", 0)
        assert found.reason, "what was said stays readable"
        assert casework.counts(connection).review == 0
        assert [one.act for one in audit.latest(connection)] == ["case.lapse"]


def test_a_clean_file_beside_a_bad_one_ends_nothing(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(version="1.0"))
        assert record(connection, clean(version="1.1")) is None
        assert case is not None
        assert some_cases(connection, [case])[case].state == "open"


def test_bytes_that_were_ruled_on_stay_ruled_on(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(score=0.6))
        assert case is not None
        rule(connection, case, "not-malicious")
        again = with_digests(thief(score=0.6), "newer")
        assert record(connection, again, now=after(9)) == case
        assert some_cases(connection, [case])[case].state == "decided"


def test_worse_than_was_ruled_on_is_a_new_case(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(score=0.6))
        assert case is not None
        rule(connection, case, "not-malicious")
        other = record(connection, thief(score=0.97), now=after(9))
        assert other not in {None, case}


def test_known_malware_reviewed_again_is_no_new_work(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(score=0.6))
        assert case is not None
        rule(connection, case, "malicious")
        assert record(connection, thief(score=0.97), now=after(9)) == case
        assert casework.counts(connection).review == 0


def test_a_new_version_after_a_decision_is_a_new_case(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(version="1.0"))
        assert case is not None
        rule(connection, case, "malicious")
        assert record(connection, thief(version="1.1")) not in {None, case}


def test_a_new_file_brings_back_who_was_unsure(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief(version="1.0"))
        assert case is not None
        rule(connection, case, "unsure")
        assert casework.counts(connection).second == 1
        assert record(connection, thief(version="1.1"), now=after(1)) == case
        assert some_cases(connection, [case])[case].state == "open"


def test_what_was_not_read_is_a_case_of_its_own_view(tmp_path: Path) -> None:
    problem = Problem(member="", status="failed", reason="the review took too long", blocking=True)
    lost = review(
        Verdict.INCONCLUSIVE, 0.0, artifact=artifact("big"), coverage=Coverage(problems=(problem,))
    )
    with writing(tmp_path) as connection:
        case = record(connection, lost)
        assert case is not None
        assert some_cases(connection, [case])[case].reason == "the review took too long"
        counted = casework.counts(connection)
        assert (counted.review, counted.unread) == (0, 1)


def test_a_suppressed_finding_opens_no_case(tmp_path: Path) -> None:
    member = "demo-pkg-1.0/setup.py"
    with writing(tmp_path) as connection:
        suppress(
            connection,
            rule="exfiltration/sends-credentials",
            member=member,
            sha256=sha("the file"),
            reason="a test of ours",
            author="ada",
            expires=datetime.date(2026, 12, 24),
            now=NOW,
        )
        assert record(connection, thief(), members={member: sha("another file")}) is not None
        harmless = thief("other-pkg")
        assert record(connection, harmless, members={member: sha("the file")}) is not None
        found = thief("demo-pkg", "1.0")
        moved = msgspec.structs.replace(found, artifact=artifact("third-pkg", "1.0"))
        assert record(connection, moved, members={member: sha("the file")}) is None


def test_a_suppression_ends_on_its_day(tmp_path: Path) -> None:
    member = "demo-pkg-1.0/setup.py"
    with writing(tmp_path) as connection:
        suppress(
            connection,
            rule="exfiltration/sends-credentials",
            member=member,
            sha256=sha("the file"),
            reason="a test of ours",
            author="ada",
            expires=datetime.date(2026, 11, 22),
            now=NOW,
        )
        late = NOW + datetime.timedelta(days=2)
        assert record(connection, thief(), members={member: sha("the file")}, now=late)


def rule(connection: Connection, case: int, decision: str) -> None:
    """Rule on a case."""
    casework.decide(
        connection, case, decision, reason="because", author="ada", key=f"k{case}", now=after(1)
    )
