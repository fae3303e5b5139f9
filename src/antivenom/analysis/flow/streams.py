"""What a program is handed while it runs: its standard input, a connection's two ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from antivenom.analysis.flow import layers
from antivenom.analysis.value import Value, taints_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_READERS = {
    "python": "python",
    "sh": "shell",
    "powershell": "powershell",
    "cmd": "batch",
    "node": "javascript",
}
_READER = re.compile(
    r"(?:.*[/\\])?(?:(?P<python>(?:python|pypy)[\d.]*w?|py)|(?P<sh>(?:ba|da|z|k|a)?sh)"
    r"|(?P<powershell>powershell|pwsh)|(?P<cmd>cmd)|(?P<node>node|bun))(?:\.exe)?"
)
_TAKEN = ("secrets.", "user.", "host.identify", "file.read", "process.shell", "process.spawn")
_WIRES = frozenset(["net.send", "net.connect", "net.fetch"])
_MOST = 4


def given(m: Machine, site: Site, command: Value, data: Value) -> None:
    """Record what a program gets on its standard input: a shell runs it, `nc` carries it away."""
    line = layers.command_of(command)
    if not line or not (data.known or data.taints):
        return
    reader = _reader(line)
    if not reader:
        _carried(m, site, line, data)
        return
    for taint in taints_of([data]):
        sink = "code.run" if reader in {"python", "javascript"} else "process.shell"
        m.effects.flow(m, taint, sink, site, value=_shown(line), path_class="computed")
    if isinstance(data.const, (str, bytes)) and len(data.const) > 2:
        text = data.const if isinstance(data.const, bytes) else data.const.encode()
        layers.run_text(m, text, site.line, (*data.coded, "standard-input"), reader)


def _reader(line: str | list[str]) -> str:
    """Return the language that a program reads from its standard input, "" for other programs."""
    words = line.split() if isinstance(line, str) else line
    found = _READER.fullmatch(words[0]) if words and len(words) <= 6 else None
    if found is None or any(not word.startswith("-") or word == "-c" for word in words[1:]):
        return ""
    return _READERS[found.lastgroup or ""]


def _shown(line: str | list[str]) -> str:
    return line if isinstance(line, str) else " ".join(line)


def _carried(m: Machine, site: Site, line: str | list[str], data: Value) -> None:
    taken = [t for t in taints_of([data]) if t.via[0].startswith(_TAKEN)]
    if not taken:
        return
    from antivenom.analysis.commands import observe_command

    for seen in observe_command(line, shell="").sightings:
        if seen.id in _WIRES and seen.kind == "behavior":
            for taint in taken[:_MOST]:
                host = (seen.host, seen.hostclass)
                m.effects.flow(m, taint, "net.send", site, value=seen.value, host=host)
            return


def communicate(m: Machine, site: Site) -> None:
    """``Popen(...).communicate(data)`` and ``Popen(...).stdin.write(data)``."""
    started = site.receiver.made[:1] if site.receiver is not None else ()
    data = site.first((0, "input"))
    if started and data is not None:
        given(m, site, started[0], data)


def connection(m: Machine, site: Site) -> Value | None:
    """``asyncio.open_connection(...)``: one end to read from and one to write to."""
    row = m.frame.table.row("asyncio.open_connection")
    if row is None:
        return None
    made = m.effects.call(m, row, "asyncio.open_connection", site)
    to = made.made or tuple(site.all(row.host)[:1])
    return Value(
        items=[
            Value(path="asyncio.StreamReader()", taints=made.taints, made=to),
            Value(path="asyncio.StreamWriter()", taints=made.taints, made=to),
        ]
    )
