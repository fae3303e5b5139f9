"""Somebody who is told things: an HTTP server on loopback that keeps what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in, and how it is answered."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then 200."""
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with every answer."""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers in lower case, body."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            here.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(here.statuses.pop(0) if here.statuses else 200)
            for name, value in here.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(here.answer)))
            self.end_headers()
            self.wfile.write(here.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        here.url = f"http://127.0.0.1:{server.server_port}"
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
