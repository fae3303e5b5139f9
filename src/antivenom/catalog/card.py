"""The data card of a release: how it was made, what is in it, what it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct
from sqlalchemy import select

from antivenom._version import __version__
from antivenom.catalog import stats
from antivenom.catalog.exchange import TABLES
from antivenom.catalog.specimen import Specimen
from antivenom.catalog.statement import LABELS, current
from antivenom.report.escape import visible
from antivenom.store import Store, schema

_MADE = """\
Specimens come from the sources below. Each archive was unpacked and observed by Antivenom in a
process that can neither run it nor reach a network; behaviors, activations, hidden texts and
indicators are what that observation found. No archive was executed, and no bytes of one are here.
"""
_LABELS = """\
Labels are statements: who says what, when, why, and how surely (`statements`). None is overwritten
and a withdrawn one stays on record. The label of a specimen is computed: withdrawn statements do
not count; a person outweighs a source, a source outweighs our engine; then the surer, then the
later one wins.
"""
_SPLITS = """\
`splits.csv` splits by family and by time. Whole families stay together (a campaign, what a source
calls a family or cluster, one project); the newest fifth of the families is for testing, the tenth
before it for tuning. A family keeps the split an earlier release gave it. Report results per
family, never per specimen: most specimens are copies of others.
"""
_GAPS = """\
- What nobody reported is not here, and registries report what their tools find.
- Dates are those of the sources: when a set had a specimen first, not when it was uploaded.
- Behaviors are those of static observation: what code fetches later is not seen.
- An indicator may be a service that was abused; look before you block.
"""


class About(Struct, frozen=True, kw_only=True):
    """What only the release knows of itself; also its ``dataset.json``."""

    version: str
    made_at: str
    licence: str
    splits: dict[str, int]
    made_by: str = f"antivenom {__version__}"


def readme(store: Store, specimens: list[Specimen], about: About) -> str:
    """Return the data card as Markdown."""
    return "\n".join(_lines(store, specimens, about)) + "\n"


def _lines(store: Store, specimens: list[Specimen], about: About) -> Iterator[str]:
    yield f"# Known malicious packages, release {about.version}\n"
    yield f"Made {about.made_at} by {about.made_by}. {len(specimens):,} specimens."
    yield f"Licence: {visible(about.licence) or 'none is claimed; see the sources'}.\n"
    yield f"## How it was made\n\n{_MADE}"
    yield from _sources(store)
    yield f"## Labels\n\n{_LABELS}"
    yield from _quality(specimens)
    yield f"## Splits\n\n{_SPLITS}"
    yield from (f"- {name}: {count:,} specimens" for name, count in sorted(about.splits.items()))
    yield f"\n## Known gaps\n\n{_GAPS}"
    yield from _gaps(specimens)
    yield "## Files\n"
    yield from (f"- `{t.name}.parquet`: {t.comment}" for t in TABLES)
    yield "- `facts.parquet`: every observation, one a row."
    yield "- `catalog.jsonl`: the same, a specimen a line; `antivenom catalog import` reads both."
    yield "- `osv/`: OSV records. `splits.csv`, `dataset.json`, `CHANGELOG.md`, `SHA256SUMS`.\n"
    yield "## In numbers\n\n```text"
    with store.reading() as connection:
        yield from stats.bars(stats.gather(connection))
    yield "```"


def _sources(store: Store) -> Iterator[str]:
    yield "| source | where | licence |\n|---|---|---|"
    with store.reading() as connection:
        for row in connection.execute(select(schema.sources).order_by("id")).mappings():
            cells = (
                visible(str(row[name])).replace("|", "\\|") for name in ("id", "url", "licence")
            )
            yield f"| {' | '.join(cells)} |"
    yield ""


def _quality(specimens: list[Specimen]) -> Iterator[str]:
    kinds = Counter(max((s.kind for s in one.statements), default="nobody") for one in specimens)
    disputed = sum(current(one.statements).disputed for one in specimens)
    labels = Counter(one.label for one in specimens)
    yield from (f"- {labels[x]:,} {x}: {about}" for x, about in LABELS.items() if labels[x])
    read = sum(any(s.kind == "person" for s in one.statements) for one in specimens)
    unlabelled = kinds["nobody"]
    yield f"- a person spoke of {read:,}; {disputed:,} are disputed; {unlabelled:,} have no label\n"


def _gaps(specimens: list[Specimen]) -> Iterator[str]:
    bytes_seen = sum(bool(one.sha256) for one in specimens)
    unread = sum(bool(one.problem) for one in specimens)
    undated = sum(not one.first_seen for one in specimens)
    yield f"- {len(specimens) - bytes_seen:,} specimens are known by name alone"
    yield f"- {unread:,} could not be read completely; {undated:,} have no date\n"
