"""The files of one release against each other."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping

from antivenom.context.siblings import disagreements, undeclared
from antivenom.intake.files import from_bytes
from antivenom.judge import load_knowledge
from antivenom.model.context import Context, UploadInfo
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import Profile
from antivenom.pipeline import judge, observe

LONG = '''
def work(items):
    """Do enough to be worth remembering."""
    total = 0
    for item in items:
        if item > 3:
            total += item * 2
        else:
            total -= 1
    return [total, len(items), sorted(items), max(items), min(items)]


def other(items):
    found = {}
    for number, item in enumerate(items):
        found[item] = number
        if number > 100:
            break
    return {key: value for key, value in found.items() if value % 2 == 0}
'''
EDITED = LONG.replace("total -= 1", "total -= len(str(item)) + 1")
INFO = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def wheel(files: Mapping[str, str], info: str = INFO, tag: str = "py3-none-any") -> Profile:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, text in {**files, "demo-1.0.dist-info/METADATA": info}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return observe(from_bytes(out.getvalue(), f"demo-1.0-{tag}.whl"))


def sdist(files: Mapping[str, str], info: str = INFO) -> Profile:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in {"PKG-INFO": info, **files}.items():
            entry = tarfile.TarInfo(f"demo-1.0/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return observe(from_bytes(out.getvalue(), "demo-1.0.tar.gz"))


def told(one: Profile, *others: Profile) -> list[tuple[str, str]]:
    return [(_field(f), f.member) for f in disagreements(one, Context(siblings=others))]


def _field(fact: Fact) -> str:
    return fact.args[0].partition("=")[2]


def test_files_that_agree_say_nothing() -> None:
    built = wheel({"demo/__init__.py": LONG})
    source = sdist(
        {"src/demo/__init__.py": LONG, "setup.py": "import setuptools\nsetuptools.setup()"}
    )
    assert told(built, source) == []
    assert told(source, built) == []


def test_a_module_that_only_the_wheel_has() -> None:
    built = wheel({"demo/__init__.py": LONG, "demo/extra.py": "import os\n"})
    source = sdist({"demo/__init__.py": LONG, "tests/test_demo.py": "assert 1\n"})
    assert told(built, source) == [("module", "demo/extra.py")]
    assert told(source, built) == []


def test_a_startup_hook_that_only_the_wheel_has() -> None:
    built = wheel({"demo/__init__.py": LONG, "demo.pth": "import demo\n"})
    assert told(built, sdist({"demo/__init__.py": LONG})) == [("startup", "demo.pth")]


def test_a_function_that_differs() -> None:
    hot = "import os\n\nKEY = os.environ['DEMO']\n"
    built = wheel({"demo/__init__.py": hot + EDITED})
    source = sdist({"demo/__init__.py": hot + LONG})
    found = list(disagreements(built, Context(siblings=(source,))))
    assert [(f.member, f.value) for f in found] == [("demo/__init__.py", "work of demo-1.0.tar.gz")]
    assert told(source, built) == [("code", "demo-1.0/demo/__init__.py")]


def test_code_that_became_worth_reading() -> None:
    built = wheel({"demo/__init__.py": "import os\nKEY = os.environ['DEMO']\n" + LONG})
    source = sdist({"demo/__init__.py": LONG})
    assert told(built, source) == [("code", "demo/__init__.py")]
    assert told(source, built) == []


def test_a_version_written_into_the_code_is_no_difference() -> None:
    hot = "import os\n\nKEY = os.environ['DEMO']\n__version__ = '{}'\n"
    built = wheel({"demo/__init__.py": hot.format("1.0") + LONG})
    source = sdist({"demo/__init__.py": hot.format("0.0.0.dev0") + LONG})
    assert told(built, source) in ([], [("code", "demo/__init__.py")])
    rules = {f.rule for f in judge(built, Context(siblings=(source,)), load_knowledge()).findings}
    assert "supply/one-file-acts" not in rules


def test_the_build_file_of_a_source_release_is_not_missing_from_the_wheel() -> None:
    code = {"demo/__init__.py": LONG}
    build = (
        "import subprocess\nfrom setuptools import setup\nsubprocess.run(['git', 'log'])\nsetup()\n"
    )
    source = sdist({**code, "setup.py": build})
    assert told(source, wheel(code)) == []


def test_what_a_build_leaves_behind_is_explained() -> None:
    code = {"demo/__init__.py": LONG}
    built = wheel(
        {
            **code,
            "demo/_version.py": "__version__ = version = '1.0'\n",
            "demo/thing_pb2.py": "DESCRIPTOR = None\n",
            "demo/fast.py": "def stub(): ...\n",
        }
    )
    source = sdist({**code, "demo/_version.py": "version = '0'\n", "demo/fast.pyx": "cdef int x\n"})
    assert told(built, source) == []


def test_comments_and_line_ends_are_no_difference() -> None:
    built = wheel({"demo/__init__.py": LONG.replace("\n", "\r\n")})
    source = sdist({"demo/__init__.py": "# built from a template\n" + LONG})
    assert told(built, source) == []


def test_wheels_of_two_platforms() -> None:
    one = wheel({"demo/__init__.py": LONG, "demo/win.py": "x = 1\n"}, tag="py3-none-win32")
    two = wheel({"demo/__init__.py": LONG}, tag="py3-none-any")
    assert told(one, two) == [("module", "demo/win.py")]


def test_what_only_one_file_declares() -> None:
    hidden = (
        INFO + "Requires-Dist: requests\nRequires-Dist: helper>=1\nRequires-Dist: x; extra=='y'\n"
    )
    built = wheel({"demo/__init__.py": LONG}, hidden)
    source = sdist({"demo/__init__.py": LONG}, INFO + "Requires-Dist: requests\n")
    assert told(built, source) == [("requires", "demo-1.0.dist-info/METADATA")]
    assert told(built, sdist({"demo/__init__.py": LONG})) == []  # it says nothing at all


def test_what_is_hidden_from_the_index() -> None:
    built = wheel({"demo/__init__.py": LONG}, INFO + "Requires-Dist: Help.Er\n")
    shown = Metadata(name="demo", version="1.0", requires=("help-er>2",))
    silent = Metadata(name="demo", version="1.0")
    assert list(undeclared(built, Context(upload=UploadInfo(declared=shown)))) == []
    (fact,) = undeclared(built, Context(upload=UploadInfo(declared=silent)))
    assert fact.args == ("field=requires", "where=index", "how=form")
    review = judge(built, Context(upload=UploadInfo(declared=silent)), load_knowledge())
    assert review.findings[0].rule == "supply/hidden-dependency"
    assert review.verdict == "suspicious"


def test_a_module_only_in_the_wheel_that_acts_is_found() -> None:
    thief = "import urllib.request\nurllib.request.urlopen('http://collect.invalid/')\n"
    built = wheel({"demo/__init__.py": "from demo import extra\n" + LONG, "demo/extra.py": thief})
    source = sdist({"demo/__init__.py": LONG})
    review = judge(built, Context(siblings=(source,)), load_knowledge())
    found = {finding.rule: finding for finding in review.findings}
    assert found["supply/one-file-acts"].spans[0].member == "demo/extra.py"
    assert review.verdict == "suspicious"
