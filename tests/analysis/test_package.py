"""Which code is worth evaluating on its own."""

from __future__ import annotations

import pytest

from antivenom.analysis.needles import is_hot
from antivenom.analysis.package import Source, lower
from antivenom.model.label import Role
from antivenom.model.limits import DEFAULT_LIMITS
from tests.analysis import machines

_CORE = "import os\n\ndef go(x):\n    os.system(x)\n\ndef idle(x):\n    return x\n"


def _near(files: dict[str, str], member: str) -> dict[str, bool]:
    """Return which functions of a member were found worth evaluating."""
    sources = [machines._source(p, t.encode(), Role.CODE) for p, t in files.items()]
    watched = next(s for s in sources if s.member == member)
    machines.evaluate(sources, machines._roots(files), DEFAULT_LIMITS, {})
    # The machine took its functions with it: what was learned is asked of the same text anew.
    again = Source(member=member, lang="python", data=watched.data, label=watched.label, hot=True)
    again.hot_names, again.hot_modules = watched.hot_names, watched.hot_modules
    return {function.name: again.near(function) for function in lower(again).functions[1:]}


def test_an_alias_of_what_a_search_finds_is_followed_by_its_alias() -> None:
    text = "import subprocess as s\n\ndef f(x):\n    return s.a(x)\n\ndef g(x):\n    return x\n"
    near = _near({"demo/__init__.py": text}, "demo/__init__.py")
    assert near == {"f": True, "g": False}


def test_an_alias_of_a_library_noticed_by_its_functions_hides_nothing() -> None:
    text = "import os\nimport numpy as np\n\ndef f(x):\n    return np.sum(x)\n"
    text += "\ndef g():\n    os.system('x')\n"
    near = _near({"demo/__init__.py": text}, "demo/__init__.py")
    assert near == {"f": False, "g": True}


@pytest.mark.parametrize("statement", ["from demo import core as c", "import demo.core as c"])
def test_of_a_module_only_what_matters_in_it_counts(statement: str) -> None:
    user = f"import os\n{statement}\nos.getenv('A')\n"
    user += "\ndef f(x):\n    return c.go(x)\n\ndef g(x):\n    return c.idle(x)\n"
    files = {"demo/__init__.py": "from demo import user\n", "demo/core.py": _CORE}
    near = _near({**files, "demo/user.py": user}, "demo/user.py")
    assert near == {"f": True, "g": False}


@pytest.mark.parametrize(
    ("text", "hot"),
    [
        ("import os\nos.system(x)\n", True),
        ("from os import system\n", True),
        ("system(x)\n", True),
        ("import os\ngetattr(os, 'system')(x)\n", True),
        ("import os\nos.system.__call__(x)\n", True),
        ("order = system.order\n", False),
        ("'''A linear system (of equations) and a system.'''\n", False),
    ],
)
def test_system_is_a_word_before_it_is_a_call(text: str, hot: bool) -> None:
    assert is_hot(text.encode()) is hot


def test_a_chain_of_modules_is_followed_in_a_package_of_ordinary_size() -> None:
    files = {"demo/__init__.py": "from demo.a0 import f0\nf0('x')\n"}
    for n in range(6):
        files[f"demo/a{n}.py"] = (
            f"from demo.a{n + 1} import f{n + 1}\n\ndef f{n}(x):\n    f{n + 1}(x)\n"
        )
    files["demo/a6.py"] = "import os\n\ndef f6(x):\n    os.system(x)\n"
    assert "import" in {f.activation for f in machines.run(files).of("process.shell")}


def test_the_loops_of_a_test_are_not_run_to_the_end() -> None:
    text = "import os\n\ndef test_it():\n    for n in range(50_000):\n        os.getenv(str(n))\n"
    text += "    os.system('x')\n"
    role = {"demo/test_it.py": Role.TEST}
    tested = machines.run({"demo/test_it.py": text}, roles=role)
    assert tested.steps < 100_000
    assert "process.shell" in tested.ids()
    assert machines.run({"demo/test_it.py": text}).steps > 200_000


def test_of_many_tests_a_share_is_evaluated_and_what_others_import_always() -> None:
    noise = "# filler\n" * 20_000
    text = f"import os\nos.system('x')\n{noise}"
    names = [f"demo/tests/test_{n}.py" for n in range(9)]
    files = dict.fromkeys(names, text)
    roles = dict.fromkeys(names, Role.TEST)
    seen = machines.run(files, roles=roles)
    assert 1 <= len({f.member for f in seen.of("process.shell")}) < 9
    files["demo/__init__.py"] = "import demo.tests.test_8\n"
    told = {f.member: f.activation for f in machines.run(files, roles=roles).of("process.shell")}
    assert told["demo/tests/test_8.py"] == "import"


def test_words_are_found_where_splitting_finds_them() -> None:
    text = (
        "def f():\n    use(name)\ndef g():\n    names, _name, n\xe4me, name\u3000x\ndef h(): pass"
    )
    source = machines._source("demo/__init__.py", text.encode(), Role.CODE)
    module = lower(source)
    source.hot_names = {"name": 0, "n.ame": 0, "h\xe4": 0}
    found = {f.name: source._used(source.hot_names, f) for f in module.functions[1:]}
    assert found == {"f": ["name"], "g": ["name"], "h": []}
    for function in module.functions[1:]:
        assert set(found[function.name]) == source.hot_names.keys() & source._words(function)
