"""What a review says of the comparison with the previous release, beside its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from antivenom.context.changes_summary import summarise
from antivenom.context.matching import Matches, match_members
from antivenom.model.context import Context
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile
from antivenom.model.review import Review

_ENOUGH = 3
"""Members of code that both releases need before it means something that they share none."""


def compared(review: Review, profile: Profile, context: Context, facts: Iterable[Fact]) -> Review:
    """Return the review with what changed since the previous release, where there is one."""
    old = context.baseline
    if old is None:
        return review
    matches = match_members(profile, old)
    changes = summarise(profile, old, facts, matches, review.findings)
    notes = (*review.context.notes, *_remarks(profile, old, matches))
    known = msgspec.structs.replace(review.context, notes=notes)
    return msgspec.structs.replace(review, changes=changes, context=known)


def _remarks(new: Profile, old: Profile, matches: Matches) -> Iterator[str]:
    """Say where the comparison means less than it seems to."""
    ours, theirs = normalize_pypi(new.metadata.name), normalize_pypi(old.metadata.name)
    if ours and theirs and ours != theirs:
        yield f"compared with another project: {old.metadata.name} {old.metadata.version}"[:300]
    elif _strangers(new, old, matches):
        yield "the release before has no code in common with this one: perhaps another project"
    if old.overflow or any(p.blocking for p in old.coverage.problems):
        yield "the release before was not read completely: what is new may be older"
    if new.sha256 == old.sha256:
        yield "the release before is the same file"


def _strangers(new: Profile, old: Profile, matches: Matches) -> bool:
    """Whether two releases share a name and nothing else."""
    code = [sum(e.lang == "python" and e.size > 0 for e in p.manifest) for p in (new, old)]
    if min(code) < _ENOUGH:
        return False
    mine = {e.path for e in new.manifest if e.lang == "python" and e.size > 0}
    return not mine & matches.pairs.keys()
