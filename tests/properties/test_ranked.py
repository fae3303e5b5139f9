"""The trained scorer alone: nothing harmless that is added lowers what its trees say.

The rules find these specimens, so in a review the scorer is not even asked; here it is.
"""

from __future__ import annotations

from functools import cache

import pytest

from antivenom.intake import from_bytes
from antivenom.judge import load_knowledge
from antivenom.judge.features import Evidence, seen
from antivenom.judge.scorer import shipped
from antivenom.model.context import NOTHING
from antivenom.pipeline import judged_facts, observe
from antivenom.rules.nearly import nearly
from tests.properties import rewriting as rw
from tests.properties.specimens import FORMS, SPECIMENS, Specimen
from tests.properties.test_monotone import FILES, LINES

SOME = ("constant", "function", "class", "import", "call", "main", "docstring", "read own file")


def rank(one: Specimen, form: str) -> float:
    name, data = one.pack(form)
    profile, knowledge, scorer = observe(from_bytes(data, name)), load_knowledge(), shipped()
    assert scorer is not None
    facts = judged_facts(profile, NOTHING, knowledge)
    near = nearly(knowledge.book, facts, profile.ecosystem, asked=scorer.asks)
    rows = seen(Evidence(facts, len(profile.layers), near=near)).rows()
    return scorer.model.forest.worst(rows)[0]


@cache
def base(name: str, form: str) -> float:
    return rank(SPECIMENS[name], form)


@pytest.mark.parametrize("added", [*FILES, "everything"])
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_added_files(name: str, form: str, added: str) -> None:
    files = FILES.get(added) or {path: text for one in FILES.values() for path, text in one.items()}
    assert rank(SPECIMENS[name].changed(**files), form) >= base(name, form)


@pytest.mark.parametrize("added", SOME)
@pytest.mark.parametrize(("name", "form"), FORMS)
def test_added_lines(name: str, form: str, added: str) -> None:
    changed = rw.everywhere(SPECIMENS[name], rw.between(LINES[added]))
    assert rank(changed, form) >= base(name, form)
