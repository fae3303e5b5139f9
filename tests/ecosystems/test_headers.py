"""METADATA and its neighbours, read without exceptions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from antivenom.ecosystems.pypi.config import Config, read_pyproject, read_setup_cfg, read_setup_py
from antivenom.ecosystems.pypi.headers import (
    parse_entry_points,
    parse_headers,
    parse_requires,
    to_metadata,
)


def test_headers_with_folded_lines_body_and_windows_line_ends() -> None:
    text = (
        "Metadata-Version: 2.1\r\nName: demo\r\nDescription: one\r\n        |two\r\n"
        "Requires-Dist: a\r\nRequires-Dist: b\r\nHome-page: https://a.example\r\n\r\nBody: text\r\n"
    )
    headers = parse_headers(text.encode())
    assert headers.first("description") == "one\n|two"
    assert headers.all("requires-dist") == (("a", 5), ("b", 6))
    metadata = to_metadata(headers)
    assert metadata.description == "Body: text\n"
    assert metadata.urls == ("https://a.example",)


def test_latin_1_and_byte_order_marks() -> None:
    assert parse_headers(b"\xef\xbb\xbfName: a\n").first("name") == "a"
    assert parse_headers(b"Author: J\xfcrgen\n").first("author") == "Jürgen"


def test_entry_points_with_comments_and_nonsense() -> None:
    data = b"# hi\n[console_scripts]\n; no\na = b.c:d [x]\nnonsense\n= b\ne = b c\n"
    assert [(str(e), e.line) for e in parse_entry_points(data, "m")] == [
        ("console_scripts:a = b.c:d", 4)
    ]


def test_requires_of_eggs() -> None:
    data = b"six\n\n[fast]\nlib>1\n\n[:python_version<'3']\nold\n"
    assert parse_requires(data) == [
        ("six", 1),
        ("lib>1 ; extra == 'fast'", 4),
        ("old ; python_version<'3'", 7),
    ]


def test_toml_that_would_cost_the_parser_quadratic_time_is_refused() -> None:
    config = Config()
    read_pyproject(b"[project]\nname='x'\n[" + b"a." * 100_000 + b"a]\n", "m", config)
    read_pyproject(b"x = " + b"[" * 100_000, "m", config)
    assert config.name == ""


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_bytes_raise(data: bytes) -> None:
    to_metadata(parse_headers(data))
    parse_entry_points(data, "m")
    parse_requires(data)
    for read in (read_pyproject, read_setup_cfg, read_setup_py):
        read(data, "m", Config())


@given(st.recursive(st.text(max_size=5) | st.integers(), lambda c: st.lists(c, max_size=3)))
def test_pyproject_of_any_shape_is_read(value: object) -> None:
    import json

    written = json.dumps(value)
    tables = (
        "project",
        "build-system",
        "tool.setuptools",
        "tool.poetry",
        "tool.hatch.build",
        "tool.pdm",
    )
    keys = "scripts entry-points dependencies packages package-dir hooks targets build-backend"
    for table in tables:
        for key in keys.split():
            read_pyproject(f"[{table}]\n{key} = {written}\n".encode(), "m", Config())
