"""Clusters count, not samples; what was not read was not found."""

from __future__ import annotations

import pytest

from bench import listing, tables, tally
from bench.corpus import PeerVerdict
from tests.builders.outcomes import measured

FLOOD = [measured(f"flood{n}", "malicious", cluster="flood") for n in range(98)]
HALF = [
    measured("half1", "suspicious", cluster="half"),
    measured("half2", "clean", cluster="half"),
]
LOST = [measured("lost", "inconclusive", cluster="lost", family="g")]
EVERY = [*FLOOD, *HALF, *LOST]


def test_a_flood_is_one_cluster() -> None:
    rate = tally.clusters(EVERY, tally.suspicious)
    assert (rate.hits, rate.trials) == (1.5, 3)
    assert tally.clusters(EVERY, tally.malicious).hits == 1


def test_a_family_is_the_mean_of_its_clusters() -> None:
    rate = tally.families(EVERY, tally.suspicious)
    assert (rate.hits, rate.trials) == (0.75, 2)


def test_inconclusive_is_a_miss() -> None:
    assert tally.clusters(LOST, tally.suspicious).share == 0
    assert tally.clusters(LOST, tally.inconclusive).share == 1


def test_a_peer_that_failed_found_nothing() -> None:
    tests = tally.peer_tests({"half1": PeerVerdict(guarddog=7, hexora=None, hexora_high=True)})
    found = {name: test(HALF[0]) for name, test in tests.items()}
    assert found == {
        "GuardDog >= 7": True,
        "GuardDog >= 5": True,
        "hexora ML >= 0.5": False,
        "hexora high confidence": True,
    }
    assert not any(test(HALF[1]) for test in tests.values())


def test_harmless_clusters_are_counted_apart() -> None:
    rows = tables.recall(EVERY, {"half", "lost"}, ("study",)).rows
    shown = {row[0]: row[2] for row in rows}
    assert shown["suspicious or worse"].startswith("100.0% of 1 ")
    assert shown["with harmless clusters: suspicious or worse"].startswith("50.0% of 3 ")
    assert shown["inconclusive (counted as missed)"].startswith("33.3% of 3 ")


@pytest.mark.parametrize("cluster", ["", "c"])
def test_check_is_never_listed(cluster: str) -> None:
    verdict = "clean" if cluster else "malicious"
    ones = [
        measured("open", verdict, "theft/x", cluster=cluster),
        measured("hidden", verdict, "theft/x", cluster=cluster, part="check"),
    ]
    text = "\n".join(
        [
            *listing.alarms(ones),
            *listing.missed(ones, set(), tally.suspicious),
            *listing.rule_hits(ones, "theft/x"),
        ]
    )
    assert "open" in text
    assert "hidden" not in text
    assert cluster or "check: 1 suspicious or worse, by theft/x 1" in text


def test_names_from_uploads_cannot_command_a_terminal() -> None:
    one = measured("evil\x1b[2J\u202e.whl", "malicious", "theft/x")
    text = "\n".join(listing.alarms([one]))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "why" in text
    assert "why" not in "\n".join(listing.alarms([one], reasons=False))


def test_tables_are_markdown() -> None:
    text = tables.alarms([measured("a", "clean"), measured("b", "suspicious")], ("study",))
    lines = text.markdown().splitlines()
    assert lines[0] == "### Ordinary packages held up"
    assert {line.count("|") for line in lines[2:8]} == {8}
    assert [c.strip() for c in lines[-3].split("|")][1:7] == ["all", "study", "2", "0", "1", "0"]
