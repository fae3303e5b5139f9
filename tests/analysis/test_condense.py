"""A padded program is found, whatever the padding is made of."""

from __future__ import annotations

import base64

import pytest

from antivenom.analysis.condense import MOST, condense
from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.pipeline import judge, observe
from tests.builders.archives import sdist

SETUP = b"from setuptools import setup\nsetup(name='demo', version='1.0')\n"
ACTS = b"import os, base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n"
DROPPER = (
    b"import os, tempfile\np = os.path.join(tempfile.gettempdir(), 'tool.exe')\n"
    b"with open(p, 'wb') as f:\n    f.write(b'MZ" + b"\\x00" * 2_000_000 + b"')\nos.startfile(p)\n"
)
SIZE = 9 << 20
PADDINGS = {
    "a long word": b"X = '" + b"QUJD" * (SIZE // 4) + b"'\n",
    "remarks": b"# nothing to see here\n" * (SIZE // 20),
    "assignments": b"alpha = 'beta' + 'gamma'\n" * (SIZE // 20),
    "blank lines": b"\n" * SIZE,
    "spaces": b"x = 1" + b" " * SIZE + b"\n",
}


@pytest.mark.parametrize("padding", PADDINGS.values(), ids=PADDINGS)
@pytest.mark.parametrize("where", ["before", "after", "between"])
def test_what_runs_is_still_there(padding: bytes, where: str) -> None:
    half = len(padding) // 2
    half = padding.find(b"\n", half) + 1 or len(padding)
    data = {
        "before": padding + ACTS,
        "after": ACTS + padding,
        "between": padding[:half] + ACTS + padding[half:],
    }[where]
    left = condense(data)
    assert len(left) <= MOST + (MOST >> 1)
    assert ACTS in left


def test_words_just_short_of_long_are_walked_once() -> None:
    data = (b"A" * 49_151 + b" ") * 200
    assert condense(data)


def test_lines_keep_their_numbers() -> None:
    data = b"x = 1\n" * 200_000 + b"y = '" + b"A" * SIZE + b"'\n" + ACTS
    left = condense(data)
    assert left.count(b"\n", 0, left.find(ACTS)) == data.count(b"\n", 0, data.find(ACTS))


def test_a_long_encoded_program_keeps_both_ends() -> None:
    text = b"exec(__import__('base64').b64decode('" + base64.b64encode(DROPPER) + b"'))\n"
    word = condense(text).split(b"'")[3]
    plain = base64.b64decode(word)
    assert plain.startswith(DROPPER[:200])
    assert plain.endswith(b"os.startfile(p)\n")
    assert len(plain) < 100_000


def test_a_padded_setup_is_judged_by_what_it_does() -> None:
    text = SETUP + b"from base64 import b64decode\nexec(b64decode('" + base64.b64encode(DROPPER * 4)
    archive = sdist({"setup.py": text + b"'))\n"})
    profile = observe(from_bytes(archive, "demo-1.0.tar.gz"))
    review = judge(profile, NOTHING, load_knowledge())
    assert review.verdict.value == "malicious"
    assert {"data.decode->code.run", "process.spawn"} <= {f.id for f in profile.facts}


def test_a_padded_setup_without_a_payload_stays_unread() -> None:
    archive = sdist({"setup.py": SETUP + PADDINGS["assignments"]})
    review = judge(observe(from_bytes(archive, "demo-1.0.tar.gz")), NOTHING, load_knowledge())
    assert review.verdict.value == "inconclusive"
    (problem,) = review.coverage.problems
    assert (problem.status, problem.blocking) == ("partial", True)
