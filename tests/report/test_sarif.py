from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from antivenom.model.review import Review, Verdict
from antivenom.report import render, sarif
from antivenom.report.sarif import relative, to_sarif
from tests.report.builders import (
    HOSTILE,
    artifact,
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
from tests.report.sarif_subset import LOG


def run_of(*reviews: Review, cwd: str = "/w") -> Any:
    """Return the validated run."""
    log = json.loads(to_sarif(reviews, cwd=cwd))
    jsonschema.Draft202012Validator(LOG).validate(log)
    return log["runs"][0]


def many_spans(count: int) -> Review:
    spans = [span(f"m{n}.py", 1, "exec(x)") for n in range(count)]
    return review(Verdict.MALICIOUS, 0.95, finding("execution/runs-text", "It runs", *spans))


def test_typical_reviews_are_valid() -> None:
    run = run_of(*typical())
    assert [a["properties"]["verdict"] for a in run["artifacts"]] == [
        "malicious",
        "malicious",
        "suspicious",
        "inconclusive",
        "clean",
    ]
    assert len(run["results"]) == 6


def test_nothing_reviewed_is_valid() -> None:
    assert run_of()["results"] == []
    assert json.loads(render([], "sarif"))["version"] == "2.1.0"


def test_a_result_points_at_the_archive_and_tells_member_and_line() -> None:
    result = run_of(dropper())["results"][0]
    place = result["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "dist/demo_pkg-1.0.3.tar.gz", "index": 0},
        "region": {"startLine": 1},
    }
    assert place["logicalLocations"][0]["name"] == "demo_pkg-1.0.3/setup.py"
    assert place["logicalLocations"][0]["fullyQualifiedName"].endswith(
        "demo_pkg-1.0.3.tar.gz!/demo_pkg-1.0.3/setup.py:7"
    )
    assert "demo_pkg-1.0.3/setup.py:7" in result["message"]["text"]
    assert "runs on install from source" in result["message"]["text"]


def test_of_a_source_tree_results_point_at_the_file() -> None:
    made = review(
        Verdict.MALICIOUS,
        0.95,
        finding("execution/runs-text", "It runs", span("src/a b.py", 7, "exec(x)", end=9)),
        artifact=artifact(path="/w/sub/project", kind="tree"),
    )
    place = run_of(made)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "sub/project/src/a%20b.py"}
    assert place["region"] == {"startLine": 7, "endLine": 9}


def test_decoded_lines_say_how_they_were_decoded() -> None:
    text = run_of(thief())["results"][0]["message"]["text"]
    assert "__init__.py:8 of the text decoded by base64, zlib, hex (layer 2)" in text


def test_rules_are_told_once_with_their_severity() -> None:
    run = run_of(dropper(), dropper(), thief())
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    severities = {rule["id"]: rule["properties"]["security-severity"] for rule in rules}
    assert severities["theft/sends-credentials"] == "9.5"
    assert severities["evasion/hides-its-window"] == "5.5"


def test_rules_in_evaluation_are_notes() -> None:
    levels = {r["ruleId"]: r["level"] for r in run_of(thief())["results"]}
    assert levels["exfiltration/names-a-webhook"] == "note"
    assert levels["theft/sends-credentials"] == "error"


def test_inconclusive_is_a_notification_and_no_success() -> None:
    invocation = run_of(unread(), ordinary())["invocations"][0]
    notes = [(n["level"], n["message"]["text"]) for n in invocation["toolExecutionNotifications"]]
    assert not invocation["executionSuccessful"]
    assert notes[0][0] == "error"
    assert "sealed 2.0 is inconclusive" in notes[0][1]
    assert any("sealed-2.0/setup.py failed" in text for _, text in notes)
    assert notes[-1][0] == "warning"
    assert run_of(ordinary())["invocations"][0]["executionSuccessful"]


def test_a_clean_review_raises_no_alert() -> None:
    weak = finding("evasion/waits", "waits", span("a.py", 1, "sleep(9)"), weight=0.1)
    run = run_of(review(Verdict.CLEAN, 0.1, weak))
    assert run["results"] == []
    assert run["artifacts"][0]["properties"]["findings"] == 1


def test_fingerprints_survive_moved_lines_and_new_versions() -> None:
    def printed(line: int, version: str) -> str:
        place = span(f"demo-pkg-{version}/setup.py", line, "exec( x)")
        found = finding("execution/runs-text", "It runs", place)
        made = review(Verdict.MALICIOUS, 0.9, found, artifact=artifact(version=version))
        value: str = run_of(made)["results"][0]["partialFingerprints"]["primaryLocationLineHash"]
        return value

    assert printed(3, "1.0") == printed(80, "2.0")


def test_repeated_findings_are_told_apart() -> None:
    results = run_of(dropper(), dropper())["results"]
    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in results]
    assert len(set(prints)) == len(prints) == 4


def test_limits_of_github(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(run_of(many_spans(1500))["results"][0]["locations"]) == 1000
    assert sarif.MAX_RESULTS == 25_000
    monkeypatch.setattr(sarif, "MAX_RESULTS", 3)
    run = run_of(thief(), dropper())
    assert len(run["results"]) == 3
    first = run["invocations"][0]["toolExecutionNotifications"][0]
    assert first["level"] == "error"
    assert "2 results left out" in first["message"]["text"]
    tagged = finding(
        "execution/runs-text",
        "It runs",
        span("a.py", 1, "x"),
        attack=tuple(f"T{1000 + n}" for n in range(40)),
    )
    rules = run_of(review(Verdict.MALICIOUS, 0.9, tagged))["tool"]["driver"]["rules"]
    assert len(rules[0]["properties"]["tags"]) == 20


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_valid_and_visible(text: str) -> None:
    run = run_of(hostile(text))
    shown = json.dumps(run, ensure_ascii=False)
    for char in "\x1b\u202e\u200b\ufeff\u2066\x9b\x7f\x00":
        assert char not in shown
    uris = [a["location"]["uri"] for a in run["artifacts"]]
    assert all(uri.isascii() and ":" not in uri and " " not in uri for uri in uris)


def test_embedded_links_and_placeholders_are_text() -> None:
    text = run_of(hostile("[safe](http://evil.example) {0}"))["results"][0]["message"]["text"]
    assert "](" not in text.replace("\\](", "")
    assert "{0}" not in text.replace("{{0}}", "")


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("dist/a.whl", "dist/a.whl"),
        ("./dist/../a b.whl", "a%20b.whl"),
        ("/w/dist/a.whl", "dist/a.whl"),
        ("/w", "."),
        ("/elsewhere/a.whl", "a.whl"),
        ("../a.whl", "a.whl"),
        ("https://files.example/x/a.whl", "a.whl"),
        ("C:\\x\\a.whl", "a.whl"),
        ("a\u202e%.whl", "a%5Cu202e%25.whl"),
    ],
)
def test_paths_are_relative(path: str, uri: str) -> None:
    assert relative(path, "/w") == uri


def test_a_member_cannot_leave_the_tree() -> None:
    made = review(
        Verdict.MALICIOUS,
        0.95,
        finding("execution/runs-text", "It runs", span("../../../etc/passwd", 1, "x")),
        artifact=artifact(path="project", kind="tree"),
    )
    place = run_of(made)["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "passwd"
