"""What was declared to the index beside what the file holds, from the record to the finding."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antivenom.ecosystems.pypi.form import form_url, parse_form
from antivenom.intake import gather
from antivenom.intake.locator import Locator, Options, Surroundings
from antivenom.session import Reviewed, run
from tests.builders.index import FakeIndex, Served, wheel

NEW, OLD = "2026-03-01T10:00:00.000000Z", "2018-03-01T10:00:00.000000Z"
THEIRS = ("requests>=2", "helper ; python_version > '3'")


@pytest.fixture
def index(fake: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """An index that keeps records, as this machine is configured with."""
    monkeypatch.setenv("PIP_INDEX_URL", fake.url)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return fake


def record(
    fake: FakeIndex, *files: Served, requires: tuple[str, ...] | None, owners: tuple[str, ...] = ()
) -> None:
    """Keep a record of a release, made when the first of its files came."""
    name, version = files[0].project, files[0].filename.split("-")[1].removesuffix(".tar.gz")
    info = {"name": name, "version": version, "requires_dist": requires and list(requires)}
    page: dict[str, Any] = {"info": info, "urls": [_row(fake, file) for file in files]}
    if owners:
        page["ownership"] = {"roles": [{"role": "Owner", "user": user} for user in owners]}
    body = json.dumps(page).encode()
    fake.raw[f"/pypi/{name}/{version}/json"] = ("application/json", body)


def _row(fake: FakeIndex, file: Served) -> dict[str, Any]:
    digests = {"sha256": fake._hashes(file)["sha256"]}
    return {"filename": file.filename, "digests": digests, "upload_time_iso_8601": file.uploaded}


def around(request: str, *, offline: bool = False) -> Surroundings | None:
    """Return what intake found around the last file of a release."""
    found = [one for one in gather([request], Options(offline=offline)) if isinstance(one, Locator)]
    return found[-1].around


def hidden(request: str) -> dict[str, list[str]]:
    """Return the hidden requirements of the last file of a release, by rule."""
    one = list(run([request]))[-1]
    assert isinstance(one, Reviewed)
    names = ("supply/hidden-dependency", "supply/files-disagree")
    told = [f for f in one.review.findings if f.rule in names and "to the index" in f.reason]
    return {f.rule: [f.reason] for f in told}


def test_a_wheel_sent_with_another_form_is_told(index: FakeIndex) -> None:
    file = index.wheel("demo", "1.0", requires=THEIRS, uploaded=NEW)
    record(index, file, requires=("requests",))
    found = hidden("demo==1.0")
    assert list(found) == ["supply/hidden-dependency"]
    assert "helper" in found["supply/hidden-dependency"][0]


@pytest.mark.parametrize(
    ("uploaded", "requires"), [(NEW, THEIRS), (OLD, None), (NEW, (*THEIRS, "more"))]
)
def test_what_agrees_and_what_old_clients_left_out_is_silent(
    index: FakeIndex, uploaded: str, requires: tuple[str, ...] | None
) -> None:
    record(index, index.wheel("demo", "1.0", requires=THEIRS, uploaded=uploaded), requires=requires)
    assert hidden("demo==1.0") == {}


def _behind(fake: FakeIndex, version: str, *needs: str, shown: tuple[str, ...] | None) -> None:
    """Serve a wheel that came behind another wheel, whose requirements are shown."""
    first = fake.add(
        "demo", f"demo-{version}-py2-none-any.whl", wheel("demo", version), uploaded=NEW
    )
    later = NEW.replace("10:00", "10:05")
    second = fake.wheel("demo", version, requires=needs, uploaded=later)
    record(fake, first, second, requires=shown)


def test_a_later_file_that_needs_more_is_a_remark(index: FakeIndex) -> None:
    _behind(index, "1.0", *THEIRS, shown=("requests",))
    assert list(hidden("demo==1.0")) == ["supply/files-disagree"]
    _behind(index, "2.0", *THEIRS, shown=None)
    assert hidden("demo==2.0") == {}


def test_unless_the_release_before_did_not_need_it(index: FakeIndex) -> None:
    index.wheel("demo", "0.9", requires=("requests",), uploaded="2026-01-01T00:00:00Z")
    _behind(index, "1.0", *THEIRS, shown=("requests",))
    assert "supply/hidden-dependency" in hidden("demo==1.0")


def test_without_a_record_what_is_served_beside_the_file_is_declared(index: FakeIndex) -> None:
    served = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: requests\n"
    index.wheel("demo", "1.0", requires=THEIRS, metadata=served)
    assert "supply/hidden-dependency" in hidden("demo==1.0")


def test_an_index_without_either_is_no_failure(index: FakeIndex) -> None:
    index.wheel("demo", "1.0", requires=THEIRS)
    assert around("demo==1.0") is None or around("demo==1.0").notes == (  # type: ignore[union-attr]
        "the index has no other release of demo to compare with",
    )
    assert hidden("demo==1.0") == {}


def test_a_record_of_other_files_says_nothing(index: FakeIndex) -> None:
    mine = index.wheel("demo", "1.0", requires=THEIRS, uploaded=NEW)
    record(index, Served("demo", "demo-1.0.zip", b"another project"), requires=None)
    found = around("demo==1.0")
    assert found is not None
    assert found.upload is None or found.upload.declared is None
    record(index, mine, requires=None)
    assert hidden("demo==1.0") != {}


def test_that_it_cannot_be_had_is_a_note(index: FakeIndex) -> None:
    index.wheel("demo", "1.0", requires=THEIRS)
    index.status["/pypi/demo/1.0/json"] = [-403]
    found = around("demo==1.0")
    assert found is not None
    assert any(note.startswith("what was declared is not known: ") for note in found.notes)


def test_a_record_is_kept_for_offline(index: FakeIndex) -> None:
    record(index, index.wheel("demo", "1.0", uploaded=NEW), requires=("requests",))
    online = around("demo==1.0")
    asked = len(index.requests)
    offline = around("demo==1.0", offline=True)
    assert len(index.requests) == asked
    assert online is not None
    assert offline is not None
    assert online.upload == offline.upload
    assert online.upload is not None
    assert online.upload.declared is not None
    assert online.upload.declared.requires == ("requests",)


def test_owners_and_those_who_are_new(index: FakeIndex) -> None:
    first = index.wheel("demo", "1.0", uploaded="2026-01-01T00:00:00Z")
    record(index, first, requires=None, owners=("ann",))
    found = around("demo==1.0")
    assert found is not None
    assert found.registry is not None
    assert (found.registry.owners, found.registry.new_owners) == (("ann",), ())
    record(index, index.wheel("demo", "1.1", uploaded=NEW), requires=None, owners=("ann", "eve"))
    found = around("demo==1.1")
    assert found is not None
    assert found.registry is not None
    assert (found.registry.owners, found.registry.new_owners) == (("ann", "eve"), ("eve",))


def test_the_address_follows_the_configured_index() -> None:
    company = "https://mirror.example/api/pypi/main/simple/"
    assert form_url(company, "My.Project", "1.0+cpu") == (
        "https://mirror.example/api/pypi/main/pypi/my-project/1.0%2Bcpu/json"
    )
    assert form_url("https://mirror.example/root/+simple/", "demo", "1") is None
    assert form_url("https://mirror.example/files/", "demo", "1") is None


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b"{}", b'{"info": 3}', b"[" * 9000, b"\xff\xfe", b"null"]
)
def test_what_is_no_record_is_none(body: bytes) -> None:
    assert parse_form(body) is None


def test_a_record_of_the_wrong_kinds_is_read_as_far_as_it_goes() -> None:
    page = {
        "info": {"name": 5, "requires_dist": [1, "a", None], "project_urls": ["x"]},
        "urls": [3, {"digests": 4}, {"filename": "a.whl", "upload_time": "x"}],
        "ownership": {"roles": [4, {"user": 5}, {"user": "eve"}]},
    }
    found = parse_form(json.dumps(page).encode())
    assert found is not None
    assert found.declared.requires == ("a",)
    assert found.files == {"a.whl": ""}
    assert (found.owners, found.first) == (("eve",), "")
