"""The pages show what there is, and every act on them is done, recorded and shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from antivenom.model.moments import stamp
from antivenom.service import audit, casework, observations
from antivenom.store import schema_cases, schema_uploads
from antivenom.store.blobs import Blobs
from antivenom.store.schema_cases import cases, decisions
from antivenom.store.schema_uploads import reviews, uploads
from tests.report.builders import HOSTILE, hostile
from tests.service.recorded import record, thief
from tests.service.site import Site, site


@pytest.fixture(scope="module")
def opened_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Building an application takes longer than all a test does with it."""
    with site(
        tmp_path_factory.mktemp("console"),
        **{"requests-per-minute": 100_000, "sign-ins-per-minute": 10_000},
    ) as made:
        made.account("ada", "reviewer")
        made.account("vi", "viewer")
        yield made


@pytest.fixture
def console(opened_once: Site) -> Site:
    with opened_once.store.writing() as connection:
        kept = (*schema_uploads.ALL, schema_uploads.tallies, *schema_cases.ALL)
        for table in reversed(kept):
            connection.execute(table.delete())
    opened_once.clock.go(30)  # the overview's figures are kept for a while
    opened_once.client.cookies.clear()
    opened_once.sign_in("ada")
    return opened_once


def opened(console: Site, *names: str, host: str = "") -> list[int]:
    """Open a case for each name."""
    with console.store.writing() as connection:
        made = [
            record(connection, thief(name, host=host or f"{name}.invalid"), now=console.clock.now())
            for name in names
        ]
    return [one for one in made if one is not None]


def page(console: Site, path: str) -> str:
    """Return a page's text."""
    answer = console.client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def state(console: Site, case: int) -> tuple[str, str]:
    """Return a case's state and decision."""
    with console.store.reading() as connection:
        found = casework.some_cases(connection, [case])[case]
    return found.state, found.decision


PAGES = (
    "/",
    "/?view=second",
    "/?view=unread",
    "/?view=decided",
    "/overview",
    "/reviews",
    "/suppressions",
    "/audit",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_while_nothing_is(console: Site, path: str) -> None:
    answer = console.client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_an_empty_queue_says_how_to_begin(console: Site) -> None:
    assert "Nothing was reviewed yet" in page(console, "/")
    [case] = opened(console, "demo-pkg")
    console.post_form(f"/cases/{case}/decide", {"decision": "malicious", "key": "k"})
    assert "Nothing waits for you" in page(console, "/")


def test_the_queue_shows_reason_and_evidence_first(console: Site) -> None:
    opened(console, "demo-pkg", "requests")
    text = page(console, "/")
    assert text.index("requests <span") < text.index("demo-pkg <span")
    assert "setup.py reads credential files and sends them to demo-pkg.invalid" in text
    assert "hxxps://demo-pkg[.]invalid/c" in text
    assert "(2) Queue" in text


def test_a_campaign_is_one_entry_and_a_list(console: Site) -> None:
    opened(console, "wave-1", "wave-2", host="shared.invalid")
    text = page(console, "/")
    assert text.count('class="entry ') == 1
    assert "<b>2 projects</b> joined by shared.invalid" in text
    assert page(console, "/?campaign=host:shared.invalid").count('class="entry ') == 2


def test_a_case_shows_its_evidence_and_surroundings(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    text = page(console, f"/cases/{case}")
    for said in (
        "runs on install from source",
        "reads credential files",
        "exfiltration/sends-cred",
    ):
        assert said in text, said
    assert '<div class="row hit"><span class="n">4</span>' in text


def test_deciding_goes_on_with_the_next_case(console: Site) -> None:
    first, second = opened(console, "demo-pkg", "other-pkg")
    form = {"decision": "malicious", "kind": "spam", "reason": "seen", "key": "k", "then": "next"}
    answer = console.post_form(f"/cases/{first}/decide", form)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/cases/{second}?done=malicious&made=")
    assert state(console, first) == ("decided", "malicious")
    assert "Ruled malicious." in page(console, answer.headers["location"])
    with console.store.reading() as connection:
        made = casework.history(connection, first)[0]
    assert (made.author, made.kind, made.reason) == ("ada", "spam", "seen")
    console.post_form(f"/decisions/{made.id}/undo", {})
    assert state(console, first) == ("open", "")


def test_a_form_sent_twice_counts_once(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    for _ in range(2):
        form = {"decision": "malicious", "key": "same"}
        answer = console.post_form(f"/cases/{case}/decide", form)
        assert "done=malicious" in answer.headers["location"]
    with console.store.reading() as connection:
        assert len(connection.execute(select(decisions)).all()) == 1


def test_who_comes_second_is_told(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    console.post_form(f"/cases/{case}/decide", {"decision": "malicious", "key": "a"})
    form = {"decision": "not-malicious", "reason": "no", "key": "b"}
    answer = console.post_form(f"/cases/{case}/decide", form)
    assert answer.headers["location"] == f"/cases/{case}?done=conflict"
    assert "Somebody else was faster" in page(console, answer.headers["location"])
    assert state(console, case) == ("decided", "malicious")


def test_a_ruling_without_its_reason_is_refused(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    answer = console.post_form(f"/cases/{case}/decide", {"decision": "unsure", "key": "a"})
    assert answer.headers["location"].endswith("done=reason")
    assert state(console, case) == ("open", "")


def test_a_campaign_is_ruled_on_from_the_queue(console: Site) -> None:
    ids = opened(console, "wave-1", "wave-2", "wave-3", host="shared.invalid")
    sent = ",".join(map(str, ids[:2]))
    form = {"decision": "malicious", "reason": "one wave", "key": "k", "cases": sent}
    console.post_form("/campaigns/decide", form)
    assert [state(console, one)[0] for one in ids] == ["decided", "decided", "open"]


def test_a_viewer_sees_and_does_nothing(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    console.post_form("/sign-out", {})
    console.sign_in("vi")
    assert "Reviewers decide" in page(console, f"/cases/{case}")
    for path in (f"/cases/{case}/decide", f"/cases/{case}/hold", f"/cases/{case}/comment"):
        assert console.post_form(path, {"decision": "malicious", "key": "k"}).status_code == 403
    assert state(console, case) == ("open", "")


def test_a_form_of_another_site_does_nothing(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    answer = console.client.post(
        f"/cases/{case}/decide", data={"decision": "malicious", "key": "k"}, follow_redirects=False
    )
    assert answer.status_code == 403
    assert state(console, case) == ("open", "")


@pytest.mark.parametrize("path", [*PAGES, "/cases/1", "/reviews/x", "/live"])
def test_nobody_sees_anything(console: Site, path: str) -> None:
    console.client.cookies.clear()
    answer = console.client.get(path, follow_redirects=False, headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_the_doors_open_without_an_account(console: Site) -> None:
    console.client.cookies.clear()
    assert "wrong" in page(console, "/sign-in?problem=wrong")
    assert "&quot;&gt;&lt;script&gt;" in page(console, "/setup?token=%22%3E%3Cscript%3E")
    assert console.client.get("/static/console.css").status_code == 200
    assert console.client.get("/static/..%2frendering.py").status_code == 404


def test_comments_and_holding_are_shown(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    console.post_form(f"/cases/{case}/hold", {})
    assert "You hold this case." in page(console, f"/cases/{case}")
    console.post_form(f"/cases/{case}/comment", {"text": "see <b>line 4</b>\nand 5"})
    assert "see &lt;b&gt;line 4&lt;/b&gt;\nand 5" in page(console, f"/cases/{case}")
    said = console.client.get(f"/live?cases={case},x,,99").json()
    assert (said["review"], said["newest"], said["holders"]) == (1, case, {str(case): "ada"})
    console.post_form(f"/cases/{case}/hold", {"take": "no"})
    assert console.client.get(f"/live?cases={case}").json()["holders"] == {str(case): ""}


def test_a_finding_is_silenced_in_one_file_and_told_again(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    with console.store.reading() as connection:
        review = connection.scalar(select(cases.c.review))
    form = {"review": str(review), "finding": "0", "member": "0", "reason": "ours", "days": "30"}
    answer = console.post_form(f"/cases/{case}/suppress", form)
    assert answer.headers["location"].endswith("done=suppressed")
    assert state(console, case) == ("lapsed", "")
    assert "demo-pkg-1.0/setup.py" in page(console, "/suppressions")
    text = page(console, f"/cases/{case}")
    assert "Silenced by ada until 2026-12-21: ours" in text
    assert "the review said malicious" in text
    with console.store.reading() as connection:
        [gone] = casework.suppressed(connection, console.clock.now())
    console.post_form(f"/suppressions/{gone.id}/end", {})
    assert state(console, case) == ("open", "")
    assert "ended by ada" in page(console, "/suppressions?all=1")
    with console.store.reading() as connection:
        acts = {one.act for one in audit.latest(connection)}
    assert {"finding.suppress", "finding.unsuppress"} <= acts


@pytest.mark.parametrize(
    "wrong", [{"finding": "7"}, {"finding": "-1"}, {"member": "3"}, {"days": "0"}, {"reason": ""}]
)
def test_silencing_what_is_not_there_is_refused(console: Site, wrong: dict[str, str]) -> None:
    [case] = opened(console, "demo-pkg")
    form = {"finding": "0", "member": "0", "reason": "ours", "days": "30", **wrong}
    answer = console.post_form(f"/cases/{case}/suppress", form)
    assert answer.headers["location"] == f"/cases/{case}?done=refused"
    assert state(console, case)[0] == "open"


def test_a_review_is_found_by_name_and_hash(console: Site) -> None:
    case, _ = opened(console, "demo-pkg", "other-pkg")
    with console.store.reading() as connection:
        row = connection.execute(select(reviews).where(reviews.c.project == "demo-pkg")).one()
    for asked in ("Demo_Pkg", "demo*", row.sha256[:12], row.filename, row.purl):
        found = console.client.get("/reviews", params={"q": asked}).text
        assert "demo-pkg" in found, asked
        assert "other-pkg <" not in found, asked
    answer = console.client.get(f"/reviews/{row.id}", follow_redirects=False)
    assert answer.headers["location"] == f"/cases/{case}?review={row.id}"


def test_bytes_leave_only_as_an_encrypted_zip(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    with console.store.reading() as connection:
        row = connection.execute(select(reviews)).one()
    path = f"/reviews/{row.id}/sealed.zip"
    assert "Download" not in page(console, f"/cases/{case}")
    assert console.client.get(path).status_code == 404
    data = b"a harmless archive of ours"
    sha256 = Blobs(console.settings.blobs_url).put(data)
    with console.store.writing() as connection:
        connection.execute(reviews.update().values(sha256=sha256))
    assert "Download as an encrypted zip" in page(console, f"/cases/{case}")
    answer = console.client.get(path)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{sha256}.zip"'
    assert data not in answer.content
    assert answer.content.startswith(b"PK")


def test_whatever_an_upload_says_is_text(console: Site) -> None:
    with console.store.writing() as connection:
        ids = [record(connection, hostile(text), now=console.clock.now()) for text in HOSTILE[:2]]
    for path in ("/", "/reviews", *(f"/cases/{one}" for one in ids if one)):
        text = page(console, path)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert not re.search(r"<style[^>]*>", text)


def test_the_overview_says_how_it_goes(console: Site) -> None:
    first, _ = opened(console, "demo-pkg", "other-pkg")
    console.post_form(f"/cases/{first}/decide", {"decision": "malicious", "key": "k"})
    text = page(console, "/overview")
    for said in ("Reviews by day", "2 malicious</title>", "exfiltration/sends-credentials"):
        assert said in text, said


def test_what_was_given_up_is_tried_again(console: Site) -> None:
    with console.store.writing() as connection:
        values = {"ecosystem": "pypi", "project": "bad", "filename": "f", "state": "dead"}
        at = stamp(console.clock.now())
        connection.execute(uploads.insert().values(**values, seen_at=at, problem="why <b>"))
        id = connection.scalar(select(uploads.c.id))
    assert "why &lt;b&gt;" in page(console, "/overview")
    assert console.post_form(f"/uploads/{id}/retry", {}).headers["location"].endswith("retried")
    with console.store.reading() as connection:
        assert connection.scalar(select(uploads.c.state)) == "waiting"
    assert console.post_form("/uploads/99/retry", {}).status_code == 404


def test_a_ruling_drafts_a_report_that_a_person_sends_or_drops(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    console.post_form(f"/cases/{case}/decide", {"decision": "malicious", "key": "k"})
    assert "Report to the registry" in page(console, f"/cases/{case}")
    with console.store.reading() as connection:
        [action] = observations.some(connection, case=case)
    assert action.state == "draft"
    console.post_form(f"/actions/{action.id}/drop", {})
    with console.store.reading() as connection:
        assert observations.one(connection, action.id).state == "dropped"
    assert console.post_form(f"/actions/{action.id}/explode", {}).status_code == 404
    assert console.post_form("/actions/99/drop", {}).status_code == 404


def test_what_is_not_there_is_said(console: Site) -> None:
    for path in ("/cases/9", "/reviews/none", "/cases/9?review=x"):
        assert console.client.get(path).status_code == 404
    assert console.client.get("/?after=what").status_code == 422
    assert (
        console.post_form("/cases/9/decide", {"decision": "malicious", "key": "k"}).status_code
        == 404
    )
    assert console.post_form("/decisions/9/undo", {}).status_code == 404
    assert console.post_form("/suppressions/9/end", {}).status_code == 404


def test_the_filters_of_the_queue_stay_while_cases_are_decided(console: Site) -> None:
    first, other, second = opened(console, "alpha-one", "beta-two", "alpha-three")
    text = page(console, "/?text=alpha&ecosystem=pypi")
    assert f'href="/cases/{first}?ecosystem=pypi&amp;text=alpha"' in text
    assert 'name="within" value="ecosystem=pypi&amp;text=alpha"' in text
    shown = page(console, f"/cases/{first}?ecosystem=pypi&text=alpha")
    assert f'href="/cases/{second}?ecosystem=pypi&amp;text=alpha" data-key="x"' in shown
    form = {"decision": "malicious", "key": "k", "then": "next", "within": "text=alpha"}
    answer = console.post_form(f"/cases/{first}/decide", form)
    assert answer.headers["location"].startswith(f"/cases/{second}?text=alpha&done=malicious")
    form = {"decision": "malicious", "key": "l", "then": "next", "within": "text=alpha"}
    answer = console.post_form(f"/cases/{second}/decide", form)
    assert answer.headers["location"].startswith("/?text=alpha&done=malicious"), "not to the other"
    assert state(console, other) == ("open", "")


@pytest.mark.parametrize("within", ["after=x", "view=<b>", "%", "a=b&" * 40, "text=" + "x" * 5000])
def test_odd_filters_of_a_form_are_ours_afterwards(console: Site, within: str) -> None:
    [case] = opened(console, "demo-pkg")
    form = {"decision": "malicious", "key": "k", "then": "queue", "within": within}
    place = console.post_form(f"/cases/{case}/decide", form).headers["location"]
    assert place.startswith("/?")
    assert "<" not in place
    assert console.client.get(place).status_code == 200


def test_a_campaign_is_taken_back_at_once(console: Site) -> None:
    ids = opened(console, *(f"wave-{n}" for n in range(4)), host="shared.invalid")
    console.post_form(f"/cases/{ids[0]}/decide", {"decision": "malicious", "key": "own"})
    form = {"cases": ",".join(map(str, ids)), "decision": "not-malicious", "reason": "r"}
    answer = console.post_form("/campaigns/decide", form | {"key": "batch-1"})
    text = page(console, answer.headers["location"])
    assert "Ruled alike on 3 cases." in text
    assert "1 case had been ruled on by somebody else before." in text
    assert 'value="batch-1"' in text
    answer = console.post_form("/campaigns/undo", {"key": "batch-1"})
    assert "3 cases open again" in page(console, answer.headers["location"])
    assert [state(console, one)[0] for one in ids] == ["decided", "open", "open", "open"]
    again = console.post_form("/campaigns/undo", {"key": "batch-1"})
    assert "3 cases open again" in page(console, again.headers["location"]), "twice is once"
    for key in ("", "batch", "%", "another"):
        refused = console.post_form("/campaigns/undo", {"key": key})
        assert refused.headers["location"] == "/?done=refused", key


def test_what_was_refused_says_why(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    answer = console.post_form(f"/cases/{case}/decide", {"decision": "unsure", "key": "k"})
    assert "Say why" in page(console, answer.headers["location"])
    answer = console.post_form(f"/cases/{case}/decide", {"decision": "nonsense", "key": "k"})
    assert "nothing was changed" in page(console, answer.headers["location"])


def test_a_case_that_is_open_hears_of_what_others_do(console: Site) -> None:
    [case] = opened(console, "demo-pkg")
    assert f'data-watch="{case}" data-state="open" data-holder=""' in page(
        console, f"/cases/{case}"
    )
    console.post_form(f"/cases/{case}/hold", {})
    said = console.client.get(f"/live?cases={case}").json()
    assert (said["states"], said["holders"]) == ({str(case): "open"}, {str(case): "ada"})


@pytest.mark.parametrize("path", ["/cases/99999", "/reviews/nothing", "/nowhere", "/?after=zzz"])
def test_a_page_that_is_not_there_leads_back(console: Site, path: str) -> None:
    answer = console.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code in (404, 422)
    assert '<nav aria-label="Pages"' in answer.text
    assert re.search(r"console\.css\?[0-9a-f]{12}", answer.text)
