"""The service against a fake registry, with settings that make it quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from antivenom.model.moments import stamp
from antivenom.service import uploads
from antivenom.service.clock import SystemClock
from antivenom.service.uploads import Arrival
from tests.builders import archives
from tests.builders.index import FakeIndex
from tests.builders.service import Service, prepared

QUICK = {
    "SLOTS": "1",
    "POLL_SECONDS": "0.1",
    "HEARTBEAT_SECONDS": "0.5",
    "DEAD_AFTER_SECONDS": "4",
    "RECONCILE_SECONDS": "2",
    "RETRY_SECONDS": "0.2",
    "FEEDS": '{"pypi": {"requests-per-second": 1000, "every-seconds": 0.2}}',
}


@dataclass
class Running(Service):
    """A database, a registry, and the processes started on them."""

    fake: FakeIndex = field(default_factory=FakeIndex)

    def announce(
        self, count: int, *, first: int = 0, code: str = "", **options: object
    ) -> list[int]:
        """Put packages of ours into the registry and into the table."""
        arrivals = []
        for n in range(first, first + count):
            name = f"thing{n}"
            data = archives.sdist({"setup.py": f"print({n})\n{code}"}, name=name)
            file = f"{name}-1.0.tar.gz"
            self.fake.add(name, file, data, uploaded="2026-11-20T10:00:00Z")
            values = {"ecosystem": "pypi", "project": name, "version": "1.0", "filename": file}
            arrivals.append(Arrival(**{**values, "serial": n + 1, **options}))  # type: ignore[arg-type]
        with self.store.writing() as connection:
            return uploads.record_all(connection, arrivals, stamp(SystemClock().now()))


@contextmanager
def running(
    folder: Path, fake: FakeIndex, *, database: str = "", pace: dict[str, str] = QUICK, **given: str
) -> Iterator[Running]:
    """Prepare a database; end all processes in the end."""
    wanted = {**pace, **given, **({"DATABASE": database} if database else {})}
    with prepared(folder, fake.url, wanted) as made:
        yield Running(**vars(made), fake=fake)
