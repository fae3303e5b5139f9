"""Answers of the network that say where a program lies, not what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.value import HOLE, Taint, Value, taints_of, text_of

if TYPE_CHECKING:
    from antivenom.analysis.api.row import Row
    from antivenom.analysis.flow.site import Site

_ANSWER = ("net.fetch",)


def only(row: Row, site: Site, taint: Taint) -> bool:
    """Whether what was fetched is but a folder's name in the path of a program with a fixed name.

    What was written there meanwhile is a flow of its own, and so is a fetched argument.
    """
    if taint.via != _ANSWER or not row.command:
        return False
    lines = [value.items for value in site.all(row.command)]
    return bool(lines) and all(
        items and _in_a_folder(items[0]) and taint not in taints_of(items[1:]) for items in lines
    )


def _in_a_folder(program: Value) -> bool:
    folder, slash, name = text_of(program).replace("\\", "/").rpartition("/")
    return bool(slash and name) and HOLE in folder and HOLE not in name
