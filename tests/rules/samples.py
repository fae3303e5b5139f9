"""Runs the samples of rule pages through the real pipeline."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence

import msgspec

from antivenom.context import surround
from antivenom.context.known_names import KnownNames
from antivenom.model.artifact import Artifact
from antivenom.model.context import NOTHING, Context
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile
from antivenom.pipeline import observe
from antivenom.rules.page import Package

TOP = "demo-1.0/"
_NAMES = KnownNames()


def facts_of(package: Package, before: Package | None) -> Sequence[Fact]:
    """Return what the pipeline sees in a sample, with the paths the page uses."""
    context = Context(baseline=_observed(before)) if before else NOTHING
    facts = surround(_observed(package), context, _NAMES)
    return [msgspec.structs.replace(f, member=f.member.removeprefix(TOP)) for f in facts]


def _observed(package: Package) -> Profile:
    name, data = pack(package)
    artifact = Artifact(
        path=name,
        filename=name,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        data=data,
    )
    return observe(artifact)


def pack(package: Package) -> tuple[str, bytes]:
    """Make a wheel of a sample with a `.dist-info` folder, an npm tarball of one with a manifest of
    npm, an sdist of any other."""
    if "package.json" in package.files:
        return "demo-1.0.0.tgz", _tarball(package.files)
    if any(".dist-info/" in path for path in package.files):
        return "demo-1.0-py3-none-any.whl", _wheel(package)
    return "demo-1.0.tar.gz", _sdist(package)


def _wheel(package: Package) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in package.files.items():
            archive.writestr(path, data)
    return out.getvalue()


def _sdist(package: Package) -> bytes:
    name = package.metadata.get("name", "demo")
    version = package.metadata.get("version", "1.0")
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    return _tarball({"PKG-INFO": info.encode(), **package.files})


def _tarball(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(TOP + path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()
