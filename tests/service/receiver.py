"""Somebody who is told things: an HTTP server on loopback that keeps what it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.builders.loopback import Handler, listening


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

    class Hears(Handler):
        def do_POST(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            here.got.append((self.path, headers, self.body()))
            status = here.statuses.pop(0) if here.statuses else 200
            self.answer(status, here.answer, here.headers)

    with listening(Hears) as here.url:
        yield here
