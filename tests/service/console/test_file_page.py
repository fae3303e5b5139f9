"""A whole file on a page: its lines, the evidence in them, and nothing that could do harm."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator

import msgspec
import pytest

from antivenom.isolate import Killed
from antivenom.model.fact import Layer
from antivenom.model.review import Review, Verdict
from antivenom.service import reviews, viewing
from antivenom.service.console import file_page, lines
from antivenom.service.viewing import NotShown
from antivenom.session import looking
from antivenom.session.looking import Look
from antivenom.store.blobs import Blobs
from tests.builders.archives import sdist
from tests.report.builders import HOSTILE, artifact, excerpts, finding, review, sha, span
from tests.service.recorded import record
from tests.service.site import Site, site

MEMBER = "pkg-1.0/pkg/__init__.py"
SOURCE = "\n".join(["import os", *(f"x{n} = {n}" for n in range(2, 1499)), "os.system('id')"])


def reviewed(data: bytes, path: str = MEMBER, line: int = 1499) -> Review:
    """Return the review of an sdist that has one finding in one member."""
    place = span(path, line, "os.system('id')")
    return review(
        Verdict.MALICIOUS,
        0.97,
        finding("execution/runs", "runs a command when imported", place, activation="import"),
        finding("execution/also", "does something else as well", place, activation="import"),
        artifact=artifact("pkg", "1.0", filename="pkg-1.0.tar.gz", sha256=sha_of(data)),
        layers=(
            Layer(
                id=1,
                member=path,
                line=3,
                parent=0,
                via=("base64",),
                sha256=sha("1"),
                size=9,
                excerpt="import evil\n<b>x</b>",
            ),
        ),
        excerpts=excerpts(path, "os.system('id')", first=line),
    )


def sha_of(data: bytes) -> str:
    """Return the identity of bytes."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("files"), **{"requests-per-minute": 100_000}) as made:
        made.account("vi", "viewer")
        made.sign_in("vi")
        yield made


def kept(console: Site, files: dict[str, bytes], *, keep: bool = True, line: int = 1499) -> str:
    """Keep an sdist and its review; return the id of the review."""
    data = sdist(files, name="pkg")
    made = reviewed(data, line=line)
    if keep:
        Blobs(console.settings.blobs_url).put(data)
    with console.store.writing() as connection:
        record(connection, made, now=console.clock.now())
    return reviews.identity(made)


def test_a_file_is_shown_whole_with_its_evidence(console: Site) -> None:
    key = kept(console, {"pkg/__init__.py": SOURCE.encode()})
    first = console.client.get(f"/reviews/{key}/file?place=1").text
    assert '<a class="n" href="#L1000">1000</a>' in first
    assert 'id="L1001"' not in first, "it goes on on the next page"
    assert re.search("1.?499 lines", first)
    assert "&lt;b&gt;x&lt;/b&gt;" in first, "what was decoded from line 3 is unfolded under it"
    second = console.client.get(f"/reviews/{key}/file?place=1&line=1499").text
    assert '<div class="row hit" id="L1499">' in second
    mark = re.search(r'id="e1" data-evidence.*?</div>', second)
    assert mark is not None
    assert mark.group().count("<p>") == 2, "both findings stand at one place"
    assert "runs when imported" in mark.group()


def test_the_case_leads_to_the_line_and_back(console: Site) -> None:
    key = kept(console, {"pkg/__init__.py": SOURCE.encode(), "a.txt": b"a"})
    case = console.client.get(f"/reviews/{key}").text
    link = re.search(r'href="(/reviews/[0-9a-f]+/file\?place=1&amp;line=1499#L1499)"', case)
    assert link is not None
    text = console.client.get(link.group(1).replace("&amp;", "&").partition("#")[0]).text
    assert re.search(r'href="/cases/\d+\?review=', text)
    listed = console.client.get(f"/reviews/{key}/file").text
    assert "pkg-1.0/a.txt" in listed
    number = re.search(r'file\?n=(\d+)"><code>pkg-1.0/a.txt', listed)
    assert number is not None
    other = console.client.get(f"/reviews/{key}/file?n={number.group(1)}").text
    assert "no evidence in it" in other


def test_without_its_bytes_what_the_review_kept_is_shown(console: Site) -> None:
    key = kept(console, {"pkg/__init__.py": SOURCE.encode(), "other.txt": b"gone"}, keep=False)
    answer = console.client.get(f"/reviews/{key}/file?place=1")
    assert answer.status_code == 200
    assert "its bytes are not kept here" in answer.text
    assert "os.system(&#x27;id&#x27;)" in answer.text
    assert "/file?place" not in console.client.get(f"/reviews/{key}").text


@pytest.mark.parametrize("place", ["place=7", "n=99999", "place=-4", "n=5&sheet=99&line=-7"])
def test_what_is_not_there_is_said(console: Site, place: str) -> None:
    key = kept(console, {"pkg/__init__.py": SOURCE.encode()})
    assert console.client.get(f"/reviews/{key}/file?{place}").status_code == 200
    assert console.client.get(f"/reviews/{'0' * 64}/file?{place}").status_code == 404


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(console: Site, text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    key = kept(console, {"pkg/__init__.py": body}, line=1)
    shown = console.client.get(f"/reviews/{key}/file?place=1").text
    for part in ("<script>a", "<img", "\x1b", "\u202e", "href=http", "https://evil"):
        assert part not in shown


def test_a_file_that_is_no_text_is_dumped(console: Site) -> None:
    key = kept(console, {"pkg/__init__.py": b"\x7fELF\0\0\0<b>" + b"\xff" * 20_000}, line=0)
    shown = console.client.get(f"/reviews/{key}/file?place=1").text
    assert "000000  7f 45 4c 46 00 00 00 3c 62 3e ff" in shown
    assert "It is longer than what is shown here" in shown


def test_a_line_of_megabytes_is_cut_into_rows_and_its_evidence_found() -> None:
    text = "a" * 700_000 + "os.system('id')" + "b" * 700_000
    found = file_page.sheet_of(reviewed(b"", line=1), MEMBER, text, "/x", 0, 0)
    assert found.pages > 5
    assert found.after is not None
    there = file_page.sheet_of(reviewed(b"", line=1), MEMBER, text, "/x", found.after.page, 0)
    hit = [row for row in there.rows if row.hit]
    assert 1 <= len(hit) <= 2
    assert "os.system" in "".join(row.text for row in hit)
    rows = [file_page.sheet_of(reviewed(b""), MEMBER, text, "/x", n, 0).rows for n in (1, 2)]
    assert all(sum(len(one.text) for one in page) <= lines.CHARACTERS for page in rows)


def test_pages_hold_every_line_once() -> None:
    text = "\n".join(str(n) for n in range(1, 5_001))
    whole = lines.paged(text)
    shown = [piece.line for page in range(1, whole.pages + 1) for piece in whole.on(page)]
    assert shown == list(range(1, 5_001))
    assert whole.page_of(whole.piece_of(1)) == 1
    assert whole.page_of(whole.piece_of(5_000)) == whole.pages
    assert whole.page_of(whole.piece_of(10**9)) == whole.pages


@pytest.mark.parametrize("data", [b"", b"PK\3\4 no zip", b"\x1f\x8b" + b"\0" * 50])
def test_bytes_that_are_no_archive_are_looked_at_all_the_same(data: bytes) -> None:
    seen = looking.look(Look(data=data, sha256="", filename="x-1.0.tar.gz", number=0))
    assert seen.form in ("text", "bytes", "nothing")
    assert looking.answer(msgspec.msgpack.encode(Look(data=data, sha256="", filename="x")))


def test_a_file_of_line_ends_is_bounded() -> None:
    data = sdist({"a.py": b"\n" * 3_000_000}, name="pkg")
    asked = Look(data=data, sha256="", filename="pkg-1.0.tar.gz", path="pkg-1.0/a.py")
    seen = looking.look(asked)
    assert seen.cut
    assert seen.text.count("\n") < looking.LINES


def test_evidence_that_is_a_whole_file_costs_no_more_than_a_page() -> None:
    text = "\n".join("x" for _ in range(150_000))
    spans = [span(MEMBER, n, "x", end=150_000) for n in range(1, 400)]
    made = review(Verdict.MALICIOUS, 0.9, finding("execution/runs", "runs", *spans))
    whole = lines.paged(text)
    found = lines.hits(whole, lines.places(made, MEMBER), 150)
    assert len(found) == lines.ROWS
    assert min(found) == 149 * lines.ROWS


def test_a_child_that_was_killed_is_asked_once(
    console: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = console.app.state.viewer
    sha256 = Blobs(console.settings.blobs_url).put(b"anything")
    asked: list[bytes] = []

    class Children:
        def ask(self, request: bytes) -> Killed:
            asked.append(request)
            return Killed(reason="timeout", detail="more than 15 s")

    monkeypatch.setattr(viewer, "_children", Children)
    for _ in range(3):
        with pytest.raises(NotShown, match="more than 15 s"):
            viewer.look(sha256, "a-1.0.tar.gz", "pypi", number=0)
    assert len(asked) == 1


def test_who_waits_for_others_too_long_is_told(
    console: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = console.app.state.viewer
    sha256 = Blobs(console.settings.blobs_url).put(b"another")
    full = threading.BoundedSemaphore(1)
    full.acquire()
    monkeypatch.setattr(viewer, "_room", full)
    monkeypatch.setattr(viewing, "_PATIENCE", 0.01)
    with pytest.raises(NotShown, match="try again"):
        viewer.look(sha256, "a-1.0.tar.gz", "pypi", number=0)
