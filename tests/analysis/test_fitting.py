"""A profile never grows beyond its size, whatever it is of, and says what it left out."""

from __future__ import annotations

import dataclasses
import itertools

import msgspec
import pytest

from antivenom import pipeline
from antivenom.analysis.fitting import fitted
from antivenom.intake import from_bytes
from antivenom.model.fact import Excerpt, Fact
from antivenom.model.label import Metadata
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.profile import Coverage, ManifestEntry, Problem, Profile
from tests.builders.archives import wheel

MOST = 20_000


def size(profile: Profile) -> int:
    return len(msgspec.json.encode(profile))


def profile(
    *,
    members: int = 1,
    functions: int = 0,
    facts: int = 0,
    lines: int = 0,
    problems: int = 0,
    activation: str = "import",
) -> Profile:
    hashes = {f"function_{n}": "h" * 20 for n in range(functions)}
    manifest = [
        ManifestEntry(
            path=f"pkg/{n:05}.py",
            sha256="0" * 64,
            size=1,
            kind="file",
            role="test" if n % 2 else "code",
            activation=activation if n else "install",
            functions=hashes,
        )
        for n in range(members)
    ]
    kinds = itertools.cycle(("text", "behavior"))
    seen = [
        Fact(id="x", kind=next(kinds), member="a.py", line=n, value="v" * 50, n=n)  # type: ignore[arg-type]
        for n in range(facts)
    ]
    flow = Fact(id="a->b", kind="flow", member="a.py", activation="install", n=facts)
    return Profile(
        sha256="0" * 64,
        filename="a.whl",
        ecosystem="pypi",
        kind="wheel",
        size=1,
        engine="e",
        metadata=Metadata(name="a"),
        manifest=tuple(manifest),
        facts=(*seen, flow),
        excerpts=tuple(
            Excerpt(member="a.py", layer=0, line=n, text="t" * 80) for n in range(lines)
        ),
        coverage=Coverage(
            problems=tuple(
                Problem(member=f"{n}.py", status="failed", reason="r" * 40, blocking=n == 7)
                for n in range(problems)
            )
        ),
    )


def test_what_fits_is_left_alone() -> None:
    small = profile(members=5, functions=3, facts=5, lines=5)
    assert fitted(small, MOST) is small


@pytest.mark.parametrize(
    "shape",
    [
        {"members": 500},
        {"members": 500, "activation": "never"},
        {"members": 30, "functions": 60},
        {"facts": 500},
        {"lines": 900},
        {"problems": 600},
        {"members": 300, "functions": 10, "facts": 300, "lines": 300, "problems": 300},
    ],
)
def test_whatever_is_too_much_goes_until_the_rest_fits(shape: dict[str, int]) -> None:
    large = profile(**shape)  # type: ignore[arg-type]
    most = MOST + 40 * 300 if shape.get("problems") else MOST
    small = fitted(large, most)
    assert size(large) > most
    assert size(small) <= most
    assert small.facts[-1].kind == "flow"
    assert [fact.n for fact in small.facts] == list(range(len(small.facts)))
    assert small.manifest[0] is not None and small.manifest[0].path == "pkg/00000.py"


def test_what_is_left_out_is_counted_and_said() -> None:
    small = fitted(profile(members=500, activation="never"), MOST)
    gone = 500 - len(small.manifest)
    assert small.overflow == gone > 300
    assert small.coverage.problems[-1].reason.startswith(f"{gone} of 500 members")
    assert small.coverage.partial == 1
    few = fitted(profile(members=30, functions=60), MOST)
    assert len(few.manifest) == 30
    assert few.unhashed == 30 * 60 - sum(len(e.functions) for e in few.manifest) > 0
    facts = fitted(profile(facts=500), MOST)
    assert facts.overflow == 501 - len(facts.facts) > 0
    kinds = [fact.kind for fact in facts.facts]
    assert kinds.count("behavior") > kinds.count("text")


def test_a_problem_that_blocks_is_never_lost() -> None:
    small = fitted(profile(problems=600), MOST + 40 * 300)
    assert any(problem.blocking for problem in small.coverage.problems)
    assert "more members" in small.coverage.problems[-1].reason


def test_observing_keeps_to_the_limit() -> None:
    files = {f"demo/data/{n:04}.txt": f"{n}\n" for n in range(400)}
    artifact = from_bytes(wheel(files), "demo-1.0-py3-none-any.whl")
    limits = dataclasses.replace(DEFAULT_LIMITS, profile_bytes=20_000)
    observed = pipeline.observe(artifact, limits)
    assert size(observed) <= 20_000
    assert observed.overflow > 0
    assert pipeline.observe(artifact).overflow == 0
