"""A draft rule page for a campaign: what was mined, in the form that a person finishes.

The page holds expressions of our own vocabulary, facts we made up as its sample, and hashes; no
text of a specimen. It is a draft: nothing matches it until somebody moves it to evaluation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from antivenom.lab.literals import Literal, literals, yara
from antivenom.lab.mining import Candidate, Mined, mine
from antivenom.model.attack import load_attack
from antivenom.model.profile import Profile
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules.language import Chain, parse
from antivenom.rules.rule import Folder
from antivenom.rules.sql import chains

_FOLDERS: Mapping[str, Folder] = {
    "net.send": "exfiltration",
    "persist": "persistence",
    "tamper": "tampering",
    "impact": "execution",
    "supply": "supply",
    "guard": "evasion",
    "defense": "evasion",
    "secrets": "theft",
    "user": "theft",
    "net": "execution",
    "code": "execution",
    "process": "execution",
    "data": "obfuscation",
}
"""Behavior or family -> what is bad about it; the first that a rule names decides."""
_SPECIMENS = 5
"""Hashes on the page."""
_KEBAB = re.compile(r"[^a-z0-9]+")


class Suggestion(Struct, frozen=True, kw_only=True):
    """What `antivenom lab suggest` gives."""

    campaign: str
    id: str
    """Of the drafted rule; "" when nothing separates the campaign."""
    page: str
    """The draft; "" as above."""
    yara: str
    """"" when the specimens share no text of their own."""
    mined: Mined
    literals: tuple[Literal, ...]


def suggest(
    campaign: str, hostile: Sequence[Profile], ordinary: Sequence[Profile], *, day: str
) -> Suggestion:
    """Return a draft for specimens of one campaign, measured against ordinary packages."""
    bad = [profile.facts for profile in hostile]
    good = [profile.facts for profile in ordinary]
    mined, texts = mine(bad, good), tuple(literals(bad, good))
    found = [hostile[n].sha256 for n in sorted({n for c in mined.chosen for n in c.specimens})]
    name = _kebab(campaign)
    about = f"Campaign {name}: {len(hostile)} specimens, {day}"
    id = f"{_folder(mined.chosen)}/suggested-{name}" if mined.chosen else ""
    return Suggestion(
        campaign=campaign,
        id=id,
        page=_page(id, mined, found[:_SPECIMENS], day) if id else "",
        yara=yara(name, about, texts, len(hostile)),
        mined=mined,
        literals=texts,
    )


def told(found: Suggestion) -> Iterator[str]:
    """Yield a suggestion for people, a line each; literals are clipped and hold no line break."""
    mined = found.mined
    yield f"{found.campaign}: {mined.specimens} specimens against {mined.ordinary} ordinary"
    for one in mined.chosen:
        yield f"  {len(one.specimens)} specimens, 0 ordinary: {one.match} ({one.when})"
    if not mined.chosen:
        yield "  no chain separates them from ordinary packages"
    for one in mined.others:
        told_of = f"{len(one.specimens)} specimens, {one.ordinary} ordinary"
        yield f"  also {told_of}: {one.match} ({one.when})"
    for text in found.literals:
        yield f"  hint, {len(text.specimens)} specimens, {text.kind}: {text.text}"


def _kebab(text: str) -> str:
    return _KEBAB.sub("-", text.lower()).strip("-")[:40].strip("-") or "campaign"


def _folder(chosen: Sequence[Candidate]) -> Folder:
    named = {id for one in chosen for id in _ids(one)}
    families = {id.partition(".")[0] for id in named}
    return next((place for key, place in _FOLDERS.items() if key in named | families), "execution")


def _ids(one: Candidate) -> list[str]:
    """Return the behaviors an expression names, in order."""
    return [atom.ids[0] for chain in chains(parse(one.match)) for atom in chain.atoms]


# ---------------------------------------------------------------------- the page


def _page(id: str, mined: Mined, specimens: Sequence[str], day: str) -> str:
    return "".join(f"{line}\n" for line in _lines(id, mined, specimens, day))


def _lines(id: str, mined: Mined, specimens: Sequence[str], day: str) -> Iterator[str]:
    named = list(dict.fromkeys(b for one in mined.chosen for b in _ids(one)))
    attack = list(dict.fromkeys(t for b in named for t in load_attack().behaviors.get(b, ())))
    deeds = [BEHAVIORS[b] for b in named[:3]]
    yield f"# {deeds[0][:1].upper()}{', '.join(deeds)[1:]}"
    yield from ("", "```toml rule", f'id = "{id}"', 'severity = "high"', 'confidence = "low"')
    yield 'state = "draft"'
    yield f"when = [{_listed(mined.when)}]"
    yield from ('match = """', *_alternatives(mined.chosen), '"""')
    yield f"attack = [{_listed(attack)}]"
    yield f"specimens = [{_listed(specimens)}]"
    yield from ("```", "", "**{member} {does} {when}.** " + _measured(mined, day))
    yield "Draft: say here why this is bad, and what an ordinary package would do instead."
    yield from ("", "## Flags", "", "### facts as mined", "")
    yield from ("To be replaced by a small program of your own that does the same.", "")
    yield from ("```toml facts", *_facts(mined), "```", "", "## Does not flag", "")
    yield "To be written: the nearest ordinary thing to do."


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _alternatives(chosen: Sequence[Candidate]) -> Iterator[str]:
    for n, one in enumerate(chosen):
        yield f"or {one.match}" if n else one.match


def _measured(mined: Mined, day: str) -> str:
    return (
        f"Mined on {day}: it fits {mined.found} of {mined.specimens} specimens of a campaign and "
        f"none of {mined.ordinary} ordinary packages."
    )


def _facts(mined: Mined) -> Iterator[str]:
    """Yield facts that fit the first alternative; values and places are made up."""
    first = mined.chosen[0]
    for line, chain in enumerate(chains(parse(first.match)), 1):
        steps = [atom.ids[0] for atom in chain.atoms]
        yield "[[fact]]"
        yield f'id = "{"->".join(steps)}"'
        yield f'kind = "{"flow" if len(steps) > 1 else "behavior"}"'
        yield from ('member = "demo/__init__.py"', f"line = {line}")
        yield f'activation = "{mined.when[-1]}"'
        if len(steps) > 1:
            yield f"via = [{_listed(steps)}]"
        yield from _given(chain)


def _given(chain: Chain) -> Iterator[str]:
    """Yield the fields that the tests of a chain ask for."""
    for test in (test for atom in chain.atoms for test in atom.tests):
        if test.field in {"hostclass", "path_class"}:
            yield f'{test.field} = "{test.values[0]}"'
        else:
            yield f'args = ["{test.field}={test.values[0]}"]'
