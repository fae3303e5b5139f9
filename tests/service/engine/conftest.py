from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.index import FakeIndex, serve
from tests.service.engine.running import Running, running


@pytest.fixture
def fake() -> Iterator[FakeIndex]:
    with serve() as index:
        yield index


@pytest.fixture
def service(tmp_path: Path, fake: FakeIndex) -> Iterator[Running]:
    with running(tmp_path, fake) as found:
        yield found
