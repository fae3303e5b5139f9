"""The tolerant parser: other versions of Python, broken files, hostile shapes."""

from __future__ import annotations

import ast
import textwrap
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.languages.python import parse
from antivenom.languages.python.literals import number_value, string_value
from antivenom.languages.python.tolerant import parse_tolerant


def read(text: str) -> tuple[str, str]:
    tree, why = parse_tolerant(text, SyntaxError("refused"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.unparse(ast.fix_missing_locations(tree)), why


PYTHON2 = [
    ("print 'a' % x, y", "print('a' % x, y)"),
    ("print >>sys.stderr, x", "print(x, file=sys.stderr)"),
    ("exec code", "exec(code)"),
    ("exec code in space", "exec(code, space)"),
    ("exec(code) in space\nprint 1", "exec(code) in space\nprint(1)"),
    ("x = `y`", "x = repr(y)"),
    ("raise Bad, 'why', trace", "raise Bad('why')"),
    ("x = 0777 + 10L", "x = 511 + 10"),
    (r'x = ur"a\d"', r"x = 'a\\d'"),
    ("x = a <> b", "x = a != b"),
    ("try:\n    f()\nexcept (A, B), e:\n    g(e)", None),
    ("def f(a, (b, c)=d):\n    return b", None),
]


@pytest.mark.parametrize(("old", "new"), PYTHON2)
def test_python_2_is_read_whole(old: str, new: str | None) -> None:
    found, why = read(old)
    assert why == ""
    assert new is None or found == new


def test_python_2_handlers_and_tuple_parameters_keep_their_names() -> None:
    found, _ = read("try:\n    f()\nexcept (A, B), e:\n    g(e)")
    assert "except (A, B) as e:\n    g(e)" in found
    found, _ = read("def f(a, (b, c)=d):\n    return b")
    assert "(b, c) = .1" in found or "b, c = .1" in found


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ('x = f"{d["a"]} {e:>{w}}"', "e:>{w}"),
        ("type X[T] = list[T]\nrun(1)", "run(1)"),
        ("def f[T](x: T) -> T:\n    return run(x)", "return run(x)"),
        ("x = t'hello {name}'", "hello {name}"),
        ("try:\n    f()\nexcept A, B:\n    run(1)", "run(1)"),
        ("try:\n    f()\nexcept* A:\n    run(1)", "run(1)"),
    ],
)
def test_newer_syntax_is_read_whole(new: str, expected: str) -> None:
    found, why = read(new)
    assert why == ""
    assert expected in found


BROKEN = [
    "x = foo(",
    "x = 'never closed",
    "foo bar baz",
    "$ pip install thing",
    "for x in y",
    "def broken(:",
    "}",
    "class A(:\n    x = = 1",
    "if a:\nelse b",
    "'Explanation: then call the function'.",
    "a = {'b': [1, 2}",
    "\x00\x01\x02",
]


@pytest.mark.parametrize("line", BROKEN)
def test_an_error_hides_only_its_own_statement(line: str) -> None:
    before = "import os\nbefore(1)\n\n\ndef first():\n    inner(2)\n\n\n"
    after = "\nimport sys\nafter(3)\n\n\nclass B:\n    def method(self):\n        deep(4)\n"
    found, why = read(before + line + after)
    assert why == "syntax: refused" or "\x00" in line
    for kept in ("before(1)", "inner(2)", "import sys", "after(3)", "deep(4)", "def method"):
        assert kept in found, (kept, found)


def test_an_error_inside_a_method_hides_no_other_method() -> None:
    text = """
        class A:
            def f(self):
                x = foo(1,
                y = 2
            def g(self):
                exec(y)
        z = 3
    """
    found, why = read(textwrap.dedent(text))
    assert why
    for kept in ("foo(1", "def g(self)", "exec(y)", "z = 3"):
        assert kept in found


def test_a_call_that_nothing_closes_keeps_its_arguments() -> None:
    found, _ = read("requests.post(url, headers=h, json=data")
    assert found == "requests.post(url, headers=h, json=data)"
    found, _ = read("exec(codecs.decode(b'776f77")
    assert found == "exec(codecs.decode(b'776f77'))"


@pytest.mark.parametrize(
    "text",
    [
        "import os\0\nos.system('x')",
        "\ufeff\ufeffimport os\nos.system('x')",
        "import os\nos.system('x')\n\x1a",
        "import os\nif a:\n        b()\n\tos.system('x')",
        "  import os\n  os.system('x')",
        "import\xa0os\nos.system('x')",
        "import os\r\rprint 1\ros.system('x')",
    ],
)
def test_what_editors_and_encoders_leave_is_not_an_error(text: str) -> None:
    found, why = read(text)
    assert why == ""
    assert "import os" in found and "os.system('x')" in found


def test_lines_are_those_of_the_text() -> None:
    text = "import os\n\n# comment\nprint 'a'\nfoo(\n\ndef f():\n    exec x\n\n\nlast(1)\n"
    tree, _ = parse_tolerant(text, SyntaxError("refused"))
    lines = {ast.unparse(n): n.lineno for n in ast.walk(tree) if isinstance(n, ast.Call)}
    assert lines["print('a')"] == 4
    assert lines["foo()"] == 5
    assert lines["exec(x)"] == 8
    assert lines["last(1)"] == 11


def test_the_tree_is_the_one_ast_makes() -> None:
    text = textwrap.dedent('''
        """Doc."""
        from .a import (b as c, d)
        import e.f as g, h

        @dec(1)
        class A(B, metaclass=M):
            x: int = 3

            async def m(self, a, /, b=1, *c, d, e=2, **f):
                """Text."""
                async with x as (y, z), w:
                    await q
                return [i async for i in j if k], {**a, "b": c}, {1, 2}, (l for l in m)

        while a and b and not c or d:
            x[1:2, ::3] += -y ** z if (n := 4) else lambda a, *b: (yield)
            break
        else:
            del x, y[0]
        try:
            assert a < b <= c is not d, "no"
        except (A, B) as e:
            raise C(1) from e
        finally:
            f(*a, b=1, **c)(1)[2].d.e(b"\\x41\\n" b'c', r"\\d" "\\u0041", 0x1F, 1_000, 2.5j)
        print(f"a{b!r:>{c}}{{}} {d + 1}" "tail")
    ''')

    def plain(tree: ast.Module) -> list[str]:
        return [ast.unparse(n).replace("async ", "") for n in ast.fix_missing_locations(tree).body]

    broken, why = parse_tolerant(text + "\nprint 1\n", SyntaxError("refused"))
    assert why == ""
    expected = [x.replace("x: int = 3", "x = 3") for x in plain(ast.parse(text))]
    assert plain(broken)[:-1] == expected


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "f(" * 5_000 + ")" * 5_000 + " $",
        "-" * 20_000 + " $",
        "x = " + "lambda a: " * 3_000 + "a $",
        "".join(" " * n + "if x:\n" for n in range(300)) + "$",
        "a" + ".b" * 20_000 + " $",
        "x" + " " * 50_000 + "$",
        "\\\n" * 20_000 + "$",
        "import " + "a." * 20_000 + "a",
        '"a" + ' * 20_000 + '"b" $',
        "a = " * 5_000 + "$",
    ],
)
def test_deep_and_long_shapes_end(text: str) -> None:
    module = parse(text, member="m.py")
    assert module.functions[0].body is not None


def test_calls_survive_any_depth() -> None:
    module = parse("x = " + "f(" * 3_000 + "run(1)" + ")" * 3_000 + " $", member="m.py")
    assert "id='run'" in repr(module.functions[0].body)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    parse(text, member="m.py").functions[0].body  # noqa: B018


_TOKENS = [
    "def",
    "class",
    "if",
    "else",
    ":",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "import",
    "from",
    "x",
    "y",
    "=",
    "==",
    "'a'",
    "f'{",
    "lambda",
    ",",
    "print",
    "exec",
    ">>",
    "`",
    "0777",
    "1L",
    "except",
    "try",
    "raise",
    "with",
    "as",
    "async",
    "await",
    "yield",
    "*",
    "**",
    "@",
    ".",
    ";",
    "match",
    "case",
    "$",
    "type",
    "b'",
    "->",
    "global",
    "del",
]
_WORDS = st.sampled_from([*_TOKENS, "\n", "\n  ", "\t", "\\\n", '"""'])


@settings(max_examples=200, deadline=None)
@given(st.lists(_WORDS, max_size=60).map(" ".join))
def test_any_tokens_are_read(text: str) -> None:
    module = parse(text, member="m.py")
    for function in module.functions:
        assert function.body is not None


def test_literals_of_every_version() -> None:
    assert number_value("0777") == 511
    assert number_value("089") == 89
    assert number_value("0xFFL") == 255
    assert number_value("1_000") == 1000
    assert number_value("2.5j") == 2.5j
    assert number_value("9" * 10_000) is not None
    assert number_value("1x") is None
    assert string_value("", r"\x41\101\u0041\N{DASH}\n\q") == "AAA\\N{DASH}\n\\q"
    assert string_value("b", r"\x41\u0041") == b"A\\u0041"
    assert string_value("r", r"\x41") == r"\x41"
