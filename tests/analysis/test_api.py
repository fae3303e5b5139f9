from __future__ import annotations

import importlib
import inspect
import re
import sys
import warnings
from pathlib import Path

import msgspec
import pytest

from antivenom.analysis.api import ApiTable, Place, Row, table
from antivenom.analysis.api.row import ABSENT, UNKNOWN, Condition, Detail, Lookup
from antivenom.analysis.api.written import Entry, Library, compile_tables, expand, to_row
from antivenom.model.vocabulary import BEHAVIORS

PYTHON = table("python")

ELSEWHERE = {
    "builtins": {"execfile", "file", "raw_input", "reduce"},
    "base64": {"decodestring", "encodestring", "z85decode"},
    "binascii": {"a2b_hqx"},
    "string": {"letters"},
    "platform": {"linux_distribution", "dist", "popen"},
    "os": {"popen2", "popen3", "popen4", "lchmod", "startfile"},
    "sys": {"getwindowsversion"},
}
"""Names of other Python versions or systems than the one the tests run on."""
OTHER_SYSTEMS = (
    "winreg.",
    "nt.",
    "ctypes.W",
    "ctypes.O",
    "ctypes.windll",
    "ctypes.oledll",
    "subprocess.C",
    "subprocess.D",
    "pathlib.Path().walk",
)


def call(*args: object, **named: object) -> Lookup:
    def lookup(place: Place) -> object:
        if isinstance(place, int):
            return args[place] if place < len(args) else ABSENT
        return named.get(place, ABSENT)

    return lookup


def rows() -> list[tuple[str, Row]]:
    return [(name, row) for name in PYTHON.names for row in PYTHON.rows(name)]


def test_every_behavior_is_in_the_vocabulary() -> None:
    for name, row in rows():
        for behavior in (*row.behavior, row.into, row.yields):
            assert not behavior or behavior in BEHAVIORS, (name, behavior)


def test_rows_are_consistent() -> None:
    for name, row in rows():
        if row.sink or row.weak_sink:
            assert row.feeds or row.writes, f"{name}: a sink needs a behavior or a file"
        if row.source:
            assert row.gives, f"{name}: a source needs a behavior"
        if row.joined:
            assert len(row.behavior) > 1, f"{name}: nothing to join"
        if row.shell:
            assert row.command, f"{name}: a shell without a command"
        if row.returns.endswith("()"):
            known = any(n.startswith(row.returns) for n in PYTHON.names)
            assert known or row.returns[:-2] in PYTHON.names or row.host, f"{name}: {row.returns}"


def test_a_row_without_conditions_hides_no_later_row() -> None:
    for name in PYTHON.names:
        for row in PYTHON.rows(name)[:-1]:
            assert row.only_if or row.unless, name


def _resolve(path: str) -> bool:
    """Whether a canonical path names something of this interpreter; False when it cannot."""
    parts = path.split(".")
    for size in range(len(parts), 0, -1):
        if "(" in ".".join(parts[:size]):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found: object = importlib.import_module(".".join(parts[:size]))
        except ImportError:
            continue
        break
    else:
        return False
    for part in parts[size:]:
        if not hasattr(found, part.removesuffix("()")):
            return False
        found = getattr(found, part.removesuffix("()"))
        if part.endswith("()") and not inspect.isclass(found):
            return True  # what a function returns is not written down anywhere
    return True


SAME_FOR_ALL = ("zipfile.ZipFile()", "builtins.open()", "xmlrpc.client.ServerProxy().*")


@pytest.mark.parametrize("root", ["builtins", "os", "subprocess", "socket", "base64", "urllib"])
def test_standard_library_names_are_spelled_right(root: str) -> None:
    checked = 0
    for path in PYTHON.names:
        if path.partition(".")[0] != root or path.startswith((*OTHER_SYSTEMS, *SAME_FOR_ALL)):
            continue
        if path.removeprefix(f"{root}.") in ELSEWHERE.get(root, ()):
            continue
        if root == "urllib" and path.split(".")[1] not in {"request", "parse"}:
            continue  # Python 2
        if path in {"subprocess.Popen().stdout", "subprocess.Popen().stderr"}:
            continue  # set on instances
        assert _resolve(path), path
        checked += 1
    assert checked


def test_constants_are_what_python_says() -> None:
    for path, value in PYTHON.constants.items():
        module, _, name = path.rpartition(".")
        if module in sys.stdlib_module_names:
            actual = getattr(importlib.import_module(module), name, value)
            assert actual == value, path


def test_the_inventory_is_large() -> None:
    assert len([n for n, r in rows() if r.behavior]) > 1000


def test_open_reads_or_writes_by_its_mode() -> None:
    def behavior(*args: object, **named: object) -> tuple[str, ...]:
        row = PYTHON.pick("builtins.open", call(*args, **named))
        assert row is not None
        return row.behavior

    assert behavior("x") == ("file.read",)
    assert behavior("x", "rb") == ("file.read",)
    assert behavior("x", "wb") == ("file.write",)
    assert behavior("x", mode="a") == ("file.write",)
    assert behavior("x", "r+") == ("file.write",)
    assert behavior("x", UNKNOWN) == ("file.write",), "the worse of the two when unknown"


def test_popen_through_a_shell_hidden_and_detached() -> None:
    lookup = call(["x"], shell=True, creationflags=0x08000008)
    row = PYTHON.pick("subprocess.Popen", lookup)
    assert row is not None
    assert (row.behavior, row.shell) == (("process.shell",), "sh")
    assert row.details(lookup) == ("hidden=yes", "detached=yes")
    plain = PYTHON.pick("subprocess.Popen", call(["x"]))
    assert plain is not None and plain.behavior == ("process.spawn",)
    assert plain.details(call(["x"])) == ()


def test_a_safe_yaml_loader_is_no_deserializer() -> None:
    assert PYTHON.pick("yaml.load", call("x", "yaml.SafeLoader")) is None
    risky = PYTHON.pick("yaml.load", call("x", "yaml.Loader"))
    assert risky is not None and risky.behavior == ("code.deserialize",)


def test_a_get_sends_through_its_address() -> None:
    row = PYTHON.row("requests.get")
    assert row is not None
    assert (row.behavior, row.feeds, row.gives) == (("net.fetch",), "net.send", "net.fetch")
    assert "url" in row.sink and "headers" not in row.sink and "headers" in row.weak_sink


def test_sessions_are_aliases() -> None:
    for maker in ("requests.session", "requests.Session", "cloudscraper.create_scraper"):
        row = PYTHON.row(maker)
        assert row is not None and row.returns == "requests.Session()"
    assert PYTHON.row("requests.Session().post") is not None


def test_a_star_stands_for_any_last_part() -> None:
    row = PYTHON.row("xmlrpc.client.ServerProxy().anything")
    assert row is not None and row.behavior == ("net.send",)
    assert PYTHON.row("nothing.of.the.kind") is None


def test_accessed_names() -> None:
    assert "os.environ" in PYTHON.attributes
    assert "os.getenv" not in PYTHON.attributes


def test_needles_give_every_interesting_row_away() -> None:
    words = {word for needle in PYTHON.needles for word in re.findall(r"\w+", needle)}
    quiet = {"torch.load", "yaml.load", "yaml.load_all", "numpy.load"}
    for name, row in rows():
        if not row.behavior or name in quiet or name.startswith("*."):
            continue
        if name.endswith((".request.Request", "urllib2.Request")):  # told by what opens it
            continue
        path = name.replace("(", ".").replace(")", ".").replace("*", "").split(".")
        others = {w for r in PYTHON.rows(name) for n in r.names for w in n.split(".")}
        assert words & (set(path) | others) or "boto3" in path or "github" in path, name


def test_strong_and_weak_words() -> None:
    for word in ("exec", "eval", "__import__", "subprocess", "socket", "urlopen", "requests"):
        assert word in PYTHON.strong, word
    for word in ("httpx", "environ", "getenv", "popen", "system", "winreg", "marshal", "pickle"):
        assert word in PYTHON.strong, word
    for word in ("open", "read", "write", "connect", "copy"):
        assert word not in PYTHON.strong, word
    assert not set(PYTHON.strong) & set(PYTHON.weak)
    assert "code.run" in PYTHON.strong["exec"]


def test_an_unknown_language_has_an_empty_table() -> None:
    assert table("cobol").names == ()


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="sinks"):
        msgspec.convert({"api": [{"name": "a.b", "sinks": 1}]}, Library)


def test_names_expand() -> None:
    assert list(expand("a.{b,c}.{d,e}")) == ["a.b.d", "a.b.e", "a.c.d", "a.c.e"]


def test_conditions() -> None:
    holds = Condition(places=(1, "mode"), globs=("w*", "*+*")).holds
    assert holds(call("f", "wb")) is True
    assert holds(call("f", mode="r+b")) is True
    assert holds(call("f", "r")) is False
    assert holds(call("f")) is False
    assert holds(call("f", UNKNOWN)) is None
    bits = Condition(places=(0,), globs=("&0o111",))
    assert bits.holds(call(0o755)) is True
    assert bits.holds(call(0o644)) is False
    assert bits.holds(call("755")) is False
    assert Condition(places=(0,), globs=("True",)).holds(call(True)) is True
    assert Condition(places=(0,), globs=("*ab",)).holds(call(b"xab")) is True


def test_a_registry_key_must_be_known_to_be_an_autostart() -> None:
    run = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
    handle = PYTHON.row("winreg.OpenKey")
    assert handle is not None and handle.standing(call("winreg.HKEY_CURRENT_USER", run)) == run
    assert handle.standing(call(UNKNOWN, UNKNOWN)) == ""
    row = PYTHON.pick("winreg.SetValueEx", call(run, "x", 0, 1, "x.exe"))
    assert row is not None and row.behavior == ("persist.autostart",)
    row = PYTHON.pick("winreg.SetValueEx", call(UNKNOWN, "x", 0, 1, "x.exe"))
    assert row is not None and row.behavior == ("file.write",)


def test_a_result_may_stand_for_a_folder() -> None:
    row = PYTHON.row("site.getsitepackages")
    assert row is not None and row.standing(call()) == "site-packages"


def test_only_long_waits_are_delays() -> None:
    assert PYTHON.pick("time.sleep", call(0.5)) is None
    assert PYTHON.pick("time.sleep", call(UNKNOWN)) is None
    row = PYTHON.pick("time.sleep", call(3600))
    assert row is not None and row.behavior == ("guard.delay",)


def test_details_copy_arguments() -> None:
    row = to_row(Entry(name="a.b", behavior="data.decode", args=["encoding={1|encoding}"]))
    assert row.args == (Detail(key="encoding", places=(1, "encoding")),)
    assert row.details(call("x", "rot13")) == ("encoding=rot13",)
    assert row.details(call("x")) == ()
    assert row.details(call("x", UNKNOWN)) == ()


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    source = tmp_path / "demo.toml"
    source.write_text(
        'weak = ["demo"]\n[[api]]\nname = "demo.{run,start}"\nbehavior = "code.run"\nsink = 0\n'
    )
    made = ApiTable(compile_tables([source]))
    assert made.names == ("demo.run", "demo.start")
    assert made.needles == ("demo",) and "demo" in made.weak
    row = made.row("demo.start")
    assert row is not None and row.sink == (0,)


def test_a_name_costs_one_look_up() -> None:
    """Hostile names of any length are one dictionary look-up, not a search."""
    assert PYTHON.row("a." * 100_000 + "b") is None
