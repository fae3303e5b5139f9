from __future__ import annotations

import json

import msgspec
import pytest
from sqlalchemy import insert, select, update

from antivenom.errors import ConflictError, UsageError
from antivenom.model.fact import Layer
from antivenom.model.review import FindingSpan
from antivenom.service import casework, inspector, observations, policy, uploads
from antivenom.service.settings import Settings
from antivenom.store import Store
from antivenom.store.schema_cases import actions, cases
from tests.service.made import FakeClock, arrival
from tests.service.receiver import Receiver, receiving
from tests.service.recorded import record, thief

BLAKE2B = "0123456789abcdef" * 4


def _case(store: Store, clock: FakeClock, name: str = "demo-pkg", *, known: bool = True) -> int:
    """Open a case on a file whose hash the feed told us."""
    made = thief(name)
    with store.writing() as connection:
        if known:
            info = made.artifact
            one = arrival(name, filename=info.filename, sha256=info.sha256, blake2b=BLAKE2B)
            uploads.record(connection, one, "2026-11-21T10:00:00Z")
        case = record(connection, made, now=clock.now())
    assert case is not None
    return case


def _drafted(store: Store, clock: FakeClock, case: int) -> observations.Action:
    with store.writing() as connection:
        made = observations.draft(connection, case, author="ada", now=clock.now())
        assert made is not None
        return observations.one(connection, made)


def _sending(to: Receiver, **values: object) -> Settings:
    given = {"observations-url": to.url, "observations-token": "pypi-secret", **values}
    return msgspec.convert(given, Settings)


def test_a_draft_is_what_the_registry_asks_for(store: Store, clock: FakeClock) -> None:
    found = _drafted(store, clock, _case(store, clock))
    assert found.state == "draft"
    assert found.project == "demo-pkg"
    said = found.observation
    assert said.kind == "is_malware"
    assert said.inspector_url == (
        "https://inspector.pypi.io/project/demo-pkg/1.0/packages/01/23/456789abcdef"
        + "0123456789abcdef" * 3
        + "/demo_pkg-1.0.tar.gz/demo-pkg-1.0/setup.py#line.4"
    )
    assert "sends them to drop.invalid when built" in said.summary
    assert said.antivenom is not None
    assert said.antivenom.places[0].line == 4
    assert _drafted(store, clock, found.case).id == found.id


def test_kinds_are_those_of_the_registry(store: Store, clock: FakeClock) -> None:
    case = _case(store, clock)
    with store.writing() as connection:
        casework.decide(
            connection, case, "malicious", kind="spam", author="ada", key="k", now=clock.now()
        )
        connection.execute(actions.delete())
    assert _drafted(store, clock, case).observation.kind == "is_spam"
    assert set(observations.KINDS) == set(casework.KINDS)


def test_nothing_is_sent_without_a_token_and_without_a_person(
    store: Store, clock: FakeClock
) -> None:
    with receiving() as there:
        found = _drafted(store, clock, _case(store, clock))
        assert observations.deliver(store, _sending(there), clock) == 0
        with store.writing() as connection:
            observations.approve(connection, found.id, author="ada", now=clock.now())
        assert observations.deliver(store, Settings(), clock) == 0
        assert there.got == []
        there.answer = b'{"project":"demo-pkg","thanks":"for the observation"}'
        assert observations.deliver(store, _sending(there), clock) == 1
        assert observations.deliver(store, _sending(there), clock) == 0
        [(path, headers, body)] = there.got
    assert path == "/danger-api/projects/demo-pkg/observations"
    assert headers["authorization"] == "Bearer pypi-secret"
    assert headers["content-type"] == "application/vnd.pypi.api-v0-danger+json"
    sent = json.loads(body)
    assert sent["kind"] == "is_malware" and body.isascii()
    assert sent["inspector_url"].startswith("https://inspector.pypi.io/project/")
    with store.reading() as connection:
        done = observations.one(connection, found.id)
    assert (done.state, done.attempts) == ("sent", 1)
    assert "thanks" in done.answer
    with pytest.raises(ConflictError, match="is sent"), store.writing() as connection:
        observations.drop(connection, found.id, author="ada", now=clock.now())


@pytest.mark.parametrize(("status", "state"), [(403, "failed"), (500, "approved")])
def test_a_registry_that_refuses_is_not_asked_again(
    store: Store, clock: FakeClock, status: int, state: str
) -> None:
    with receiving() as there:
        there.statuses = [status]
        found = _drafted(store, clock, _case(store, clock))
        with store.writing() as connection:
            observations.approve(connection, found.id, author="ada", now=clock.now())
        observations.deliver(store, _sending(there), clock)
        with store.reading() as connection:
            assert observations.one(connection, found.id).state == state


def test_a_report_of_malware_needs_its_link(store: Store, clock: FakeClock) -> None:
    found = _drafted(store, clock, _case(store, clock, known=False))
    assert found.observation.inspector_url == ""
    with pytest.raises(UsageError, match="needs a link"), store.writing() as connection:
        observations.approve(connection, found.id, author="ada", now=clock.now())


def test_what_was_taken_back_is_not_sent(store: Store, clock: FakeClock) -> None:
    with receiving() as there:
        found = _drafted(store, clock, _case(store, clock))
        with store.writing() as connection:
            observations.approve(connection, found.id, author="ada", now=clock.now())
            observations.withdraw(connection, found.case, author="ada", now=clock.now())
        assert observations.deliver(store, _sending(there), clock) == 0
        assert there.got == []
    with store.reading() as connection:
        assert observations.one(connection, found.id).state == "dropped"


def _decided(store: Store, clock: FakeClock, *, right: int, wrong: int) -> None:
    """Put decided cases into the record, as many weeks of work would."""
    rows = [
        {
            "ecosystem": "pypi",
            "project": f"p{n}",
            "state": "decided",
            "verdict": "malicious",
            "decision": "malicious" if n < right else "not-malicious",
            "decided_by": "ada",
            "decided_at": "2026-11-20T00:00:00Z",
            "opened_at": "2026-11-20T00:00:00Z",
            "updated_at": "2026-11-20T00:00:00Z",
        }
        for n in range(right + wrong)
    ]
    with store.writing() as connection:
        connection.execute(insert(cases), rows)


@pytest.mark.parametrize(
    ("right", "wrong", "asked", "sent"),
    [(20, 0, 0.99, 1), (20, 0, 0.0, 0), (19, 0, 0.99, 0), (19, 1, 0.99, 0), (19, 1, 0.9, 1)],
)
def test_a_policy_reports_once_it_was_right_often_enough(
    store: Store, clock: FakeClock, right: int, wrong: int, asked: float, sent: int
) -> None:
    _decided(store, clock, right=right, wrong=wrong)
    _case(store, clock)
    with receiving() as there:
        settings = _sending(there, **{"observations-precision": asked, "observations-decided": 20})
        assert policy.run(store, settings, clock) == sent
        assert policy.run(store, settings, clock) == 0
        assert observations.deliver(store, settings, clock) == sent
        assert len(there.got) == sent
    with store.reading() as connection:
        assert set(connection.scalars(select(actions.c.author))) == ({"policy"} if sent else set())


def test_a_policy_does_not_learn_from_itself(store: Store, clock: FakeClock) -> None:
    _decided(store, clock, right=20, wrong=0)
    with store.writing() as connection:
        connection.execute(update(cases).values(decided_by=observations.POLICY))
    with store.reading() as connection:
        assert policy.measure(connection, 20).decided == 0


def test_links_point_at_what_the_registry_can_show() -> None:
    link = inspector.link("a", "1", "a 1.zip", BLAKE2B, "in/ner#x?.zip!/deep.py", 7)
    assert link.endswith("/a%201.zip/in/ner%23x%3F.zip")
    assert inspector.link("a", "1", "a.zip", "", "x.py", 1) == ""
    assert inspector.link("a/../b", "1", "a.zip", BLAKE2B).startswith(
        "https://inspector.pypi.io/project/a%2F..%2Fb/1/packages/"
    )


def test_evidence_in_a_decoded_text_is_shown_where_it_was_hidden() -> None:
    def layer(id: int, line: int, parent: int) -> Layer:
        return Layer(
            id=id,
            member="setup.py",
            line=line,
            parent=parent,
            via=(),
            sha256="",
            size=1,
            excerpt="",
        )

    made = msgspec.structs.replace(thief(), layers=(layer(1, 12, 0), layer(2, 3, 1)))
    span = FindingSpan(member="setup.py", line=99, end_line=99, layer=2, excerpt="")
    assert inspector.shown_at(made, span) == ("setup.py", 12)
    endless = msgspec.structs.replace(made, layers=(layer(1, 5, 2), layer(2, 6, 1)))
    assert inspector.shown_at(endless, span)[0] == "setup.py"
