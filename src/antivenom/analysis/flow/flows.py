"""Which chains of behaviors are worth a fact."""

from __future__ import annotations

_STOLEN = ("secrets.", "user.")
_FOREIGN = frozenset(
    [
        "net.fetch",
        "net.deaddrop",
        "net.connect",
        "net.listen",
        "net.lookup",
        "data.decode",
        "data.decrypt",
        "data.assemble",
    ]
)
_LEAVES = frozenset(["net.send", "net.lookup", "net.connect", "net.fetch"])
_RUNS = frozenset(
    [
        "code.run",
        "code.native",
        "code.deserialize",
        "code.inject",
        "code.import",
        "process.spawn",
        "process.shell",
        "file.write",
        "tamper.package",
    ]
)


def is_flow(via: tuple[str, ...]) -> bool:
    """Return whether a chain says something: stolen things leave, foreign things run."""
    first, last = via[0], via[-1]
    if first.startswith(_STOLEN):
        return last in _LEAVES or last.startswith(("process.", "tamper.", "supply."))
    if first.startswith("host."):
        return last in _LEAVES or (last == "code.run" and len(via) > 2)
    if first == "file.write":
        return last in {"code.run", "code.import", "code.native", "process.spawn", "process.shell"}
    if first == "file.read" and last == "file.write":
        return "data.encrypt" in via
    if first == "file.read":
        return last in {"net.send", "code.run", "process.spawn", "process.shell", "net.lookup"}
    if first in _FOREIGN:
        if last in _RUNS or last.startswith(("persist.", "supply.", "defense.")):
            return True
        return first.startswith("data.") and last in _LEAVES
    return first.startswith("process.") and last in _LEAVES | {"code.run"}
