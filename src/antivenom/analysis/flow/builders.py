"""Objects put together by a chain of calls: a command and its arguments in Rust."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.value import HOLE, Value, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_COMMAND = "std::process::Command()"
_MOST = 100


def command(m: Machine, site: Site) -> Value:
    """``Command::new(program)``."""
    return _vector(list(site.args[:1]))


def argument(m: Machine, site: Site) -> Value:
    """``.arg(x)`` and ``.args([x, y])`` return the command with more words."""
    from antivenom.analysis.flow.statements import elements

    words = list(site.receiver.items or []) if site.receiver is not None else []
    for value in site.args:
        words += elements(value) or [value] if not isinstance(value.const, str) else [value]
    return _vector(words[:_MOST])


def same(m: Machine, site: Site) -> Value:
    """Settings that change no word."""
    return site.receiver or Value()


def _vector(words: list[Value]) -> Value:
    shown = " ".join(text_of(w) or HOLE for w in words)
    return Value(path=_COMMAND, items=words, taints=taints_of(words), hint=shown)
