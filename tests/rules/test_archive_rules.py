"""Rules about archives and machine code find what their pages can only state as facts."""

from __future__ import annotations

import hashlib
import io
import tarfile

import pytest

from antivenom.model.artifact import Artifact
from antivenom.pipeline import observe
from antivenom.rules.book import PAGES, read_lists, rule_of
from antivenom.rules.matching import match_one
from antivenom.rules.page import read_page
from tests.builders import archives as b
from tests.builders import executables
from tests.builders.archives import Part

WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
GOOD, EVIL = b"VALUE = 1\n", b"VALUE = 2\n"


def found(rule: str, data: bytes, name: str) -> bool:
    """Review an archive with one rule of the book."""
    sha256 = hashlib.sha256(data).hexdigest()
    artifact = Artifact(path=name, filename=name, sha256=sha256, size=len(data), data=data)
    page = read_page(PAGES / f"{rule}.md")
    return match_one(rule_of(page, read_lists(PAGES)), observe(artifact).facts) is not None


def linked(target: str) -> bytes:
    """A source distribution with one symbolic link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo("demo-1.0/link")
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        archive.addfile(entry)
    return out.getvalue()


def changed_after_recording() -> bytes:
    """A wheel whose module is not the one that RECORD lists."""
    listed = b.record({"demo/__init__.py": GOOD}, "demo-1.0.dist-info")
    return b.make_zip([("demo/__init__.py", EVIL), ("demo-1.0.dist-info/RECORD", listed)])


HOSTILE = [
    (
        "archive/reads-two-ways",
        WHEEL,
        b.zip_parts([Part(name=b"readme.txt", local_name=b"setup.py", data=EVIL)]),
    ),
    ("archive/reads-two-ways", SDIST, b.compressed(b.tar_behind_the_end(GOOD, EVIL), "gz")),
    ("archive/reads-two-ways", SDIST, b.compressed(b.tar_hidden_by_pax(GOOD, EVIL), "gz")),
    ("archive/escapes-its-folder", WHEEL, b.make_zip({"../../bin/pip": EVIL})),
    ("archive/escapes-its-folder", WHEEL, b.make_zip({"/etc/profile.d/demo.sh": EVIL})),
    ("archive/links-outside", SDIST, linked("/etc/passwd")),
    ("archive/two-of-a-name", WHEEL, b.make_zip([("demo/a.py", GOOD), ("demo/a.py", EVIL)])),
    ("archive/record-mismatch", WHEEL, changed_after_recording()),
    ("archive/bomb", WHEEL, b.zip_bomb(80)),
    (
        "archive/appended-bytes",
        WHEEL,
        b.zip_parts([Part(name=b"demo/a.py", data=GOOD)], trailing=b"stowaway" * 9),
    ),
    ("archive/odd-names", WHEEL, b.make_zip({"demo/\u202eyp.tini.py": GOOD})),
    (
        "archive/unreadable-members",
        WHEEL,
        b.zip_parts([Part(name=b"demo/a.py", data=GOOD, flags=1)]),
    ),
    ("archive/mislabelled", SDIST, b.wheel({"demo/__init__.py": GOOD})),
    ("execution/disguised-native", WHEEL, b.wheel({"demo/logo.png": executables.elf(["system"])})),
    (
        "execution/foreign-native",
        "demo-1.0-py3-none-manylinux_2_17_x86_64.whl",
        b.wheel({"demo/cache": executables.pe({"KERNEL32.dll": ["WinExec"]})}),
    ),
    (
        "execution/spying-native",
        WHEEL,
        b.wheel(
            {
                "demo/core.pyd": executables.pe(
                    {
                        "KERNEL32.dll": [
                            "VirtualAllocEx",
                            "WriteProcessMemory",
                            "CreateRemoteThread",
                        ]
                    }
                )
            }
        ),
    ),
    ("execution/packed-native", WHEEL, b.wheel({"demo/a.exe": executables.pe(section="UPX0")})),
]


@pytest.mark.parametrize(("rule", "name", "data"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_a_hostile_archive_is_found(rule: str, name: str, data: bytes) -> None:
    assert found(rule, data, name)


@pytest.mark.parametrize("rule", sorted({row[0] for row in HOSTILE}))
@pytest.mark.parametrize(
    ("name", "data"),
    [
        (WHEEL, b.wheel({"demo/__init__.py": GOOD})),
        (SDIST, b.sdist({"setup.py": GOOD, "demo/__init__.py": GOOD})),
        (WHEEL, b.wheel({"demo/_core.so": executables.elf(["malloc"])})),
    ],
    ids=["wheel", "sdist", "extension"],
)
def test_an_ordinary_archive_is_left_alone(rule: str, name: str, data: bytes) -> None:
    assert not found(rule, data, name)
