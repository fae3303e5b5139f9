"""What a person with a keyboard does in a real Chromium, and what an upload fails to do there."""

from __future__ import annotations

import datetime
import hashlib
import socket
import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
import uvicorn
from sqlalchemy import insert

from antivenom.model.fact import Excerpt, Layer
from antivenom.model.label import Metadata
from antivenom.model.moments import stamp
from antivenom.model.profile import Coverage, Problem
from antivenom.model.review import Review, Verdict
from antivenom.service import casework
from antivenom.service.reviews import identity
from antivenom.store import packing
from antivenom.store.blobs import Blobs
from antivenom.store.schema_cases import cases
from antivenom.store.schema_uploads import uploads
from tests.builders.archives import sdist
from tests.report.builders import HOSTILE, artifact, finding, hostile, review, span
from tests.service.browser import CHROMIUM, Browser, browser
from tests.service.console.contrast import CONTRAST
from tests.service.recorded import record, thief
from tests.service.site import PASSWORD, Site, site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
ATTACKS = (
    "<script>document.title='owned'</script>",
    "</title></style></textarea><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=document.title='owned'>",
    "'><iframe srcdoc=\"<script>parent.document.title='owned'</script>\">",
    '" autofocus onfocus="document.title=\'owned\'" x="',
    "{{ 7*191 }}{% include 'sign_in.html' %}",
    "javascript:document.title='owned'//https://evil.invalid/?a=1",
)


class Service:
    """A site behind a port, and a browser that looks at it."""

    def __init__(self, made: Site, url: str, page: Browser) -> None:
        self.site, self.url, self.page = made, url, page

    def open(self, path: str = "/") -> None:
        """Go to a page and let its script begin."""
        self.page.open(self.url + path)
        self.page.wait("document.documentElement.classList.contains('js')")

    def state(self, case: int) -> tuple[str, str, str]:
        """Return a case's state, decision and who ruled."""
        with self.site.store.reading() as connection:
            row = casework.some_cases(connection, [case])[case]
        return row.state, row.decision, row.decided_by

    def add(self, *reviews: Review) -> list[int]:
        """Record reviews and return their cases."""
        with self.site.store.writing() as connection:
            found = [record(connection, one, now=self.site.clock.now()) for one in reviews]
        return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("browser")
    with site(folder, **{"requests-per-minute": 100_000}) as made, browser(folder) as page:
        made.account("ada", "reviewer")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(made.app, log_level="error", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            service = Service(made, f"http://127.0.0.1:{taken.getsockname()[1]}", page)
            sign_in(service)
            yield service
            server.should_exit = True
            thread.join(30)


def sign_in(service: Service) -> None:
    """Sign in as a person does."""
    service.open("/")
    assert "Sign in" in service.page.text()
    service.page.run("document.querySelector('[name=name]').focus()")
    service.page.type("ada")
    service.page.run("document.querySelector('[name=password]').focus()")
    service.page.type(PASSWORD)
    service.page.press("Enter")
    service.page.wait("document.querySelector('.who') !== null")


@pytest.fixture
def service(served: Service) -> Service:
    served.page.console.clear()
    served.page.asked.clear()
    with served.site.store.writing() as connection:
        connection.execute(cases.update().values(state="lapsed"))
    return served


def test_a_case_is_found_and_ruled_on_without_a_mouse(service: Service) -> None:
    first, second = service.add(
        thief("alpha-pkg", host="a.invalid", score=0.99), thief("beta-pkg", host="b.invalid")
    )
    page = service.page
    page.run("sessionStorage.clear()")
    service.open()
    assert page.run("document.activeElement.dataset.entry") == str(first)
    page.press("j")
    assert page.run("document.querySelector('.here').dataset.entry") == str(second)
    page.press("k")
    page.press("Enter")
    page.wait(f"location.pathname == '/cases/{first}'")
    page.wait("document.documentElement.classList.contains('js')")
    page.press("m")
    page.type("steals credentials")
    page.press("Enter", control=True)
    page.wait(f"location.pathname == '/cases/{second}'")
    page.wait("document.readyState == 'complete'")
    assert "Ruled malicious." in page.text()
    assert service.state(first) == ("decided", "malicious", "ada")
    page.press("z")
    page.wait(f"location.pathname == '/cases/{first}'")
    assert service.state(first)[0] == "open"


def test_a_ruling_from_the_queue_asks_for_its_reason(service: Service) -> None:
    [case] = service.add(thief("gamma-pkg", host="g.invalid"))
    page = service.page
    service.open()
    page.press("n")
    page.wait("document.querySelector('#ruling').open")
    assert "gamma-pkg" in page.run("document.querySelector('#ruling-name').textContent")
    page.press("Enter", control=True)
    assert page.run("document.querySelector('#ruling').open"), "without a reason it stays"
    assert service.state(case)[0] == "open"
    page.type("a test of ours")
    page.press("Enter", control=True)
    page.wait("location.search.includes('done=not-malicious')")
    assert service.state(case) == ("decided", "not-malicious", "ada")


def test_a_campaign_is_ruled_on_with_one_key(service: Service) -> None:
    ids = service.add(*(thief(f"wave-{n}", host="wave.invalid") for n in range(3)))
    page = service.page
    service.open()
    page.press("c")
    assert page.run("document.querySelector('.here .campaign').open")
    page.press("m")
    page.wait("document.querySelector('#ruling').open")
    assert "2 more of its campaign" in page.run("document.querySelector('.scope').textContent")
    page.press("Enter", control=True)
    page.wait("location.search.includes('done=campaign')")
    assert {service.state(one)[:2] for one in ids} == {("decided", "malicious")}
    page.wait("document.documentElement.classList.contains('js')")
    assert page.run("document.querySelector('.toast form button') !== null"), "undo is beside it"
    page.press("z")
    page.wait("location.search.includes('done=unruled')")
    assert {service.state(one)[:2] for one in ids} == {("open", "")}


def test_who_holds_a_case_and_what_is_new_shows_by_itself(service: Service) -> None:
    [case] = service.add(thief("delta-pkg", host="d.invalid"))
    page = service.page
    service.open()
    page.press("h")
    page.wait("document.querySelector('.holder').textContent == 'ada'")
    assert page.run("document.querySelector('.news').hidden")
    service.add(thief("epsilon-pkg", host="e.invalid"))
    page.wait("document.documentElement.classList.contains('js')")
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait("!document.querySelector('.news').hidden")
    assert page.run("document.querySelector('[data-live=review]').textContent") == "2"
    page.press("r")
    page.wait("document.querySelectorAll('.entry').length == 2")
    assert service.state(case)[0] == "open"


def test_keys_are_letters_where_somebody_writes(service: Service) -> None:
    [case] = service.add(thief("zeta-pkg", host="z.invalid"))
    page = service.page
    service.open(f"/cases/{case}")
    page.press("e")
    page.wait("document.activeElement.name == 'text'")
    for key in "mnu":
        page.press(key)
    assert page.run("document.activeElement.value") == "mnu"
    assert page.run("document.querySelector('[name=decision]:checked')") is None
    page.press("Escape")
    page.press("?")
    page.wait("document.querySelector('#keys').open")
    page.press("Escape")
    assert page.console == []


def attacked(text: str, n: int) -> Review:
    """Return a review in which everything an uploader writes is an attack."""
    review = hostile(text)
    layer = Layer(
        id=1,
        member=text,
        line=1,
        parent=0,
        via=("base64",),
        sha256="0" * 64,
        size=400,
        excerpt=f"{text}\n{text}",
    )
    finding = msgspec.structs.replace(
        review.findings[0],
        reason=text,
        title=text,
        spans=tuple(msgspec.structs.replace(s, member=text) for s in review.findings[0].spans),
        chain=("data.decode->code.run",),
    )
    problem = Problem(member=text, status="failed", reason=text, blocking=True)
    lines = tuple(Excerpt(member=text, layer=0, line=n, text=text) for n in range(1, 6))
    return msgspec.structs.replace(
        review,
        artifact=msgspec.structs.replace(
            review.artifact, sha256=f"{n:064x}", name=text, version=text, filename=text, purl=text
        ),
        reasons=(text,),
        findings=(finding,),
        layers=(layer,),
        coverage=Coverage(problems=(problem,)),
        excerpts=lines,
    )


def test_nothing_an_uploader_writes_runs_or_is_fetched(service: Service) -> None:
    page, made = (
        service.page,
        [attacked(text, n) for n, text in enumerate((*ATTACKS, *HOSTILE[:2]))],
    )
    at = stamp(service.site.clock.now())
    with service.site.store.writing() as connection:
        for text, one in zip((*ATTACKS, *HOSTILE[:2]), made, strict=True):
            declared = Metadata(
                name=text,
                summary=text,
                author=text,
                home_page="https://evil.invalid/",
                requires=(text,),
                description=text,
            )
            values = {"ecosystem": "pypi", "project": text, "version": text, "filename": text}
            known = {"sha256": one.artifact.sha256, "publisher": text, "seen_at": at}
            packed = packing.pack(declared)
            connection.execute(insert(uploads).values(**values, **known, declared=packed))
    ids = service.add(*made)
    with service.site.store.writing() as connection:
        for case, text in zip(ids, ATTACKS, strict=False):
            casework.comment(
                connection, case, text, author="ada", now=datetime.datetime.now(datetime.UTC)
            )
    assert ids
    for path in ("/", "/reviews", "/overview", "/audit", *(f"/cases/{one}" for one in ids)):
        service.open(path)
        assert page.run("document.title") != "owned", path
        assert (
            page.run(
                "document.querySelectorAll('iframe, img, main script, main svg:not(.chart)').length"
            )
            == 0
        )
        assert page.run("[...document.links].every(one => one.origin == location.origin)"), path
        assert "1337" not in page.text(), "an upload is no template"
    assert page.dialogs == 0
    assert page.console == [], "the policy had nothing to refuse"
    foreign = [one for one in page.asked if not one.startswith((service.url, "about:", "data:"))]
    assert foreign == []


def test_what_is_asked_for_in_an_address_is_text_too(service: Service) -> None:
    page = service.page
    for text in ATTACKS:
        for path in (
            "/?text=",
            "/?campaign=",
            "/?rule=",
            "/?holder=",
            "/reviews?q=",
            "/audit?object=",
        ):
            page.open(f"{service.url}{path}{_quoted(text)}")
            assert page.run("document.title") != "owned", path + text
            assert page.run("document.querySelectorAll('iframe, img').length") == 0
    assert page.dialogs == 0
    assert page.console == []


def test_the_policy_holds_where_escaping_would_fail(service: Service) -> None:
    """Break a page on purpose: the second wall must stand alone."""
    page = service.page
    service.open()
    page.run(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')"
    )
    page.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'document.title=1';"
        " document.body.append(s); })()"
    )
    page.wait("document.images.length == 1")
    assert page.run("document.title") != "1"
    assert page.console, "the browser says what it refused"
    page.console.clear()


def test_a_page_is_usable_without_the_script(service: Service) -> None:
    [case] = service.add(thief("eta-pkg", host="eta.invalid"))
    page = service.page
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.call("Page.navigate", url=f"{service.url}/cases/{case}")
        page.wait("document.readyState == 'complete' && document.querySelector('.ruling')")
        labelled = (
            "[...document.querySelectorAll('main input:not([type=hidden]), main textarea')]"
            ".every(one => one.labels.length)"
        )
        assert page.run(labelled), "every field has a label"
        page.run("document.querySelector('[value=malicious]').click()")
        page.run("document.querySelector('.ruling .strong').click()")
        page.wait("location.search.includes('done=malicious')")
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    assert service.state(case)[1] == "malicious"


def test_text_can_be_read_in_both_colour_schemes(service: Service) -> None:
    places = every_page(service)
    for scheme in ("light", "dark"):
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        service.page.call("Emulation.setEmulatedMedia", features=feature)
        for path in places:
            service.page.open(service.url + path)
            worst = service.page.run(CONTRAST)
            assert worst["ratio"] >= 4.5, f"{scheme}, {path}: {worst}"
    service.page.call("Emulation.setEmulatedMedia", features=[])


def test_every_field_has_a_label_and_every_page_one_heading(service: Service) -> None:
    for path in every_page(service):
        service.page.open(service.url + path)
        bare = service.page.run(
            "[...document.querySelectorAll('input:not([type=hidden]), textarea, select')]"
            ".filter(one => !one.labels.length && !one.ariaLabel).map(one => one.outerHTML)"
        )
        assert bare == [], path
        assert service.page.run("document.querySelectorAll('h1').length") == 1, path
        assert service.page.run("document.documentElement.lang") == "en"


def test_nothing_is_cut_off_in_a_narrow_window(service: Service) -> None:
    places = every_page(service)
    service.page.size(360, 740)
    try:
        for path in places:
            service.page.open(service.url + path)
            wide = service.page.run("document.documentElement.scrollWidth")
            assert wide <= 360, f"{path} is {wide} wide"
    finally:
        service.page.size(1280, 900)


def every_page(service: Service) -> list[str]:
    """Return an address of every kind of page, with something on it."""
    key = attacked_file(service, "x = 1\n" * 50)
    [case] = service.add(thief("theta-pkg", host="theta.invalid"))
    lists = ["/", "/?view=decided", "/overview", "/reviews", "/suppressions", "/audit"]
    return [*lists, f"/cases/{case}", f"/reviews/{key}/file", f"/reviews/{key}/file?place=1"]


def attacked_file(service: Service, text: str) -> str:
    """Keep an upload whose file and its name are a text; return the id of its review."""
    name = text.replace("/", "|").replace("\n", " ")[:90]
    path = f"evil-1.0/{name}.py"
    data = sdist({f"{name}.py": f"{text}\nos.system('id')\n", "b.py": text}, name="evil")
    sha256 = hashlib.sha256(data).hexdigest()
    Blobs(service.site.settings.blobs_url).put(data)
    place = span(path, text.count("\n") + 2, "os.system('id')")
    layer = Layer(
        id=1, member=path, line=1, parent=0, via=("base64",), sha256=sha256, size=9, excerpt=text
    )
    made = review(
        Verdict.MALICIOUS,
        0.95,
        finding("execution/runs", f"runs {text}", place, title=text[:200]),
        artifact=artifact("evil", "1.0", filename="evil-1.0.tar.gz", sha256=sha256),
        layers=(layer,),
    )
    service.add(made)
    return identity(made)


def test_a_whole_file_is_text_whatever_is_in_it(service: Service) -> None:
    page = service.page
    for text in ATTACKS:
        key = attacked_file(service, text)
        for path in ("file", "file?place=1", "file?n=1", "file?n=2"):
            service.open(f"/reviews/{key}/{path}")
            assert page.run("document.title") != "owned", path
            inside = "document.querySelectorAll('iframe, img, main script, main svg').length"
            assert page.run(inside) == 0
            assert page.run("[...document.links].every(one => one.origin == location.origin)")
        service.open(f"/reviews/{key}/file?place=1")
        shown = page.run("document.querySelector('.whole').textContent")
        assert "os.system('id')" in shown, "the file is there"
        assert "1337" not in shown
    assert page.dialogs == 0
    assert page.console == [], "the policy had nothing to refuse"
    foreign = [one for one in page.asked if not one.startswith((service.url, "about:", "data:"))]
    assert foreign == []


def test_evidence_is_walked_through_a_long_file(service: Service) -> None:
    text = "\n".join(f"x{n} = {n}" for n in range(1, 2_500))
    data = sdist({"a.py": text}, name="long")
    sha256 = hashlib.sha256(data).hexdigest()
    Blobs(service.site.settings.blobs_url).put(data)
    places = [span("long-1.0/a.py", n, f"x{n} = {n}") for n in (5, 900, 2_400)]
    made = review(
        Verdict.MALICIOUS,
        0.95,
        *(finding(f"execution/runs-{n}", f"runs {n}", one) for n, one in enumerate(places)),
        artifact=artifact("long", "1.0", filename="long-1.0.tar.gz", sha256=sha256),
    )
    [case] = service.add(made)
    page = service.page
    service.open(f"/cases/{case}")
    page.press("v")
    page.wait("location.hash == '#L5' && document.querySelector('#L5:target') !== null")
    page.wait("document.documentElement.classList.contains('js')")
    page.press("j")
    page.wait("document.querySelector('.here')?.id == 'e2'")
    page.press("j")
    page.wait("location.hash == '#e3' && document.querySelector('.here')?.id == 'e3'")
    assert page.run("document.querySelector('.row.hit').id") == "L2400"
    page.press("k")
    page.wait("location.hash == '#e2' && document.querySelector('.here')?.id == 'e2'")
    page.press("b")
    page.wait(f"location.pathname == '/cases/{case}'")


def test_who_reads_a_case_hears_that_it_was_decided(service: Service) -> None:
    [case] = service.add(thief("iota-pkg", host="iota.invalid"))
    page = service.page
    service.open(f"/cases/{case}")
    assert page.run("document.querySelector('[data-watch]').hidden")
    with service.site.store.writing() as connection:
        now = service.site.clock.now()
        casework.decide(connection, case, "malicious", author="bob", key="bob", now=now)
    page.run("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait("!document.querySelector('[data-watch]').hidden")
    assert "ruled on" in page.run("document.querySelector('[data-watch]').textContent")


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
