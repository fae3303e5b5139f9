"""Lock files as the clients themselves wrote them; only the addresses in them are ours.

All but Berry's, which has no hashes of tarballs, hold the same ten packages: one under another's
name, one twice in two versions, one in a scope, one for another system, one with a peer.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from antivenom.ecosystems.npm.locks import read_lock
from antivenom.intake.locator import Failure, Locator
from tests.builders.index import FakeIndex
from tests.builders.registry import FakeRegistry
from tests.intake.conftest import Asking

_LOCKS = sorted((Path(__file__).parent / "locks").glob("*/*"))
_HASH = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
_PACKAGES = {
    "npm:@sindresorhus/is@4.6.0", "npm:fsevents@2.3.3", "npm:is-number@4.0.0",
    "npm:is-number@6.0.0", "npm:is-odd@2.0.0", "npm:is-odd@3.0.1", "npm:js-tokens@4.0.0",
    "npm:loose-envify@1.4.0", "npm:react@18.2.0", "npm:use-sync-external-store@1.2.0",
}  # fmt: skip


@pytest.fixture
def registry(fake: FakeIndex) -> FakeRegistry:
    made = FakeRegistry(fake)
    for one in sorted(_PACKAGES):
        name, _, version = one.removeprefix("npm:").rpartition("@")
        made.publish(name, version, {"index.js": f"module.exports = '{one}';\n"})
    return made


@pytest.fixture
def npm(fake: FakeIndex, registry: FakeRegistry, tmp_path: Path) -> Asking:
    asking = Asking(fake)
    asking.environ |= {"npm_config_registry": registry.url, "HOME": str(tmp_path / "nobody")}
    return asking


def test_every_client_is_there() -> None:
    assert [place.parent.name for place in _LOCKS] == [
        "berry", "bun", "npm2", "npm3", "pnpm6", "pnpm9", "yarn1",
    ]  # fmt: skip


@pytest.mark.parametrize("place", _LOCKS, ids=lambda place: place.parent.name)
def test_all_packages_of_a_lock_are_named(place: Path) -> None:
    found = read_lock(place)
    named = {str(one) for one in found.wanted}
    assert not found.refused
    assert named >= _PACKAGES
    if place.parent.name != "berry":
        assert named == _PACKAGES
        assert all(len(one.hashes) == 1 for one in found.wanted)


@pytest.mark.parametrize("place", _LOCKS, ids=lambda place: place.parent.name)
def test_the_packages_of_a_lock_are_fetched_and_checked(
    place: Path, npm: Asking, registry: FakeRegistry, tmp_path: Path
) -> None:
    ours = _with_hashes_of(registry, place)
    lock = tmp_path / "work" / place.name
    lock.write_text(ours, encoding="utf-8")
    found = npm(str(lock))
    fetched = [one for one in found if isinstance(one, Locator)]
    got = {f"npm:{one.coordinate.name}@{one.coordinate.version}" for one in fetched
           if one.coordinate is not None}  # fmt: skip
    assert got == _PACKAGES
    # What this registry does not have is said, package by package.
    assert len([one for one in found if isinstance(one, Failure)]) == len(found) - len(_PACKAGES)
    if place.parent.name != "berry":
        assert len(found) == len(_PACKAGES)


@pytest.mark.parametrize("place", _LOCKS, ids=lambda place: place.parent.name)
def test_other_bytes_than_the_lock_says_are_refused(
    place: Path, npm: Asking, tmp_path: Path
) -> None:
    if place.parent.name == "berry":
        pytest.skip("it holds sums of another archive than the registry's")
    lock = tmp_path / "work" / place.name
    lock.write_text(place.read_text("utf-8"), encoding="utf-8")
    found = npm(str(lock))
    assert len(found) == len(_PACKAGES)
    assert all(isinstance(one, Failure) and "pinned hashes" in str(one.error) for one in found)


def _with_hashes_of(registry: FakeRegistry, place: Path) -> str:
    """Return a lock's text with the hashes of what the fake registry serves."""
    text = place.read_text("utf-8")
    for one in read_lock(place).wanted:
        page = registry.pages.get(one.name)
        for pin in one.hashes if page is not None else ():
            theirs = "sha512-" + base64.b64encode(bytes.fromhex(pin.partition(":")[2])).decode()
            assert _HASH.fullmatch(theirs)
            assert page is not None
            text = text.replace(theirs, page["versions"][one.version]["dist"]["integrity"])
    return text
