"""The Python front end reads anything: never an exception, every span inside the text."""

# ruff: noqa: E501 - tables read better in columns
from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from antivenom import languages
from antivenom.model import program as p
from tests.properties.specimens import SPECIMENS

SOURCES = [text for s in SPECIMENS.values() for text in s.files.values()] + [
    "match x:\n    case {'a': 1, **rest} if rest: pass\n    case _: pass\n",
    "async def f(*a, k: int = 1, **o) -> None:\n    async for x in y: await z\n    return [i async for i in x]\n",
    "print 'two', x\nexec 'code' in {}\ntry:\n    pass\nexcept E, e:\n    raise E, 'm'\n",
    "def f(a, /, b, *, c): yield from (x := [i for i in range(3) if i])\n",
    "type X = int\nf'{a!r:>{w}} {b=}'\nlambda *a, **k: (a, k)\n",
    "class A(B, metaclass=M):\n    x: int = 1\n    @property\n    def y(self): return super().y\n",
]
WORDS = [
    "def",
    "class",
    "if",
    "else",
    "elif",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ".",
    "=",
    "==",
    ":=",
    "lambda",
    "yield",
    "await",
    "async",
    "import",
    "from",
    "as",
    "with",
    "try",
    "except",
    "finally",
    "raise",
    "return",
    "x",
    "y",
    "1",
    "'a'",
    "f'{x}'",
    '"""',
    "#",
    "\\",
    "@",
    "*",
    "**",
    "->",
    "!",
    "$",
    "?",
    "print",
    "exec",
    "global",
    "nonlocal",
    "del",
    "pass",
    "match",
    "case",
    "type",
    "in",
    "is",
    "not",
    "and",
    "or",
]
LIMITED = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def nodes(value: Any) -> Iterator[Any]:
    """Every statement and expression below a value."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, (tuple, list)):
            waiting += found
        elif isinstance(found, Struct):
            yield found
            waiting += [getattr(found, name) for name in found.__struct_fields__]


def check(text: str | bytes) -> p.Module:
    """Lower everything and look at every place."""
    module = languages.parse("python", text, member="m.py", name="m")
    last = module.text.count("\n") + module.text.count("\r") + module.text.count("\f") + 1
    done = 0
    while done < len(module.functions):  # bodies add the functions inside them
        function = module.functions[done]
        done += 1
        assert 0 <= function.line <= function.end_line <= last + 1
        for node in nodes(function.body):
            assert 0 <= node.line <= last + 1, (type(node), node.line, last)
            if isinstance(node, p.FuncRef):
                assert node.index < len(module.functions)
            if isinstance(node, p.ClassRef):
                assert node.index < len(module.classes)
    return module


@pytest.mark.parametrize("number", range(len(SOURCES)))
def test_whole_sources_are_read_whole(number: int) -> None:
    assert check(SOURCES[number]).partial == ""


@LIMITED
@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    check(text)


@LIMITED
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    check(data)


@LIMITED
@given(
    st.lists(
        st.sampled_from(
            [
                *WORDS,
                "\n",
                "\n    ",
                "\n\t",
                "\n        ",
                " ",
                "\x00",
                "\r",
                "\f",
                "\ufeff",
                "\uff45xec",
            ]
        ),
        max_size=80,
    )
)
def test_any_heap_of_tokens(tokens: list[str]) -> None:
    check(" ".join(tokens))


@LIMITED
@given(st.sampled_from(SOURCES), st.integers(0, 2**32), st.integers(1, 6))
def test_mutated_sources(source: str, seed: int, times: int) -> None:
    rng = random.Random(seed)
    text = source
    for _ in range(times):
        at, to = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        to = min(to, at + 12)
        change = rng.choice(["cut", "twice", "put", "indent"])
        if change == "cut":
            text = text[:at] + text[to:]
        elif change == "twice":
            text = text[:to] + text[at:]
        elif change == "put":
            text = text[:at] + rng.choice("()[]{}:'\"\\\n\t\0@#;=") + text[at:]
        else:
            text = text[:at] + "\n" + " " * rng.randrange(9) + text[at:]
    check(text)


@LIMITED
@given(st.sampled_from(SOURCES), st.integers(0, 400))
def test_cut_sources(source: str, at: int) -> None:
    check(source[:at])
    check(source[at:])


@pytest.mark.parametrize(
    "text",
    ["", "\n", "\ufeff", "\x00", "\\", "(" * 5000, "[" * 5000 + "]" * 5000, "'" * 9999, "x" * 99_999,
     "\t" * 999 + "x", "if x:\n" * 500, "f'{" * 300, "#" * 9999, "a=" * 5000 + "1", "\r\r\r", "\ud800"],
)  # fmt: skip
def test_odd_texts(text: str) -> None:
    check(text)
