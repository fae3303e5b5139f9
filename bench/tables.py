"""The tables people read, as Markdown that is aligned enough for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from antivenom.rules import Book
from bench import estimates, tally
from bench.corpus import PeerVerdict
from bench.measure import Measured
from bench.tally import Rate, Test

STRATA = ("popular", "lowrank", "setup-py-tree")
_TAGS = {
    "t_setup": "runs when setup.py is read",
    "t_cmdclass": "runs in an install command",
    "t_import": "runs on import",
    "t_call": "runs when called",
    "t_entry": "runs as a command",
    "t_dep": "only in a dependency",
    "R": "readable first stage",
    "V": "whole payload readable",
    "O": "readable loader, encoded payload",
    "B": "native only",
    "N": "nothing hostile seen",
}
_OURS: dict[str, Test] = {
    "Antivenom malicious": tally.malicious,
    "Antivenom suspicious or worse": tally.suspicious,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A heading, rows of text, and what must be said about them."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: tuple[str, ...] = field(default=())

    def markdown(self) -> str:
        """Return the table with its columns aligned."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.header))]
        rule = tuple("-" * width for width in widths)
        lines = [
            "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
            for row in (self.header, rule, *self.rows)
        ]
        notes = "".join(f"\n{note}\n" for note in self.notes)
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n" + notes


def recall(measured: Sequence[Measured], harmless: set[str], parts: Sequence[str]) -> Table:
    """Return how much of the malware is found."""
    counted = [one for one in measured if one.sample.cluster not in harmless]
    bare = [one for one in counted if not one.outcome.has_setup]
    lines: list[tuple[str, str, Sequence[Measured], Test, bool]] = [
        ("suspicious or worse", ">= 95 %", counted, tally.suspicious, False),
        ("malicious", ">= 88 %", counted, tally.malicious, False),
        ("without a setup.py: suspicious or worse", ">= 92 %", bare, tally.suspicious, False),
        ("without a setup.py: malicious", "", bare, tally.malicious, False),
        ("with harmless clusters: suspicious or worse", "", measured, tally.suspicious, False),
        ("with harmless clusters: malicious", "", measured, tally.malicious, False),
        ("families: suspicious or worse", "", counted, tally.suspicious, True),
        ("families: malicious", "", counted, tally.malicious, True),
        ("inconclusive (counted as missed)", "<= 1 %", measured, tally.inconclusive, False),
    ]
    rows = []
    for label, target, ones, test, by_family in lines:
        count = tally.families if by_family else tally.clusters
        rows.append((label, target, *(_rate(count(tally.part(ones, p), test)) for p in parts)))
    lost = sum(bool(one.outcome.error) for one in measured)
    return Table(
        title="Malware found",
        header=("clusters", "reach", *parts),
        rows=rows,
        notes=(
            "A cluster counts as the mean over its archives, a family as the mean over its "
            "clusters; brackets are Clopper-Pearson intervals at 95 %. Harmless clusters "
            f"(tagged N or in bench/noise.csv): {_harmless(measured, harmless, parts)}. "
            f"Reviews lost to a limit or a fault: {lost} archives.",
        ),
    )


def seen(measured: Sequence[Measured], parts: Sequence[str]) -> Table:
    """Return how much is found of what a person read: by trigger and by what was visible."""
    rows = []
    for tag, meaning in _TAGS.items():
        ones = [one for one in measured if tag in one.sample.tags]
        cells = []
        for name in parts:
            there = tally.part(ones, name)
            found = tally.clusters(there, tally.suspicious)
            grave = tally.clusters(there, tally.malicious)
            cells += [str(found.trials), _share(found), _share(grave)]
        rows.append((f"{tag}: {meaning}", *cells))
    header = [(f"clusters, {p}", f"suspicious or worse, {p}", f"malicious, {p}") for p in parts]
    return Table(
        title="By what a person saw",
        header=("tag", *(cell for cells in header for cell in cells)),
        rows=rows,
        notes=("Only archives that a person read carry tags; one cluster may carry several.",),
    )


def alarms(measured: Sequence[Measured], parts: Sequence[str]) -> Table:
    """Return how many ordinary packages are held up."""
    rows = []
    for stratum in (*STRATA, "all"):
        for name in (*parts, "both") if len(parts) > 1 else parts:
            chosen = measured if name == "both" else tally.part(measured, name)
            chosen = [o for o in chosen if stratum in {"all", o.sample.stratum}]
            rows.append(_alarm_row(stratum, name, chosen))
    return Table(
        title="Ordinary packages held up",
        header=("stratum", "part", "archives", "malicious", "suspicious or worse", "inconclusive",
                "false alarms proven below"),
        rows=rows,
        notes=(
            "Reach: 0 malicious, at most 3 suspicious or worse, 0 inconclusive. The last column is "
            "what the count of suspicious or worse excludes with 95 % confidence (three divided by "
            "the number of archives when there is none): the corpus cannot prove less.",
        ),
    )  # fmt: skip


def compared(
    measured: Sequence[Measured],
    harmless: set[str],
    peers: Mapping[str, PeerVerdict],
    parts: Sequence[str],
) -> Table:
    """Return our verdicts beside the peers' on the same archives."""
    hostile = [o for o in measured if o.sample.hostile and o.sample.cluster not in harmless]
    bare = [one for one in hostile if not one.outcome.has_setup]
    ordinary = [one for one in measured if not one.sample.hostile]
    rows = []
    for label, test in {**_OURS, **tally.peer_tests(peers)}.items():
        cells = [_share(tally.clusters(tally.part(hostile, p), test)) for p in parts]
        cells += [_share(tally.clusters(tally.part(bare, p), test)) for p in parts]
        cells += [_count(tally.archives(tally.part(ordinary, p), test)) for p in parts]
        rows.append((label, *cells))
    return Table(
        title="Beside the peers",
        header=(
            "verdict",
            *(f"clusters, {p}" for p in parts),
            *(f"without setup.py, {p}" for p in parts),
            *(f"false alarms, {p}" for p in parts),
        ),
        rows=rows,
        notes=("The peers' verdicts were recorded once, with GuardDog 3.2.0 and hexora 0.3.2.",),
    )


def costs(measured: Sequence[Measured], parts: Sequence[str]) -> Table:
    """Return what a review costs."""
    rows = []
    for label, hostile in (("malware", True), ("ordinary", False)):
        for name in parts:
            ones = [o for o in tally.part(measured, name) if o.sample.hostile is hostile]
            rows.append((label, name, *_cost_cells(ones)))
    return Table(
        title="Cost of one review, warm",
        header=("archives", "part", "CPU median", "CPU p95", "CPU worst", "memory p95",
                "memory worst", "facts median", "facts most", "profile most"),
        rows=rows,
        notes=(
            "Reach: malware median <= 25 ms; ordinary median <= 60 ms, p95 <= 600 ms; memory "
            "<= 300 MB. CPU is processor time of observe and judge alone, in a process that has "
            "reviewed others before; memory is the resident "
            "peak of the reviewing process, the mapped archive and everything shared included; "
            "results that the bench had gathered when it forked the process are not.",
        ),
    )  # fmt: skip


def rules(measured: Sequence[Measured], book: Book, parts: Sequence[str]) -> Table:
    """Return what each rule finds, and what it finds that no other does."""
    found: dict[tuple[str, str, bool], set[str]] = defaultdict(set)
    alone: dict[str, set[str]] = defaultdict(set)
    for one in measured:
        unit = one.sample.cluster or one.sample.sha256
        ids = {hit.rule for hit in one.outcome.hits}
        for rule_id in ids:
            found[rule_id, one.sample.part, one.sample.hostile].add(unit)
        heavy = {hit.rule for hit in one.outcome.hits if hit.weight >= 0.5}
        if len(heavy) == 1 and one.sample.hostile:
            alone[heavy.pop()].add(unit)
    rows = []
    for rule in book.rules:
        counts = [str(len(found[rule.id, p, hostile])) for hostile in (True, False) for p in parts]
        weight = f"{rule.severity}/{rule.confidence}"
        rows.append((rule.id, rule.state, weight, *counts, str(len(alone[rule.id]))))
    header = (*(f"clusters, {p}" for p in parts), *(f"ordinary, {p}" for p in parts))
    return Table(
        title="Rules",
        header=("rule", "state", "weight", *header, "carried alone"),
        rows=rows,
        notes=("Carried alone: clusters with an archive where no other rule weighs 0.5 or more.",),
    )


def _alarm_row(stratum: str, name: str, chosen: Sequence[Measured]) -> tuple[str, ...]:
    flagged = tally.archives(chosen, tally.suspicious)
    return (
        stratum,
        name,
        str(len(chosen)),
        f"{tally.archives(chosen, tally.malicious).hits:g}",
        f"{flagged.hits:g}",
        f"{tally.archives(chosen, tally.inconclusive).hits:g}",
        f"{flagged.at_most:.1%}",
    )


def _cost_cells(ones: Sequence[Measured]) -> tuple[str, ...]:
    cpu = [one.outcome.cpu for one in ones if not one.outcome.error]
    peak = [one.outcome.peak for one in ones]
    facts = [one.outcome.facts for one in ones]
    return (
        f"{estimates.median(cpu) * 1000:.0f} ms",
        f"{estimates.quantile(cpu, 0.95) * 1000:.0f} ms",
        f"{max(cpu, default=0) * 1000:.0f} ms",
        f"{int(estimates.quantile(peak, 0.95)) >> 20} MB",
        f"{max(peak, default=0) >> 20} MB",
        f"{estimates.median(facts):g}",
        str(max(facts, default=0)),
        f"{max((one.outcome.size for one in ones), default=0) >> 10} KB",
    )


def _harmless(measured: Iterable[Measured], harmless: set[str], parts: Sequence[str]) -> str:
    counts = []
    for name in parts:
        found = {o.sample.cluster for o in tally.part(measured, name)} & harmless
        counts.append(f"{len(found)} in {name}")
    return ", ".join(counts)


def _rate(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.share:.1%} of {rate.trials} [{low:.1%}, {high:.1%}]"


def _share(rate: Rate) -> str:
    return f"{rate.share:.1%}"


def _count(rate: Rate) -> str:
    return f"{rate.hits:g} of {rate.trials}"
