"""GuardDog beside us on npm: only what both read is compared."""

from __future__ import annotations

from bench import npm, npm_peer
from bench.corpus import rows


def test_the_record_names_listed_packages() -> None:
    listed = {(row["name"], row["version"]) for row in rows(npm.ORDINARY)}
    recorded = {(row["name"], row["version"]) for row in rows(npm_peer.RECORD)}
    assert len(recorded) > 300
    assert recorded <= listed


def test_both_tools_are_told_of_the_same_packages() -> None:
    first, second, *_ = ((row["name"], row["version"]) for row in rows(npm_peer.RECORD))
    text = npm_peer.text({
        first: ("clean", 0.02), second: ("suspicious", 0.04), ("else", "1"): ("malicious", 9.0),
    })  # fmt: skip
    assert "same 2 of them" in text
    assert "| Antivenom | 1 suspicious or worse | 30 ms |" in text


def test_nothing_in_common_is_said() -> None:
    assert "none of the packages" in npm_peer.text({("else", "1"): ("clean", 1.0)})


def test_every_explanation_is_of_a_listed_package() -> None:
    assert npm.explained().keys() <= {row["name"] for row in rows(npm.ORDINARY)}
