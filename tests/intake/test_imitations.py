"""A name near a popular one: the other project's own words are asked for and compared."""

from __future__ import annotations

import io
import zipfile

import pytest

from antivenom.context.imitation import copied, shared_signs
from antivenom.intake import gather
from antivenom.intake.imitations import resembled
from antivenom.intake.locator import Locator, Options
from antivenom.model.label import Metadata
from antivenom.session import Reviewed, run
from tests.builders.index import FakeIndex, wheel

README = " ".join(f"word{n} says thing{n % 7} about part{n % 11}" for n in range(40))
THEIRS = f"Metadata-Version: 2.1\nName: requests\nVersion: 2.0\nSummary: HTTP\n\n{README}\n"


@pytest.fixture
def index(fake: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """A popular project, a slip of it, and a stranger."""
    monkeypatch.setenv("PIP_INDEX_URL", fake.url)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    fake.wheel("requests", "2.0", metadata=THEIRS.encode())
    code = "def get(address):\n    return address\n"
    fake.add("reqeusts", "reqeusts-2.0-py3-none-any.whl", wheel("reqeusts", "2.0", code=code))
    fake.wheel("stranger", "1.0")
    return fake


def _around(*requests: str, offline: bool = False) -> tuple[tuple[str, ...], tuple[str, ...]]:
    (found,) = [i for i in gather(requests, Options(offline=offline)) if isinstance(i, Locator)]
    if found.around is None:
        return (), ()
    return tuple(one.metadata.name for one in found.around.imitated), found.around.notes


def test_the_resembled_project_is_asked_about(index: FakeIndex) -> None:
    assert _around("reqeusts") == (("requests",), _around("reqeusts")[1])
    assert _around("stranger")[0] == ()
    assert _around("reqeusts", offline=True)[0] == ()


def test_that_it_cannot_be_had_is_a_note(index: FakeIndex) -> None:
    index.files = [row for row in index.files if row.project != "requests"]
    imitated, notes = _around("reqeusts")
    assert imitated == ()
    assert any(note.startswith("requests, whose name this resembles") for note in notes)


def _with_readme(name: str, readme: str) -> bytes:
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: 3.0\n\n{readme}\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(f"{name}/__init__.py", "def get(address):\n    return address\n")
        archive.writestr(f"{name}-3.0.dist-info/METADATA", info)
    return out.getvalue()


@pytest.mark.parametrize(("readme", "found"), [(README, True), ("Words of its own. " * 30, False)])
def test_a_copied_readme_under_a_slip_is_found(index: FakeIndex, readme: str, found: bool) -> None:
    index.add("reqeusts", "reqeusts-3.0-py3-none-any.whl", _with_readme("reqeusts", readme))
    (one,) = run(["reqeusts==3.0"])
    assert isinstance(one, Reviewed)
    rules = {finding.rule for finding in one.review.findings}
    assert ("impersonation/look-alike-copy" in rules) is found


def test_half_of_a_text_is_a_copy_however_it_is_cut() -> None:
    words = README.split()
    assert copied(README, README)
    assert copied(" ".join(words[: len(words) // 2]), README)
    assert copied(README.upper() + " and a little more", README)
    assert not copied("Entirely other words about another matter. " * 9, README)
    assert not copied("word1 says thing1 about part1", README)
    assert not copied("", "")


def test_what_two_projects_share() -> None:
    theirs = Metadata(
        name="requests",
        summary="Python HTTP for Humans.",
        home_page="https://forge.example/psf/requests",
        description=README,
    )
    copy = Metadata(
        name="reqeusts",
        summary="python http for humans",
        urls=("x, https://www.forge.example/psf/requests.git",),
    )
    assert list(shared_signs(copy, theirs)) == ["readme", "address"]
    other = Metadata(name="reqeusts", summary="HTTP", home_page="https://forge.example/")
    assert list(shared_signs(other, theirs)) == []


@pytest.mark.parametrize(
    ("name", "others"),
    [("reqeusts", ("requests",)), ("requests", ()), ("xqzvkwjp", ()), ("", ())],
)
def test_whom_a_name_resembles(name: str, others: tuple[str, ...]) -> None:
    assert resembled(name) == others
