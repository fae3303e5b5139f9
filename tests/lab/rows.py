"""Rows of a data set made by hand: what a model and the figures are tested on."""

from __future__ import annotations

import random

from antivenom.lab.dataset import Row
from antivenom.lab.sample import Part, Sample


def row(
    key: str,
    *,
    hostile: bool = False,
    part: Part = "study",
    cluster: str = "",
    family: str = "",
    name: str = "",
    code: tuple[str, ...] = (),
    found: dict[str, float] | None = None,
) -> Row:
    sample = Sample(
        key=key, sha256=key, part=part, name=name or key, cluster=cluster, family=family,
        stratum="malware" if hostile else "popular",
    )  # fmt: skip
    return Row(sample=sample, sha256=key, skeletons=code, verdict="clean", features=found or {})


def many(count: int, seed: int = 1) -> list[Row]:
    """Rows in which hostile ones send and hide more, as a forest can learn."""
    draw = random.Random(seed)
    rows = []
    for n in range(count):
        hostile = n % 2 == 0
        found = {
            name: float(draw.randint(0, 3))
            for name in ("sends", "hides", "noise")
            if draw.random() < (0.8 if hostile and name != "noise" else 0.3)
        }
        rows.append(
            row(
                f"k{n}",
                hostile=hostile,
                cluster=f"c{n // 4}" if hostile else "",
                family=f"f{n // 8}" if hostile else "",
                found={k: v for k, v in found.items() if v},
            )
        )
    return rows
