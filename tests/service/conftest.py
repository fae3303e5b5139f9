from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antivenom.store import Store, open_store
from tests.service.made import FakeClock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "service.db")) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
