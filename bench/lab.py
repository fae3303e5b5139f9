"""`python -m bench lab DATASET`: rules alone and with the trained scorer, on a widened set."""

from __future__ import annotations

import time
from pathlib import Path

from antivenom.judge.scorer import shipped
from antivenom.lab import dataset, evaluation, learning
from antivenom.lab.dataset import Card
from antivenom.lab.evaluation import Report
from antivenom.lab.metrics import Figure
from antivenom.lab.robustness import robust
from antivenom.lab.training import Settings
from bench.tables import Table


def tables(folder: Path, *, specimens: int = 0) -> list[Table]:
    """Return what `antivenom lab evaluate` says of a data set; rewrite so many specimens a part."""
    started, before = time.monotonic(), time.process_time()
    rows, card = dataset.read(folder)
    later = evaluation.by_time(rows, card, Settings())
    report = evaluation.evaluate(rows, card, learning.learn(rows, card, Settings()), later=later)
    took, used = time.monotonic() - started, time.process_time() - before
    strata = ", ".join(f"{count} {stratum}" for stratum, count in card.ordinary.items())
    found = [
        Table(
            title="Rules and trained scorer",
            header=("", *(part.part for part in report.parts)),
            rows=list(_figures(report)),
            notes=(
                f"Data set {card.digest[:12]}: facts of engine {card.engine[:12]}, judged by rule "
                f"book {card.rulebook[:12]}. Ordinary packages: {strata}. Study figures are out of "
                "fold and hold the widening set; check was never learnt from.",
                "The scorer ranks below `suspicious`, so figures at the verdicts are the rules'.",
                "No alarm on n packages proves a rate below 3/n and no better.",
                "The last column learns from what was there before that day; rules are today's.",
            ),
        ),
        _run(took, used, card),
        *_model(),
    ]
    if specimens:
        changes = {part: robust(rows, part, specimens) for part in ("study", "check")}
        found.append(
            Table(
                title="Robustness: recall at suspicious",
                header=("change", *changes),
                rows=[
                    (name, *(_shown(part[name]) for part in changes.values()))
                    for name in changes["study"]
                ],
            )
        )
    return found


def _run(took: float, used: float, card: Card) -> Table:
    """Say what a run costs; a busy machine takes longer than its processors need."""
    observed = card.processor_seconds
    return Table(
        title="A whole run of the lab",
        header=("", "reach", "took", "of processors", "on two cores alone"),
        rows=[
            ("features cached", "<= 5 min", f"{took:.0f} s", f"{used:.0f} s", f"{used:.0f} s"),
            (
                "from archives", "<= 15 min", "", f"{observed + used:.0f} s",
                f"about {(observed / 2 + used) / 60:.0f} min",
            ),
        ],
        notes=(
            f"{card.rows} archives. Learning and evaluating use one processor, observing all of "
            "them; what an archive took is kept with its facts.",
        ),
    )  # fmt: skip


def _model() -> list[Table]:
    """Show the card of the model that ships."""
    scorer = shipped()
    if scorer is None:
        return []
    card = scorer.model.card
    rows: list[tuple[str, ...]] = [
        ("made", card.made),
        ("data", card.data[:12]),
        ("engine", card.engine[:12]),
        ("rule book", card.rulebook[:12]),
        ("seed", str(card.seed)),
        ("learnt from", f"{card.specimens} specimens of {card.clusters} clusters, {card.ordinary} "
         "ordinary packages"),
        ("trees", f"{len(scorer.model.forest.trees)} over {len(scorer.model.forest.features)} "
         "features"),
        *((f"{name}, out of fold", f"{value:.1%}") for name, value in card.metrics.items()),
        *((f"sum of trees for {name}", f"{value:.2f}") for name, value in card.thresholds.items()),
    ]  # fmt: skip
    return [
        Table(
            title="The model that ships",
            header=("", ""),
            rows=rows,
            notes=("Known weaknesses: " + "; ".join(card.weaknesses) + ".",),
        )
    ]


def _figures(report: Report) -> list[tuple[str, ...]]:
    rows = [
        (name, *(_shown(part.verdicts[name]) for part in report.parts))
        for name in report.parts[0].verdicts
    ]
    for title in ("rules", "model"):
        for at, one in enumerate(report.parts[0].rules):
            label = "rules alone" if title == "rules" else "rules and scorer"
            shown = (_shown(getattr(part, title)[at].clusters) for part in report.parts)
            rows.append((f"recall at {one.rate:.2%} false alarms, {label}", *shown))
    proves = (f"{part.proves:.2%}" for part in report.parts)
    rows.append(("rate that no alarm would exclude", *proves))
    return rows


def _shown(one: Figure) -> str:
    return f"{one.value:.1%} of {one.of} ({one.low:.1%} to {one.high:.1%})"
