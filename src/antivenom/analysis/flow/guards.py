"""Conditions that decide whether something runs: main guards and chosen targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.value import Value, text_of
from antivenom.model import program as p

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

_TARGETS = frozenset(["host.identify", "host.locate", "host.inspect", "guard.target"])
_PLATFORM = frozenset(["os.name", "sys.platform"])


def is_main(test: p.Expr) -> bool:
    """Return whether a condition is ``__name__ == "__main__"``, alone or with others."""
    if not isinstance(test, p.Op):
        return False
    if test.op == "and":
        return any(part is not None and is_main(part) for part in test.args)
    if test.op != "==" or len(test.args) != 2:
        return False
    names = [a for a in test.args if isinstance(a, p.Name) and a.id == "__name__"]
    texts = [a for a in test.args if isinstance(a, p.Const) and a.value == "__main__"]
    return bool(names and texts)


def observe(m: Machine, stmt: p.Branch, test: Value) -> None:
    """Report a branch that depends on which machine, user or place this is."""
    if not test.taints:
        return
    sources = {t.via[0] for t in test.taints}
    if sources & _TARGETS:
        first = next(t for t in test.taints if t.via[0] in _TARGETS)
        m.effects.emit(m, "guard.target", stmt.line, value=first.value or text_of(test))
    elif "guard.sandbox" in sources:
        m.effects.emit(m, "guard.sandbox", stmt.line)
