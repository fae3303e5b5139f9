"""What surrounds an upload enters the review, its record and its digests."""

from __future__ import annotations

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING, Context
from antivenom.pipeline import judge, observe


def test_a_review_says_which_surroundings_it_knew() -> None:
    old = observe(from_bytes(b"x = 1\n", "old.py"))
    new = observe(from_bytes(b"x = 2\n", "new.py"))
    context = Context(siblings=(old,), offline=True, notes=("no earlier release",))
    review = judge(new, context, load_knowledge())
    assert review.context.siblings == (old.sha256,)
    assert review.context.notes == ("no earlier release",)
    assert review.context.offline
    assert review.digests.context == context.digest


def test_other_surroundings_are_another_digest_and_none_is_empty() -> None:
    old = observe(from_bytes(b"x = 1\n", "old.py"))
    assert NOTHING.digest == ""
    assert Context(siblings=(old,)).digest not in {"", Context(baseline=old).digest}
