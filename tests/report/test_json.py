from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from antivenom.report import render
from antivenom.report.json import SCHEMA, reviews_to_json, to_json
from tests.report.builders import HOSTILE, hostile, thief, typical

DOCS = Path(__file__).parents[2] / "docs" / "json.md"
Schema = dict[str, Any]


def schema() -> Schema:
    loaded: Schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


def strict(part: Any) -> Any:
    """Return the schema closed: a key it does not name is an error."""
    if isinstance(part, list):
        return [strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {key: strict(value) for key, value in part.items()}
    if "properties" in part and "required" in part:
        closed["additionalProperties"] = False
    return closed


def in_order(value: Any, part: Schema) -> bool:
    """Return whether the keys of `value` come in the schema's order, all of them."""
    if isinstance(value, dict):
        keys = list(part["properties"])
        return list(value) == keys and all(in_order(value[k], part["properties"][k]) for k in keys)
    if isinstance(value, list):
        return all(in_order(one, part["items"]) for one in value if isinstance(one, dict))
    return True


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("number", range(5))
def test_reviews_have_exactly_the_promised_keys_in_order(number: int) -> None:
    value = json.loads(to_json(typical()[number]))
    jsonschema.Draft202012Validator(strict(copy.deepcopy(schema()))).validate(value)
    assert in_order(value, schema())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_valid_and_visible(text: str) -> None:
    line = to_json(hostile(text))
    value = json.loads(line)
    jsonschema.Draft202012Validator(strict(schema())).validate(value)
    shown = json.dumps(value, ensure_ascii=False)
    for char in "\x1b\u202e\u200b\ufeff\u2066\x9b\x7f\x00":
        assert char not in shown
    assert b"\n" not in line


def test_nothing_internal_leaks() -> None:
    value = json.loads(to_json(thief()))
    assert "excerpts" not in value
    assert all("weight" not in finding for finding in value["findings"])


def test_json_is_one_document_and_jsonl_one_line_each() -> None:
    reviews = typical()
    document = json.loads(reviews_to_json(reviews))
    lines = render(reviews, "jsonl").splitlines()
    assert list(document) == ["schema", "reviews"]
    assert document["schema"] == 1
    assert [json.loads(line) for line in lines] == document["reviews"]
    assert json.loads(render(reviews, "json")) == document
    assert json.loads(render([], "json")) == {"schema": 1, "reviews": []}
    assert render([], "jsonl") == ""


def test_long_texts_are_cut_as_promised() -> None:
    value = json.loads(to_json(hostile("x" * 5000)))
    assert len(value["reasons"][0]) == 160
    assert len(value["findings"][0]["reason"]) == 160
    assert len(value["findings"][0]["spans"][0]["excerpt"]) == 200


def documented(part: Schema, prefix: str = "") -> list[str]:
    found = []
    for key, value in part["properties"].items():
        found.append(prefix + key)
        if "properties" in value:
            found += documented(value, f"{prefix}{key}.")
        elif "properties" in value.get("items", {}):
            found += documented(value["items"], f"{prefix}{key}[].")
    return found


def test_the_page_documents_every_key_and_no_other() -> None:
    rows = [line.split("`")[1] for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert rows == documented(schema())
