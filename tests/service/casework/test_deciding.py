"""What people rule is kept, counts once, and can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from antivenom.catalog import writing as catalog
from antivenom.catalog.statement import current
from antivenom.errors import ConflictError, TargetError, UsageError
from antivenom.service import audit, casework
from antivenom.service.casework.rows import some_cases
from antivenom.store import schema
from antivenom.store.schema_cases import decisions
from tests.report.builders import artifact
from tests.service.recorded import after, record, thief, writing

SHA = artifact("demo-pkg", "1.0").sha256


def opened(connection: Connection, name: str = "demo-pkg") -> int:
    """Return a new case."""
    case = record(connection, thief(name))
    assert case is not None
    return case


def label(connection: Connection, sha256: str = SHA) -> str:
    """Return what the catalog calls a file."""
    return current(catalog.statements_of(connection, [sha256])).label


def test_a_decision_closes_the_case_and_labels_its_files(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        made = casework.decide(
            connection, case, "malicious", reason="steals", author="ada", key="k", now=after(3)
        )
        assert (made.decision, made.kind, made.via) == ("malicious", "malware", "console")
        found = some_cases(connection, [case])[case]
        assert (found.state, found.decision, found.decided_by) == ("decided", "malicious", "ada")
        assert label(connection) == "malware"
        row = connection.execute(select(schema.specimens)).mappings().one()
        assert (row["id"], row["name"], row["label"]) == (SHA, "demo-pkg", "malware")


def test_the_same_key_is_the_same_decision(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        one = casework.decide(connection, case, "malicious", author="ada", key="k", now=after(1))
        two = casework.decide(connection, case, "malicious", author="ada", key="k", now=after(2))
        assert one == two
        assert len(connection.execute(select(decisions)).all()) == 1
        with pytest.raises(ConflictError, match="this key"):
            casework.decide(
                connection, case, "unsure", reason="?", author="ada", key="k", now=after(2)
            )


def test_nobody_rules_twice(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        casework.decide(connection, case, "malicious", author="ada", key="a", now=after(1))
        with pytest.raises(ConflictError, match="ada ruled malicious"):
            casework.decide(
                connection, case, "not-malicious", reason="no", author="bo", key="b", now=after(2)
            )


def test_who_is_unsure_leaves_it_to_the_next(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        casework.decide(
            connection, case, "unsure", reason="odd", author="ada", key="a", now=after(1)
        )
        assert casework.counts(connection).second == 1
        assert label(connection) == "unknown"
        casework.decide(connection, case, "malicious", author="bo", key="b", now=after(2))
        assert [one.author for one in casework.history(connection, case)] == ["ada", "bo"]


def test_undoing_opens_the_case_and_withdraws_the_label(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        made = casework.decide(connection, case, "malicious", author="ada", key="a", now=after(1))
        casework.undo(connection, made.id, author="bo", key="u", now=after(2), reason="mistake")
        found = some_cases(connection, [case])[case]
        assert (found.state, found.decision) == ("open", "")
        assert label(connection) == "unknown"
        said = [one.decision for one in casework.history(connection, case)]
        assert said == ["malicious", "undone"]
        again = casework.decide(connection, case, "malicious", author="ada", key="c", now=after(3))
        assert label(connection) == "malware", "the same words count again"
        assert casework.standing(connection, case) == again


def test_undoing_twice_is_once(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        made = casework.decide(connection, case, "malicious", author="ada", key="a", now=after(1))
        one = casework.undo(connection, made.id, author="ada", key="u", now=after(2))
        assert casework.undo(connection, made.id, author="ada", key="u", now=after(2)) == one
        with pytest.raises(ConflictError, match="not in force"):
            casework.undo(connection, made.id, author="ada", key="v", now=after(3))


def test_undoing_what_followed_doubt_brings_back_the_doubt(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        casework.decide(
            connection, case, "unsure", reason="odd", author="ada", key="a", now=after(1)
        )
        made = casework.decide(connection, case, "malicious", author="bo", key="b", now=after(2))
        casework.undo(connection, made.id, author="bo", key="u", now=after(3))
        found = some_cases(connection, [case])[case]
        assert (found.state, found.decision, found.decided_by) == ("unsure", "unsure", "ada")


@pytest.mark.parametrize(
    ("decision", "reason", "kind"),
    [("bad", "why", ""), ("not-malicious", " ", ""), ("unsure", "", ""), ("malicious", "", "x")],
)
def test_a_ruling_without_sense_is_refused(
    tmp_path: Path, decision: str, reason: str, kind: str
) -> None:
    with writing(tmp_path) as connection, pytest.raises(UsageError):
        casework.decide(
            connection, 1, decision, reason=reason, kind=kind, author="ada", key="k", now=after(1)
        )


def test_an_unknown_case_is_said(tmp_path: Path) -> None:
    with writing(tmp_path) as connection, pytest.raises(TargetError, match="no case 7"):
        casework.decide(connection, 7, "malicious", author="ada", key="k", now=after(1))


def test_a_campaign_is_ruled_on_at_once(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        ids = [opened(connection, name) for name in ("one-pkg", "two-pkg", "three-pkg")]
        casework.decide(
            connection, ids[1], "not-malicious", reason="mine", author="bo", key="x", now=after(1)
        )
        done, left = casework.decide_campaign(
            connection, ids, "malicious", reason="all alike", author="ada", key="c", now=after(2)
        )
        assert [one.case for one in done] == [ids[0], ids[2]]
        assert {one.via for one in done} == {"bulk"}
        assert left == [ids[1]]


def test_every_act_is_on_record(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        casework.hold(connection, case, author="ada", now=after(0))
        casework.comment(connection, case, "look at <b>line 4</b>", author="ada", now=after(1))
        made = casework.decide(
            connection, case, "malicious", author="ada", key="a", now=after(2), address="::1"
        )
        casework.undo(connection, made.id, author="ada", key="u", now=after(3))
        acts = audit.latest(connection, object=f"case:{case}")
        said = ["case.undo", "case.decide", "case.comment", "case.hold"]
        assert [one.act for one in acts] == said
        assert acts[1].address == "::1"
        assert '"decision":"malicious"' in acts[1].detail
        before = [one.act for one in audit.latest(connection, before=acts[1].id)]
        assert before == ["action.draft", *said[2:]]


def test_one_person_holds_a_case_for_a_while(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = opened(connection)
        casework.hold(connection, case, author="ada", now=after(0))
        with pytest.raises(ConflictError, match="ada holds"):
            casework.hold(connection, case, author="bo", now=after(29))
        casework.hold(connection, case, author="bo", now=after(31))
        casework.release(connection, case, author="ada", now=after(32))
        held = some_cases(connection, [case])[case]
        assert casework.holder(held, after(33)) == "bo"
        casework.hold(connection, case, author="ada", now=after(34), take=True)
        casework.release(connection, case, author="ada", now=after(35))
        assert some_cases(connection, [case])[case].holder == ""
