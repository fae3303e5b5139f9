"""Writes what the bench measured into a page, without touching anything else on it."""

from __future__ import annotations

import json
import re

from antivenom.errors import RuleError
from antivenom.rules.rule import Evidence, State

_BLOCK = re.compile(r"(?ms)^```toml rule\n(.*?)^```$")
_STATE = re.compile(r'(?m)^state = "[a-z]+"$')
_EVIDENCE = re.compile(r"(?m)^evidence = \{.*\}\n")


def earned_state(evidence: Evidence, state: State) -> State:
    """Return the state a measured rule has earned; drafts and retired rules stay as they are."""
    if state not in {"evaluation", "enabled"}:
        return state
    silent = evidence.ordinary == 0 or bool(evidence.explained)
    return "enabled" if silent and evidence.clusters else "evaluation"


def with_evidence(text: str, evidence: Evidence, state: State) -> str:
    """Return the text of a page with this evidence and state in its header."""
    block = _BLOCK.search(text)
    if block is None or not _STATE.search(block.group(1)):
        raise RuleError("the page has no ```toml rule block with a state")
    header = _EVIDENCE.sub("", block.group(1))
    header = _STATE.sub(f'state = "{state}"', header, count=1)
    return text[: block.start(1)] + header + _line(evidence) + text[block.end(1) :]


def in_state(text: str, state: State, evidence: Evidence | None) -> str:
    """Return the text of a page moved to a state; without new evidence it keeps what it has."""
    if evidence is not None:
        return with_evidence(text, evidence, state)
    block = _BLOCK.search(text)
    if block is None or not _STATE.search(block.group(1)):
        raise RuleError("the page has no ```toml rule block with a state")
    header = _STATE.sub(f'state = "{state}"', block.group(1), count=1)
    return text[: block.start(1)] + header + text[block.end(1) :]


def _line(evidence: Evidence) -> str:
    """Write one inline table; JSON strings are TOML strings."""
    fields = [
        f"date = {json.dumps(evidence.date)}",
        f"data = {json.dumps(evidence.data)}",
        f"clusters = {evidence.clusters}",
        f"ordinary = {evidence.ordinary}",
    ]
    if evidence.explained:
        fields.append(f"explained = {json.dumps(evidence.explained, ensure_ascii=False)}")
    return f"evidence = {{ {', '.join(fields)} }}\n"
