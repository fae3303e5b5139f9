"""Ways to run a text that look like something else: workers, pages, addresses that are code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from antivenom.analysis import decode, hosts
from antivenom.analysis.flow.callbacks import is_callable
from antivenom.analysis.flow.calls import call_value
from antivenom.analysis.value import Value, join, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_DATA = re.compile(r"data:(?:text|application)/(?:x-)?(?:java|ecma)script([^,]{0,100}),", re.I)
_REMOTE = re.compile(r"(?:https?:)?//", re.I)
_ELEMENT = re.compile(
    r"<script\b[^>]{0,300}?\ssrc\s{0,4}=\s{0,4}[\"']?([^\"'\s>]{1,500})", re.I
)  # fmt: skip
SCRIPT = "HTMLScriptElement()"
"""The path of a script element that the program made."""
_ADDRESS = frozenset(["src"])
_TEXT = frozenset(["text", "textContent", "innerText", "innerHTML"])
_MOST_ELEMENTS = 20


def element(m: Machine, site: Site) -> Value | None:
    """``document.createElement("script")``."""
    kind = site.args[0].const if site.args else None
    return Value(path=SCRIPT) if isinstance(kind, str) and kind.lower() == "script" else None


def attribute(m: Machine, site: Site) -> Value | None:
    """``element.setAttribute("src", address)``."""
    if len(site.args) > 1 and isinstance(site.args[0].const, str):
        stored(m, site.args[0].const.lower(), site.args[1], site.line)
    return Value()


def stored(m: Machine, name: str, value: Value, line: int) -> None:
    """What putting something into a script element does."""
    if name in _ADDRESS:
        _loaded(m, value, line)
    elif name in _TEXT:
        call_value(m, Value(path="eval"), [value], {}, line, line)


def appended(m: Machine, site: Site) -> Value | None:
    """``script.append(document.createTextNode(text))``."""
    for value in site.args[:4]:
        call_value(m, Value(path="eval"), [value], {}, site.line, site.end_line)
    return Value()


def written(m: Machine, site: Site) -> Value | None:
    """``document.write("<script src=...>")``."""
    for value in site.args[:4]:
        found = _ELEMENT.findall(text_of(value)[:100_000])[:_MOST_ELEMENTS]
        for address in found:
            _loaded(m, Value(const=address, taints=value.taints), site.line)
    return Value()


def remote(m: Machine, key: Value, line: int) -> Value | None:
    """``import(address)``: a module of another machine, or a text in the address itself."""
    spelled = text_of(key)
    data = _DATA.match(spelled)
    if data is not None:
        body = spelled[data.end() :]
        coded = (*key.coded, "base64") if "base64" in data[1].lower() else key.coded
        text = decode.b64(body).decode("utf-8", "replace") if coded != key.coded else unquote(body)
        value = Value(const=text, coded=coded, taints=key.taints)
        return call_value(m, Value(path="eval"), [value], {}, line, line)
    if _REMOTE.match(spelled):
        return _loaded(m, key, line)
    return None


def worker(m: Machine, site: Site) -> Value | None:
    """``new Worker(text, {eval: true})``, and one from a blob that holds a text."""
    first = site.args[0] if site.args else Value()
    evaluates = len(site.args) > 1 and _entry(site.args[1], "eval") is True
    if evaluates or first.path == _BLOB:
        body = first.made[0] if first.path == _BLOB and first.made else first
        return call_value(m, Value(path="eval"), [body], {}, site.line, site.end_line)
    return remote(m, first, site.line)


def blob(m: Machine, site: Site) -> Value | None:
    """``new Blob([text])``: its pieces, joined."""
    pieces = site.args[0] if site.args else Value()
    if isinstance(pieces.const, list):
        parts = [Value(const=c, coded=pieces.coded) for c in pieces.const[:100]]
    else:
        parts = list(pieces.items or [])[:100]
    taints = taints_of([pieces, *parts])
    if parts and all(isinstance(v.const, str) for v in parts):
        coded = next((v.coded for v in parts if v.coded), ())
        text = Value(const="".join(v.const for v in parts), coded=coded, taints=taints)
        return Value(path=_BLOB, made=(text,), taints=taints)
    return Value(taints=taints, made=tuple(parts[:1]))


_BLOB = "Blob()"


def address_of(m: Machine, site: Site) -> Value | None:
    """``URL.createObjectURL(blob)`` stands for the blob."""
    return site.args[0] if site.args else Value()


def compiled(m: Machine, site: Site) -> Value | None:
    """``module._compile(text, name)``."""
    if not site.args:
        return None
    return call_value(m, Value(path="eval"), site.args[:1], {}, site.line, site.end_line)


def proxy(m: Machine, args: list[Value], line: int) -> Value:
    """``new Proxy(target, handler)``: what stands in front of something is asked for it."""
    target, handler = args[0], args[1]
    traps = handler.table or {}
    for name in ("get", "apply", "set", "construct", "has"):
        trap = traps.get(name)
        if trap is None or not is_callable(trap):
            continue
        given = [target, Value(items=[Value()])] if name == "construct" else [target, Value()]
        if name == "apply":
            given.append(Value(items=[Value(), Value()]))
        answer = call_value(m, trap, given, {}, line, line)
        if name == "get" and is_callable(answer):
            call_value(m, answer, [Value(), Value()], {}, line, line)
    made = Value(path=target.path, table=target.table, ref=target.ref, taints=target.taints)
    return join(made, Value(table=handler.table)) if handler.table else made


def _loaded(m: Machine, address: Value, line: int) -> Value:
    """See a script of another machine; pages load those of well-known services all the time."""
    if hosts.classify(text_of(address))[1] in ("service", "local"):
        return Value()
    return call_value(m, Value(path=f"{SCRIPT}.load"), [address], {}, line, line)


def _entry(value: Value, name: str) -> Any:  # noqa: ANN401 - any constant
    if isinstance(value.const, dict):
        return value.const.get(name)
    held = (value.table or {}).get(name)
    return held.const if held is not None else None


_BOTS = {
    "node-telegram-bot-api": "https://api.telegram.org/bot",
    "telegraf.Telegraf": "https://api.telegram.org/bot",
    "grammy.Bot": "https://api.telegram.org/bot",
}
"""Clients of which everybody knows whom they talk to."""


def _bot(path: str) -> Callable[[Machine, Site], Value | None]:
    """Return what makes a client whose messages go to a known place."""

    def make(m: Machine, site: Site) -> Value | None:
        row = m.frame.table.pick(path, site.lookup)
        token = site.args[0] if site.args else Value()
        address = Value(const=_BOTS[path] + text_of(token)[:100])
        if row is not None:
            site.args[:1] = [address]
            m.effects.call(m, row, path, site)
        return Value(path="messenger.Client()", made=(address,), taints=token.taints)

    return make


PROGRAMS: dict[str, Callable[[Machine, Site], Value | None]] = {
    "document.createElement": element,
    "document.createElementNS": lambda m, site: Value(),
    f"{SCRIPT}.setAttribute": attribute,
    f"{SCRIPT}.append": appended,
    f"{SCRIPT}.appendChild": appended,
    "document.createTextNode": address_of,
    "document.write": written,
    "document.writeln": written,
    "Worker": worker,
    "worker_threads.Worker": worker,
    "Blob": blob,
    "buffer.Blob": blob,
    "URL.createObjectURL": address_of,
    "module._compile": compiled,
    "module.prototype._compile": compiled,
    "module()._compile": compiled,
    "module.Module()._compile": compiled,
    "Module()._compile": compiled,
    **{path: _bot(path) for path in _BOTS},
}
