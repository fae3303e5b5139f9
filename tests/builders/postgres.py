"""A PostgreSQL of our own for the length of a test: a new cluster, reached by its socket alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PLACES = ("/usr/local/bin", "/usr/local/pgsql/bin")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server."""

    folder: Path
    binaries: Path
    user: str | None
    """Who it runs as, where we are root and it may not be."""
    durable: bool = False
    """Whether it waits for the disk, as servers do and tests need not."""

    @property
    def url(self) -> str:
        """Where its database is; the account needs no password on a socket of ours."""
        return f"postgresql://antivenom@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start it, or start it again."""
        sync = "on" if self.durable else "off"
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync={sync}"
        self._control("start", "-o", f"{options} -c max_connections=60")

    def stop(self) -> None:
        """Stop it as a power cut would, as far as its files know."""
        self._control("stop", "-m", "immediate")

    def _control(self, *command: str) -> None:
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "100", "-l", log, *command)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        subprocess.run(
            [str(self.binaries / program), *arguments],
            check=True,
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )


def binaries() -> Path | None:
    """Return where the server's programs are, None where there are none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places = [*debian, *map(Path, _PLACES), *([Path(found).resolve().parent] if found else [])]
    return next((p for p in places if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)


def account() -> str | None:
    """Return who the server runs as: not root, which it refuses."""
    if os.geteuid():
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Make a cluster, run it, and remove it."""
    programs = binaries()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    made = Cluster(folder, programs, account(), durable)
    try:
        if made.user:
            shutil.chown(folder, made.user)
        options = ("-A", "trust", "-U", "antivenom", "-E", "UTF8", "--no-sync")
        made.run("initdb", "-D", str(folder / "data"), *options)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
