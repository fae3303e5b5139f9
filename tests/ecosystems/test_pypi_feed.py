from __future__ import annotations

import xmlrpc.client
from typing import Any

import pytest

from antivenom.ecosystems.pypi import feed
from antivenom.ecosystems.pypi import xmlrpc as ours
from antivenom.errors import NetworkError


def answered(value: Any) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


@pytest.mark.parametrize(
    "value",
    [
        [],
        [["name", None, 1795000000, "add source file x-1.tar.gz", 7]],
        {"a": [1, "two", {"three": None}], "b": True},
        "<text & marks>",
        "",
        12.5,
        [[], [[]], ""],
    ],
)
def test_answers_read_as_the_standard_library_writes_them(value: object) -> None:
    assert ours.answer(answered(value)) == value


def test_a_text_without_a_type_is_a_text() -> None:
    body = b"<methodResponse><params><param><value> x </value></param></params></methodResponse>"
    assert ours.answer(body) == " x "


def test_a_call_reads_as_the_standard_library_reads_it() -> None:
    parameters, method = xmlrpc.client.loads(ours.call("changelog_since_serial", 7, "<a>"))
    assert (parameters, method) == ((7, "<a>"), "changelog_since_serial")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sorry</html>",
        answered([1, 2])[:-20],
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]>" + answered("x"),
        xmlrpc.client.dumps(xmlrpc.client.Fault(-32500, "too many")).encode(),
        answered([[[[[[[[[[1]]]]]]]]]]),
        b"<methodResponse><params><param><value><int>x</int></value></param></params>"
        b"</methodResponse>",
    ],
)
def test_what_is_no_answer_is_said(body: bytes) -> None:
    with pytest.raises(NetworkError):
        ours.answer(body)


@pytest.mark.parametrize(
    ("action", "what", "about"),
    [
        ("add source file a-1.0.tar.gz", "uploaded", "a-1.0.tar.gz"),
        ("add py2.py3 file a 1.whl", "uploaded", "a 1.whl"),
        ("add cp311 file a.whl", "uploaded", "a.whl"),
        ("create", "created", ""),
        ("new release", "released", ""),
        ("remove file a.whl", "file-removed", "a.whl"),
        ("remove release", "release-removed", ""),
        ("remove project", "removed", ""),
        ("add Owner ada", "owner-added", "ada"),
        ("accepted Maintainer ada", "owner-added", "ada"),
        ("remove Owner ada", "owner-removed", "ada"),
        ("project quarantined", "quarantined", ""),
        ("project quarantine cleared", "quarantine-cleared", ""),
        ("release quarantined", "release-quarantined", ""),
        ("release quarantine cleared", "release-quarantine-cleared", ""),
        ("yank release", "yanked", ""),
        ("something of next year", "other", ""),
    ],
)
def test_actions_are_told_apart(action: str, what: str, about: str) -> None:
    assert feed.classified(action) == (what, about)


def test_a_row_that_is_none_is_no_gap() -> None:
    good = ["a", "1", 1795000000, "new release", 8]
    assert [c.serial for c in feed.read_changes(answered([good, [*good[:4], 7]]))] == [7, 8]
    for bad in (["a"], [*good[:4], "8"], [None, *good[1:]], 7):
        with pytest.raises(NetworkError):
            feed.read_changes(answered([good, bad]))
    with pytest.raises(NetworkError):
        feed.read_changes(answered({"a": 1}))
    with pytest.raises(NetworkError):
        feed.read_last(answered("7"))


def test_addresses_belong_to_the_simple_index() -> None:
    assert feed.service_url("https://host.example/simple/") == "https://host.example/pypi"
    assert feed.rss_url("https://host.example/simple/") == "https://host.example/rss/updates.xml"
    assert feed.service_url("https://mirror.example/py/") is None
    assert feed.rss_url("https://mirror.example/py/") is None


def test_titles_of_items_name_releases() -> None:
    body = (
        b"<rss><channel><title>of all</title><item><title>a 1.0</title><link>x</link></item>"
        b"<item><title>b</title></item></channel></rss>"
    )
    assert feed.read_rss(body) == [("a", "1.0")]
    for bad in (b"<rss>", b"<!DOCTYPE rss><rss></rss>"):
        with pytest.raises(NetworkError):
            feed.read_rss(bad)
