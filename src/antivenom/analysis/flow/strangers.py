"""Calls of libraries that no table names: what they are given may say what they do.

Nobody needs to know a library to see that a function which is given an address and everything in
the environment, or a password store, sends the one to the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from antivenom.analysis import hosts
from antivenom.analysis.flow import streams
from antivenom.analysis.value import UNKNOWN, Taint, Value, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_ADDRESS = re.compile(
    r"(?:https?|wss?|ftps?|tcp|udp|mqtts?|amqps?|rediss?|mongodb(?:\+srv)?|postgres(?:ql)?|mysql)"
    r"://[^\s/]{1,200}\.[^\s/]"
)
_STOLEN = (
    *("secrets.browser", "secrets.wallet", "secrets.app", "secrets.key", "secrets.file"),
    *("secrets.store", "secrets.memory", "secrets.cloud", "user."),
)
_ENOUGH = 40
"""Numbers or bytes that may be a program rather than a parameter."""
_LOOKED_AT = 400
_READABLE = bytes([9, 10, 13, *range(32, 127)])
_EVERY = "all=yes"
_MOST_BACK = 4
_PROGRAM = re.compile(r"[a-z][a-z0-9_]{0,40}")


def meet(m: Machine, func: Value, site: Site) -> Value | None:
    """Look at a call of something unknown; return its result where it is known after all."""
    if m.frame.module.lang != "python":
        return None
    if func.path.startswith("sh.") and _PROGRAM.fullmatch(func.path[3:]):
        return _shell(m, func.path[3:], site)
    name = func.path.rpartition(".")[2]
    if not name[:1].isupper():
        _sent(m, site)
    return None


def _shell(m: Machine, program: str, site: Site) -> Value | None:
    """``sh.curl("-s", url)``: every attribute of the module is a program."""
    row = m.frame.table.pick("subprocess.check_output", site.lookup)
    if row is None:
        return None
    words = [Value(const=program.replace("_", "-"))]
    words += [v for v in site.args if text_of(v)]
    vector = Value(items=words, taints=taints_of(words))
    call = type(site)(site.line, site.end_line, [vector], {}, None)
    for value in (*site.args, *site.named.values()):
        if not text_of(value) and value.taints:
            streams.given(m, call, vector, value)
    return m.effects.call(m, row, "subprocess.check_output", call)


def _sent(m: Machine, site: Site) -> None:
    taints = taints_of([*site.args, *site.named.values()])
    taken = [t for t in taints if _is_taken(t)] if taints else []
    address = _address(site) if taken else ""
    if not address:
        return
    host = hosts.classify(address)
    m.effects.emit(m, "net.send", site.line, value=address, host=host, certainty="low")
    for taint in taken[:_MOST_BACK]:
        m.effects.flow(m, taint, "net.send", site, value=address, host=host, args=("where=body",))


def unreadable(m: Machine, site: Site) -> tuple[Taint, ...]:
    """Return the taint of a text that somebody else's code makes of numbers or binary data.

    What it says is not known, but when it is run as a program it was hidden before.
    """
    if m.frame.module.lang != "python" or not any(_is_cipher(v.const) for v in site.args[:3]):
        return ()
    return (m.effects.taint(m, "data.assemble", site.line, args=("how=numbers",)),)


def _is_cipher(const: object) -> bool:
    if isinstance(const, (list, tuple)):
        some = const[:_ENOUGH]
        return len(some) == _ENOUGH and all(type(x) is int for x in some)
    if isinstance(const, (bytes, bytearray)) and len(const) >= _ENOUGH:
        return len(bytes(const[:_LOOKED_AT]).translate(None, _READABLE)) * 4 > len(
            const[:_LOOKED_AT]
        )
    return False


def _is_taken(taint: Taint) -> bool:
    if len(taint.via) > 1 and taint.via[-1].startswith(("net.", "process.")):
        return False
    if taint.via[0] == "secrets.env":
        return _EVERY in taint.args
    return taint.via[0].startswith(_STOLEN)


def _address(site: Site) -> str:
    """Return an address that the call is given, or that its receiver was made with."""
    for value in (*site.args, *site.named.values()):
        if found := _url(value):
            return found
    back: Value | None = site.receiver
    for _ in range(_MOST_BACK):
        if back is None:
            return ""
        for part in back.made:
            if found := _url(part):
                return found
        before = back.made[0] if back.made else None
        back = back.base if back.base is not None else before
    return ""


def _url(value: Value) -> str:
    if value.const is UNKNOWN and not value.hint:
        return ""
    text = text_of(value)
    return text[:300] if len(text) < 4000 and _ADDRESS.match(text) else ""
