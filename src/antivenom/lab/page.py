"""The evaluation as one self-contained HTML page: tables, plots as inline SVG, no scripts."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from html import escape

from antivenom.lab.evaluation import AtRate, Figure, PartReport, Report

_STYLE = """\
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #ccc;padding:.2rem .7rem;
text-align:left}td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}
"""


def html(report: Report) -> str:
    """Return the page."""
    body = "".join(_body(report))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Evaluation</title>"
        f"<style>{_STYLE}</style><h1>Evaluation</h1>{body}</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield (
        f"<p>Data {report.data[:12]}, engine {report.engine[:12]}, rule book "
        f"{report.rulebook[:12]}, model of {escape(report.model)}. Clusters count as the mean over "
        "their archives; intervals are Clopper-Pearson at 95 %; errors are misses.</p>"
    )
    for part in report.parts:
        yield from _part(part)
    if report.peers:
        yield "<h2>Peers, recall per cluster (stored verdicts)</h2>"
        head = ["peer", *next(iter(report.peers.values()))]
        yield _table(
            head,
            [[name, *map(_shown, found.values())] for name, found in report.peers.items()],
        )
    for name, changes in report.robustness.items():
        yield f"<h2>Robustness, {escape(name)}: recall at suspicious</h2>"
        yield _table(["change", ""], [[change, _shown(one)] for change, one in changes.items()])
    yield "<h2>Rules</h2>"
    yield _table(
        ["rule", "archives", "clusters", "carried alone", "precision", "ordinary, by sha256"],
        [
            [
                one.rule,
                str(one.fires),
                str(one.clusters),
                str(one.alone),
                f"{one.precision:.2f}",
                ", ".join(sha256[:12] for sha256 in one.alarms)
                + (f" and {one.alarms_checked} checked" if one.alarms_checked else ""),
            ]
            for one in report.rules
        ],
    )


def _part(part: PartReport) -> Iterator[str]:
    yield f"<h2>{escape(part.part)}</h2>"
    yield (
        f"<p>{part.specimens} specimens, {part.ordinary} ordinary packages, {part.lost} lost, "
        f"{part.inconclusive} inconclusive, median {part.seconds * 1000:.0f} ms. No alarm on "
        f"{part.ordinary} packages proves less than 3/{part.ordinary} = {part.proves:.2%}: "
        "a rate below that is not measured here, whatever the table says.</p>"
    )
    yield _table(["at the verdicts", "", ""], [[k, _shown(v)] for k, v in part.verdicts.items()])
    for title, found in (("rules alone", part.rules), ("rules and model", part.model)):
        yield _table(
            [title, "alarms allowed", "score above", "recall, clusters", "recall, families"],
            [_rate(one) for one in found],
        )
    yield _table(
        ["ordinary stratum", "at least suspicious"],
        [[k, _shown(v)] for k, v in part.strata.items()],
    )
    yield _table(
        [
            "hostile share of a day",
            "found",
            "false alarms",
            "precision",
            "precision of the first k",
        ],
        [
            [
                f"{day.base:.1%}",
                f"{day.found:.1f}",
                f"{day.alarms:.1f} (up to {day.alarms_high:.0f})",
                f"{day.precision:.2f} (at least {day.precision_low:.2f})",
                ", ".join(f"{k}: {v:.2f}" for k, v in day.at_k.items()),
            ]
            for day in part.days
        ],
    )
    yield plot(part.roc, "false-alarm rate", "recall per cluster")
    yield plot(part.precision, "recall per cluster", "precision at 1 % hostile")


def plot(points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """Return a step plot as SVG to be put into a page; the same points give the same text."""
    import matplotlib
    from matplotlib.figure import Figure as Drawing

    with matplotlib.rc_context({"svg.hashsalt": "antivenom", "svg.fonttype": "none"}):
        drawing = Drawing(figsize=(5, 3.2), layout="constrained")
        axes = drawing.add_subplot()
        axes.step([x for x, _ in points], [y for _, y in points], where="post", color="#246")
        axes.set(xlabel=across, ylabel=up, xlim=(0, 1), ylim=(0, 1.02))
        axes.grid(visible=True, alpha=0.3)
        written = io.StringIO()
        drawing.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    text = written.getvalue()
    return text[text.index("<svg") :]


def _rate(one: AtRate) -> list[str]:
    return [
        f"at {one.rate:.2%}",
        str(one.allowed),
        f"{one.above:.3f}",
        _shown(one.clusters),
        _shown(one.families),
    ]


def _shown(one: Figure) -> str:
    return f"{one.value:.1%} of {one.of} ({one.low:.1%} to {one.high:.1%})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}" for cell in row) for row in rows)
    return f"<table><tr>{top}{body}</table>"
