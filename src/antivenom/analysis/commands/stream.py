"""What travels through a pipe: where it came from, and its bytes where they are known."""

from __future__ import annotations

from dataclasses import dataclass, replace

from antivenom.model.fact import HostClass

MOST_CHAINS = 12
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Chain:
    """Behaviors a value came through, and what the first of them was done with."""

    via: tuple[str, ...]
    value: str = ""
    host: str = ""
    hostclass: HostClass = ""
    path_class: str = ""
    args: tuple[str, ...] = ()

    def then(self, behavior: str) -> Chain:
        """Return the chain one behavior longer."""
        if self.via[-1] == behavior or len(self.via) >= 6:
            return self
        return replace(self, via=(*self.via, behavior))


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes between two commands."""

    chains: tuple[Chain, ...] = ()
    data: bytes | None = None
    coded: tuple[str, ...] = ()
    """How the bytes were decoded on the way, outermost first."""

    @property
    def text(self) -> str | None:
        """The bytes as text, or None when they are not known."""
        return None if self.data is None else self.data.decode("utf-8", "replace")

    def then(self, behavior: str) -> Stream:
        """Return the stream with every chain one behavior longer, its bytes no longer known."""
        return Stream(tuple(chain.then(behavior) for chain in self.chains))


NOTHING = Stream()


def merge(*streams: Stream) -> Stream:
    """Return what comes out when several streams are written one after the other."""
    chains: dict[Chain, None] = {}
    for stream in streams:
        chains.update(dict.fromkeys(stream.chains))
    known = [s.data for s in streams if s is not NOTHING]
    data = None
    if known and all(d is not None for d in known):
        data = b"".join(d for d in known if d is not None)[:MOST_BYTES]
    coded = next((s.coded for s in streams if s.coded), ())
    return Stream(tuple(chains)[:MOST_CHAINS], data, coded)
