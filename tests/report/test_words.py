from __future__ import annotations

from antivenom.model.label import Activation
from antivenom.model.review import Verdict
from antivenom.model.vocabulary import ALL_IDS
from antivenom.report import words
from antivenom.report.attack import technique
from tests.report.builders import ordinary, thief, typical


def test_every_id_has_words() -> None:
    wordless = [i for i in sorted(ALL_IDS) if words.phrase(i) == i]
    assert not wordless


def test_every_activation_and_verdict_has_words() -> None:
    assert list(words.ACTIVATION) == [activation.value for activation in Activation]
    assert list(words.VERDICT) == list(Verdict)


def test_chains_read_from_left_to_right() -> None:
    expected = "reads environment variables → sends data out"
    assert words.chain(("secrets.env->net.send",)) == expected
    assert words.chain(("secrets.env", "net.send")) == expected


def test_sizes_and_counts() -> None:
    assert [words.size(n) for n in (0, 999, 4210, 63_000_000, 2_500_000_000)] == [
        "0 bytes",
        "999 bytes",
        "4.2 kB",
        "63.0 MB",
        "2.5 GB",
    ]
    assert words.count(1, "file") == "1 file"
    assert words.count(1200, "file") == "1,200 files"


def test_few_findings_carry_a_verdict() -> None:
    assert [f.rule for f in words.carrying(thief())] == [
        "theft/sends-credentials",
        "obfuscation/decodes-then-runs",
    ]
    assert words.carrying(ordinary()) == []


def test_the_worst_come_first() -> None:
    order = [review.verdict.value for review in words.worst_first(typical())]
    assert order == ["malicious", "malicious", "suspicious", "inconclusive", "clean"]


def test_an_unknown_technique_keeps_its_id() -> None:
    assert technique("T0000") == "T0000"
