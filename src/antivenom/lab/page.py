"""The evaluation as one self-contained HTML page: tables, plots as inline SVG, no scripts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from antivenom.judge.scorer import Card
from antivenom.lab.breakdown import MOMENTS, Alarm, BehaviorReport
from antivenom.lab.evaluation import AtRate, PartReport, Report, RuleReport
from antivenom.lab.metrics import Figure

_STYLE = """\
:root{color-scheme:light dark;--line:#8883;--soft:#777;--bar:#2a6f97}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1.2rem}
h2{margin-top:3rem;border-bottom:2px solid var(--bar);padding-bottom:.2rem}
h3{margin:1.8rem 0 .4rem}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:.6rem 0}
caption{text-align:left;font-weight:600;padding:.3rem 0}
td,th{border-bottom:1px solid var(--line);padding:.25rem .8rem .25rem 0;text-align:left;
vertical-align:top}
td{font-variant-numeric:tabular-nums}
tr:hover td{background:#8881}
small,.soft{color:var(--soft)}
code{font-size:.92em}
td:first-child{white-space:nowrap}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem;margin:1rem 0}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem}
.card b{display:block;font-size:1.7rem;line-height:1.2}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem}
figure{margin:0;background:#fff;border-radius:.5rem;padding:.4rem}
svg{max-width:100%;height:auto;display:block}
details{margin:.6rem 0}
summary{cursor:pointer;font-weight:600}
"""
_FALSE = "false alarms, suspicious"
_POOR = 12
"""Rows of a long table before the rest is folded away."""


class Cell(NamedTuple):
    """Markup of our own; every plain text is escaped."""

    html: str


def html(report: Report) -> str:
    """Return the page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body>{''.join(_body(report))}</body></html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield "<h1>Evaluation</h1>"
    yield (
        f"<p class=soft>Data <code>{report.data[:12]}</code>, engine <code>{report.engine[:12]}"
        f"</code>, rule book <code>{report.rulebook[:12]}</code>, model of {escape(report.model)}."
        " A cluster counts as the mean over its archives. Intervals are Clopper-Pearson at 95 %. "
        "Errors and inconclusive reviews are misses.</p>"
    )
    names = [*(part.part for part in report.parts), "Robustness", "Peers", "False alarms"]
    names += ["What ranks highest", "Rules", "The model"]
    links = (f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in names)
    yield f"<nav>{''.join(links)}</nav>"
    yield f'<div class="cards">{"".join(_cards(report))}</div>'
    for part in report.parts:
        yield from _part(part)
    yield from _robustness(report)
    yield _heading("Peers")
    yield _peers(report)
    yield _heading("False alarms")
    yield "<p>Ordinary packages at least suspicious; those of <i>check</i> are not named.</p>"
    yield _table(("package", "stratum", "verdict", "score", "rules"), map(_alarm, report.alarms))
    yield from _ranked(report)
    yield _heading("Rules")
    yield _folding(
        ("rule", "archives", "clusters", "carried alone", "precision", "ordinary packages hit"),
        [_rule(one, {alarm.sha256 for alarm in report.alarms}) for one in report.rules],
        at=40,
    )
    yield from _model(report.card)


def _cards(report: Report) -> Iterator[str]:
    for part in report.parts:
        found, false = (part.verdicts[k] for k in ("recall, suspicious", _FALSE))
        yield (
            f'<div class="card"><b>{found.value:.1%}</b>of {found.of} clusters found, '
            f"{escape(part.part)}<br><small>{found.low:.1%} to {found.high:.1%}</small></div>"
            f'<div class="card"><b>{false.hits:.0f} of {false.of}</b>ordinary packages at least '
            f"suspicious, {escape(part.part)}<br><small>up to {false.high:.2%} of them; no alarm "
            f"at all would prove {part.proves:.2%}</small></div>"
        )


def _part(part: PartReport) -> Iterator[str]:
    yield _heading(part.part)
    yield (
        f"<p>{part.specimens} specimens, {part.ordinary} ordinary packages; {part.lost} lost, "
        f"{part.inconclusive} inconclusive. Observing takes {part.seconds * 1000:.0f} ms of a "
        f"processor in the median, at most {part.seconds_slow:.1f} s for nineteen in twenty; "
        f"{part.megabytes:.0f} MB are resident in the median, {part.megabytes_most:.0f} at most."
        f"</p><p>Rule of three: had none of {part.ordinary} packages been flagged, that would prove"
        f" a rate below 3/{part.ordinary} = {part.proves:.2%} and no better. A smaller rate in a "
        "table is not measured here, whatever the table says.</p>"
    )
    yield _table(("at the verdicts", ""), [(k, _shown(v)) for k, v in part.verdicts.items()])
    head: tuple[str, ...]
    for title, found in (("Rules alone", part.rules), ("Rules and model", part.model)):
        head = ("false alarms", "allowed", "score above", "recall, clusters", "recall, families")
        yield _table(head, map(_rate, found), title)
    yield '<div class="plots">'
    roc = plot(part.roc, "false-alarm rate", "recall per cluster", close=True)
    precision = plot(part.precision, "recall per cluster", f"precision at {_most(part)} hostile")
    yield f"<figure>{roc}</figure><figure>{precision}</figure>"
    yield "</div>"
    yield from _day(part)
    yield _table(
        ("stratum", "at least suspicious"),
        [(k, _shown(v)) for k, v in part.strata.items()],
        "Ordinary packages",
    )
    shapes = [(one.shape, _shown(one.found), _shown(one.alarms)) for one in part.shapes]
    head = ("archives", "clusters found", "ordinary packages at least suspicious")
    yield _table(head, shapes, "By kind and size")
    if part.tags:
        yield "<h3>By what the listing says of specimens</h3>"
        head = ("tag", "at least suspicious", "malicious")
        found_by = [(one.tag, _shown(one.suspicious), _shown(one.malicious)) for one in part.tags]
        yield _folding(head, found_by, at=_POOR)
    yield "<h3>By behavior and activation</h3>"
    yield (
        "<p class=soft>Clusters in which a behavior was observed at a moment or earlier, how many "
        "of them are at least suspicious, and ordinary packages that do the same.</p>"
    )
    head = ("behavior", *(f"{name}: {about}" for name, about in MOMENTS.items()))
    yield _folding(head, [_behavior(one) for one in part.behaviors], at=_POOR)


def _most(part: PartReport) -> str:
    return f"{max((day.base for day in part.days), default=0.0):.1%}"


def _day(part: PartReport) -> Iterator[str]:
    rows = [
        (
            f"{day.base:.1%}",
            f"{day.found:.1f}",
            f"{day.alarms:.1f} (up to {day.alarms_high:.0f})",
            f"{day.precision:.2f} (at least {day.precision_low:.2f})",
            *(f"{value:.2f}" for value in day.at_k.values()),
        )
        for day in part.days
    ]
    ks = [f"precision of the first {k}" for k in part.days[0].at_k] if part.days else []
    head = ("hostile", "found", "false alarms", "precision", *ks)
    yield _table(head, rows, "A day of 10,685 uploads, at suspicious")


def _robustness(report: Report) -> Iterator[str]:
    yield _heading("Robustness")
    if not report.robustness:
        yield "<p>Not measured in this run (<code>--robust N</code>).</p>"
        return
    yield (
        "<p>Recall at suspicious, at the same threshold, when the same thing is written "
        "differently.</p>"
    )
    changes = next(iter(report.robustness.values()))
    before = {name: next(iter(found.values())).value for name, found in report.robustness.items()}
    rows = []
    for change in changes:
        cells = [change]
        for name, found in report.robustness.items():
            lost = (before[name] - found[change].value) * 100
            cells.append(f"{_shown(found[change])}" + (f", {-lost:+.1f} points" if lost else ""))
        rows.append(cells)
    yield _table(("change", *report.robustness), rows)


def _peers(report: Report) -> str:
    if not report.peers:
        return "<p>No stored verdicts were given (<code>--peers CSV</code>).</p>"
    parts = report.parts[: len(next(iter(report.peers.values())))]
    ours = ["this engine, suspicious"]
    for part in parts:
        ours += [_shown(part.verdicts["recall, suspicious"]), _shown(part.verdicts[_FALSE])]
    theirs = [
        [name, *(_shown(one) for peer in found.values() for one in (peer.found, peer.alarms))]
        for name, found in report.peers.items()
    ]
    head = ("", *(f"{part.part}, {what}" for part in parts for what in ("found", "flagged")))
    return _table(head, [ours, *theirs]) + (
        "<p class=soft>Found: clusters. Flagged: ordinary packages; a peer's are those it was run "
        "on, ours hold the widening set as well.</p>"
    )


def _ranked(report: Report) -> Iterator[str]:
    yield _heading("What ranks highest")
    yield (
        "<p>Packages that the trained scorer ranks above what the rules say of them, and what it "
        "looked at. It makes no verdict.</p>"
    )
    yield _table(
        ("sha256", "stratum", "rank", "rules", "because"),
        [
            (_hash(one.sha256), one.stratum, f"{one.score:.2f}", f"{one.rules:.2f}",
             "; ".join(one.reasons))
            for one in report.ranked
        ],
    )  # fmt: skip


def _model(card: Card) -> Iterator[str]:
    yield _heading("The model")
    rows = [
        ("learnt from", f"{card.specimens} specimens of {card.clusters} clusters, {card.ordinary} "
         "ordinary packages"),
        *((name, f"{value:.4f}") for name, value in card.metrics.items()),
        *((f"threshold, {name}", f"{value:.4f}") for name, value in card.thresholds.items()),
        ("seed", str(card.seed)),
    ]  # fmt: skip
    yield _table(("", ""), rows)
    yield f"<ul>{''.join(f'<li>{escape(one)}' for one in card.weaknesses)}</ul>"


def plot(
    points: Sequence[tuple[float, float]], across: str, up: str, *, close: bool = False
) -> str:
    """Return a step plot as SVG to be put into a page; the same points give the same text.

    `close` shows what is near zero larger.
    """
    import matplotlib
    from matplotlib.figure import Figure as Drawing

    with matplotlib.rc_context({"svg.hashsalt": "antivenom", "svg.fonttype": "none"}):
        drawing = Drawing(figsize=(5, 3.2), layout="constrained")
        axes = drawing.add_subplot()
        axes.step([x for x, _ in points], [y for _, y in points], where="post", color="#2a6f97")
        axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.02))
        if close:
            # What matters happens below one in a hundred.
            axes.set_xscale("symlog", linthresh=0.01, linscale=1.0)
            axes.set_xticks([0, 0.01, 0.1, 1], ["0", "1 %", "10 %", "all"])
        axes.grid(visible=True, alpha=0.3)
        written = io.StringIO()
        drawing.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def _rate(one: AtRate) -> tuple[str, ...]:
    above = "any" if one.above < 0 else f"{one.above:.3f}"
    shown = _shown(one.clusters), _shown(one.families)
    return f"at {one.rate:.2%}", str(one.allowed), above, *shown


def _behavior(one: BehaviorReport) -> tuple[str, ...]:
    cells = [one.id]
    for moment in MOMENTS:
        cell = one.cells.get(moment)
        if cell is None:
            cells.append("")
            continue
        share = f" ({cell.found.value:.0%})" if cell.found.of else ""
        found = f"{cell.found.hits:.0f} of {cell.found.of} clusters{share}"
        cells.append(f"{found}, {cell.ordinary} ordinary")
    return tuple(cells)


def _alarm(one: Alarm) -> tuple[str | Cell, ...]:
    named = Cell(f'<span id="a-{one.sha256[:16]}">{escape(one.name)}</span> ')
    return named, one.stratum, one.verdict, f"{one.score:.2f}", ", ".join(one.rules)


def _rule(one: RuleReport, alarming: set[str]) -> tuple[str | Cell, ...]:
    hit = (
        f'<a href="#a-{sha256[:16]}"><code>{sha256[:12]}</code></a>'
        if sha256 in alarming
        else f"<code>{sha256[:12]}</code>"
        for sha256 in map(escape, one.alarms)
    )
    checked = f" and {one.alarms_checked} checked" if one.alarms_checked else ""
    counts = str(one.fires), str(one.clusters), str(one.alone), f"{one.precision:.2f}"
    return one.rule, *counts, Cell(" ".join(hit) + checked)


def _shown(one: Figure) -> str:
    return f"{one.value:.1%} of {one.of} ({one.low:.1%} to {one.high:.1%})"


def _hash(sha256: str) -> Cell:
    return Cell(f"<code>{escape(sha256[:12])}</code>")


def _heading(name: str) -> str:
    return f'<h2 id="{_anchor(name)}">{escape(name)}</h2>'


def _anchor(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name.lower())


def _folding(head: Sequence[str], rows: Sequence[Sequence[str | Cell]], *, at: int) -> str:
    """Return a table of which the rest is folded away."""
    shown = _table(head, rows[:at])
    if len(rows) <= at:
        return shown
    left = f"<summary>{len(rows) - at} more</summary>"
    return f"{shown}<details>{left}{_table(head, rows[at:])}</details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str | Cell]], title: str = "") -> str:
    top = "".join(f"<th>{escape(cell)}" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}' for cell in row)}" for row in rows)
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<div class="wide"><table>{caption}<thead><tr>{top}<tbody>{body}</table></div>'


def _cell(cell: str | Cell) -> str:
    return cell.html if isinstance(cell, Cell) else escape(cell)
