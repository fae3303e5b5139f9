"""Whose name a release's own name and those of its dependencies resemble: `name.*` facts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antivenom.context.adding import fact
from antivenom.context.known_names import KnownNames
from antivenom.context.names import CLOSE, Lookalike, PopularNames, normal
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile

MOST_DEPENDENCIES = 300
OTHER_RANK = 5000
"""Names of other registries known well enough to be imitated here."""
DEPENDENCY_RANK, REORDERED_RANK = 1000, 5000
_PYPI = re.compile(r"\s{0,20}([A-Za-z0-9][A-Za-z0-9._-]{0,199})")
_NPM = re.compile(r"(@?[^@\s]{1,214})@")
_UNSURE = frozenset({"two-slips", "replaced", "added"})


def resemblances(profile: Profile, known: KnownNames) -> Iterator[Fact]:
    """Yield what the name and the names of dependencies resemble; a name alone proves nothing."""
    own = normal(profile.metadata.name, profile.ecosystem)
    names = known.of(profile.ecosystem)
    if names is None:
        return
    if own and not names.rank(own):
        for one in names.lookalikes(own):
            yield _lookalike(profile, one, "own")
        yield from _elsewhere(profile, own, known)
        yield from _imported(profile, own, known)
    yield from _dependencies(profile, own, names)


def _lookalike(profile: Profile, one: Lookalike, what: str) -> Fact:
    sure = one.how in CLOSE and one.how not in _UNSURE
    args = (f"how={one.how}", f"what={what}", f"rank={one.rank}")
    return fact(profile, "name.lookalike", one.name, *args, sure=sure)


def _elsewhere(profile: Profile, own: str, known: KnownNames) -> Iterator[Fact]:
    for other, names in known.others(profile.ecosystem).items():
        rank = names.rank(own)
        if 0 < rank <= OTHER_RANK and len(own) > 3:
            value, args = f"{other}: {own}", (f"rank={rank}",)
            yield fact(profile, "name.other-registry", value, *args, sure=False)


def _imported(profile: Profile, own: str, known: KnownNames) -> Iterator[Fact]:
    for module, project in known.imports(profile.ecosystem).items():
        if own == normal(module, profile.ecosystem) and own != project:
            yield fact(profile, "name.import-name", project, "how=called")


def _dependencies(profile: Profile, own: str, names: PopularNames) -> Iterator[Fact]:
    """Yield dependencies that look like a popular name, and none of whose name is popular."""
    spelling = _NPM if profile.ecosystem == "npm" else _PYPI
    found = (spelling.match(spec[:300]) for spec in profile.metadata.requires[:MOST_DEPENDENCIES])
    asked = dict.fromkeys(normal(hit[1], profile.ecosystem) for hit in found if hit)
    for one in asked:
        if one == own or names.rank(one):
            continue
        likes = [like for like in names.lookalikes(one) if _worth_telling(like)]
        for like in likes[:1]:
            args = (f"how={like.how}", f"name={one}", "what=dependency")
            yield fact(profile, "name.lookalike", like.name, *args, sure=like.how in CLOSE)


def _worth_telling(like: Lookalike) -> bool:
    """Whether a dependency's resemblance says anything: its name was chosen by somebody else."""
    return like.rank <= (REORDERED_RANK if like.how == "word-order" else DEPENDENCY_RANK)
