"""Taken-over releases are held up, nearly all malicious; ordinary updates are left alone."""

from __future__ import annotations

from collections import Counter

import pytest

from antivenom import pipeline
from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import Context
from antivenom.model.review import Review, Verdict
from tests.takeovers.incident import SHARED, pairs
from tests.takeovers.incidents import taken_over

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the corpus is not here")
MALICIOUS_SHARE = 0.9
HELD = {Verdict.MALICIOUS, Verdict.SUSPICIOUS}


def compared(old: bytes, old_name: str, new: bytes, new_name: str) -> Review:
    before = pipeline.observe(from_bytes(old, old_name))
    after = pipeline.observe(from_bytes(new, new_name))
    return pipeline.judge(after, Context(baseline=before), load_knowledge())


def test_takeovers_are_found_and_the_injected_place_comes_first() -> None:
    verdicts: Counter[Verdict] = Counter()
    for taken in taken_over():
        review = compared(taken.old, taken.old_name, taken.new, taken.new_name)
        verdicts[review.verdict] += 1
        assert review.verdict in HELD, taken.incident.id
        span = review.findings[0].spans[0]
        layers = {layer.id: layer for layer in review.layers}
        line, layer = span.line, span.layer
        while layer:
            line, layer = layers[layer].line, layers[layer].parent
        assert taken.is_injected(span.member, line), (taken.incident.id, span)
        assert review.findings[0].change == "new", taken.incident.id
    assert verdicts[Verdict.MALICIOUS] >= MALICIOUS_SHARE * verdicts.total()


def test_ordinary_updates_are_left_alone() -> None:
    verdicts: Counter[Verdict] = Counter()
    for pair in pairs():
        review = compared(
            pair.old.read_bytes(), pair.old.name, pair.new.read_bytes(), pair.new.name
        )
        verdicts[review.verdict] += 1
    assert verdicts[Verdict.MALICIOUS] == 0
    assert verdicts[Verdict.SUSPICIOUS] <= 1
