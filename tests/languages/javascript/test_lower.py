"""JavaScript and TypeScript in the Program form."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.languages.javascript import decode_source, parse
from antivenom.languages.javascript.literals import number, unescape
from tests.languages.javascript.rendered import render


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("var a = 1, b", "a = 1"),
        ("let a; const {b, c: [d, , e = 2], ...r} = f", "a = None; (unpack 'b' b 'c' (list d _ (default e 2)) None r) = f"),  # noqa: E501
        ("a = b = c.d?.e", "a = (walrus b c.d.e)"),
        ("a += 1; b ??= c; x >>>= 2", "a += 1; b ??= c; x >>>= 2"),
        ("a++, --b", "(postfix a (+ a 1)); (walrus b (- b 1))"),
        ("a.b['c'](d, ...e)", "a.b['c'](d, (star e))"),
        ("x = 1 + 2 + a + 'b'", "x = (+ 1 2 a 'b')"),
        ("x = `a${b}c\\n`", "x = `'a' b 'c\\n'`"),
        ("x = {a, 'b': 1, [c]: 2, d() {}, ...e}", "x = (dict 'a' a 'b' 1 c 2 'd' <d(this)> _ e)"),
        ("x = /ab+/gi", "x = @RegExp('ab+', 'gi')"),
        ("x = new F(1); new F", "x = (new F 1); (new F)"),
        ("x = void 0", "x = None"),
        ("a ? b() : c()", "if a {b() | c()}"),
        ("a && b(), a || (c = 1)", "if a {b() | }; if a { | c = 1}"),
        ("x = typeof a === 'b' && !c", "x = (and (is (typeof a) 'b') (not c))"),
        ("if (a) b(); else if (c) d()", "if a {b() | if c {d() | }}"),
        ("for (let i = 0; i < 3; i++) { f(i); continue }", "i = 0; while (< i 3) {f(i); continue} step (postfix i (+ i 1))"),  # noqa: E501
        ("for (;;) f()", "while True {f()}"),
        ("for (const k in o) f(k)", "for k of @Object.keys(o) {f(k)}"),
        ("for await (const [a, b] of o) f()", "for (list a b) of o {f()}"),
        ("do { f() } while (a)", "f(); while a {f()}"),
        ("try { f() } catch (e) { g(e) } finally { h() }", "try  {f() | g(e) | h()}"),
        ("switch (a) { case 1: f(); break; default: g() }", "switch (switch a 1 None) {f(); break | g()}"),  # noqa: E501
        ("f(); function f(a) { return a }", "def f = <f(this, a) return a>; f()"),
        ("let f = async (a, b = 1) => await a", "f = <f(a, b) return (await a)>"),
        ("(function g() { g() })()", "<g(this) g = <g(this) g = ...>; g()>()"),
        ("f(({a, b = c}) => a)", "f(<<anonymous:1>(%0) (unpack 'a' a 'b' (default b c)) = %0; return a>)"),  # noqa: E501
        ("function f() { a = 1; let b }", "def f = <f(this) outer a; a = 1; b = None>"),
        ("throw new Error(a)", "raise"),
        ("label: while (a) break label", "while a {break}"),
        ("tag`a${b}c`", "tag((list 'a' 'c'), b)"),
    ],
)  # fmt: skip
def test_forms(text: str, expected: str) -> None:
    if "..." in expected and "g = " in expected:
        module = parse(text, member="a.js")
        _ = module.functions[0].body
        assert [type(s).__name__ for s in module.functions[1].body] == ["Assign", "Do"]
        return
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import 'a'", "@import('a')"),
        ("import a from 'b'", "a = @import('b').default"),
        (
            "import a, {b, c as d} from 'e'",
            "a = @import('e').default; b = @import('e').b; d = @import('e').c",
        ),
        ("import * as a from 'b'", "a = @import('b')"),
        ("await import(a)", "(await @import(a))"),
        ("export const a = 1, b = 2", "a = 1; b = 2; exports.a = a; exports.b = b"),
        ("export default a.b", "exports.default = a.b"),
        ("export default function f() {}", "def f = <f(this)>; exports.default = f"),
        ("export {a, b as c}", "exports.a = a; exports.c = b"),
        ("export {a as default} from 'b'", "exports.default = @import('b').a"),
        ("export * from 'a'", "@Object.assign(exports, @import('a'))"),
        ("export * as a from 'b'", "exports.a = @import('b')"),
        ("import.meta.url", "@import.meta.url"),
    ],
)
def test_modules(text: str, expected: str) -> None:
    assert render(text) == expected


def test_classes() -> None:
    text = """class A extends B {
        static x = 1; y = f(); #z = 2;
        constructor(a) { super(a); this.a = a }
        get v() { return 1 }
        static of() { return new A() }
        static { g() }
    }"""
    assert render(text) == (
        "def A = class A(B) {x = 1; "
        "def __init__ = <A.constructor(this, a) this['y'] = f(); this['#z'] = 2; "
        "super(a); this.a = a>; "
        "def v = <A.v(this) return 1>; def of = <A.of(this) return (new A)>; g()}"
    )


def test_a_class_with_fields_alone_gets_a_constructor_that_calls_its_parent() -> None:
    assert render("class A extends B { y = f() }") == (
        "def A = class A(B) {def __init__ = "
        "<A.constructor(this, *given) super((star given)); this['y'] = f()>}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import type {A} from 'a'; let x: A = <B>y as C", "x = y"),
        ("function f(this: A, a?: string, b: number = 1): void {}", "def f = <f(this, a, b)>"),
        ("interface A {}; type B = string; declare const c: D; x!.y = z", "x.y = z"),
        ("enum A { B, C = 'c' }", "A = (dict 'B' 0 'C' 'c')"),
        ("import fs = require('fs'); export = fs", "fs = @import('fs'); module.exports = fs"),
        ("namespace N { f() }", "f()"),
        ("abstract class A { private b = 1 }", "def A = class A() {def __init__ = "
         "<A.constructor(this, *given) this['b'] = 1>}"),
    ],
)  # fmt: skip
def test_typescript(text: str, expected: str) -> None:
    found = render(text, "typescript")
    assert found.removeprefix("A = @import('a').A; ") == expected


def test_types_in_a_file_that_claims_to_have_none() -> None:
    assert not parse("const a: string = b as any; f<T>(a)", member="a.js").partial


def test_broken_code_is_partial_and_its_rest_is_read() -> None:
    module = parse("f(1; function ] {\nlet x = ;\ng('still here')", member="a.js")
    assert module.partial
    assert "still here" in render("f(1; function ] {\nlet x = ;\ng('still here')")


def test_functions_know_where_they_stand() -> None:
    text = "let é = 1;function f(){return g(()=>2)}"
    module = parse(text, member="a.js")
    _ = module.functions[0].body, module.functions[1].body
    raw = text.encode()
    assert [raw[f.start : f.end].decode() for f in module.functions[1:]] == [
        "function f(){return g(()=>2)}", "()=>2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\x41\u0042\u{43}\103", "ABCC"), (r"a\nb\0c\'", "a\nb\0c'"), ("a\\\nb", "ab"),
        (r"\ud83d\ude00", "😀"), (r"\ud83d", "\ufffd"), (r"\u{110000}", "\ufffd"), (r"\z", "z"),
    ],
)  # fmt: skip
def test_escapes(text: str, value: str) -> None:
    assert unescape(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x1F", 31), ("0b11", 3), ("0o17", 15), ("017", 15), ("089", 89), ("1_000", 1000),
     ("1e3", 1000), ("1.5", 1.5), ("5n", 5), ("1" * 5000, None), ("0xg", None)],
)  # fmt: skip
def test_numbers(text: str, value: object) -> None:
    assert number(text) == value


def test_sources_in_utf_16_are_read() -> None:
    assert decode_source("f()".encode("utf-16")) == "f()"
    assert decode_source(b"\xef\xbb\xbff()") == "f()"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(
    ["function", " f", "(", ")", "{", "}", "=>", "a", ".b", "[", "]", "=", ",", ";", "`", "${", "'",
     "/", "class ", "async ", "...", "import ", "export ", "from 'x'", "\n", "?.", "??", "\\u00",
     "case ", "switch", "for", "if", "else", "\x00", "é", "get "]), max_size=40))  # fmt: skip
def test_no_text_is_an_error(words: list[str]) -> None:
    module = parse("".join(words), member="a.ts", lang="typescript")
    for function in module.functions:
        assert isinstance(function.body, tuple)


@pytest.mark.parametrize(
    "unit", ["(", "[", "{", "a(", "!", "`${", "()=>", "a?b:", "function f(){", "{a:", "class A{",
             "if(a)", "a.", "a,", "<a>", "'", "\\", "/*", "x=>{", "case 1:"],
)  # fmt: skip
def test_repetition_costs_no_more_than_its_length(unit: str) -> None:
    def cost(count: int) -> float:
        began = time.process_time()
        module = parse(unit * count, member="a.js")
        for function in module.functions[:2000]:
            assert isinstance(function.body, tuple)
        return time.process_time() - began

    small = max(cost(2000), 0.02)
    assert cost(16000) < 24 * small
