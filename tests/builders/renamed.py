"""The same package as somebody else's: another project name, author and address, nothing more."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import re
import string
import tarfile
import zipfile

_OWN = re.compile(
    rb"(?im)^(Name|Author|Author-email|Maintainer|Maintainer-email|Home-page|Download-URL|"
    rb"Project-URL|Summary):[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*"
)
_SETUP_NAME = re.compile(rb"(?m)^(\s*name\s*=\s*)(['\"])[\w.-]+\2")
_METADATA = ("METADATA", "PKG-INFO")


def random_name(seed: str) -> str:
    """A name nobody has, the same in every run."""
    chosen = random.Random(seed)
    return "".join(chosen.choice(string.ascii_lowercase) for _ in range(14))


def renamed(data: bytes, filename: str, name: str) -> tuple[bytes, str]:
    """A wheel or a tar.gz under another name: its bytes and the name of its file."""
    if filename.endswith(".whl"):
        parts = filename.split("-")
        return _wheel(data, name), "-".join([name, *parts[1:]])
    return _tarball(data, name), f"{name}.tar.gz"


def _wheel(data: bytes, name: str) -> bytes:
    out = io.BytesIO()
    records: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        folder = next(n for n in old.namelist() if n.endswith(".dist-info/RECORD"))[
            : -len("/RECORD")
        ]
        other = f"{name}-{folder.removesuffix('.dist-info').rpartition('-')[2]}.dist-info"
        for info in old.infolist():
            content = old.read(info)
            path = _moved(info.filename, folder, other)
            if path == f"{other}/RECORD" or info.is_dir():
                continue
            info.filename = path
            info.extra = b""
            records[path] = _content(path, content, name)
            new.writestr(info, records[path])
        new.writestr(f"{other}/RECORD", _record(records, f"{other}/RECORD"))
    return out.getvalue()


def _tarball(data: bytes, name: str) -> bytes:
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(data)) as old,
        tarfile.open(fileobj=out, mode="w:gz") as new,
    ):
        for info in old:
            root, slash, rest = info.name.partition("/")
            info.name = f"{name}{slash}{rest}" if root else info.name
            if not info.isreg():
                new.addfile(info)
                continue
            file = old.extractfile(info)
            assert file is not None
            content = _content(info.name, file.read(), name)
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _moved(path: str, folder: str, other: str) -> str:
    """Move the metadata folder and the data folder beside it."""
    for ending in (".dist-info", ".data"):
        old = folder.removesuffix(".dist-info") + ending
        if path.startswith(f"{old}/"):
            return other.removesuffix(".dist-info") + ending + path[len(old) :]
    return path


def _content(path: str, content: bytes, name: str) -> bytes:
    last = path.rpartition("/")[2]
    if last in _METADATA:
        return _OWN.sub(lambda hit: _field(hit.group(1), name), content)
    if last == "setup.py":
        return _SETUP_NAME.sub(rb"\g<1>\g<2>" + name.encode() + rb"\g<2>", content, count=1)
    return content


def _field(key: bytes, name: str) -> bytes:
    if key.lower() == b"name":
        return key + b": " + name.encode()
    value = b"somebody@demo.invalid" if key.lower().endswith(b"email") else b"somebody"
    if key.lower() in {b"home-page", b"download-url"}:
        value = b"https://demo.invalid"
    return key + b": " + (b"home, https://demo.invalid" if key.lower() == b"project-url" else value)


def _record(files: dict[str, bytes], own: str) -> str:
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        quoted = f'"{path}"' if "," in path else path
        lines.append(f"{quoted},sha256={digest},{len(content)}")
    return "\n".join([*lines, f"{own},,", ""])
