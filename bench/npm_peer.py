"""GuardDog on ordinary packages of npm, beside us.

It takes a second of processor time a package, so its answers are recorded in `npm_guarddog.csv`,
which `python -m bench npm --peer` makes anew: every ninth package of the list that is smaller
than ten megabytes. It unpacks to disk, so it never sees a specimen.
"""

from __future__ import annotations

import csv
import json
import shutil
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench import live, speed
from bench.corpus import HERE, rows

RECORD = HERE / "npm_guarddog.csv"
_VERSION, _DATE = "3.2.0", "2026-11-21"
_EVERY = 9
_MOST_BYTES = 10 << 20
Key = tuple[str, str]


def record(listed: list[Key], places: Mapping[Key, Path]) -> None:
    """Run GuardDog on a share of the listed packages and write what it said."""
    live.install()
    chosen = [k for k in listed if k in places and places[k].stat().st_size < _MOST_BYTES][::_EVERY]
    with RECORD.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["name", "version", "score", "cpu_s"])
        for key in chosen:
            score, cpu = _scan(key, places[key])
            writer.writerow([*key, "" if score is None else score, round(cpu, 2)])


def _scan(key: Key, place: Path) -> tuple[float | None, float]:
    name, version = key
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"{name.rpartition('/')[2]}-{version}.tgz"
        shutil.copyfile(place, copy)
        command = [str(live.tool("guarddog")), "npm", "scan", str(copy)]
        ran = speed.program([*command, "--output-format", "json"],
                            https_proxy=live.NOWHERE, http_proxy=live.NOWHERE)  # fmt: skip
    try:
        return float(json.loads(ran.output)["risk_score"]["score"]), ran.cpu
    except (ValueError, KeyError, TypeError):
        return None, ran.cpu


def text(ours: Mapping[Key, tuple[str, float]]) -> str:
    """Return both tools on the packages that both read.

    Args:
        ours: (name, version) -> our verdict and processor time in seconds.

    """
    found = [row for row in rows(RECORD) if (row["name"], row["version"]) in ours]
    if not found:
        return "GuardDog: none of the packages it was recorded on were reviewed.\n"
    mine = [ours[row["name"], row["version"]] for row in found]
    scores = [float(row["score"]) for row in found if row["score"]]
    held = sum(verdict in ("malicious", "suspicious") for verdict, _ in mine)
    return "\n".join([
        f"Both on the same {len(found)} of them (every ninth below 10 MB; GuardDog's answers were "
        f"recorded on {_DATE} by `python -m bench npm --peer`):\n",
        "| tool | held up | CPU median a package |",
        "| --- | --- | --- |",
        f"| Antivenom | {held} suspicious or worse | {_milliseconds([c for _, c in mine])} |",
        f"| GuardDog {_VERSION} | {sum(s >= 7 for s in scores)} with a score of 7 or more, "
        f"{sum(s >= 5 for s in scores)} of 5 or more, {len(found) - len(scores)} without an answer "
        f"| {_milliseconds([float(row['cpu_s']) for row in found])}, a program a package |",
        "",
    ])  # fmt: skip


def _milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"
