"""Syntax trees that were let go of are made again the same."""

from __future__ import annotations

import pytest

from antivenom import languages
from antivenom.model.program import Module

_FILLER = "# filler\n" * 600
_TEXT = (
    _FILLER
    + '''
import os

@decorated(
    1)
def plain(a, b=2):
    x = """
not indented
"""
    return os.system(x + a)

class Held:
    async def method(self):
        if self:
            return 1
# a comment at the margin
        def inner(z):
            return z * 2
        return inner(f"{self!r:>{10}}")

    def one(self): return [q for q in self]

def last(): return lambda y: y + 1
'''
)


def _parse(text: str) -> Module:
    module = languages.parse("python", text, member="m.py", name="m")
    assert module.functions[0].body
    return module


def _bodies(module: Module) -> list[tuple[str, object]]:
    # The list grows while inner functions are lowered.
    return [(function.name, function.body) for function in module.functions]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("lines_above", [0, 6000])
def test_a_body_made_again_is_the_same_body(ending: str, lines_above: int) -> None:
    text = ("\n" * lines_above + _TEXT).replace("\n", ending)
    kept, released = _parse(text), _parse(text)
    languages.release(released, lambda _: False)
    assert _bodies(kept) == _bodies(released)
    assert len(kept.functions) == 7


def test_lines_that_need_their_surroundings_are_found_in_the_whole() -> None:
    text = _FILLER + "if 1:\n    x = 1; \\\n    y = 2\n    def f(a): return a + y\n"
    text += "class A:\n  def g(self):\n    return '''\n" + "x\n" * 20 + "''' if \\\n self else 1\n"
    kept, released = _parse(text), _parse(text)
    languages.release(released, lambda _: False)
    assert _bodies(kept) == _bodies(released)


def test_what_is_wanted_keeps_its_tree() -> None:
    module = _parse(_TEXT)
    languages.release(module, lambda function: function.name == "plain")
    trees = {f.name: getattr(f.lower, "_node", None) is not None for f in module.functions[1:]}
    assert trees["plain"]
    assert not trees["Held.method"]


def test_a_body_is_lowered_once() -> None:
    module = _parse(_TEXT)
    languages.release(module, lambda _: False)
    function = next(f for f in module.functions if f.name == "plain")
    assert function.body is function.body
    assert function.lower() == ()
