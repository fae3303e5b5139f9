"""Measures look-alikes: cost of a look-up, slips recognised, popular names that look like others.

No popular name imitates another, so every resemblance among them is what an honest newcomer
would meet: the false alarms of a name alone, which is why a name alone is only a remark.
"""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from antivenom.context import known_names, slips
from antivenom.context.identity import identities
from antivenom.context.known_names import KnownNames
from antivenom.context.names import CLOSE, Lookalike, PopularNames, normal
from antivenom.model.profile import Profile
from antivenom.report.escape import visible
from bench import corpus, measure, page, tally
from bench.tables import Table

BEGIN = "<!-- bench names: begin; written by `python -m bench names --write`, do not edit -->\n"
END = "<!-- bench names: end -->\n"
USED_RANK = 3000
"""Up to which rank the rules that corroborate a slip look."""
_TAKEN = 1000
"""The most popular names that are misspelled on purpose."""
_STRANGER = "xqzvkwj"

Pair = tuple[str, Lookalike]


def whole(*, write: bool) -> list[Table]:
    """Measure everything; put it into the page when told to."""
    names = KnownNames().of("pypi")
    assert names is not None
    pairs, costs = resembling(names)
    made = [_cost(names, costs), _recognised(names), _among_themselves(names, pairs), _identity()]
    if write:
        text = page.PAGE.read_text(encoding="utf-8")
        if BEGIN not in text:
            text += f"\n{BEGIN}{END}"
        parts = [page.made("Names"), *(table.markdown() for table in made), _listed(pairs)]
        page.PAGE.write_text(page.between(text, "\n".join(parts), BEGIN, END), encoding="utf-8")
    return made


def refresh(given: str) -> Path:
    """Write a shipped list anew from ``ecosystem=file``, a ranking as text; return its place."""
    ecosystem, _, source = given.partition("=")
    place = known_names.LISTS / f"{ecosystem}.txt.gz"
    place.write_bytes(known_names.pack(Path(source).read_text(encoding="utf-8"), ecosystem))
    return place


def resembling(names: PopularNames) -> tuple[list[Pair], list[float]]:
    """Return each popular name with what it would resemble were it new, and seconds a look-up."""
    names.lookalikes("warm-up-everything")
    found, costs = [], []
    for name in names.names:
        likes, spent = _timed(names, name)
        costs.append(spent)
        if likes:
            found.append((name, likes[0]))
    return found, costs


def _timed(names: PopularNames, name: str) -> tuple[tuple[Lookalike, ...], float]:
    """Return what a name resembles and the seconds it takes, the least of three: a busy machine
    adds to one of them, never to all.
    """
    spent = []
    for _ in range(3):
        started = time.process_time_ns()
        likes = names.lookalikes(name, known=True)
        spent.append((time.process_time_ns() - started) / 1e9)
    return likes, min(spent)


def _cost(names: PopularNames, costs: Sequence[float]) -> Table:
    started = time.process_time()
    KnownNames().of("pypi")
    loaded = time.process_time() - started
    fresh = PopularNames(names.names)
    started = time.process_time()
    fresh.lookalikes("warm-up-everything")
    indexed = time.process_time() - started
    ordered = sorted(costs)
    rows: list[tuple[str, ...]] = [
        ("names", "", f"{len(names):,}"),
        ("list read", "", f"{loaded * 1e3:.0f} ms"),
        ("index made, once a process", "", f"{indexed * 1e3:.0f} ms"),
        ("look-up, median", "< 1 ms", f"{ordered[len(ordered) // 2] * 1e3:.3f} ms"),
        ("look-up, p99", "< 1 ms", f"{ordered[len(ordered) * 99 // 100] * 1e3:.3f} ms"),
        ("look-up, worst", "< 1 ms", f"{ordered[-1] * 1e3:.3f} ms"),
        ("worst of names made to be slow", "< 1 ms", f"{_hostile(names) * 1e3:.3f} ms"),
    ]
    note = (
        "Processor time of looking up every popular name as if it were new, the least of three; "
        "the index is warm."
    )
    header = ("what", "reach", "measured")
    return Table(title="Cost of a look-up", header=header, rows=rows, notes=(note,))


def _hostile(names: PopularNames) -> float:
    """Return the seconds of the slowest name that somebody made to be slow."""
    parts = ("a-", "py", "py-", "python", "pytest-", "mypy-boto3-", "opentelemetry-", "azure-mgmt-")
    return max(_timed(names, (part * slips.LONGEST)[: slips.LONGEST])[1] for part in parts)


def _among_themselves(names: PopularNames, pairs: Sequence[Pair]) -> Table:
    hows = sorted({like.how for _, like in pairs}, key=lambda how: (how not in CLOSE, how))
    rows = [_row(how, [p for p in pairs if p[1].how == how], names) for how in hows]
    close = [pair for pair in pairs if pair[1].how in CLOSE]
    rows.append(_row("slips together", close, names))
    note = (
        f"Each of {len(names):,} names against all others, equal ones left out, its first "
        f"resemblance counted. Rules that corroborate a slip ask for a name among the first "
        f"{USED_RANK:,}; the other ways are never a finding by themselves."
    )
    header = (
        "how",
        "names",
        "share",
        f"with one of the first {USED_RANK:,}",
        "with a better known",
    )
    return Table(
        title="Popular names that resemble each other", header=header, rows=rows, notes=(note,)
    )


def _row(how: str, pairs: Sequence[Pair], names: PopularNames) -> tuple[str, ...]:
    known = sum(like.rank <= USED_RANK for _, like in pairs)
    better = sum(like.rank < names.rank(name) for name, like in pairs)
    share = f"{100 * len(pairs) / len(names):.2f}%"
    return how, str(len(pairs)), share, f"{known} ({100 * known / len(names):.2f}%)", str(better)


def _recognised(names: PopularNames) -> Table:
    rows: list[tuple[str, ...]] = []
    for how, misspell in _MISSPELL.items():
        tried = Counter(_outcomes(names, misspell))
        total = sum(tried.values())
        share = f"{100 * tried['found'] / total:.1f}%" if total else "-"
        rows.append((how, f"{total:,}", share))
    note = (
        f"Every such slip in the {_TAKEN:,} most popular names of at least six letters; what is "
        "itself a popular name is left out. Found: the name meant is among the three told."
    )
    header = ("slip", "tried", "found")
    return Table(title="Slips recognised", header=header, rows=rows, notes=(note,))


def _outcomes(names: PopularNames, misspell: Callable[[str], Iterator[str]]) -> Iterator[str]:
    for meant in names.names[:_TAKEN]:
        if len(slips.bare(meant)) < 6:
            continue
        for typed in sorted(set(misspell(meant)) - {meant}):
            if not names.rank(typed):
                told = {like.name for like in names.lookalikes(typed)}
                yield "found" if meant in told else "missed"


def _places(name: str) -> Iterator[int]:
    return (at for at, letter in enumerate(name) if letter.isalpha())


def _transposed(name: str) -> Iterator[str]:
    for at in _places(name):
        if name[at + 1 : at + 2].isalpha():
            yield name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def _missing(name: str) -> Iterator[str]:
    return (name[:at] + name[at + 1 :] for at in _places(name))


def _doubled(name: str) -> Iterator[str]:
    return (name[:at] + name[at] + name[at:] for at in _places(name))


def _keyboard(name: str) -> Iterator[str]:
    for at in _places(name):
        yield from (name[:at] + key + name[at + 1 :] for key in slips.NEIGHBOURS[name[at]])


def _looks(name: str) -> Iterator[str]:
    for letters, alike in (("o", "0"), ("l", "1"), ("m", "rn"), ("w", "vv"), ("e", "3")):
        if letters in name:
            yield name.replace(letters, alike, 1)


def _separators(name: str) -> Iterator[str]:
    if "-" in name:
        yield name.replace("-", "")
        yield name.replace("-", "", 1)


def _order(name: str) -> Iterator[str]:
    words = name.split("-")
    if len(words) > 1:
        yield "-".join(words[::-1])
        yield "-".join([*words[1:], words[0]])


def _two(name: str) -> Iterator[str]:
    middle = len(name) // 2
    for at in range(2, middle - 1):
        yield name[:at] + name[at + 1 : middle] + name[middle + 1 :]


_MISSPELL: dict[str, Callable[[str], Iterator[str]]] = {
    "two letters swapped": _transposed,
    "a letter left out": _missing,
    "a letter doubled": _doubled,
    "the key beside": _keyboard,
    "what looks alike": _looks,
    "separators left out": _separators,
    "words in another order": _order,
    "two letters left out": _two,
}


def _identity() -> Table:
    """Count ordinary packages that seem to carry another's identity, and copies recognised."""
    known = measure.knowledge()
    measured = measure.measure(corpus.benign(), known, profiles=True)
    rows: list[tuple[str, ...]] = []
    for part in corpus.PARTS:
        chosen = tally.part(measured, part)
        profiles = [one.outcome.profile for one in chosen if one.outcome.profile]
        listed = [p for p in profiles if _popular(p, known.names)]
        carrying = sum(any(identities(profile, known.names)) for profile in profiles)
        copies = sum(any(identities(_renamed(profile), known.names)) for profile in listed)
        rows.append(
            (part, str(len(profiles)), str(carrying), f"{copies} of {len(listed)} popular ones")
        )
    header = ("part", "ordinary", "carry another's identity", "recognised under a random name")
    note = "Identity: README, addresses and packages of a popular project (`meta.copied-readme`)."
    return Table(title="Borrowed identities", header=header, rows=rows, notes=(note,))


def _popular(profile: Profile, known: KnownNames) -> bool:
    names = known.of(profile.ecosystem)
    own = normal(profile.metadata.name, profile.ecosystem)
    return names is not None and names.rank(own) > 0


def _renamed(profile: Profile) -> Profile:
    metadata = dataclasses.replace(profile.metadata, name=_STRANGER)
    return structs.replace(profile, metadata=metadata)


def _listed(pairs: Sequence[Pair]) -> str:
    """Fence what remains: slips between popular names that the rules would look at."""
    found = [p for p in pairs if p[1].how in CLOSE and p[1].rank <= USED_RANK]
    found.sort(key=lambda pair: (pair[1].rank, pair[0]))
    lines = [visible(f"{like.name}: {name} ({like.how})") for name, like in found]
    body = "\n".join(lines)
    title = f"### Slips among popular names, with one of the first {USED_RANK:,}"
    return f"{title}\n\n```text\n{body}\n```\n"
