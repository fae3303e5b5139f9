"""Targets in, reviews out, whatever becomes of the child."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

import antivenom
from antivenom import pipeline, session
from antivenom.errors import NetworkError, TargetError
from antivenom.intake import Failure
from antivenom.isolate import Bounds
from antivenom.model.review import Verdict
from antivenom.session import Options, Reviewed
from tests.builders import archives

QUICK = Options(jobs=2, bounds=Bounds(seconds=1.5, memory_bytes=96 << 20))


def wheel(folder: Path, name: str, code: str = "answer = 42\n") -> str:
    data = archives.wheel({f"{name}/__init__.py": code}, name=name)
    path = folder / f"{name}-1.0-py3-none-any.whl"
    path.write_bytes(data)
    return str(path)


def sabotage(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Let the child do something to itself when it meets the artifact named `bad`."""
    honest = pipeline.observe

    def observe(artifact: Any, *rest: Any) -> Any:
        if artifact.filename.startswith("bad"):
            what()
        return honest(artifact, *rest)

    monkeypatch.setattr(pipeline, "observe", observe)


def test_reviews_come_in_the_order_asked(machine: Path) -> None:
    names = ["one", "two", "three", "four", "five"]
    targets = [wheel(machine, name) for name in names]
    reviews = antivenom.review(*targets, jobs=2)
    assert [r.artifact.name for r in reviews] == names
    assert {r.verdict for r in reviews} == {Verdict.CLEAN}
    assert [r.artifact.path for r in reviews] == targets


def test_a_path_object_is_a_target(machine: Path) -> None:
    (review,) = antivenom.review(Path(wheel(machine, "one")))
    assert review.artifact.kind == "wheel"


def test_one_bad_target_stops_no_other(machine: Path) -> None:
    good = wheel(machine, "good")
    outcomes = list(session.run(["missing.whl/", good, "nowhere==1", good]))
    assert [type(o) for o in outcomes] == [Failure, Reviewed, Failure, Reviewed]
    assert isinstance(outcomes[2], Failure)
    assert isinstance(outcomes[2].error, NetworkError)


def test_review_raises_what_stream_tells(machine: Path) -> None:
    with pytest.raises(NetworkError):
        antivenom.review("nowhere==1")
    (failure,) = antivenom.stream("nowhere==1")
    assert isinstance(failure, Failure)


def test_a_file_that_goes_away_is_a_failure(machine: Path) -> None:
    first, second = wheel(machine, "one"), wheel(machine, "two")
    outcomes = session.run([first, second, first], Options(jobs=1, starting=_remove(second)))
    kinds = [type(o) for o in outcomes]
    assert kinds == [Reviewed, Failure, Reviewed]


def _remove(path: str) -> Any:
    def starting(name: str) -> None:
        if name == Path(path).name:
            os.unlink(path)

    return starting


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda: time.sleep(3600), "took too long"),
        (lambda: [bytearray(8 << 20) for _ in range(1000)], "too much memory"),
        (lambda: os._exit(0), "died"),
        (lambda: 1 / 0, "a fault of Antivenom"),
    ],
    ids=["hangs", "eats memory", "dies", "fails"],
)
def test_a_lost_child_is_an_inconclusive_review(
    what: Any, words: str, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch, what)
    targets = [wheel(machine, name) for name in ("good", "bad", "fine")]
    good, bad, fine = (o.review for o in session.run(targets, QUICK) if isinstance(o, Reviewed))
    assert good.verdict == fine.verdict == Verdict.CLEAN
    assert bad.verdict is Verdict.INCONCLUSIVE
    assert words in bad.reasons[0]
    assert bad.coverage.problems[0].blocking
    assert bad.artifact.sha256 == _sha(bad)


def _sha(review: antivenom.Review) -> str:
    return hashlib.sha256(Path(review.artifact.path).read_bytes()).hexdigest()


def test_an_answer_that_is_none_is_not_believed(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from antivenom.session import reviewing

    monkeypatch.setattr(reviewing, "reviewer", lambda *_, **__: lambda _: b'{"review": 3}')
    (outcome,) = session.run([wheel(machine, "one")])
    assert isinstance(outcome, Reviewed)
    assert outcome.review.verdict is Verdict.INCONCLUSIVE


def test_the_same_bytes_give_the_same_review(machine: Path) -> None:
    path = wheel(machine, "one", "import os\nprint(os.environ)\n")
    one, two = (msgspec.structs.replace(antivenom.review(path)[0], took_ms=0) for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)


def test_an_unreadable_kind_of_file_is_a_target_error(machine: Path) -> None:
    os.mkfifo(machine / "pipe")
    (failure,) = session.run([str(machine / "pipe")])
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, TargetError)


def test_public_names_are_there() -> None:
    for name in antivenom.__all__:
        assert getattr(antivenom, name) is not None
    with pytest.raises(AttributeError):
        antivenom.nothing  # noqa: B018
