"""The sentence a moderator reads."""

from __future__ import annotations

import pytest

from antivenom.model.label import Activation
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.rules.reason import LONGEST, WHEN, activation, reason, unknown_placeholders
from tests.rules.made import fact, rule


def test_a_flow_fills_the_template() -> None:
    flow = fact("net.fetch->code.run", value="https://x.invalid/a.exe", activation="install")
    made = rule("net.fetch", template="{member} downloads {value} and starts it {when}.")
    text = made.reason([flow])
    assert text == "setup.py downloads https://x.invalid/a.exe and starts it when installed"


def test_unknown_fields_have_words() -> None:
    text = reason("{member} sends {value} from {path} to {host} {when}", [fact("net.send")])
    assert text == (
        "setup.py sends something from private files to a computed address"
        " when built or installed from source"
    )


def test_the_first_and_the_last_behavior_in_words() -> None:
    text = reason("{does}, {then}", [fact("secrets.key->data.pack->net.send")])
    assert text == f"{BEHAVIORS['secrets.key']}, {BEHAVIORS['net.send']}"


def test_a_flow_speaks_before_a_text() -> None:
    facts = [
        fact("text.endpoint", kind="text", host="t.example"),
        fact("net.fetch->code.run", host="f.example"),
    ]
    assert reason("{host}", facts) == "f.example"


def test_what_is_said_of_a_release_and_what_its_code_does_are_told_apart() -> None:
    facts = [
        fact("net.send", value="https://h.invalid/", member="demo/a.py"),
        fact("change.burst", kind="change", value="5 releases", member="METADATA"),
    ]
    for some in (facts, facts[::-1]):
        assert reason("{place} acts: {said}", some) == "demo/a.py acts: 5 releases"
    assert reason("{place} acts: {said}", facts[:1]) == "demo/a.py acts: https://h.invalid/"


@pytest.mark.parametrize("member", ["a.py", "d/" * 120 + "end.py"])
@pytest.mark.parametrize("value", ["x", "https://h.invalid/" + "y" * 230])
def test_it_always_fits(member: str, value: str) -> None:
    one = fact("net.fetch", member=member, value=value, host=value[:100])
    text = reason("{member} downloads {value} from {host} and starts it {when}", [one])
    assert len(text) <= LONGEST
    assert text.startswith(("a.py", "…"))


def test_braces_in_hostile_values_are_text() -> None:
    one = fact("net.fetch", value="{member.__class__}{when}")
    assert reason("{value}", [one]) == "{member.__class__}{when}"


def test_an_overlong_template_is_cut() -> None:
    assert len(reason("word " * 60, [fact("net.fetch")])) <= LONGEST


def test_a_binding_acts_when_the_last_of_its_behaviors_does() -> None:
    facts = [
        fact("code.run", activation="call"),
        fact("guard.target", activation="import"),
        fact("text.endpoint", kind="text", activation="never"),
    ]
    assert activation(facts) == "call"
    assert activation(facts[2:]) == "never"


def test_every_activation_has_words() -> None:
    assert set(WHEN) == {one.value for one in Activation}


def test_unknown_placeholders_are_named() -> None:
    assert unknown_placeholders("{member} {colour}") == ["colour"]
