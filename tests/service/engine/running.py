"""The service as its users run it: commands on a database, against a fake registry."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from antivenom.model.moments import stamp
from antivenom.service import settings, uploads
from antivenom.service.clock import SystemClock
from antivenom.service.jobs import Jobs
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival
from antivenom.store import Store, open_store
from antivenom.store.schema_uploads import reviews
from antivenom.store.schema_uploads import uploads as table
from tests.builders import archives
from tests.builders.index import FakeIndex

PATIENCE = 120.0
"""Seconds any condition may take on a loaded machine; met in one or two where it is idle."""
ROOT = Path(__file__).parents[3]


@dataclass
class Running:
    """A database, a registry, and the processes started on them."""

    folder: Path
    fake: FakeIndex
    store: Store
    settings: Settings
    environ: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start a command of ours."""
        log = (self.folder / f"{command[0]}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "antivenom", *command],
            env={**self.environ, **environ},
            cwd=self.folder,
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """Return what all processes said."""
        return "\n".join(p.read_text("utf-8", "replace") for p in sorted(self.folder.glob("*.log")))

    def announce(self, count: int, *, first: int = 0, **options: object) -> list[int]:
        """Put packages of ours into the registry and into the table."""
        arrivals = []
        for n in range(first, first + count):
            name = f"thing{n}"
            data = archives.sdist({"setup.py": f"print({n})\n"}, name=name)
            file = f"{name}-1.0.tar.gz"
            self.fake.add(name, file, data, uploaded="2026-11-20T10:00:00Z")
            values = {"ecosystem": "pypi", "project": name, "version": "1.0", "filename": file}
            arrivals.append(Arrival(**{**values, "serial": n + 1, **options}))  # type: ignore[arg-type]
        with self.store.writing() as connection:
            return uploads.record_all(connection, arrivals, stamp(SystemClock().now()))

    def states(self) -> dict[str, int]:
        """Return how many uploads are in each state."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        with self.store.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def problem(self, project: str) -> str:
        """Return what went wrong last with a project's upload."""
        query = select(table.c.problem).where(table.c.project == project)
        with self.store.reading() as connection:
            return connection.scalar(query) or ""

    def reviews(self) -> int:
        """Return how many reviews there are."""
        with self.store.reading() as connection:
            return connection.scalar(select(func.count()).select_from(reviews)) or 0

    def wait(self, condition: Callable[[], object], what: str = "") -> None:
        """Return when a condition holds; fail with everything the processes said."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError(f"{what}: {self.states()}\n{self.logs()[-6000:]}")

    def until(self, **states: int) -> None:
        """Wait until the uploads are in these states, all of them."""
        self.wait(lambda: self.states() == states, f"waited for {states}")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process as a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """End a process as an administrator would; return its status."""
        process.terminate()
        return process.wait(PATIENCE)


@contextmanager
def running(folder: Path, fake: FakeIndex, *, database: str = "") -> Iterator[Running]:
    """Prepare a database; end all processes in the end."""
    quick = {
        "DATA": str(folder / "data"),
        "SLOTS": "1",
        "POLL_SECONDS": "0.1",
        "HEARTBEAT_SECONDS": "0.5",
        "DEAD_AFTER_SECONDS": "4",
        "RECONCILE_SECONDS": "2",
        "RETRY_SECONDS": "0.2",
        "FEEDS": '{"pypi": {"requests-per-second": 1000, "every-seconds": 0.2}}',
        **({"DATABASE": database} if database else {}),
    }
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("ANTIVENOM_", "PIP_", "UV_"))},
        **{f"ANTIVENOM_SERVICE_{name}": value for name, value in quick.items()},
        "PYTHONPATH": str(ROOT / "src"),
        "PIP_INDEX_URL": fake.url,
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        "NO_PROXY": "127.0.0.1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "share"),
    }
    found = settings.read(environ=environ)
    with open_store(found.database_url) as store:
        Jobs(store, found).migrate()
        running = Running(folder, fake, store, found, environ)
        try:
            yield running
        finally:
            for process in running.processes:
                if process.poll() is None:
                    running.kill(process)
