"""Packages of our own making, as large as ordinary ones, and an index on loopback that has them.

Their code is this interpreter's own library, put together anew: it reads like what people write,
belongs to nobody's package, and is on every machine.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import sysconfig
import xmlrpc.client
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.builders.loopback import Handler, listening

SIZES = (1_175, 1_442, 1_745, 2_526, 3_752, 7_303, 15_038, 34_696, 94_839, 300_507)
"""Bytes of archives: the middles of the ten tenths of the whole corpus by size."""
_BODIES = 60
_DATE = (2026, 1, 1, 0, 0, 0)


class Library:
    """Bodies of packages; each package is one of them with a module of its own."""

    def __init__(self, seed: int = 6) -> None:
        self._random = random.Random(seed)  # noqa: S311  the same every time is what is wanted
        sources = _sources()
        self._bodies = [self._body(sources, SIZES[n % len(SIZES)]) for n in range(_BODIES)]

    def _body(self, sources: Sequence[tuple[str, bytes, int]], size: int) -> bytes:
        out, total = io.BytesIO(), 0
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            while total < size:
                name, text, packed = self._random.choice(sources)
                if packed > max(size - total, 1000) or f"m/{name}" in archive.namelist():
                    total += 200
                    continue
                archive.writestr(zipfile.ZipInfo(f"m/{name}", _DATE), text, zipfile.ZIP_DEFLATED)
                total += packed
        return out.getvalue()

    @lru_cache(maxsize=256)  # noqa: B019  there is one library in a process
    def archive(self, n: int) -> bytes:
        """Return package number n as a zipped source distribution."""
        out = io.BytesIO(self._bodies[n % len(self._bodies)])
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            head = f"Metadata-Version: 2.1\nName: made{n}\nVersion: 1.0\n"
            for name, text in (
                ("PKG-INFO", head),
                ("setup.py", f"from setuptools import setup\nsetup(name='made{n}')\n"),
                ("m/_own.py", f"number = {n}\n"),
            ):
                archive.writestr(zipfile.ZipInfo(f"made{n}-1.0/{name}", _DATE), text)
        return out.getvalue()


def _sources() -> list[tuple[str, bytes, int]]:
    root = Path(sysconfig.get_paths()["stdlib"])
    found = []
    for path in sorted(root.glob("*.py")) + sorted(root.glob("[a-s]*/*.py")):
        # One module is left out: reading pprint alone takes seconds, which is no load test.
        if path.name != "pprint.py" and not {"tests", "site-packages"} & set(path.parts):
            text = path.read_bytes()
            found.append((f"{path.parent.name}_{path.name}", text, len(zlib.compress(text))))
    return found


class Registry:
    """What the index serves: packages by number, and a changelog that grows when told to."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.url = ""
        self.told = 0
        """Packages the changelog names so far."""

    def page(self, name: str) -> bytes:
        """Return a project's page."""
        n = int(name.removeprefix("made"))
        data = self.library.archive(n)
        row = {
            "filename": f"made{n}-1.0.zip",
            "url": f"../../files/made{n}-1.0.zip",
            "hashes": {"sha256": hashlib.sha256(data).hexdigest()},
            "size": len(data),
            "upload-time": "2026-11-20T10:00:00Z",
        }
        return json.dumps({"meta": {"api-version": "1.0"}, "files": [row]}).encode()

    def called(self, body: bytes) -> bytes:
        """Answer a call for changes."""
        parameters, method = xmlrpc.client.loads(body)
        found: Any = self.told
        if method == "changelog_since_serial":
            after = range(int(str(parameters[0])) + 1, self.told + 1)
            found = [
                [f"made{n}", "1.0", 1_795_250_000, f"add source file made{n}-1.0.zip", n]
                for n in after
            ]
        return xmlrpc.client.dumps((found,), methodresponse=True).encode()


@contextmanager
def serving(library: Library) -> Iterator[Registry]:
    """Serve an index on loopback."""
    registry = Registry(library)

    class Answers(_Handler):
        served = registry

    with listening(Answers) as url:
        registry.url = f"{url}/simple/"
        yield registry


class _Handler(Handler):
    served: Registry
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        """Answer a page or a file."""
        place, _, name = self.path.strip("/").rpartition("/")
        if place == "simple":
            self._send(200, self.served.page(name), "application/vnd.pypi.simple.v1+json")
        elif place == "files":
            n = int(name.removeprefix("made").partition("-")[0])
            self._send(200, self.served.library.archive(n), "application/octet-stream")
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """Answer a call."""
        self._send(200, self.served.called(self.body()), "text/xml")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.answer(status, body, {"Content-Type": kind})
