"""Each known attack on npm in three disguises or more: the engine holds, whatever it is called."""

from __future__ import annotations

from functools import cache

import pytest

from antivenom.intake.files import from_bytes
from antivenom.judge import Knowledge, load_knowledge
from antivenom.model.context import NOTHING, Context, RegistryInfo
from antivenom.pipeline import judge, observe
from antivenom.rules.coverage import read_coverage
from tests.npm_attacks.at_install import INSTALL
from tests.npm_attacks.at_load import LIBRARY, LOAD
from tests.npm_attacks.attack import Attack

ORDER = ("clean", "inconclusive", "suspicious", "malicious")


@cache
def known() -> Knowledge:
    return load_knowledge()


@pytest.mark.parametrize("attack", [*INSTALL, *LOAD], ids=lambda attack: attack.name)
def test_an_attack_is_found(attack: Attack) -> None:
    profile = observe(from_bytes(attack.tarball(), "demo-1.0.0.tgz"))
    review = judge(profile, NOTHING, known())
    assert ORDER.index(review.verdict) >= ORDER.index(attack.least), review.reasons


def test_every_attack_has_three_disguises() -> None:
    counts: dict[str, int] = {}
    for attack in (*INSTALL, *LOAD):
        number = attack.name.split()[0]
        counts[number] = counts.get(number, 0) + 1
    twice = {"20", "31"}  # two halves of one attack
    assert {n for n, count in counts.items() if count < 3} <= twice


@pytest.mark.parametrize("attack", (*INSTALL, *LOAD)[::6], ids=lambda attack: attack.name)
def test_valid_provenance_clears_nothing(attack: Attack) -> None:
    # Attack 36: a workflow that was taken over signs what the attacker built.
    profile = observe(from_bytes(attack.tarball(), "demo-1.0.0.tgz"))
    signed = Context(registry=RegistryInfo(releases=40, attested=True, attested_before=True))
    with_it, without = judge(profile, signed, known()), judge(profile, NOTHING, known())
    assert (with_it.verdict, with_it.score) == (without.verdict, without.score)
    assert with_it.verdict != "clean"


def test_every_attack_on_npm_in_the_list_has_a_sample_and_a_rule() -> None:
    listed = {a.key for a in read_coverage() if a.ecosystems == ("npm",)}
    assert listed == {str(number) for number in range(16, 37)}
    built = {attack.name.split()[0].rstrip("b") for attack in (*INSTALL, *LOAD)}
    assert listed - built == {"36"}  # which is a matter of context, see above
    assert all(a.rules for a in read_coverage() if a.key in listed)


def test_the_library_they_hide_in_is_clean() -> None:
    ordinary = Attack("none", {"index.js": LIBRARY}, scripts={"test": "mocha"})
    profile = observe(from_bytes(ordinary.tarball(), "demo-1.0.0.tgz"))
    assert judge(profile, NOTHING, known()).verdict == "clean"


@pytest.mark.parametrize(
    "code",
    [
        "const el = document.createElement('div'); el.textContent = 'x'; document.body.append(el);",
        "exports.load = u => { const s = document.createElement('script'); s.src = u; "
        "document.head.appendChild(s); };",
        "module.exports = prompts => prompts.prompt({ message: 'Project name' })"
        ".then(a => fetch('https://api.demo.example/new', { method: 'POST', body: a.name }));",
        "const inquirer = require('inquirer'); exports.ask = async () => { "
        "const a = await inquirer.prompt([{ name: 'colour', message: 'Which colour?' }]); "
        "await fetch('https://api.demo.example/', { method: 'POST', body: JSON.stringify(a) }); };",
        "exports.lazy = () => import('./part.mjs'); exports.list = xs => [...xs, ...'abc'];",
        "exports.watch = target => new Proxy(target, { get: (t, k) => t[k] });",
    ],
)
def test_the_harmless_twin_is_not(code: str) -> None:
    twin = Attack("none", {"index.js": code, "part.mjs": "export default 1;"})
    profile = observe(from_bytes(twin.tarball(), "demo-1.0.0.tgz"))
    review = judge(profile, NOTHING, known())
    assert review.verdict == "clean", review.reasons
