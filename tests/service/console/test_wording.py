"""How times, ranks and campaigns are said."""

from __future__ import annotations

import pytest

from antivenom.service.console import rendering, wording
from tests.service.recorded import NOW


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (3.4, "3.4 s"),
        (42, "42 s"),
        (90, "2 min"),
        (3_700, "1 h"),
        (7_300, "2 h"),
        (86_400, "24 h"),
        (3 * 86_400, "3 d"),
        (-5, "0 s"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert wording.span(seconds) == said


def test_no_moment_is_nothing() -> None:
    assert wording.ago("", NOW) == ""
    assert wording.day("never") == ""
    assert wording.day("2026-11-21T12:05:00Z") == "21 Nov 2026, 12:05"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("host:drop.invalid", "drop.invalid"),
        ("payload:" + "a" * 64, "the same hidden text aaaaaaaaaaaa"),
        ("code:xyz", "the same code under other names"),
        ("uploader:pypi/mallory", "uploads by mallory"),
        ("anything", "anything"),
    ],
)
def test_campaigns(name: str, said: str) -> None:
    assert wording.key(name) == said


def test_ranks() -> None:
    assert [wording.known(rank) for rank in (0, 1, 11, 9_999)] == [
        *("", "top 10"),
        *("top 100", "well known"),
    ]


def test_only_the_inspector_is_linked_to() -> None:
    assert rendering.trusted("https://inspector.pypi.io/project/a/1") != ""
    for other in (
        "https://evil.invalid/",
        "https://inspector.pypi.io.evil.invalid/",
        'https://inspector.pypi.io/"onclick="x',
        "javascript:alert(1)",
    ):
        assert rendering.trusted(other) == "", other


def test_an_address_of_ours_leaves_out_what_is_empty() -> None:
    assert rendering.link("/", view="", text="a&b", n=0) == "/?text=a%26b"
    assert rendering.link("/cases/1") == "/cases/1"
