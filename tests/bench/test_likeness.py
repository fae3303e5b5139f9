from __future__ import annotations

import random

from antivenom.likeness import Index
from antivenom.likeness.making import make
from bench import likeness


def test_synthetic_specimens_are_found_again_and_strangers_are_not() -> None:
    draw = random.Random(3)
    known, groups = likeness._synthetic(draw, 300)
    index = Index.of(make(known, groups))
    changed = [likeness._changed(draw, one.texts[0]) for one in known[:50]]
    assert sum(index.code(one, ()) is not None for one in changed) >= 45
    assert not any(index.code(likeness._print(draw), ()) for _ in range(50))
    assert all(index.file(one.texts[1].sha256) for one in known)


def test_the_same_seed_makes_the_same_specimens() -> None:
    one, two = (likeness._synthetic(random.Random(9), 40) for _ in range(2))
    assert one == two


def test_a_time_is_a_median_and_a_worst() -> None:
    assert "ms median" in likeness._timed([lambda: None] * 3)
