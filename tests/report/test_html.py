from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from antivenom.model.profile import Coverage, Problem
from antivenom.model.review import Review, Verdict
from antivenom.report import render
from antivenom.report.markup import tag, text
from tests.report.builders import (
    HOSTILE,
    dropper,
    finding,
    hostile,
    ordinary,
    review,
    span,
    thief,
    typical,
    unread,
)

ELEMENTS = """
html head meta title style body main header nav article section figure figcaption div span details
summary table caption thead tbody tr th td h1 h2 h3 h4 p a b bdi strong code ul ol li dl dt dd
"""
ATTRIBUTES = """
lang charset http-equiv content name class id href open scope aria-label aria-labelledby
"""
VOID = {"meta"}


class Outline(HTMLParser):
    """Collects what a page is made of, and fails on elements that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        named = dict(attrs)
        self.ids += [str(named["id"])] if "id" in named else []
        self.links += [str(named["href"])] if "href" in named else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def page(*reviews: Review) -> tuple[str, Outline]:
    made = render(reviews, "html")
    return made, Outline(made)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    source, outline = page(hostile(text), hostile(text))
    assert outline.elements <= set(ELEMENTS.split())
    assert outline.attributes <= set(ATTRIBUTES.split())
    assert all(link.startswith("#") for link in outline.links)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", source
    )
    source.encode("utf-8")


def test_addresses_are_no_links() -> None:
    source, outline = page(*typical(), hostile("http://evil.example/x"))
    body = source[source.index("</style>") :]
    assert "://files.example" not in body
    assert "http://" not in body
    assert "https://" not in body
    assert "hxxp://files[.]example/update/svchost.exe" in outline.text


def test_the_policy_allows_the_one_style_by_its_hash() -> None:
    source, _ = page(*typical())
    style = source.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = source.split('Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{digest}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert source.count("<style>") == 1
    assert "url(" not in style
    assert "@import" not in style


def test_anchors_are_distinct_and_links_lead_somewhere() -> None:
    _, outline = page(*typical(), dropper(), thief())
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links} <= set(outline.ids)
    assert len(outline.links) > 5


def test_verdict_and_reasons_come_before_evidence() -> None:
    shown = page(thief())[1].text
    shown = shown[shown.index("Antivenom review") :]
    order = ["malicious", "colorterm-plus", "reads credential files", "Evidence", "What was read"]
    places = [shown.index(part) for part in order]
    assert places == sorted(places)


def test_evidence_is_highlighted_and_decoded_text_unfolds() -> None:
    source, outline = page(thief())
    hits = re.findall(r'class="row hit">.*?</div>', source)
    assert any("expanduser" in hit for hit in hits)
    assert any("b64decode" in hit for hit in hits)
    assert not any("import base64 as" in hit for hit in hits)
    assert "base64 → zlib → hex" in outline.text
    assert source.count("<details") >= 4


def test_headings_do_not_skip_a_level() -> None:
    levels = [int(name[1]) for name in page(*typical())[1].headings]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_many_reviews_have_an_index_and_clean_ones_no_article() -> None:
    source, outline = page(*typical())
    assert source.count("<article") == 4
    assert "attractive 24.2.0" in outline.text
    assert (
        "5 artifacts reviewed: 2 malicious, 1 suspicious, 1 inconclusive, 1 clean" in outline.text
    )
    assert page(ordinary())[0].count("<article") == 1


def test_what_was_not_read_is_said() -> None:
    shown = page(unread())[1].text
    assert "sealed-2.0/setup.py" in shown
    assert "the member is encrypted" in shown
    partly = review(Verdict.CLEAN, 0.0, coverage=Coverage(complete=1, skipped=3))
    assert "3 skipped" in page(partly, ordinary())[1].text


def test_pages_are_bounded() -> None:
    spans = [span(f"m{n}.py", 5, "x" * 200) for n in range(3000)]
    problems = tuple(
        Problem(member=f"p{n}", status="skipped", reason="over the limit") for n in range(5000)
    )
    found = [finding("execution/runs-text", f"It runs {n}", *spans) for n in range(200)]
    made = review(
        Verdict.MALICIOUS, 0.95, *found, coverage=Coverage(skipped=5000, problems=problems)
    )
    source, outline = page(made)
    assert len(source) < 1_000_000
    assert "2,992 more places" in outline.text
    assert "4,800 more members" in outline.text


def test_elements_escape_what_is_not_markup() -> None:
    assert tag("p", "<b>", text("&"), class_='"x') == '<p class="&quot;x">&lt;b&gt;&amp;</p>'
    assert tag("details", None, open=True, id=None) == "<details open></details>"
