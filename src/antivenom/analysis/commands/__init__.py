"""Commands inside code: shell, cmd and PowerShell lines read as programs of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from antivenom.analysis.commands.report import CommandReport

if TYPE_CHECKING:
    from antivenom.model.fact import Sighting

__all__ = ["CommandReport", "observe_command", "observe_script"]


def observe_command(command: str | Sequence[str], *, shell: str = "") -> CommandReport:
    """Read a command line or an argument vector."""
    return CommandReport()


def observe_script(text: str, lang: str) -> list[Sighting]:
    """Read a script member."""
    return []
