"""The service as its users run it: commands on a database, and the processes they become."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from antivenom.service import settings, uploads
from antivenom.service.jobs import Jobs
from antivenom.service.settings import Settings
from antivenom.store import Store, open_store
from antivenom.store.schema_cases import case_reviews
from antivenom.store.schema_uploads import reviews, workers
from antivenom.store.schema_uploads import uploads as table

PATIENCE = 120.0
"""Seconds any condition may take on a loaded machine; met in one or two where it is idle."""
ROOT = Path(__file__).parents[2]


@dataclass
class Service:
    """A database and the processes started on it."""

    folder: Path
    store: Store
    settings: Settings
    environ: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start a command of ours."""
        return self.launch([sys.executable, "-m", "antivenom", *command], **environ)

    def launch(self, command: Sequence[str], **environ: str) -> subprocess.Popen[bytes]:
        """Start a program that is part of the service; what it says is kept."""
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                env={**self.environ, **environ},
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def logs(self) -> str:
        """Return what all processes said."""
        return "\n".join(p.read_text("utf-8", "replace") for p in sorted(self.folder.glob("*.log")))

    # ------------------------------------------------------------------ what the tables say

    def states(self) -> dict[str, int]:
        """Return how many uploads are in each state."""
        query = select(table.c.state, func.count()).group_by(table.c.state)
        with self.store.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def done(self, ids: Sequence[int] | None = None) -> int:
        """Return how many uploads, or how many of some, have their verdict."""
        query = select(func.count()).where(table.c.state == uploads.DONE)
        with self.store.reading() as connection:
            wanted = query if ids is None else query.where(table.c.id.in_(ids))
            return connection.scalar(wanted) or 0

    def reviews(self) -> int:
        """Return how many reviews there are."""
        with self.store.reading() as connection:
            return connection.scalar(select(func.count()).select_from(reviews)) or 0

    def problem(self, project: str) -> str:
        """Return what went wrong last with a project's upload."""
        query = select(table.c.problem).where(table.c.project == project)
        with self.store.reading() as connection:
            return connection.scalar(query) or ""

    def beating(self) -> int:
        """Return how many workers are known."""
        with self.store.reading() as connection:
            return connection.scalar(select(func.count()).select_from(workers)) or 0

    def claims(self, pids: Sequence[int]) -> list[int]:
        """Return the uploads that these processes have under work."""
        query = select(table.c.id, table.c.worker).where(table.c.state == uploads.WORKING)
        with self.store.reading() as connection:
            rows = connection.execute(query).all()
        return [row[0] for row in rows if int(row[1].split("-")[-2]) in pids]

    def lost(self, count: int) -> int:
        """Return how many of so many uploads have no verdict."""
        with self.store.reading() as connection:
            query = select(func.count()).where(table.c.review != "")
            return count - (connection.scalar(query) or 0)

    def twice(self) -> int:
        """Return how many verdicts there are beyond one an upload, in reviews and in cases."""
        with self.store.reading() as connection:
            named = connection.scalar(select(func.count(func.distinct(table.c.review)))) or 0
            every = connection.scalar(select(func.count()).select_from(reviews)) or 0
            opened = select(func.count() - func.count(func.distinct(case_reviews.c.review)))
            return max(every - named, 0) + (connection.scalar(opened) or 0)

    # ------------------------------------------------------------------ waiting and ending

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

    def until_said(self, project: str, words: str) -> None:
        """Wait until a project's upload has met this problem."""
        self.wait(lambda: words in self.problem(project), words)

    def caught(self, *pids: int) -> list[int]:
        """Stop processes where they stand, in the middle of work, and return what they have."""
        found: list[int] = []

        def stopped() -> bool:
            if not self.claims(pids):
                return False
            _tell(pids, signal.SIGSTOP)
            # Only now does it stand still: what it has may be done since it was asked.
            found[:] = self.claims(pids)
            if not found:
                _tell(pids, signal.SIGCONT)
            return bool(found)

        self.wait(stopped, "to find it at work")
        return found

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End a process as a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """End a process as an administrator would; return its status."""
        process.terminate()
        return process.wait(PATIENCE)

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)


def resume(*pids: int) -> None:
    """Let processes go on that were caught."""
    _tell(pids, signal.SIGCONT)


def _tell(pids: Sequence[int], what: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, what)


def children(pid: int) -> list[int]:
    """Return the processes a process started from its first thread."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in found]


@contextmanager
def prepared(folder: Path, index: str, given: Mapping[str, str]) -> Iterator[Service]:
    """Prepare a database for settings (KEY -> value); end all processes in the end."""
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("ANTIVENOM_", "PIP_", "UV_"))},
        "ANTIVENOM_SERVICE_DATA": str(folder / "data"),
        **{f"ANTIVENOM_SERVICE_{name}": value for name, value in given.items()},
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PIP_INDEX_URL": index,
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        "NO_PROXY": "127.0.0.1",
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_DATA_HOME": str(folder / "share"),
    }
    found = settings.read(environ=environ)
    with open_store(found.database_url) as store:
        Jobs(store, found).migrate()
        made = Service(folder, store, found, environ)
        try:
            yield made
        finally:
            made.end()
