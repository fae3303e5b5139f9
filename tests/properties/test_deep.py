"""Code nested or chained beyond all measure hides nothing that stands beside or inside it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from tests.properties.specimens import THIEF, Specimen

INSIDE = textwrap.indent(THIEF, "    ")
CHAINS: dict[str, Callable[[int], str]] = {
    "elif": lambda n: "import sys\nk = sys.argv\nif k == 0:\n    pass\n"
    + "".join(f"elif k == {i}:\n    v = {i}\n" for i in range(n)),
    "minus": lambda n: "v = " + " - ".join(["1"] * n) + "\n",
    "plus": lambda n: "v = " + " + ".join(["'a'"] * n) + "\n",
    "plus of calls": lambda n: "v = " + " + ".join(["str(1)"] * n) + "\n",
    "and": lambda n: "v = " + " and ".join(["1"] * n) + "\n",
    "compared": lambda n: "v = " + " < ".join(["1"] * n) + "\n",
    "methods": lambda n: "v = 'a'" + ".strip()" * n + "\n",
    "attributes": lambda n: "v = str" + ".a" * n + "\n",
    "indexes": lambda n: "v = str" + "[0]" * n + "\n",
    "calls": lambda n: "v = str" + "()" * n + "\n",
    "not": lambda n: "v = " + "not " * n + "1\n",
    "negated": lambda n: "v = " + "-" * n + "1\n",
    "power": lambda n: "v = " + " ** ".join(["1"] * n) + "\n",
    "conditional": lambda n: "v = " + "1 if str else " * n + "2\n",
    "lambda": lambda n: "v = " + "lambda: " * n + "1\n",
    "parentheses": lambda n: "v = " + "(" * n + "1" + ")" * n + "\n",
    "lists": lambda n: "v = " + "[" * n + "1" + "]" * n + "\n",
    "targets": lambda n: "".join(f"v{i} = " for i in range(n)) + "1\n",
    "implicit": lambda n: "v = (" + "'a' 'b'\n" * n + ")\n",
    "decorators": lambda n: "def d(f):\n    return f\n" + "@d\n" * n + "def g():\n    pass\n",
    "blocks": lambda n: "".join(f"{' ' * i}if str:\n" for i in range(min(n, 99)))
    + " " * min(n, 99) + "pass\n",
    "functions": lambda n: "".join(f"{' ' * i}def f():\n" for i in range(min(n, 99)))
    + " " * min(n, 99) + "pass\n",
}  # fmt: skip


@pytest.mark.parametrize("size", [50, 1000, 3000, 12_000])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_in_front_hides_nothing(chain: str, size: int) -> None:
    review = Specimen(files={"demo/__init__.py": CHAINS[chain](size) + THIEF}).review("wheel")
    assert review.verdict.value == "malicious", review.coverage


@pytest.mark.parametrize("size", [50, 1000, 3000, 12_000])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_behind_hides_nothing(chain: str, size: int) -> None:
    review = Specimen(files={"demo/__init__.py": THIEF + CHAINS[chain](size)}).review("wheel")
    assert review.verdict.value == "malicious", review.coverage


@pytest.mark.parametrize("size", [50, 1000, 3000, 12_000])
def test_inside_the_last_arm(size: int) -> None:
    text = CHAINS["elif"](size) + "else:\n" + INSIDE
    review = Specimen(files={"demo/__init__.py": text}).review("wheel")
    assert review.verdict.value == "malicious", review.coverage
