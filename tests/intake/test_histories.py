"""How a project's releases came, from its page to the facts of a review."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from antivenom.ecosystems.pypi.history import registry_info
from antivenom.ecosystems.pypi.locate import IndexFile
from antivenom.intake import gather
from antivenom.intake.locator import Locator
from antivenom.model.context import RegistryInfo
from antivenom.model.moments import moment
from antivenom.session import Options, Reviewed, run
from tests.builders.index import FakeIndex

DAY = "2026-03-0{}T10:00:00.000000Z"


def file(version: str, uploaded: str, attested: bool | None = None) -> IndexFile:
    name = f"demo-{version}.tar.gz"
    return IndexFile(filename=name, url=f"/{name}", uploaded=uploaded, attested=attested)


def test_the_history_of_a_release_ends_with_it() -> None:
    files = [
        file("1.0", "2024-05-01T00:00:00Z", True),
        file("1.1", "2026-03-01T09:30:00Z", True),
        file("1.2", "2026-03-01T10:00:00Z", False),
        file("1.3", "2026-03-01T10:10:00Z", True),
    ]
    assert registry_info(files, "demo", "1.2.0") == RegistryInfo(
        first_release="2024-05-01T00:00:00Z",
        releases=3,
        previous_release="2026-03-01T09:30:00Z",
        recent_releases=1,
        attested=False,
        attested_before=True,
    )
    first = registry_info(files, "demo", "1.0")
    assert first is not None
    assert (first.releases, first.previous_release, first.attested_before) == (1, "", None)


def test_a_release_is_as_old_as_its_first_file() -> None:
    wheel = IndexFile(filename="demo-2-py3-none-any.whl", url="/w", uploaded=DAY.format(3))
    files = [wheel, file("2", DAY.format(2)), file("1", DAY.format(1))]
    known = registry_info(files, "demo", "2")
    assert known is not None
    assert known.recent_releases == 0
    assert known.attested is None


@pytest.mark.parametrize("uploaded", ["", "yesterday", "2026-99-99T00:00:00Z", "9" * 99])
def test_an_index_without_times_has_no_history(uploaded: str) -> None:
    assert registry_info([file("1", uploaded)], "demo", "1") is None
    assert registry_info([], "demo", "1") is None
    assert moment(uploaded) is None


@pytest.fixture
def burst(fake: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """An old project with provenance, then four releases within an hour, the last without."""
    fake.wheel("demo", "1.0", uploaded="2022-01-01T00:00:00Z", provenance="x")
    for minute, version in enumerate(("1.1", "1.2", "1.3")):
        uploaded = f"2026-03-01T10:{minute:02}:00Z"
        fake.wheel("demo", version, uploaded=uploaded, provenance="x")
    fake.wheel("demo", "1.4", uploaded="2026-03-01T10:30:00Z", provenance=None)
    monkeypatch.setenv("PIP_INDEX_URL", fake.url)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return fake


def test_a_page_gives_the_history(burst: FakeIndex) -> None:
    (found,) = [item for item in gather(["demo==1.4"]) if isinstance(item, Locator)]
    assert found.around is not None
    assert found.around.upload is not None
    assert found.around.upload.uploaded == "2026-03-01T10:30:00Z"
    assert found.around.registry == RegistryInfo(
        first_release="2022-01-01T00:00:00Z",
        releases=5,
        previous_release="2026-03-01T10:02:00Z",
        recent_releases=3,
        attested=False,
        attested_before=True,
    )


def test_a_page_in_html_gives_none(burst: FakeIndex) -> None:
    burst.html = True
    (found,) = [item for item in gather(["demo==1.4"]) if isinstance(item, Locator)]
    assert found.around is None or found.around.registry is None


def _rules(request: str) -> set[str]:
    (one,) = run([request], Options(offline=False))
    assert isinstance(one, Reviewed)
    assert one.review.context.registry
    return {finding.rule for finding in one.review.findings}


def test_a_review_knows_what_is_odd(burst: FakeIndex, cache: Callable[[], None]) -> None:
    assert {"supply/release-burst", "supply/provenance-lost"} <= _rules("demo==1.4")
    assert "supply/after-long-silence" in _rules("demo==1.1")
    assert _rules("demo==1.0") == set()
