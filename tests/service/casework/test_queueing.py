"""The queue is ranked, filtered and whole: no case is shown twice or left out."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection

from antivenom.errors import UsageError
from antivenom.model.fact import Layer
from antivenom.model.label import Metadata
from antivenom.model.profile import ManifestEntry, Profile
from antivenom.service import casework, known
from antivenom.service.casework import Wanted, ranking
from antivenom.service.casework.campaigns import keys_of
from antivenom.session.task import encoded
from tests.report.builders import sha
from tests.service.recorded import after, record, thief, writing


def projects(connection: Connection, wanted: Wanted | None = None) -> list[str]:
    """Return the first project of each group of a page."""
    page = casework.queue(connection, wanted or Wanted())
    return [group.first.project for group in page.groups]


def test_what_more_people_install_comes_first(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        record(connection, thief("nobody-knows-this", score=0.99, host="a.invalid"))
        record(connection, thief("requests", score=0.95, host="b.invalid"))
        record(connection, thief("quite-suspicious", score=0.7, host="c.invalid"))
        assert projects(connection) == ["requests", "nobody-knows-this", "quite-suspicious"]


def test_rank_goes_by_verdict_then_people_then_activation_then_score() -> None:
    def rank(verdict: str, popular: int = 0, activation: str = "call", score: float = 0.5) -> float:
        return ranking.rank(verdict=verdict, popular=popular, activation=activation, score=score)

    assert rank("malicious") > rank("suspicious", 1, "startup", 0.89)
    assert rank("suspicious", 100) > rank("suspicious", 0, "import", 0.89)
    assert rank("suspicious", 0, "import") > rank("suspicious", 0, "call", 0.89)
    assert rank("suspicious", score=0.8) > rank("suspicious", score=0.6)
    assert rank("suspicious", 10**9) == rank("suspicious", 0)


def test_pages_follow_one_another_without_gaps(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        names = [f"pkg-{n:02}" for n in range(25)]
        for n, name in enumerate(names):
            record(connection, thief(name, host=f"h{n}.invalid", score=0.9 + (n % 5) / 100))
        seen: list[str] = []
        after_ = ""
        for _ in range(9):
            page = casework.queue(connection, Wanted(after=after_, most=4))
            seen += [group.first.project for group in page.groups]
            after_ = page.next
            if not after_:
                break
        assert sorted(seen) == names


@pytest.mark.parametrize("mark", ["1", "x~y", "1.0~-3", "~", "1~" + "9" * 30, "nan~x"])
def test_a_page_that_never_was_is_refused(tmp_path: Path, mark: str) -> None:
    with writing(tmp_path) as connection, pytest.raises(UsageError):
        casework.queue(connection, Wanted(after=mark))


def test_filters_narrow(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        record(connection, thief("left-pad", host="a.invalid"))
        record(connection, thief("right_Pad", score=0.7, host="b.invalid"))
        assert projects(connection, Wanted(verdict="suspicious")) == ["right-pad"]
        assert projects(connection, Wanted(text="PAD")) == ["left-pad", "right-pad"]
        assert projects(connection, Wanted(text="%")) == []
        assert projects(connection, Wanted(ecosystem="npm")) == []
        assert projects(connection, Wanted(activation="build", kind="malware"))
        assert projects(connection, Wanted(rule="exfiltration/sends-credentials"))


def test_cases_that_share_an_address_are_one_entry(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for name in ("alone", "wave-1", "wave-2", "wave-3"):
            host = "own.invalid" if name == "alone" else "shared.invalid"
            record(connection, thief(name, host=host))
        page = casework.queue(connection, Wanted())
        assert [(g.first.project, g.total) for g in page.groups] == [("alone", 1), ("wave-1", 3)]
        group = page.groups[1]
        assert group.first.campaign == "host:shared.invalid"
        assert [one.project for one in group.cases] == ["wave-1", "wave-2", "wave-3"]
        assert len(casework.campaign(connection, "host:shared.invalid")) == 3
        opened = projects(connection, Wanted(campaign="host:shared.invalid"))
        assert opened == ["wave-1", "wave-2", "wave-3"]


def test_a_campaign_is_shown_once_over_all_pages(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for n in range(9):
            host = "shared.invalid" if n % 3 == 0 else f"h{n}.invalid"
            record(connection, thief(f"pkg-{n}", host=host, score=0.99 - n / 100))
        seen = []
        after_ = ""
        for _ in range(9):
            page = casework.queue(connection, Wanted(after=after_, most=2))
            seen += [group.first.project for group in page.groups]
            after_ = page.next
            if not after_:
                break
        assert seen == ["pkg-0", "pkg-1", "pkg-2", "pkg-4", "pkg-5", "pkg-7", "pkg-8"]


def test_what_people_found_harmless_joins_nothing(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        one = record(connection, thief("first-pkg"))
        assert one is not None
        casework.decide(
            connection, one, "not-malicious", reason="a test", author="ada", key="k", now=after(1)
        )
        record(connection, thief("second-pkg"))
        assert casework.queue(connection, Wanted()).groups[0].first.campaign == ""


def test_services_many_people_use_join_nothing_but_their_addresses_do() -> None:
    def hosts(text: str) -> set[str]:
        one = thief()
        span = msgspec.structs.replace(one.findings[0].spans[0], excerpt=text)
        found = msgspec.structs.replace(one.findings[0], spans=(span,))
        one = msgspec.structs.replace(one, findings=(found,))
        return {value for kind, value in keys_of(one, {}, "") if kind == "host"}

    assert hosts("get('https://api.github.com/users/x')") == set()
    assert hosts("get('http://127.0.0.1:8000/x')") == set()
    assert hosts("post('https://discord.com/api/webhooks/1/abc')") == {
        "https://discord.com/api/webhooks/1/abc"
    }
    assert hosts("post('https://Drop.Invalid/a') or post('https://drop.invalid/b')") == {
        "drop.invalid"
    }


def test_a_hidden_text_is_the_surest_thing_to_share(tmp_path: Path) -> None:
    one = thief()
    span = msgspec.structs.replace(one.findings[0].spans[0], layer=1)
    found = msgspec.structs.replace(one.findings[0], spans=(span,))
    layer = Layer(
        id=1, member=span.member, line=4, parent=0, via=("base64",), sha256=sha("payload"),
        size=400, excerpt="x",
    )  # fmt: skip
    one = msgspec.structs.replace(one, findings=(found,), layers=(layer,))
    keys = keys_of(one, {span.member: sha("member")}, "mallory")
    assert [kind for kind, _ in keys] == ["payload", "file", "host", "uploader"]
    assert keys[0] == ("payload", sha("payload"))
    assert keys[-1] == ("uploader", "pypi/mallory")


def test_code_under_other_names_is_one_campaign(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for name in ("one-pkg", "two-pkg"):
            made = thief(name, host=f"{name}.invalid")
            entry = ManifestEntry(
                path=f"{name}-1.0/setup.py", sha256=sha(name), size=900, kind="file", skeleton="s1"
            )
            profile = Profile(
                sha256=made.artifact.sha256,
                filename=made.artifact.filename,
                ecosystem="pypi",
                kind="sdist",
                size=900,
                engine=made.digests.engine,
                metadata=Metadata(),
                manifest=(entry,),
            )
            known.keep(connection, encoded(profile))
            record(connection, made)
        page = casework.queue(connection, Wanted())
        assert [(g.total, g.first.campaign) for g in page.groups] == [(2, "code:s1")]


def test_decided_cases_come_newest_first(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for n in range(3):
            case = record(connection, thief(f"pkg-{n}"))
            assert case is not None
            casework.decide(connection, case, "malicious", author="ada", key=f"k{n}", now=after(n))
        page = casework.queue(connection, Wanted(view="decided", most=2))
        assert [group.first.project for group in page.groups] == ["pkg-2", "pkg-1"]
        rest = casework.queue(connection, Wanted(view="decided", after=page.next))
        assert [group.first.project for group in rest.groups] == ["pkg-0"]
        assert projects(connection) == []


def test_counts_say_what_there_is_to_do(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case = record(connection, thief("one"))
        record(connection, thief("two", score=0.7), now=after(4))
        assert case is not None
        casework.hold(connection, case, author="ada", now=after(5))
        found = casework.counts(connection)
        assert found.verdicts == {"malicious": 1, "suspicious": 1}
        assert (found.review, found.held, found.oldest) == (2, 1, "2026-11-21T12:00:00Z")
