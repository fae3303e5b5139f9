"""The lines of what changed: those a finding rests on, declarations among them."""

from __future__ import annotations

from antivenom import pipeline
from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.artifact import Artifact
from antivenom.model.context import Context
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.session.side_by_side import with_source
from tests.builders import archives

CODE = "def add(a, b):\n    return a + b\n"


def wheel(version: str, requires: str) -> Artifact:
    data = archives.wheel({"demo/__init__.py": CODE}, version=version, metadata=requires)
    return from_bytes(data, f"demo-{version}-py3-none-any.whl")


def test_a_new_dependency_that_a_finding_rests_on_is_a_place_with_its_line() -> None:
    old = wheel("1.0", "Summary: old words\nRequires-Dist: requests\n")
    address = "helper @ https://files.example/helper.zip"
    new = wheel("1.1", f"Summary: new words\nRequires-Dist: requests\nRequires-Dist: {address}\n")
    context = Context(baseline=pipeline.observe(old))
    review = pipeline.judge(pipeline.observe(new), context, load_knowledge())
    assert review.changes is not None
    place = with_source(review.changes, new, old, DEFAULT_LIMITS).places[0]
    assert place.member == "demo-1.1.dist-info/METADATA"
    assert place.said == f"depends on {address}"
    assert any(address in line.text for line in place.after)
    assert place.line == next(line.number for line in place.after if address in line.text)


def test_a_new_dependency_nobody_minds_is_no_place() -> None:
    old, new = wheel("1.0", ""), wheel("1.1", "Requires-Dist: requests\n")
    context = Context(baseline=pipeline.observe(old))
    review = pipeline.judge(pipeline.observe(new), context, load_knowledge())
    assert review.changes is not None
    assert review.changes.places == ()
    assert review.changes.release == ("depends on requests",)
