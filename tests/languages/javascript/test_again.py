"""Syntax trees that were let go of are made again the same."""

from __future__ import annotations

import gc
import weakref

import pytest

from antivenom.languages import parse
from antivenom.languages.javascript import again
from antivenom.languages.javascript.context import Text
from antivenom.model.program import Module

_TEXT = """
// é: bytes are not characters
export async function declared(a, {b, c = 2}) { return await a[b] ?? c }
const arrow = async (x = f(), ...rest) => { await x; return y => y + x };
const short = z => ({z});
class Held extends Base {
  #secret = () => 1;
  static async *items(q) { yield* q }
  get value() { return super.value }
  constructor(a) { super(a); this.run = function own() { own() } }
  ['computed'](k) { if (k) return function () { return k } }
  static { start(() => 3) }
}
module.exports = { method(a) { return a }, async other() {}, f: function* (a) { yield a } };
!function(e) { var t = {}; e(function(n) { t[n] = (m => { return m })(n) }) }(go);
"""
_TYPED = """
import type {A} from 'a';
export const typed = <T,>(a: T, b?: A): T => { return (b as any)!.c(a) };
export class C { constructor(private readonly x: string) {} m<T>(this: C, a: T): T { return a } }
"""


def _module(text: str, lang: str) -> Module:
    module = parse(lang, text, member="a.ts" if lang == "typescript" else "a.js")
    assert module.functions[0].body
    return module


def _bodies(module: Module) -> list[tuple[str, object]]:
    # The list grows while inner functions are lowered.
    return [(function.name, function.body) for function in module.functions]


def _let_go(module: Module) -> int:
    """Let go of every tree of a module; return how many functions were waiting."""
    texts = {f.lower._text for f in module.functions if isinstance(f.lower, again.Body)}
    waiting = sum(len(text.nodes) for text in texts)
    for text in texts:
        text.nodes.clear()
    return waiting


@pytest.mark.parametrize(("text", "lang"), [(_TEXT, "javascript"), (_TYPED, "typescript")])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_body_made_again_is_the_same_body(text: str, lang: str, ending: str) -> None:
    text = text.replace("\n", ending)
    kept, released = _module(text, lang), _module(text, lang)
    assert not kept.partial
    assert _let_go(released) > 2
    made = []
    for function in released.functions:
        made.append((function.name, function.body))
        _let_go(released)
    assert made == _bodies(kept)


def test_broken_code_is_read_with_what_stands_around_it() -> None:
    text = "function a() { if ( } \nfunction b(c) { return d(c) }\nvar e = (f => f)("
    kept, released = _module(text, "javascript"), _module(text, "javascript")
    assert kept.partial
    _let_go(released)
    assert _bodies(released) == _bodies(kept)


def test_a_function_at_the_very_start_of_a_text() -> None:
    kept, released = _module("a => { b(a) }", "javascript"), _module("a => { b(a) }", "javascript")
    assert _let_go(released) == 1
    assert _bodies(released) == _bodies(kept)


def test_the_oldest_trees_go_first() -> None:
    kept = again.Kept(most=100)
    texts = [Text(b"", Module(member="a.js", name="", lang="javascript", text="")) for _ in "abc"]
    for text in texts:
        text.nodes[0, 1] = object()  # type: ignore[assignment] # only counted
        kept.add(text, 60)
    assert [len(text.nodes) for text in texts] == [0, 0, 1]


def test_a_text_that_nobody_uses_is_not_kept() -> None:
    module = _module(_TEXT, "javascript")
    body = module.functions[1].lower
    assert isinstance(body, again.Body)
    alive = weakref.ref(body._text)
    module.functions.clear()
    del body, module
    gc.collect()
    assert alive() is None
