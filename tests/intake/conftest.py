"""An index on loopback, a cache of its own, and nothing of this machine's configuration."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antivenom.http import Manners
from antivenom.intake.gathering import gather
from antivenom.intake.locator import Failure, Locator, Options
from antivenom.intake.releases import Index
from tests.builders.index import FakeIndex, serve


@pytest.fixture
def fake() -> Iterator[FakeIndex]:
    """An empty index; tests add files and faults."""
    with serve() as index:
        yield index


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test's cache to itself, its folder empty, and proxies of the machine out."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


class Asking:
    """Gathers from the fake index, remembers what was told and how long it would have waited."""

    def __init__(self, fake: FakeIndex) -> None:
        """Point a client's configuration at the index."""
        self.environ = {
            "PIP_INDEX_URL": fake.url,
            "PIP_CONFIG_FILE": "/dev/null",
            "UV_NO_CONFIG": "1",
        }
        self.told: list[str] = []
        self.waits: list[float] = []

    def __call__(self, *requests: str, **options: object) -> list[Locator | Failure]:
        """Return everything that targets came to."""
        chosen = Options(tell=self.told.append, **options)  # type: ignore[arg-type]
        manners = Manners(sleep=self.waits.append, timeout=5)
        index = Index(chosen, environ=self.environ, manners=manners)
        try:
            return list(gather(requests, chosen, index=index))
        finally:
            index.close()

    def failure(self, *requests: str, **options: object) -> Failure:
        """Return the one failure that targets came to."""
        [found] = self(*requests, **options)
        assert isinstance(found, Failure)
        assert "\n" not in str(found.error)
        return found

    def names(self, *requests: str, **options: object) -> list[str]:
        """Return the file names that targets came to, failures as ``! target``."""
        found = self(*requests, **options)
        return [f.filename if isinstance(f, Locator) else f"! {f.target}" for f in found]


@pytest.fixture
def ask(fake: FakeIndex) -> Asking:
    """Gather from the fake index."""
    return Asking(fake)
