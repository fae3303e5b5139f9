"""Whose identity a release carries: a README, addresses and packages that are another project's.

A fork does this honestly, so one sign is a remark. Each is a fact only about a popular project,
and only for a name that is not popular itself: `meta.copied-readme`, value the other project.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from antivenom.context import slips
from antivenom.context.adding import fact
from antivenom.context.imitation import shared_signs
from antivenom.context.known_names import KnownNames
from antivenom.context.names import CLOSE, PopularNames, normal
from antivenom.context.shipped import top_modules
from antivenom.model.context import Imitated
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile

TEXT = 20_000
MOST = 2
"""Other projects told of one release."""
SHORTEST = 4
SHIPPED_RANK = 3000
_INSTALL = re.compile(
    r"\b(?:pip3?|pipx|conda|poetry|uv|npm|yarn|pnpm)\s{1,9}(?:pip\s{1,9})?(?:install|add|i)\s{1,9}"
    r"(?:-{1,2}[\w-]{1,40}\s{1,9}){0,4}[\"'`]?(@?[A-Za-z0-9][\w./-]{0,99})"
)
_BADGE = re.compile(
    r"(?:shields\.io/(?:pypi|npm|conda)/[\w-]{1,20}/|badge\.fury\.io/(?:py|js)/|pepy\.tech/[\w/-]{1,20}/"
    r"|\bpypi\.[a-z.]{2,20}/(?:project|pypi|p)/|\bnpmjs\.[a-z]{2,9}/package/)(@?[A-Za-z0-9][\w./-]{0,99})"
)
_FORGE = re.compile(
    r"(?:github|gitlab|bitbucket|codeberg|gitee)\.(?:com|org)/[\w.-]{1,100}/([\w.-]{1,100})"
)
_SITE = re.compile(
    r"\b([\w-]{2,60})\.(?:readthedocs\.(?:io|org)|github\.io|palletsprojects\.com)\b"
)
_SUFFIXES = re.compile(r"(?:\.git|\.svg|\.png|\.json|/.*)$")
_HEADING = re.compile(
    r"^\s{0,3}#{1,3}[ \t]{1,9}([A-Za-z0-9][^\n\r]{0,80})|^([A-Za-z0-9][^\n\r]{0,80})\r?\n[=~-]{3}",
    re.MULTILINE,
)
_TOP = 3000
"""Characters in which a README's first heading is looked for."""
_KIN = frozenset({"word-order", "plural", "number", "affix", "inside"})


def identities(
    profile: Profile, known: KnownNames, imitated: Sequence[Imitated] = ()
) -> Iterator[Fact]:
    """Yield the popular projects whose identity a release of another name carries.

    `imitated` is what a registry says of projects whose names are near: then texts are compared.
    """
    names = known.of(profile.ecosystem)
    own = normal(profile.metadata.name, profile.ecosystem)
    if names is None or not own or names.rank(own):
        return
    signs = _signs(profile, own, names, known.imports(profile.ecosystem))
    for project in imitated:
        other = normal(project.metadata.name, profile.ecosystem)
        if _is_other(other, own, names):
            signs[other].update(shared_signs(profile.metadata, project.metadata))
    told = []
    for other, found in signs.items():
        if not found:
            continue
        look = _look(own, other, names)
        if len(found) >= 2 or look != "none":
            told.append((-len(found), look != "close", names.rank(other), other, look))
    for _, _, _, other, look in sorted(told)[:MOST]:
        how = "+".join(sorted(signs[other]))
        args = (f"how={how}", f"look={look}", f"count={len(signs[other])}")
        yield fact(profile, "meta.copied-readme", other, *args)


def _signs(
    profile: Profile, own: str, names: PopularNames, imports: Mapping[str, str]
) -> dict[str, set[str]]:
    """Return, by popular project, which parts of the release are that project's."""
    found: dict[str, set[str]] = defaultdict(set)
    for sign, spelled in _named(profile, own):
        other = normal(spelled, profile.ecosystem)
        if _is_other(other, own, names):
            found[other].add(sign)
    for module in top_modules(profile):
        other = imports.get(module) or normal(module, profile.ecosystem)
        if _is_other(other, own, names) and names.rank(other) <= SHIPPED_RANK:
            found[other].add("package")
    return found


def _is_other(other: str, own: str, names: PopularNames) -> bool:
    """Whether this is a popular project, and not this one in another spelling."""
    same = slips.bare(other) == slips.bare(own)
    return len(other) >= SHORTEST and names.rank(other) > 0 and not same


def _named(profile: Profile, own: str) -> Iterator[tuple[str, str]]:
    """Yield (sign, name) for each project that README and addresses speak of as this one."""
    metadata = profile.metadata
    text = metadata.description[:TEXT]
    heading = _HEADING.search(text[:_TOP])
    if heading:
        words = (heading[1] or heading[2]).strip(" #=*`").split()
        yield "readme", "-".join(words)
        yield "readme", "".join(words)
    for pattern, sign in ((_INSTALL, "readme"), (_BADGE, "readme")):
        spelled = [_SUFFIXES.sub("", hit).rstrip(".") for hit in pattern.findall(text)[:50]]
        if not any(normal(one, profile.ecosystem) == own for one in spelled):
            yield from ((sign, one) for one in spelled[:3])
    addresses = "\n".join((metadata.home_page, *metadata.urls))[:8000]
    for pattern in (_FORGE, _SITE, _BADGE):
        spelled = [_SUFFIXES.sub("", hit) for hit in pattern.findall(addresses)[:20]]
        if not any(
            slips.bare(normal(one, profile.ecosystem)) == slips.bare(own) for one in spelled
        ):
            yield from (("address", one) for one in spelled)


def _look(own: str, other: str, names: PopularNames) -> str:
    """Say how near the name comes to the other project's: close, kin, none."""
    scoped = own.startswith("@")
    for one in names.lookalikes(own):
        if one.name == other and (not scoped or one.how in CLOSE):
            return "close" if one.how in CLOSE or one.how == "word-order" else "kin"
    # A scope belongs to one owner, and who asks for @owner/other-linux-x64 has read it.
    return "kin" if other in own and not scoped else "none"
