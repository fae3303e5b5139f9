"""A simple index on loopback that is faithful where it should be and broken where a test asks."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import xmlrpc.client
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.builders.loopback import Handler, listening

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html; charset=utf-8"


def wheel(name: str, version: str, *, requires: tuple[str, ...] = (), code: str = "") -> bytes:
    """Return a small wheel with METADATA and RECORD."""
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {line}" for line in requires]
    files = {
        f"{name}/__init__.py": code or f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
    }
    rows = [f"{path},{_record(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return out.getvalue()


def _record(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass
class Served:
    """One file of the index and how it misbehaves."""

    project: str
    filename: str
    data: bytes
    announced: dict[str, str] | None = None
    """Hashes on the page; None announces the true sha256."""
    yanked: str | bool = False
    metadata: bytes | None = None
    """Served beside the file, PEP 658."""
    truncate: int | None = None
    """Send only so many bytes of what was promised."""
    size: int | None = None
    """On the page, where it differs from the truth."""
    uploaded: str = ""
    """ISO 8601; "" says nothing."""
    provenance: str | None = ""
    """Address of the attestations, None for a file without; "" says nothing."""


@dataclass
class FakeIndex:
    """What is served, how, and what was asked for."""

    url: str = ""
    html: bool = False
    files: list[Served] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)
    """Projects that exist without files."""
    status: dict[str, list[int]] = field(default_factory=dict)
    """Path -> status codes to answer before the truth; the last one repeats when negative."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every error status."""
    redirect: dict[str, str] = field(default_factory=dict)
    raw: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Path -> (content type, body), instead of a page."""
    encoding: dict[str, str] = field(default_factory=dict)
    """Path -> Content-Encoding of its raw body."""
    login: str = ""
    """``user:password`` that every request must carry."""
    project_status: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    """Files that are not answered before `gate` is set: who asks for them is under way."""
    gate: threading.Event = field(default_factory=threading.Event)
    journal: list[tuple[str, str | None, int, str, int]] = field(default_factory=list)
    """The changelog: name, version, seconds since 1970, action, serial."""
    journal_rows: int = 50_000
    """Most rows of one answer."""

    def add(self, project: str, filename: str, data: bytes, **options: Any) -> Served:
        """Serve a file and return it, so that a test can break it."""
        served = Served(project, filename, data, **options)
        self.files.append(served)
        return served

    def wheel(self, name: str, version: str, *, requires: tuple[str, ...] = (), **o: Any) -> Served:
        """Serve a wheel."""
        data = wheel(name, version, requires=requires)
        return self.add(name, f"{name}-{version}-py3-none-any.whl", data, **o)

    def sdist(self, name: str, version: str, **options: Any) -> Served:
        """Serve something named like an sdist; only its bytes matter here."""
        return self.add(name, f"{name}-{version}.tar.gz", f"{name} {version}".encode(), **options)

    def change(self, project: str, version: str | None, action: str, *, serial: int = 0) -> int:
        """Write a line into the changelog and return its serial."""
        serial = serial or max((row[4] for row in self.journal), default=100) + 1
        self.journal.append((project, version, 1_795_250_000 + serial, action, serial))
        return serial

    def upload(self, project: str, version: str, data: bytes, **options: Any) -> int:
        """Serve an sdist, tell of it in the changelog, and return the serial."""
        filename = f"{project}-{version}.tar.gz"
        if not any(row[0] == project for row in self.journal):
            self.change(project, None, "create")
        if not any(row[:2] == (project, version) for row in self.journal):
            self.change(project, version, "new release")
        self.add(project, filename, data, **options)
        return self.change(project, version, f"add source file {filename}")

    def called(self, body: bytes) -> bytes:
        """Answer a call by XML-RPC as the registry does."""
        parameters, method = xmlrpc.client.loads(body)
        if method == "changelog_last_serial":
            found: Any = max((row[4] for row in self.journal), default=0)
        elif method == "changelog_since_serial":
            since = int(str(parameters[0]))
            rows = sorted((r for r in self.journal if r[4] > since), key=lambda r: r[4])
            found = [list(row) for row in rows[: self.journal_rows]]
        else:
            fault = xmlrpc.client.Fault(-32601, "server error; requested method not found")
            return xmlrpc.client.dumps(fault).encode()
        return xmlrpc.client.dumps((found,), methodresponse=True, allow_none=True).encode()

    def rss(self) -> bytes:
        """Return the newest releases as RSS."""
        rows = [row for row in self.journal if row[3] == "new release"][-100:]
        items = "".join(f"<item><title>{r[0]} {r[1]}</title></item>" for r in reversed(rows))
        head = "<?xml version='1.0'?><rss version='2.0'><channel><title>updates</title>"
        return f"{head}{items}</channel></rss>".encode()

    def paths(self) -> list[str]:
        """Return what was asked for so far."""
        return [path for path, _ in self.requests]

    def page(self, project: str) -> tuple[str, bytes] | None:
        """Return a project's page as the index is set up to write it."""
        rows = [served for served in self.files if served.project == project]
        if not rows and project not in self.empty:
            return None
        if self.html:
            links = "\n".join(self._anchor(row) for row in rows)
            return HTML, f"<!doctype html><title>{project}</title>\n{links}\n".encode()
        page = {
            "meta": {"api-version": "1.4"},
            "name": project,
            "project-status": {"status": self.project_status.get(project, "active")},
            "files": [self._row(row) for row in rows],
        }
        return JSON, json.dumps(page).encode()

    def _row(self, row: Served) -> dict[str, Any]:
        found: dict[str, Any] = {
            "filename": row.filename,
            "url": f"../../files/{row.filename}",
            "hashes": self._hashes(row),
            "size": row.size if row.size is not None else len(row.data),
            "yanked": row.yanked,
        }
        if row.provenance != "":
            found["provenance"] = row.provenance
        if row.uploaded:
            found["upload-time"] = row.uploaded
        if row.metadata is not None:
            found["core-metadata"] = {"sha256": hashlib.sha256(row.metadata).hexdigest()}
        return found

    def _anchor(self, row: Served) -> str:
        fragment = "".join(f"#{name}={value}" for name, value in self._hashes(row).items())
        more = f' data-yanked="{row.yanked or ""}"' if row.yanked is not False else ""
        if row.metadata is not None:
            more += f' data-core-metadata="sha256={hashlib.sha256(row.metadata).hexdigest()}"'
        return f'<a href="../../files/{row.filename}{fragment}"{more}>{row.filename}</a>'

    def _hashes(self, row: Served) -> dict[str, str]:
        if row.announced is not None:
            return row.announced
        return {"sha256": hashlib.sha256(row.data).hexdigest()}


@contextmanager
def serve() -> Iterator[FakeIndex]:
    """Run an index on loopback for the length of a test."""
    index = FakeIndex()

    class Answers(_Handler):
        served = index

    with listening(Answers) as url:
        index.url = f"{url}/simple/"
        try:
            yield index
        finally:
            index.gate.set()


class _Handler(Handler):
    served: FakeIndex
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer as the index is set up to."""
        index = self.served
        index.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        if index.login and not self._allowed(index.login):
            self._send(401, HTML, b"")
        elif codes := index.status.get(self.path):
            code = codes[0] if codes[0] < 0 else codes.pop(0)
            self._send(abs(code), HTML, b"no", index.headers)
        elif self.path in index.redirect:
            self._send(302, HTML, b"", {"Location": index.redirect[self.path]})
        elif self.path in index.raw:
            encoding = index.encoding.get(self.path)
            extra = {"Content-Encoding": encoding} if encoding else None
            self._send(200, *index.raw[self.path], extra)
        elif self.path == "/rss/updates.xml":
            self._tagged("application/xml", index.rss())
        elif self.path.startswith("/files/"):
            self._file(self.path.removeprefix("/files/"))
        else:
            self._page(self.path.removeprefix("/simple/").strip("/"))

    def do_POST(self) -> None:
        """Answer the one service that takes calls."""
        index = self.served
        index.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        body = self.body()
        if codes := index.status.get(self.path):
            code = codes[0] if codes[0] < 0 else codes.pop(0)
            self._send(abs(code), HTML, b"no", index.headers)
        elif self.path in index.raw:
            self._send(200, *index.raw[self.path])
        elif self.path == "/pypi":
            self._send(200, "text/xml", index.called(body))
        else:
            self._send(404, HTML, b"unknown")

    def _allowed(self, login: str) -> bool:
        expected = "Basic " + base64.b64encode(login.encode()).decode()
        return self.headers.get("Authorization") == expected

    def _page(self, project: str) -> None:
        page = self.served.page(project)
        if page is None:
            self._send(404, HTML, b"unknown")
            return
        self._tagged(*page)

    def _tagged(self, kind: str, body: bytes) -> None:
        """Answer a conditional request."""
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self._send(304, kind, b"", {"ETag": etag})
        else:
            self._send(200, kind, body, {"ETag": etag})

    def _file(self, name: str) -> None:
        if name in self.served.held:
            self.served.gate.wait(60)
        for row in self.served.files:
            if name == row.filename:
                self._send(200, "application/octet-stream", row.data, cut=row.truncate)
                return
            if name == f"{row.filename}.metadata" and row.metadata is not None:
                self._send(200, "text/plain", row.metadata)
                return
        self._send(404, HTML, b"unknown")

    def _send(
        self,
        status: int,
        kind: str,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        cut: int | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True
