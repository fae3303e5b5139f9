"""The work of people: cases open by themselves, people rule on them, everything is on record.

Every function takes a connection inside the caller's transaction, and the time.
"""

from __future__ import annotations

from antivenom.service.casework.deciding import (
    decide,
    decide_campaign,
    history,
    standing,
    undo,
    undo_campaign,
)
from antivenom.service.casework.dossier import Dossier, case
from antivenom.service.casework.holding import comment, comments_of, hold, holder, release
from antivenom.service.casework.nouns import (
    KINDS,
    RULINGS,
    STATES,
    CaseRow,
    Comment,
    Decision,
    Glance,
)
from antivenom.service.casework.opening import consider
from antivenom.service.casework.queueing import (
    Counts,
    Group,
    Page,
    Wanted,
    campaign,
    counts,
    queue,
)
from antivenom.service.casework.rows import some_cases
from antivenom.service.casework.suppressing import Suppressed, suppressed, unsuppress

__all__ = [
    "KINDS",
    "RULINGS",
    "STATES",
    "CaseRow",
    "Comment",
    "Counts",
    "Decision",
    "Dossier",
    "Glance",
    "Group",
    "Page",
    "Suppressed",
    "Wanted",
    "campaign",
    "case",
    "comment",
    "comments_of",
    "consider",
    "counts",
    "decide",
    "decide_campaign",
    "history",
    "hold",
    "holder",
    "queue",
    "release",
    "some_cases",
    "standing",
    "suppressed",
    "undo",
    "undo_campaign",
    "unsuppress",
]
