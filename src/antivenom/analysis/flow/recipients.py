"""A payment whose recipient the caller names and the code replaces by an address of its own."""

from __future__ import annotations

import re

from antivenom.analysis import wallets
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.value import Value

_RECIPIENT = re.compile(
    r"(?:^|_)(?:to|recipient|receiver|destination|dest|payee|beneficiary|to_?addr(?:ess)?|"
    r"address|wallet)$",
    re.IGNORECASE,
)
_LONGEST = 95


def bound(m: Machine, name: str, value: Value, line: int) -> None:
    """See ``to = "0x..."`` where `to` is what the caller asked for."""
    if type(value.const) is str and name in m.frame.function.params and _is_recipient(m, name):
        _report(m, value.const, line)


def paid(m: Machine, table: dict[object, Value], line: int) -> None:
    """See ``{"to": "0x...", "value": n}`` in a function that is told a recipient.

    A transaction with data calls a contract, whose address is a constant with good reason.
    """
    if "data" in table or "input" in table:
        return
    given = table.get("to")
    if given is None or type(given.const) is not str:
        return
    if any(_is_recipient(m, name) for name in m.frame.function.params):
        _report(m, given.const, line)


def _is_recipient(m: Machine, name: str) -> bool:
    """Whether a parameter must be given and names who is paid."""
    has_default = any(name == one for one, _ in m.frame.function.defaults)
    return not has_default and _RECIPIENT.search(name[:60]) is not None


def _report(m: Machine, text: str, line: int) -> None:
    if len(text) > _LONGEST or not text.strip("0x"):
        return
    currency = wallets.currency(text)
    if currency:
        m.effects.emit(m, "tamper.value", line, value=text, args=(f"currency={currency}",))
