"""Look-ups in the popular names."""

from __future__ import annotations

import time

import pytest

from antivenom.context.known_names import KnownNames, pack
from antivenom.context.names import CLOSE, PopularNames, normal

SHIPPED = KnownNames()


def best(name: str) -> tuple[str, str]:
    """Return the first imitated name and how."""
    names = SHIPPED.of("pypi")
    assert names is not None
    found = names.lookalikes(name)
    return (found[0].name, found[0].how) if found else ("", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reqeusts", ("requests", "transposed")),
        ("reqests", ("requests", "missing")),
        ("cryptographyy", ("cryptography", "doubled")),
        ("colourama", ("colorama", "added")),
        ("nunpy", ("numpy", "keyboard")),
        ("djang0", ("django", "homoglyph")),
        ("pythondateutil", ("python-dateutil", "separator")),
        ("dateutil-python", ("python-dateutil", "word-order")),
        ("tensrflwo", ("tensorflow", "two-slips")),
        ("ttensorflow-gpu", ("tensorflow", "doubled")),
        ("request-plus", ("requests", "affix")),
        ("requests2", ("requests", "number")),
        ("stillrequestsa", ("requests", "inside")),
        ("scikit-lern", ("scikit-learn", "missing")),
    ],
)
def test_a_look_alike_is_found_and_named(name: str, expected: tuple[str, str]) -> None:
    assert best(name) == expected


@pytest.mark.parametrize("name", ["requests", "numpy", "xqzvkwjp", "x", "", "demo-tool-for-bees"])
def test_others_resemble_nobody(name: str) -> None:
    assert best(name) == ("", "")


def test_vendors_families_are_no_slips_of_each_other() -> None:
    names = PopularNames(["aws-cdk-sns", "google-cloud-iam", "types-foo"])
    for name in ("aws-cdk-sqs", "google-cloud-iap", "types-fob"):
        assert not [one for one in names.lookalikes(name) if one.how in CLOSE]


def test_popularity_decides_among_equal_slips() -> None:
    names = PopularNames(["walnuts", "walnuta", "walnutb"])
    assert names.lookalikes("walnut")[0].name == "walnuta"
    assert names.rank("walnutb") == 3
    assert names.rank("oak") == 0


def test_a_known_name_is_asked_about_only_on_request() -> None:
    names = PopularNames(["requests", "reqeusts"])
    assert names.lookalikes("reqeusts") == ()
    assert names.lookalikes("reqeusts", known=True)[0].name == "requests"


def test_a_look_up_takes_less_than_a_millisecond() -> None:
    names = SHIPPED.of("pypi")
    assert names is not None
    names.lookalikes("warm-up-everything")
    some = [name + "x" for name in names.names[::40]]
    started = time.process_time()
    for name in some:
        names.lookalikes(name)
    assert (time.process_time() - started) / len(some) < 0.001


@pytest.mark.parametrize("name", ["a" * 5000, "-" * 5000, "a-" * 2500, "Ω" * 300, "\0\n"])
def test_hostile_names_cost_nothing(name: str) -> None:
    names = SHIPPED.of("pypi")
    assert names is not None
    started = time.process_time()
    names.lookalikes(normal(name, "pypi"))
    assert time.process_time() - started < 0.3


def test_the_shipped_lists_are_there_and_in_normal_form() -> None:
    for ecosystem, least in (("pypi", 14_000), ("npm", 19_000)):
        names = SHIPPED.of(ecosystem)
        assert names is not None
        assert len(names) >= least
    pypi = SHIPPED.of("pypi")
    assert pypi is not None
    assert all(normal(name, "pypi") == name for name in pypi.names)
    assert SHIPPED.of("crates") is None
    assert SHIPPED.of(None) is None
    assert list(SHIPPED.others("pypi")) == ["npm"]


def test_a_list_is_packed_reproducibly() -> None:
    assert pack("Demo_One\n\ndemo-one\nother\n", "pypi") == pack("demo.one\nOTHER", "pypi")


def test_knowledge_of_names_has_a_digest() -> None:
    assert SHIPPED.digest == KnownNames().digest
    assert KnownNames({"pypi": ["a"]}, {}).digest != KnownNames({"pypi": ["b"]}, {}).digest
    assert KnownNames({"pypi": ["a"]}, {}).digest != KnownNames({"pypi": ["a"]}).digest
