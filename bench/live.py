"""The peers, run here and now on ordinary packages: speed and false alarms on one machine.

They unpack to disk, so they never get a specimen: this module only ever names files of the
ordinary part. Their verdicts on specimens come from a list that was made elsewhere.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from antivenom import compiled
from bench import corpus, estimates, tally
from bench.corpus import Sample
from bench.measure import Measured
from bench.speed import Program, program
from bench.tables import Table

_PEERS = {"guarddog": "guarddog==3.2.0", "hexora": "hexora==0.3.2"}
NOWHERE = "http://127.0.0.1:9"
"""Where their start-up questions to the network go: no answer, at once."""
_COLOR = re.compile(r"\x1b\[[0-9;]*m")
_SCORE = re.compile(r"score for file: (\d\.\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One peer's answer on one archive, and its price."""

    alarms: dict[str, bool]
    """Threshold -> whether it was reached."""
    cpu: float
    wall: float
    peak: int
    failed: bool


def compare(measured: Sequence[Measured], *, most: int = 0) -> Table | None:
    """Say that the peers could not be had, or compare; `most` 0 is every ordinary package."""
    try:
        install()
    except RuntimeError as error:
        print(f"the peers were not run: {error}", file=sys.stderr)
        return None
    return _compare(measured, most)


def _compare(measured: Sequence[Measured], most: int) -> Table:
    """Run the peers on ordinary packages and return their price and alarms beside ours."""
    ones = [one for one in measured if not one.sample.hostile]
    ones = ones[:: max(1, len(ones) // most)][:most] if most else ones
    samples = [one.sample for one in ones]
    cpu = [one.outcome.cpu for one in ones]
    middle = estimates.median(cpu)
    flagged = tally.archives(ones, tally.suspicious).hits
    rows = [("Antivenom, warm", f"{flagged:g} suspicious or worse", *_cells(cpu, middle), "0")]
    rows += _peer("GuardDog 3.2.0", samples, _guarddog, middle)
    rows += _peer("hexora 0.3.2", samples, _hexora, middle)
    return Table(
        title=f"Peers live on {len(samples)} ordinary packages",
        header=("tool", "alarms", "CPU median", "CPU p95", "CPU all", "times ours", "failed"),
        rows=rows,
        notes=(
            "In the same run on the same machine. The peers are programs started once an archive, "
            "as their users do; our figure is a warm worker, as a registry would run it, and the "
            "cold command is in the table above. Questions of theirs to the network were refused.",
        ),
    )


def _peer(
    label: str, samples: Sequence[Sample], ask: Callable[[Sample], Said], ours: float
) -> Iterator[tuple[str, ...]]:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, samples))
    alarms: dict[str, int] = {}
    for one in answers:
        for name, reached in one.alarms.items():
            alarms[name] = alarms.get(name, 0) + reached
    told = ", ".join(f"{count} {name}" for name, count in alarms.items())
    failed = sum(one.failed for one in answers)
    yield (label, told, *_cells([one.cpu for one in answers], ours), str(failed))


def _cells(cpu: Sequence[float], ours: float) -> tuple[str, ...]:
    middle = estimates.median(cpu)
    return (
        f"{middle * 1000:.0f} ms",
        f"{estimates.quantile(cpu, 0.95) * 1000:.0f} ms",
        f"{sum(cpu):.0f} s",
        f"{middle / ours:.1f}" if ours else "",
    )


def _guarddog(sample: Sample) -> Said:
    path = str(corpus.ordinary_path(sample))
    command = [str(tool("guarddog")), "pypi", "scan", path, "--output-format", "json"]
    ran = program(command, https_proxy=NOWHERE, http_proxy=NOWHERE)
    try:
        answer = json.loads(ran.output)
        score = float(answer["risk_score"]["score"])
    except (ValueError, KeyError, TypeError):
        return _said({">= 7": False, ">= 5": False}, ran, failed=True)
    return _said({">= 7": score >= 7, ">= 5": score >= 5}, ran, failed=False)


def _hexora(sample: Sample) -> Said:
    """Give it a copy under a name that it opens: it refuses `.whl`."""
    path = corpus.ordinary_path(sample)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name.replace(".whl", ".zip")
        shutil.copyfile(path, copy)
        ran = program([str(tool("hexora")), "audit", str(copy)])
    text = _COLOR.sub("", ran.output)
    scores = [float(found) for found in _SCORE.findall(text)]
    alarms = {
        "ML >= 0.5": max(scores, default=0.0) >= 0.5,
        "high confidence": "Confidence: High" in text or "Confidence: Very high" in text,
    }
    return _said(alarms, ran, failed=ran.status != 0)


def _said(alarms: dict[str, bool], ran: Program, *, failed: bool) -> Said:
    return Said(alarms=alarms, cpu=ran.cpu, wall=ran.wall, peak=ran.peak, failed=failed)


def install() -> None:
    """Give each peer a virtual environment of its own, outside the repository."""
    for name, pinned in _PEERS.items():
        if tool(name).exists():
            continue
        place = _place(name)
        for command in (
            [sys.executable, "-m", "venv", str(place)],
            [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", pinned],
        ):
            if program(command).status:
                raise RuntimeError(f"{pinned} could not be installed into {place}")


def _place(name: str) -> Path:
    return compiled.cache_folder() / "bench" / _PEERS[name]


def tool(name: str) -> Path:
    """Return where a peer's program lies."""
    return _place(name) / "bin" / name
