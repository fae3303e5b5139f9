from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.report.escape import cut, defang, source, visible

SHAPELESS = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("pay\u200bpal\ufeff", "pay\\u200bpal\\ufeff"),
        ("\ud800\udcff\ue000", "\\ud800\\udcff\\ue000"),
        ("\U000e0041\U0010ffff", "\\U000e0041\\U0010ffff"),
        ("a\r\n\tb\x00\x9b", "a\\r\\n\\tb\\x00\\x9b"),
        ("v\ufe0fs\U000e0100", "v\\ufe0fs\\U000e0100"),
        ("no\xa0break\u3164", "no\\xa0break\\u3164"),
        ("Grüße, 世界 → שלום é", "Grüße, 世界 → שלום é"),
        ("z" + "\u0301" * 3, "z\\u0301\\u0301\\u0301"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_every_shapeless_character_is_escaped() -> None:
    for code in range(0x110000):
        char = chr(code)
        category = unicodedata.category(char)
        if category in SHAPELESS or (category == "Zs" and char != " "):
            assert visible(char) != char, f"U+{code:04X}"
    assert all(visible(chr(code)) == chr(code) for code in range(0x20, 0x7F))


@given(st.text(st.characters(categories=None), max_size=60), st.integers(1, 40))
@settings(max_examples=300, deadline=None)
def test_visible_text_is_bounded_stable_and_encodable(text: str, limit: int) -> None:
    shown = visible(text, limit)
    assert len(shown) <= limit
    assert visible(shown) == shown
    assert "\x1b" not in shown
    shown.encode("utf-8")


def test_a_cut_never_splits_an_escape() -> None:
    for limit in range(1, 14):
        shown = visible("ab\u202ecd\U000e0041", limit)
        assert shown.endswith("…") or limit > 12
        rest = shown.replace("\\u202e", "").replace("\\U000e0041", "")
        assert "\\" not in rest, shown
    assert cut("short", 5) == "short"
    assert cut("longer", 5) == "long…"


def test_lines_and_indentation_stay_where_they_are_wanted() -> None:
    assert visible("a\n\tb\x1b", lines=True) == "a\n\tb\\x1b"
    assert source("\tif x:\r\n") == "    if x:"
    assert source("a\rb") == "a\\rb"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://evil.example/a.b", "hxxp://evil[.]example/a.b"),
        ("get('HTTPS://a.example:8080/x')", "get('HXXPS://a[.]example:8080/x')"),
        ("ftp://f.example ws://w.example", "ftp[:]//f[.]example ws[:]//w[.]example"),
        ("setup.py imports os.path", "setup.py imports os.path"),
    ],
)
def test_addresses_are_no_links(url: str, shown: str) -> None:
    assert defang(url) == shown


def test_escaping_is_linear() -> None:
    for text in ("http" * 200_000, "http://" * 100_000, "\u0300" * 300_000, "\x1b" * 300_000):
        assert len(defang(visible(text))) >= len(text)
