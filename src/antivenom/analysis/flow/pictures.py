"""Pictures and sounds handed to a program that shows them: what starts is the program."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from antivenom.analysis import tools
from antivenom.analysis.flow import layers, telling
from antivenom.analysis.value import HOLE, Taint
from antivenom.model.label import STRENGTH, Activation

if TYPE_CHECKING:
    from antivenom.analysis.api.row import Row
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site

_MOST_WORDS = 40
_TURNED = ("data.", "code.")
# What a picture is drawn into and converted from; an interpreter given one is no tool (see `only`).
_PAGES = re.compile(r"\.(?:pdf|e?ps|svg|dvi|tex)$", re.I)


def only(m: Machine, row: Row, site: Site, taint: Taint) -> bool:
    """Whether what came from a picture is an argument of another program, or opened as a picture.

    Taken apart on the way, or started itself, it is a program that was hidden there.
    """
    if STRENGTH[m.activation] > STRENGTH[Activation.RUN]:
        return False  # nobody asked to see anything
    if "what=media" not in taint.args or any(step.startswith(_TURNED) for step in taint.via):
        return False
    for value in site.all(row.runs_file):
        shown = (t for t in telling.texts(value) if telling.MEDIA.search(t))
        if any(taint.value in {"", text} for text in shown):
            return True
    line = layers.shown(row, site) if row.command else ""
    words = line.split()[:_MOST_WORDS]
    if not words or HOLE in words[0] or any(_was_put_there(m, word) for word in words):
        return False
    return tools.command_class(line) in {"tool", "other"}


def _was_put_there(m: Machine, word: str) -> bool:
    """Whether a word names a file that the program wrote, other than a picture or a page."""
    name = word.strip("\"'")
    if telling.MEDIA.search(name) or _PAGES.search(name):
        return False
    return telling.file_key(word) in m.files
