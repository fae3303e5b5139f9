"""Bodies that nobody wants are left out, and nothing else changes."""

from __future__ import annotations

import ast
import sys

import pytest

from antivenom import languages
from antivenom.languages.python.outline import SHORTEST, outlined
from antivenom.model.program import Module

_LONG = "    value = compute(first, second, third)\n" * (SHORTEST // 40 + 2)
_ENOUGH = "# filler\n" * 500
"""Above it a text is long enough to be cut."""


def _cut(text: str, *wanted: int) -> list[str]:
    """Return the names of the functions that are cut out of a text."""
    made = outlined(text, wanted)
    if made is None:
        return []
    tree = ast.parse(made.text)
    assert made.holds(tree)
    assert made.text.count("\n") == text.count("\n")
    whole = {n.lineno: n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    assert all(whole[line].end_lineno == end for line, end in made.cut.items())
    return [whole[line].name for line in sorted(made.cut)]


def test_only_functions_without_a_wanted_line_are_cut() -> None:
    text = f"import os\ndef one():\n{_LONG}\n@wrapped\ndef two(a,\n        b=(1)):\n{_LONG}x = 1\n"
    second = text[: text.index("def two")].count("\n") + 1
    assert _cut(text) == ["one", "two"]
    assert _cut(text, 3) == ["two"]
    assert _cut(text, second + 2) == ["one"]
    assert _cut(text, text.count("\n")) == ["one", "two"]


def test_methods_are_cut_and_functions_inside_functions_are_not() -> None:
    inner = _LONG.replace("    ", "        ")
    text = f"class A:\n    x = 1\n    def m(self):\n{inner}        def n():\n            pass\n"
    text += f"def outer():\n    def inner():\n{inner}    return inner\n"
    assert _cut(text) == ["m", "outer"]
    assert _cut(text, text.count("\n")) == ["m"]


@pytest.mark.parametrize(
    "body",
    [
        '    text = """\ndef not_code():\n    pass\n"""\n',
        "    text = 'a # b'  # it's a comment\n",
        "    text = [\n1,\n    ]\n",
        "    text = 1 + \\\n2\n",
        '    text = r"\\"\n    more = "\\""\n',
        "    text = (\n) = 1\n",
        "    if text:\n        pass\n# at the margin\n    return text\n",
    ],
)
def test_what_looks_like_an_end_is_none(body: str) -> None:
    text = f"def one():\n{_LONG}{body}{_LONG}\nlast = 1\n"
    try:
        tree = ast.parse(text)
    except SyntaxError:
        tree = None
    made = outlined(text, ())
    if made is not None and tree is not None:
        try:
            shorter = ast.parse(made.text)
        except SyntaxError:
            return  # parsed whole instead
        ends = {n.lineno: n.end_lineno for n in tree.body if isinstance(n, ast.FunctionDef)}
        same = dict(made.cut) == ends and len(shorter.body) == len(tree.body)
        assert same == made.holds(shorter)


def test_a_function_inside_a_literal_is_not_taken_for_one() -> None:
    text = f"code = '''\ndef one():\n{_LONG}'''\ndef two():\n{_LONG}"
    assert _cut(text) == ["two"]


@pytest.mark.parametrize("odd", ["\r\n", "\f", "\0", "\x01", "\n\tx\n", "\n'unclosed\n"])
def test_nothing_is_cut_where_lines_are_not_plain(odd: str) -> None:
    assert outlined(f"def one():\n{_LONG}{odd}", ()) is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="literals do not nest before 3.12")
def test_nothing_is_cut_where_a_literal_may_go_on() -> None:
    assert outlined(f'x = f"{{a["b"]}}"\ndef one():\n{_LONG}', ()) is None


def test_a_stub_of_somebody_else_is_told_apart() -> None:
    made = outlined(f"def one():\n{_LONG}", ())
    assert made is not None
    assert not made.holds(ast.parse("def one():\n" + "\n" * 6 + "    1\n"))
    assert not made.holds(ast.parse("x = 1\n"))


def _parse(text: str, wanted: list[int] | None) -> Module:
    given = None if wanted is None else lambda _: wanted
    module = languages.parse("python", text, member="m.py", name="m", wanted=given)
    assert module.functions[0].body
    return module


def _bodies(module: Module) -> list[tuple[str, int, int, object]]:
    return [(f.name, f.line, f.end_line, f.body) for f in module.functions]


def test_a_body_that_was_left_out_is_lowered_when_asked_for() -> None:
    text = _ENOUGH + f"class A:\n    def m(self, a=1, *b):\n{_LONG.replace('    ', '        ')}"
    text += f"async def f():\n{_LONG}    def g(): return 1\n    return g\n"
    assert _bodies(_parse(text, [])) == _bodies(_parse(text, None))


def test_another_version_inside_a_body_is_read_when_asked_for() -> None:
    text = _ENOUGH + f"def f(a):\n{_LONG}    print a\n    run(a)\n"
    module = _parse(text, [])
    assert not module.partial
    assert _bodies(module)[1] == _bodies(_parse(text, None))[1]


def test_the_rest_of_a_body_that_nobody_can_read_is_said() -> None:
    text = _ENOUGH + f"def f(a):\n{_LONG}    x = = 1 ) (\n    run(a)\n"
    module = _parse(text, [])
    assert module.functions[1].body
    assert module.partial == _parse(text, None).partial != ""
