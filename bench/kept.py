"""Keeps what was observed, so that tuning rules does not observe it again.

Valid for one engine: any change of an observing module or table makes it observe anew. What is
kept are facts, never lines of an upload; it lies in the user's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from antivenom import compiled, pipeline
from antivenom.analysis import engine
from antivenom.judge import Knowledge
from antivenom.model.context import NOTHING
from bench import measure as measuring
from bench.corpus import Sample
from bench.measure import Measured, Outcome


class _Line(Struct, frozen=True, kw_only=True):
    key: str
    outcome: Outcome


def measure(
    samples: Sequence[Sample], known: Knowledge, *, tell: Callable[[int], None] | None = None
) -> list[Measured]:
    """Judge what was observed before; observe what was not."""
    return [
        Measured(sample=one.sample, outcome=_judged(one.outcome, known))
        for one in observed(samples, known, tell=tell)
    ]


def observed(
    samples: Sequence[Sample], known: Knowledge, *, tell: Callable[[int], None] | None = None
) -> list[Measured]:
    """Return samples with their profiles, observing those that were not."""
    place = compiled.cache_folder() / "bench" / f"observed-{engine.digest()[:24]}.jsonl"
    have = _load(place)
    missing = [sample for sample in samples if _key(sample) not in have]
    if missing:
        fresh = measuring.measure(missing, known, profiles=True, tell=tell)
        have |= {_key(one.sample): one.outcome for one in fresh if one.outcome.profile}
        _save(place, have)
        lost = {_key(one.sample): one.outcome for one in fresh}
        have = {**lost, **have}
    return [Measured(sample=s, outcome=have[_key(s)]) for s in samples]


def _judged(outcome: Outcome, known: Knowledge) -> Outcome:
    if outcome.profile is None:
        return outcome
    judged = pipeline.judge(outcome.profile, NOTHING, known)
    return structs.replace(
        outcome,
        verdict=judged.verdict.value,
        score=judged.score,
        hits=measuring.hits(judged),
        profile=None,
    )


def _key(sample: Sample) -> str:
    return f"{sample.sha256} {sample.path}"


def _load(place: Path) -> dict[str, Outcome]:
    try:
        lines = place.read_bytes().splitlines()
    except OSError:
        return {}
    decode = msgspec.json.Decoder(_Line).decode
    return {line.key: line.outcome for line in map(decode, lines)}


def _save(place: Path, have: dict[str, Outcome]) -> None:
    """Keep one engine's facts and forget those of engines that are gone."""
    place.parent.mkdir(parents=True, exist_ok=True)
    for old in place.parent.glob("observed-*.jsonl"):
        if old != place:
            old.unlink(missing_ok=True)
    lines = (msgspec.json.encode(_Line(key=key, outcome=one)) for key, one in have.items())
    place.write_bytes(b"\n".join(lines))
