"""Install scripts seen in the wild, labelled by a person: attacks are found, the others silent."""

from __future__ import annotations

import pytest

from antivenom.judge import load_knowledge
from bench import corpus, npm

pytestmark = pytest.mark.skipif(
    not npm.present(), reason="the development corpus is not beside the project"
)


def test_labels_are_enough_and_say_why() -> None:
    labels = npm.labels()
    assert len(labels) >= 150
    assert {label for label, _ in labels.values()} == {"attack", "ordinary", "unsafe", "unclear"}
    assert all(len(reason) >= 10 for _, reason in labels.values())


def test_attacks_are_found_and_ordinary_scripts_are_silent() -> None:
    found = npm.hooks()
    ordinary = [one for one in found if one.label == "ordinary"]
    attacks = [one for one in found if one.label == "attack"]
    assert [one.sha256 for one in ordinary if one.verdict != "clean"] == []
    held = [one for one in attacks if one.verdict in ("malicious", "suspicious")]
    assert len(held) >= 0.9 * len(attacks)


def test_the_hijacked_release_is_found_by_comparing() -> None:
    verdict, rules = npm.takeover(load_knowledge())
    assert verdict == "malicious"
    assert "exfiltration/private-key" in rules


def test_the_list_of_ordinary_packages_is_long_and_names_no_place() -> None:
    listed = list(corpus.rows(npm.ORDINARY))
    assert len({row["name"] for row in listed}) >= 1200
    assert all(row["integrity"].startswith("sha") for row in listed)
    assert "://" not in npm.ORDINARY.read_text("utf-8")
    assert {row["name"] for row in corpus.rows(npm.EXPLAINED)} <= {row["name"] for row in listed}
